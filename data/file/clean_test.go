package file

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// What a killed writer leaves is removed, and nothing that looks like it.
func TestClean(t *testing.T) {
	dir := t.TempDir()
	kept := []string{"a.png", ".a.png", ".a.png.tmp", ".a.tmp-old.txt", "a.tmp1", ".tmp1"}
	for _, name := range kept {
		if err := WriteBytes(filepath.Join(dir, name), nil); err != nil {
			t.Fatal(err)
		}
	}
	// As a kill leaves it: the name is known while it is written.
	err := Write(filepath.Join(dir, "b.png"), func(w io.Writer) error {
		name := w.(*os.File).Name()
		if !IsLeft(filepath.Base(name)) {
			t.Errorf("%s is not told from others", name)
		}
		return os.Link(name, filepath.Join(dir, ".c.png.tmp0123456789abc"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Clean(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(kept)+1 {
		t.Errorf("got %v, %v, want %v and b.png", entries, err, kept)
	}
}
