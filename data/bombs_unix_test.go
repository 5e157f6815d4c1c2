//go:build unix

package data

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe reads what never begins and what never ends.
func TestPipe(t *testing.T) {
	for _, ext := range []string{".csv", ".npz", ".npy", ".mat"} {
		path := filepath.Join(t.TempDir(), "pipe"+ext)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skip(err)
		}
		for _, read := range []func(string) error{readAny, func(path string) error { _, err := ReadStates(path); return err },
			func(path string) error { _, err := ParseTimes(path); return err }} {
			err := read(path)
			if err == nil || !strings.Contains(err.Error(), "is a pipe, want a regular file") && !strings.Contains(err.Error(), "extension") && !strings.Contains(err.Error(), ".npy") {
				t.Errorf("%s: got %v", ext, err)
			}
		}
	}
	if _, err := ParseTimes("/dev/zero"); err == nil || !strings.Contains(err.Error(), "is a device, want a regular file") {
		t.Errorf("/dev/zero: got %v", err)
	}
}
