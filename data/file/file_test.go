package file

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	fresh := filepath.Join(dir, "fresh")
	if err := os.WriteFile(fresh, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	want, err := os.Stat(fresh) // what the umask leaves
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"a long content", "short", ""} { // each over the one before
		if err := WriteBytes(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("got %q, %v, want %q", got, err, content)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want.Mode() {
			t.Errorf("got the mode %v, %v, want %v", info.Mode(), err, want.Mode())
		}
	}
	wantFiles(t, dir, 2)
}

// After a failure the file is as it was, and alone.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("no more")
	half := func(w io.Writer) error { fmt.Fprint(w, "ne"); return failure }
	if err := Write(path, half); !errors.Is(err, failure) || !strings.HasPrefix(err.Error(), "file: Write: "+path) {
		t.Errorf("got %v, want %v with the path", err, failure)
	}
	func() {
		defer func() { recover() }()
		Write(path, func(w io.Writer) error { panic("here") })
	}()
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := WriteBytes(folder, nil); err == nil {
		t.Error("a folder was replaced")
	}
	if err := WriteBytes(filepath.Join(dir, "none", "a"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, []byte("old")) {
		t.Errorf("got %q, %v, want what was there", got, err)
	}
	wantFiles(t, dir, 2)
}

func wantFiles(t *testing.T, dir string, n int) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != n {
		t.Errorf("got the files %v, %v, want %d", files, err, n)
	}
}

func ExampleWrite() {
	path := filepath.Join(os.TempDir(), "spnode-example.csv")
	defer os.Remove(path)
	err := Write(path, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, "t,x\n0,1")
		return err
	})
	text, _ := os.ReadFile(path)
	fmt.Printf("%s%v", text, err)
	// Output:
	// t,x
	// 0,1
	// <nil>
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "a"), filepath.Join(dir, "link")
	for _, content := range []string{"", "some content"} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(path); err != nil || string(got) != content {
			t.Errorf("got %q, %v, want %q", got, err, content)
		}
	}
	if err := os.Symlink(path, link); err == nil {
		if got, err := Read(link); err != nil || string(got) != "some content" {
			t.Errorf("link: got %q, %v", got, err)
		}
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "is a folder, want a regular file") {
		t.Errorf("folder: got %v", err)
	}
	if _, err := Read(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("none: got %v", err)
	}
}
