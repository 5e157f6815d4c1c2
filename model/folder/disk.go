package folder

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// do makes a change unless one has failed. It reports whether that met one of the errors
// to which the caller has an answer: they are no failures.
func (d *disk) do(op, path string, f func() error, answered ...error) (met bool) {
	if d.err != nil {
		return false
	}
	err := d.attempt(op, path, f)
	if is(err, answered) {
		return true
	}
	d.err = errors.Wrapf(err, "folder: Write: %s %s", op, path)
	return false
}

// attempt is the seam: every change goes through here.
func (d *disk) attempt(op, path string, f func() error) error {
	if d.before != nil {
		if err := d.before(op, path); err != nil {
			return err
		}
	}
	return f()
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
		return d.sync(f)
	}, unknown...)
}

// unknown are the errors of a call that a file system does not have.
var unknown = []error{syscall.EINVAL, syscall.ENOTSUP, syscall.ENOSYS, syscall.EBADF}

// unsupported reports whether a call is unknown to the file system.
func unsupported(err error) bool { return is(err, unknown) }

func is(err error, kinds []error) bool {
	return slices.ContainsFunc(kinds, func(k error) bool { return errors.Is(err, k) })
}

func (d *disk) sync(f *os.File) error {
	if d.unsynced {
		return nil
	}
	return f.Sync()
}

// rename moves a file into dir or, on file systems where a folder's quota or the like
// makes another device of it, copies it: what is at to is the old file or the new one, and
// from is there until that is safe.
func (d *disk) rename(from, to string) {
	if !d.do("rename", from, func() error { return os.Rename(from, to) }, syscall.EXDEV) {
		return
	}
	data, err := os.ReadFile(from)
	d.fail(errors.Wrap(err, "folder: Write"))
	part := filepath.Join(filepath.Dir(to), partName)
	if d.write(part, data); d.err != nil {
		d.begin().remove(part) // the disk may be full
	}
	d.do("rename", part, func() error { return os.Rename(part, to) })
	d.syncFolder(filepath.Dir(to))
	d.remove(from)
}

func (d *disk) remove(path string) {
	d.do("remove", path, func() error { return os.Remove(path) })
}
