//go:build gophernotes

// Command kernel is gophernotes v0.7.5, the Go kernel for Jupyter, with this
// project's packages compiled in. Its other files are gophernotes' own: the
// overlay that install writes lays them here for the build, so that no copy of
// them stands in the tree.
package main

import (
	"os"
	"os/signal"

	_ "spnode/experiments/notebook/tables"
)

func init() {
	// gophernotes v0.7.5 declares a proxy that a newer gomacro refuses: JSON()
	// string where the interface says a map.
	delete(display.Proxies, "JSONer")

	// Jupyter interrupts by SIGINT, which would end the kernel. It does not
	// here, and a cell that listens, by signal.NotifyContext, can be stopped.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
}
