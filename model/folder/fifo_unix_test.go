//go:build unix

package folder

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pkg/errors"
)

// A pipe in the place of a file is refused and not waited for.
func TestPipe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	for _, name := range []string{"weights.npz", Manifest} {
		mustWrite(t, dir, 1)
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(path)
		if err := syscall.Mkfifo(path, 0o666); err != nil {
			t.Skip(err)
		}
		if _, err := Read(dir); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "want a file") {
			t.Errorf("%s: got error %v, want one that it is no file", name, err)
		}
		os.Remove(path)
		putFile(t, path, string(good))
	}
}
