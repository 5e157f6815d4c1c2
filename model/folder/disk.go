package folder

import (
	"io/fs"
	"os"
	"syscall"

	"github.com/pkg/errors"
)

// disk does the operations that change a file system, or nothing after the first
// that failed, so that their sequence reads as one. before, if set, is called
// ahead of each and may fail it: a test kills the writer there, or breaks it.
type disk struct {
	before   func(op, path string) error
	unsynced bool // a test need not wait for the hardware
	err      error
}

// begin is the same disk before a first failure.
func (d *disk) begin() *disk { return &disk{before: d.before, unsynced: d.unsynced} }

func (d *disk) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// exists and list look and change nothing.
func (d *disk) exists(path string) bool {
	_, err := os.Lstat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.fail(errors.Wrap(err, "folder: Write"))
	}
	return err == nil && d.err == nil
}

func (d *disk) list(dir string) (names []string) {
	if d.err != nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		d.fail(errors.Wrap(err, "folder: Write"))
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// do is the seam: every change goes through here.
func (d *disk) do(op, path string, f func() error) {
	if d.err == nil && d.before != nil {
		d.err = d.before(op, path)
	}
	if d.err == nil {
		d.err = errors.Wrapf(f(), "folder: Write: %s %s", op, path)
	}
}

func (d *disk) mkdirAll(path string) {
	d.do("mkdir", path, func() error { return os.MkdirAll(path, 0o777) })
}

func (d *disk) mkdir(path string) {
	d.do("mkdir", path, func() error { return os.Mkdir(path, 0o777) })
}

// write writes a file so that it outlives a loss of power.
func (d *disk) write(path string, data []byte) {
	var f *os.File
	d.do("write", path, func() (err error) {
		if f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err == nil {
			_, err = f.Write(data)
		}
		return err
	})
	d.do("sync", path, func() error { return d.sync(f) })
	if f != nil {
		d.do("close", path, f.Close)
		f.Close() // if it was not
	}
}

// syncFolder does it for a folder's entries. Some network file systems have no such
// call and say so.
func (d *disk) syncFolder(path string) {
	d.do("sync", path, func() error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err = d.sync(f); unsupported(err) {
			return nil
		}
		return err
	})
}

func (d *disk) sync(f *os.File) error {
	if d.unsynced {
		return nil
	}
	return f.Sync()
}

// unsupported reports whether a call is unknown to the file system.
func unsupported(err error) bool {
	for _, e := range []error{syscall.EINVAL, syscall.ENOTSUP, syscall.ENOSYS, syscall.EBADF} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (d *disk) rename(from, to string) {
	d.do("rename", from, func() error { return os.Rename(from, to) })
}

func (d *disk) remove(path string) {
	d.do("remove", path, func() error { return os.Remove(path) })
}
