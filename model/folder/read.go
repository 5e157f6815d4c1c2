// Package folder keeps files in a folder that is replaced as a whole and believed
// only as a whole, so that a checkpoint is never half of one.
//
// MANIFEST.json lists the files with size and SHA-256. New ones are written to a
// temporary sibling, synced, and swapped in:
//
//	dir/  →  .dir.old/      .dir.tmp-<pid>/  →  dir/      .dir.old/ removed
//
// A reader takes dir or, between the two renames, .dir.old, and so sees the old
// files or the new, never a mixture. A writer that fails or is killed cleans
// nothing up: the next one first completes or undoes what it finds. There may be
// many readers but one writer at a time.
//
// What else lies in the folder, say a person's notes, moves over to the new one.
package folder

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// ErrCheckpoint is what errors.Is finds in the error of a folder that is not a
// checkpoint, is damaged, or is of an unknown version. The error's text names the
// file and says what to try.
var ErrCheckpoint = errors.New("unusable checkpoint")

// Read returns the files of the checkpoint in dir by name, all verified.
func Read(dir string) (map[string][]byte, error) {
	var before fs.FileInfo
	var failure error
	for {
		// A Root stays with its folder when that is renamed, so all files come
		// from one checkpoint. A writer may remove it under our hands: then there
		// is another one to try, and otherwise the failure stands.
		root, err := open(dir)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		now, err := root.Stat(".")
		if err != nil {
			return nil, unusable(err.Error(), dir, "check that the folder can be read")
		}
		if before != nil && os.SameFile(before, now) {
			return nil, failure
		}
		files, err := readFiles(root)
		if err == nil {
			return files, nil
		}
		before, failure = now, err
	}
}

// open opens dir or, where that holds no manifest, what a writer has put
// aside; dir again, because that writer may have finished in between.
func open(dir string) (*os.Root, error) {
	for _, path := range []string{dir, aside(dir), dir} {
		root, err := os.OpenRoot(path)
		if err == nil {
			if _, err = root.Stat(Manifest); err == nil {
				return root, nil
			}
			root.Close()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, unusable(err.Error(), path, "check that the folder can be read")
		}
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, unusable("there is no such folder", dir, "check the path")
	}
	return nil, unusable("the folder holds no "+Manifest+", so it is not a checkpoint", dir, "give the folder that a model was saved to")
}

func readFiles(root *os.Root) (map[string][]byte, error) {
	path := func(name string) string { return filepath.Join(root.Name(), name) }
	text, err := root.ReadFile(Manifest)
	if err != nil {
		return nil, unusable(err.Error(), path(Manifest), "check that the file can be read")
	}
	m, err := parseManifest(text, path(Manifest))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range m.Files {
		data, err := root.ReadFile(f.Name)
		switch {
		case err != nil:
			return nil, unusable(err.Error(), path(f.Name), restore)
		case len(data) != f.Size:
			return nil, unusable(fmt.Sprintf("size: got %d bytes, want %d", len(data), f.Size), path(f.Name), restore)
		case digest(data) != f.SHA256:
			return nil, unusable(fmt.Sprintf("SHA-256: got %s, want %s", digest(data), f.SHA256), path(f.Name), restore)
		}
		files[f.Name] = data
	}
	return files, nil
}

const restore = "restore the folder from a copy or train again"

func unusable(what, path, try string) error {
	return errors.Wrapf(ErrCheckpoint, "folder: checkpoint %s: %s; %s", path, what, try)
}
