//go:build gophernotes

// Command kernel is gophernotes v0.7.5, the Go kernel for Jupyter, with this
// project's packages compiled in. Its other files are gophernotes' own: the
// overlay that install writes lays them here for the build, so that no copy of
// them stands in the tree. Of its own it has what Tab and Shift+Tab show, what a cell's
// error says, that the interrupt button stops a cell, and that it outlives its clients.
package main

import (
	"log"
	"os"
	"os/signal"
	"sync/atomic"

	"github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/xreflect"

	"spnode/experiments/notebook/cells"
)

// running is the interpreter while a cell runs.
var running atomic.Pointer[fast.Interp]

func init() {
	// gophernotes v0.7.5 declares a proxy that a newer gomacro refuses: JSON()
	// string where the interface says a map.
	delete(display.Proxies, "JSONer")

	// Jupyter interrupts by SIGINT, which would end the kernel.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		for range interrupts {
			if ir := running.Load(); ir != nil {
				cells.Interrupt(ir)
			}
		}
	}()
}

// evaluate is gophernotes' doEval in a cell that can be interrupted.
func evaluate(ir *fast.Interp, outerr OutErr, code string) ([]any, []xreflect.Type, error) {
	cells.Begin()
	running.Store(ir)
	defer running.Store(nil)
	values, types, err := doEval(ir, outerr, code)
	return values, types, cells.Explain(ir, err)
}

// gone is the end of a message to a client that has left, such as a page that was
// loaded again: of which gophernotes dies.
func gone(err error) error {
	log.Print(err)
	return nil
}

// place is where the cursor is in a request's code, in bytes: Jupyter counts characters.
func place(receipt msgReceipt) (code string, at int) {
	content := receipt.Msg.Content.(map[string]any)
	code = content["code"].(string)
	runes := []rune(code)
	return code, len(string(runes[:max(0, min(int(content["cursor_pos"].(float64)), len(runes)))]))
}

// handleCompleteRequest answers Tab.
func handleCompleteRequest(ir *fast.Interp, receipt msgReceipt) error {
	code, at := place(receipt)
	words, begin := cells.Complete(ir, code, at)
	return receipt.Reply("complete_reply", map[string]any{
		"status": "ok", "matches": append([]string{}, words...), "metadata": map[string]any{},
		"cursor_start": len([]rune(code[:begin])), "cursor_end": len([]rune(code[:at])),
	})
}

// handleInspectRequest answers Shift+Tab.
func handleInspectRequest(ir *fast.Interp, receipt msgReceipt) error {
	code, at := place(receipt)
	text := cells.Inspect(ir, code, at)
	data := map[string]any{}
	if text != "" {
		data["text/plain"] = text
	}
	return receipt.Reply("inspect_reply", map[string]any{"status": "ok", "found": text != "", "data": data, "metadata": map[string]any{}})
}
