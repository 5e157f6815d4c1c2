package folder

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"
)

// Write makes dir a checkpoint of the files and creates the folders above it as
// needed. Where it replaces a checkpoint, entries of dir that are not in the old
// manifest are a person's and are kept. It refuses, before it changes anything, to
// overwrite one of those, to replace a checkpoint whose manifest is damaged or newer
// (ErrCheckpoint), as it could not tell what is whose, and to replace what is not a
// folder. It waits for other writers of dir, for ten seconds; then the error is
// ErrBusy. Other errors are the operating system's; the old checkpoint is then still
// readable.
func Write(dir string, files []File) error {
	w, err := open(new(disk), dir, names(files), patience)
	if err != nil {
		return err
	}
	defer w.Close()
	return w.Write(files)
}

// Writer is the one writer of a checkpoint, until it is closed or its process ends,
// in whatever way.
type Writer struct {
	dir  string // without links, absolute
	disk *disk
	lock *lock
	made bool // dir was
}

// Open makes the caller the writer of the checkpoint in dir, which it may create,
// and finds out whether files of such names can be written there, so that a long
// computation need not begin in vain. The error is ErrBusy where there is another
// writer, and else what Write would return.
func Open(dir string, names ...string) (*Writer, error) {
	return open(new(disk), dir, names, 0)
}

// Write replaces the checkpoint as a whole, see the function of that name.
func (w *Writer) Write(files []File) error {
	m, err := newManifest(files)
	if err != nil {
		return err
	}
	if !w.lock.holds(w.dir) { // someone has moved the folder, or removed it
		w.lock.release()
		again, err := open(w.disk, w.dir, names(files), patience)
		if err != nil {
			return err
		}
		*w = *again
	}
	d := w.disk.begin()
	d.complete(w.dir)
	d.refuse(w.dir, names(files))
	next := filepath.Join(w.dir, nextName)
	d.mkdir(next)
	for _, f := range files {
		d.write(filepath.Join(next, f.Name), f.Data)
	}
	// The manifest says that the rest is there: from its renaming on the new
	// checkpoint is the one that is read.
	d.write(filepath.Join(next, Manifest+partial), m.text())
	d.syncFolder(next)
	d.syncFolder(w.dir)
	d.rename(filepath.Join(next, Manifest+partial), filepath.Join(next, Manifest))
	d.syncFolder(next)
	d.complete(w.dir)
	if d.err != nil { // what has been written is of no use, and the disk may be full
		clean := w.disk.begin()
		clean.discard(w.dir)
	}
	return d.err
}

// Close lets others write. A folder that was made for a checkpoint and has got none
// is removed.
func (w *Writer) Close() error {
	if w.lock == nil {
		return nil
	}
	if w.made && !Exists(w.dir) {
		os.Remove(w.dir) // fails if it is not empty, as it should
	}
	w.lock.release()
	w.lock = nil
	return nil
}

const (
	// nextName is the folder in which a writer puts what will replace the
	// checkpoint around it.
	nextName = ".checkpoint-next"
	// partial ends the name of a manifest that is being written.
	partial = ".part"
	// partName is a file on its way to the folder of the checkpoint, see disk.rename.
	partName = ".checkpoint-part"
)

func names(files []File) (n []string) {
	for _, f := range files {
		n = append(n, f.Name)
	}
	return n
}

func open(disk *disk, dir string, names []string, patience int) (*Writer, error) {
	dir, err := resolve(dir)
	if err != nil {
		return nil, errors.Wrap(err, "folder: Open")
	}
	w := &Writer{dir: dir, disk: disk}
	d := disk.begin()
	if w.made = !d.exists(dir); w.made {
		d.mkdirAll(dir)
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		d.fail(errors.Errorf("folder: Write: %s is a file, want a folder; choose another name", dir))
	}
	if d.err != nil {
		return nil, d.err
	}
	if w.lock, err = acquire(dir, patience); err != nil {
		return nil, err
	}
	d.adopt(dir)
	d.complete(dir)
	d.discard(dir)
	d.refuse(dir, names)
	next := filepath.Join(dir, nextName)
	d.mkdir(next) // can be written here?
	d.remove(next)
	if d.err != nil {
		clean := disk.begin()
		clean.discard(dir)
		w.Close()
		return nil, d.err
	}
	return w, nil
}

// complete moves a new checkpoint that is whole to its place: its files, then its
// manifest, so that at every moment the files that a manifest lists are in next
// or around it. A reader looks there in this order.
func (d *disk) complete(dir string) {
	next := filepath.Join(dir, nextName)
	if !d.exists(filepath.Join(next, Manifest)) {
		return
	}
	if part := filepath.Join(dir, partName); d.exists(part) {
		d.remove(part)
	}
	own, old := d.own(next), d.own(dir)
	for _, name := range own {
		if from := filepath.Join(next, name); d.exists(from) {
			d.rename(from, filepath.Join(dir, name))
		}
	}
	d.syncFolder(dir)
	for _, name := range old {
		if !slices.Contains(own, name) && d.exists(filepath.Join(dir, name)) {
			d.remove(filepath.Join(dir, name))
		}
	}
	d.rename(filepath.Join(next, Manifest), filepath.Join(dir, Manifest))
	d.remove(next)
	d.syncFolder(dir)
}

// discard removes what a writer that was killed, or failed, has left unfinished.
func (d *disk) discard(dir string) {
	next := filepath.Join(dir, nextName)
	if !d.exists(next) || d.exists(filepath.Join(next, Manifest)) {
		return
	}
	for _, name := range d.list(next) {
		d.remove(filepath.Join(next, name))
	}
	d.remove(next)
}

// refuse fails if files of such names would overwrite what is not a checkpoint's.
func (d *disk) refuse(dir string, names []string) {
	own := d.own(dir)
	for _, name := range names {
		if path := filepath.Join(dir, name); !slices.Contains(own, name) && d.exists(path) {
			d.fail(errors.Errorf("folder: Write: %s is there and not of a checkpoint; move it away", path))
		}
	}
}

// own returns the names that belong to the checkpoint in dir by its manifest.
func (d *disk) own(dir string) (names []string) {
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
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	return names
}

// resolve returns the absolute path of dir, which need not be there, without the
// links at its end.
func resolve(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	for range 40 { // as many as Linux follows
		target, no := os.Readlink(dir)
		if no != nil || err != nil {
			return dir, err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(dir), target)
		}
		dir = filepath.Clean(target)
	}
	return "", errors.Errorf("%s: too many links", dir)
}
