//go:build !unix

package command

import (
	"os"
	"syscall"
)

// ending are the signals that ask a run to save its state and end.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM}
