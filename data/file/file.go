// Package file writes files whole: a reader sees the old one or the new one, and
// never a part.
package file

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pkg/errors"
)

// Write writes a file by what write puts into its argument: into a temporary
// sibling, which is synced and then takes the name of the file. It has the
// permissions of a new file, 0666 less the umask, also where it replaces another.
// If anything fails, write among it, the file is as it was, and no sibling is left
// behind.
func Write(path string, write func(io.Writer) error) (err error) {
	f, err := create(path)
	if err != nil {
		return errors.Wrapf(err, "file: Write: %s", path)
	}
	whole := false
	defer func() {
		if !whole { // also if write panics
			f.Close()
			os.Remove(f.Name())
		}
		err = errors.Wrapf(err, "file: Write: %s", path)
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	err = os.Rename(f.Name(), path)
	whole = err == nil
	return err
}

// WriteBytes is Write for content that is at hand.
func WriteBytes(path string, content []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// create makes the sibling. os.CreateTemp would make it private, and the umask
// can't be asked for.
func create(path string) (f *os.File, err error) {
	for range 100 { // names that are taken are names of earlier writers that were killed
		name := "." + filepath.Base(path) + ".tmp" + strconv.FormatUint(rand.Uint64(), 36)
		f, err = os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			break
		}
	}
	return f, err
}

// Read returns the content of a regular file. A pipe, a device or a folder is
// refused, since it may have no end, or never begin.
func Read(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, errors.WithStack(err)
	}
	b := make([]byte, info.Size())
	n, err := io.ReadFull(f, b)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) { // it shrank
		err = nil
	}
	return b[:n], errors.Wrapf(err, "file: Read: %s", path)
}

// Open opens a regular file to be read, and refuses what Read does.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path) // to open a pipe would wait for its writer
	if err != nil {
		return nil, errors.Wrap(err, "file: Read")
	}
	if !info.Mode().IsRegular() {
		return nil, errors.Errorf("file: Read: %s is %s, want a regular file", path, kind(info.Mode()))
	}
	f, err := os.Open(path)
	return f, errors.Wrap(err, "file: Read")
}

func kind(mode os.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&os.ModeNamedPipe != 0:
		return "a pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
