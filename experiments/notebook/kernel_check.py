"""Interrupts the kernel: one that is idle must live, and a cell that listens must end."""

import sys

from jupyter_client.manager import start_new_kernel

CELL = """
import ("context"; "fmt"; "os"; "os/signal")
ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
fmt.Println("listening")
<-ctx.Done()
stop()
"""

manager, client = start_new_kernel(kernel_name="spnode")
try:
    manager.interrupt_kernel()
    sent = client.execute(CELL)
    while "listening" not in client.get_iopub_msg(timeout=60)["content"].get("text", ""):
        pass
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=60)
    while reply["parent_header"].get("msg_id") != sent:
        reply = client.get_shell_msg(timeout=60)
    if reply["content"]["status"] != "ok" or not manager.is_alive():
        sys.exit(f"got {reply['content']}, alive: {manager.is_alive()}, want a cell that ends and a kernel that lives")
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
