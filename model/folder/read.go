// Package folder keeps files in a folder that is replaced as a whole and believed
// only as a whole, so that a checkpoint is never half of one.
//
// MANIFEST.json lists the files with size and SHA-256. New ones are written to a
// folder inside and synced, their manifest last; that makes them the checkpoint.
// Then they move out, each in the place of the old one, the manifest last again:
//
//	dir/.checkpoint-next/a, b, MANIFEST.json  →  dir/a, b, MANIFEST.json
//
// A reader believes the manifest in .checkpoint-next, if there is one, before that
// beside it, and looks for the files there first, and so sees the old files or the
// new, never a mixture. Nothing but files is renamed, and only inside of dir, so
// that dir may be a link, a mount, the working directory or a layer of an overlay. A
// writer that fails cleans up; what one that is killed has left the next one
// completes or removes. There may be many readers, and one Writer at a time, which
// holds a lock that its end, in whatever way, sets free.
//
// What else lies in the folder, say a person's notes, stays.
package folder

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/pkg/errors"
)

// ErrCheckpoint is what errors.Is finds in the error of a folder that is not a
// checkpoint, is damaged, or is of an unknown version. The error's text names the
// file and says what to try.
var ErrCheckpoint = errors.New("unusable checkpoint")

// Exists reports whether there is a checkpoint in dir, be it whole or damaged.
func Exists(dir string) bool {
	return has(dir) || has(aside(dir))
}

// has reports whether there is a manifest in dir.
func has(dir string) bool {
	for _, name := range []string{Manifest, filepath.Join(nextName, Manifest)} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// Read returns the files of the checkpoint in dir by name, all verified. It takes no
// more memory than the files have bytes.
func Read(dir string) (map[string][]byte, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var failure error
	var before *os.File // the manifest of that failure, open, so that no later one is taken for it
	defer func() { before.Close() }()
	for {
		// A writer may move the files under our hands: then there is another
		// manifest to be believed, and otherwise the failure stands.
		in := nextName
		f, err := openFile(root, path.Join(in, Manifest), mostManifest)
		if errors.Is(err, fs.ErrNotExist) {
			in = "."
			f, err = openFile(root, Manifest, mostManifest)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, unusable("the folder holds no "+Manifest+", so it is not a checkpoint", root.Name(), "give the folder that a model was saved to")
		case err != nil:
			return nil, unusable(err.Error(), filepath.Join(root.Name(), in, Manifest), "check that the file can be read")
		}
		same := failure != nil && sameFile(before, f)
		before.Close()
		if before = f; same {
			return nil, failure
		}
		m, err := readManifest(f)
		if err == nil {
			var files map[string][]byte
			if files, err = readFiles(root, m); err == nil {
				return files, nil
			}
		}
		failure = err
	}
}

// mostManifest is the size of a manifest of a hundred thousand files.
const mostManifest = 16 << 20

// openRoot opens dir or, where that holds no checkpoint, what an earlier writer has
// put aside.
func openRoot(dir string) (*os.Root, error) {
	at := dir
	if !has(dir) && has(aside(dir)) {
		at = aside(dir)
	}
	root, err := os.OpenRoot(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, unusable("there is no such folder", dir, "check the path")
	case err != nil:
		return nil, unusable(err.Error(), at, "check that the folder can be read")
	}
	return root, nil
}

// readFiles reads those of a manifest. What lies in next may be of it, or already of
// another one that is being written.
func readFiles(root *os.Root, m manifest) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, f := range m.Files {
		data, err := readFile(root, path.Join(nextName, f.Name), f.Size)
		if err != nil || f.differs(data) != nil {
			// Git on Windows may have made a line longer by a byte.
			data, err = readFile(root, f.Name, 2*f.Size)
		}
		if err == nil {
			err = f.differs(data)
		}
		if err != nil {
			try := restore
			if errors.Is(err, errLines) {
				try = relines
			}
			return nil, unusable(err.Error(), filepath.Join(root.Name(), f.Name), try)
		}
		files[f.Name] = data
	}
	return files, nil
}

func readManifest(f *os.File) (m manifest, err error) {
	text, err := readAll(f)
	if err != nil {
		return m, unusable(err.Error(), f.Name(), "check that the file can be read")
	}
	return parseManifest(text, f.Name())
}

func sameFile(a, b *os.File) bool {
	one, err := a.Stat()
	two, err2 := b.Stat()
	return err == nil && err2 == nil && os.SameFile(one, two)
}

// readFile reads what openFile opens.
func readFile(root *os.Root, name string, most int) ([]byte, error) {
	f, err := openFile(root, name, most)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f)
}

// readAll takes no more memory than the file has bytes.
func readAll(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	data := make([]byte, info.Size())
	n, err := io.ReadFull(f, data)
	if err == io.ErrUnexpectedEOF || err == io.EOF { // it was cut since
		err = nil
	}
	return data[:n], err
}

// openFile opens a regular file of at most so many bytes: what is longer, or a pipe
// that nobody writes to, is not opened.
func openFile(root *os.Root, name string, most int) (*os.File, error) {
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.Errorf("got %s, want a file", info.Mode())
	case info.Size() > int64(most):
		return nil, errors.Errorf("size: got %d bytes, want at most %d", info.Size(), most)
	}
	return root.Open(name)
}

const (
	restore = "restore the folder from a copy or train again"
	relines = "in a clone: git config core.autocrlf false, and check the folder out again"
)

func unusable(what, path, try string) error {
	return errors.Wrapf(ErrCheckpoint, "folder: checkpoint %s: %s; %s", path, what, try)
}
