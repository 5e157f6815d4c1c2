package folder

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Write makes dir a checkpoint of the files and creates the folders above it as
// needed. Where it replaces a checkpoint, entries of dir that are not in the old
// manifest are a person's and are kept. It refuses, before it changes anything, to
// overwrite one of those, to replace a folder whose manifest is damaged or newer
// (ErrCheckpoint), as it could not tell what is whose, and to replace what is not a
// folder. Other errors are the operating system's; the old checkpoint is then still
// readable, and the next call recovers.
func Write(dir string, files []File) error {
	return new(disk).save(dir, files)
}

// disk does the operations that change a file system, or nothing after the first
// that failed, so that their sequence reads as one. before, if set, is called
// ahead of each and may fail it: a test kills the writer there.
type disk struct {
	before func(op, path string) error
	err    error
}

func (d *disk) save(dir string, files []File) error {
	m, err := newManifest(files)
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return errors.Wrap(err, "folder: Write")
	}
	parent := filepath.Dir(dir)
	d.mkdirAll(parent)
	d.repair(dir)
	d.refuse(dir, m)

	tmp := filepath.Join(parent, staging(dir)+strconv.Itoa(os.Getpid()))
	d.mkdir(tmp)
	for _, f := range append(files[:len(files):len(files)], File{Manifest, m.text()}) {
		d.write(filepath.Join(tmp, f.Name), f.Data)
		d.sync(filepath.Join(tmp, f.Name))
	}
	d.sync(tmp)
	if d.exists(dir) {
		d.rename(dir, aside(dir))
	}
	d.rename(tmp, dir)
	d.sync(parent)
	d.retire(dir)
	return d.err
}

// repair completes or undoes what a killed writer has left: the old checkpoint put
// aside, and temporary siblings.
func (d *disk) repair(dir string) {
	parent := filepath.Dir(dir)
	if d.exists(aside(dir)) && !d.exists(filepath.Join(dir, Manifest)) {
		if d.exists(dir) { // made by someone since
			d.carry(dir, aside(dir))
			d.remove(dir)
		}
		d.rename(aside(dir), dir)
		d.sync(parent)
	}
	d.retire(dir)
	for _, name := range d.list(parent) {
		if !isStaging(dir, name) {
			continue
		}
		tmp := filepath.Join(parent, name)
		for _, name := range d.list(tmp) {
			d.remove(filepath.Join(tmp, name))
		}
		d.remove(tmp)
	}
}

// refuse fails if the files of m would overwrite what is not a checkpoint's.
func (d *disk) refuse(dir string, m manifest) {
	if !d.exists(dir) {
		return
	}
	own := d.own(dir)
	for _, f := range m.Files {
		if path := filepath.Join(dir, f.Name); !own[f.Name] && d.exists(path) {
			d.fail(errors.Errorf("folder: Write: %s is there and not of a checkpoint; move it away", path))
		}
	}
}

// retire removes the checkpoint put aside from dir, after carrying over to dir what
// is not the checkpoint's own. The manifest goes last, so that retire can be called
// again wherever it was killed.
func (d *disk) retire(dir string) {
	old := aside(dir)
	if !d.exists(old) {
		return
	}
	d.carry(old, dir)
	own := d.own(old)
	for _, name := range d.list(old) {
		if own[name] && name != Manifest {
			d.remove(filepath.Join(old, name))
		}
	}
	if own[Manifest] {
		d.remove(filepath.Join(old, Manifest))
	}
	d.remove(old)
}

// carry moves what is not a checkpoint's from one folder to another.
func (d *disk) carry(from, to string) {
	own := d.own(from)
	for _, name := range d.list(from) {
		if own[name] {
			continue
		}
		source, target := filepath.Join(from, name), filepath.Join(to, name)
		if d.exists(target) {
			d.fail(errors.Errorf("folder: Write: %s cannot join %s, which is there; move one away", source, target))
		}
		d.rename(source, target)
	}
	d.sync(to)
}

// own returns the names that belong to the checkpoint in dir by its manifest.
func (d *disk) own(dir string) map[string]bool {
	path := filepath.Join(dir, Manifest)
	if !d.exists(path) {
		return nil
	}
	text, err := os.ReadFile(path)
	d.fail(err)
	if d.err != nil {
		return nil
	}
	m, err := parseManifest(text, path)
	d.fail(err)
	own := map[string]bool{Manifest: true}
	for _, f := range m.Files {
		own[f.Name] = true
	}
	return own
}

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

func (d *disk) write(path string, data []byte) {
	d.do("write", path, func() error { return os.WriteFile(path, data, 0o666) })
}

// sync makes a file's content or a folder's entries outlive a loss of power.
func (d *disk) sync(path string) {
	d.do("sync", path, func() error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Sync()
	})
}

func (d *disk) rename(from, to string) {
	d.do("rename", from, func() error { return os.Rename(from, to) })
}

func (d *disk) remove(path string) {
	d.do("remove", path, func() error { return os.Remove(path) })
}

// aside is where a writer puts the old checkpoint of dir.
func aside(dir string) string {
	return filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".old")
}

// staging is the prefix of the names of dir's temporary siblings; digits follow.
func staging(dir string) string { return "." + filepath.Base(dir) + ".tmp-" }

func isStaging(dir, name string) bool {
	number, ok := strings.CutPrefix(name, staging(dir))
	_, err := strconv.ParseUint(number, 10, 64)
	return ok && err == nil
}
