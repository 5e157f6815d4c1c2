//go:build unix

package driver_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/drivertest"
)

// Every signal that asks a run to end saves it, however often it comes.
func TestSignals(t *testing.T) {
	noScheduler(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			if signal.Ignored(s) { // and so by the run, as below nohup
				t.Skip("this process was started with it ignored")
			}
			root := t.TempDir()
			c, says := process(t, "-checkpoints", root, "-run", "r", "-quiet", "-only", "two", "-iterations", "100000000")
			manifest := filepath.Join(root, "r", "two", "MANIFEST.json")
			for { // until it trains
				if _, err := os.Stat(manifest); err == nil {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
			for range 3 {
				if err := c.Process.Signal(s); err != nil {
					break // it has ended already
				}
				if s == syscall.SIGINT { // a second one of a person's stops at once
					break
				}
			}
			c.Wait() // which says what the exit code does
			if code := c.ProcessState.ExitCode(); code != command.ExitInterrupted || !strings.Contains(says.String(), "the state is saved") {
				t.Errorf("exit code %d, %s, want %d", code, says, command.ExitInterrupted)
			}
			drivertest.Weights(t, filepath.Dir(manifest))
		})
	}
}
