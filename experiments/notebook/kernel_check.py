"""What the kernel answers to an interrupt, to Tab and Shift+Tab, to a typo and to a wrong type, and that it outlives its clients."""

import sys

from jupyter_client.manager import start_new_kernel
from jupyter_client.session import Session

manager, client = start_new_kernel(kernel_name="spnode")


def reply(sent):
    while True:
        got = client.get_shell_msg(timeout=60)
        if got["parent_header"].get("msg_id") == sent:
            return got["content"]


def want(what, ok, got):
    if not ok or not manager.is_alive():
        sys.exit(f"{what}: got {got}, alive: {manager.is_alive()}")


def interrupted(cell):
    """The reply to a cell that is interrupted once it has said that it listens."""
    sent = client.execute('fmt.Println("listening")\n' + cell)
    while "listening" not in client.get_iopub_msg(timeout=60)["content"].get("text", ""):
        pass
    manager.interrupt_kernel()
    return reply(sent)


try:
    manager.interrupt_kernel()  # of a kernel that is idle
    got = reply(client.execute('import ("context"; "fmt"; "os"; "os/signal"; "spnode/model")\nm, err := model.New(model.DefaultConfig(2))'))
    want("a kernel that lives", got["status"] == "ok", got)
    got = interrupted("ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)\n<-ctx.Done()\nstop()")
    want("a cell that listens", got["status"] == "ok", got)
    got = interrupted("<-context.Background().Done()")
    want("a cell with any context", got["status"] == "ok", got)
    got = interrupted("for {}")
    want("a loop", got["status"] == "error" and got["evalue"] == "interrupted", got)
    got = reply(client.execute("model.Nwe(nothing)"))
    want("a typo", "model has no Nwe; is it New?" in got.get("evalue", ""), got)
    got = reply(client.execute("c := model.DefaultConfig(2)\nc.Integrator = 3"))
    want("a wrong type", "cannot use 3 (untyped int constant) as string value" in got.get("evalue", ""), got)
    got = reply(client.execute("string('λ') + string(65)"))
    want("a conversion", got["status"] == "ok", got)
    got = reply(client.complete("π := m.Predict", 14))
    want("Tab", "PredictLatent" in got["matches"] and got["cursor_start"] == 7, got)
    got = reply(client.complete("m.", 2))
    want("Tab", "Predict" in got["matches"] and "predict" not in str(got["matches"]), got)
    got = reply(client.inspect("π := m.Predict(", 15))
    want("Shift+Tab", got["found"] and "func (m *Model) Predict(" in got["data"]["text/plain"], got)
    for _ in range(20):  # one would do to kill a gophernotes
        gone = manager.client(session=Session(key=manager.session.key))
        gone.start_channels(hb=False)
        for _ in range(30):
            gone.kernel_info()
        gone.stop_channels()
    got = reply(client.execute("1 + 1"))
    want("a kernel that clients have left", got["status"] == "ok", got)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
