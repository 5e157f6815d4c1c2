package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// A snapshot is a folder of files that are written and replaced together and
// believed only as a whole. MANIFEST.json lists them with size and SHA-256. This
// file is about bytes; what a checkpoint's files mean is in checkpoint.go.
//
// A new snapshot is written to a temporary sibling, synced, and swapped in:
//
//	dir/  →  .dir.old/      .dir.tmp-<pid>/  →  dir/      .dir.old/ removed
//
// A reader takes dir or, between the two renames, .dir.old, and so sees the old
// snapshot or the new, never a mixture. A writer that fails or is
// killed cleans nothing up: the next one first completes or undoes what it finds.
// There may be many readers but one writer at a time.
//
// What else lies in the folder, say a person's notes, moves over to the new one.

// ErrCheckpoint is what errors.Is finds in the error of a folder that is not a
// checkpoint, is damaged, or is of an unknown version. The error's text names the
// file and says what to try.
var ErrCheckpoint = errors.New("unusable checkpoint")

const (
	manifestName    = "MANIFEST.json"
	snapshotFormat  = "spnode checkpoint"
	snapshotVersion = 1
)

// snapshotFile is one file of a snapshot; its name has no folder.
type snapshotFile struct {
	name string
	data []byte
}

// readSnapshot returns the files of the snapshot in dir by name, all verified.
func readSnapshot(dir string) (map[string][]byte, error) {
	var before fs.FileInfo
	var failure error
	for {
		// A Root stays with its folder when that is renamed, so all files come
		// from one snapshot. A writer may remove it under our hands: then there
		// is another one to try, and otherwise the failure stands.
		root, err := openSnapshot(dir)
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

// openSnapshot opens dir or, where that holds no manifest, what a writer has put
// aside; dir again, because that writer may have finished in between.
func openSnapshot(dir string) (*os.Root, error) {
	for _, path := range []string{dir, aside(dir), dir} {
		root, err := os.OpenRoot(path)
		if err == nil {
			if _, err = root.Stat(manifestName); err == nil {
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
	return nil, unusable("the folder holds no "+manifestName+", so it is not a checkpoint", dir, "give the folder that a model was saved to")
}

func readFiles(root *os.Root) (map[string][]byte, error) {
	path := func(name string) string { return filepath.Join(root.Name(), name) }
	text, err := root.ReadFile(manifestName)
	if err != nil {
		return nil, unusable(err.Error(), path(manifestName), "check that the file can be read")
	}
	m, err := parseManifest(text, path(manifestName))
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
			return nil, unusable(fmt.Sprintf("size, got %d bytes, want %d", len(data), f.Size), path(f.Name), restore)
		case digest(data) != f.SHA256:
			return nil, unusable(fmt.Sprintf("SHA-256, got %s, want %s", digest(data), f.SHA256), path(f.Name), restore)
		}
		files[f.Name] = data
	}
	return files, nil
}

const restore = "restore the folder from a copy or train again"

func unusable(what, path, try string) error {
	return errors.Wrapf(ErrCheckpoint, "model: checkpoint %s: %s; %s", path, what, try)
}

// manifest is the content of MANIFEST.json.
type manifest struct {
	Format   string          `json:"format"`
	Version  int             `json:"version"`
	Files    []manifestEntry `json:"files"`
	Checksum string          `json:"checksum"` // SHA-256 of this text with an empty checksum
}

type manifestEntry struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

func newManifest(files []snapshotFile) (manifest, error) {
	m := manifest{Format: snapshotFormat, Version: snapshotVersion, Files: []manifestEntry{}}
	seen := map[string]bool{manifestName: true, "": true}
	for _, f := range files {
		if seen[f.name] || f.name != filepath.Base(f.name) || strings.HasPrefix(f.name, ".") {
			return m, errors.Errorf("model: writeSnapshot: file name, got %q, want a plain one that is not taken", f.name)
		}
		seen[f.name] = true
		m.Files = append(m.Files, manifestEntry{f.name, len(f.data), digest(f.data)})
	}
	return m, nil
}

// text is the manifest's one spelling, its checksum filled in.
func (m manifest) text() []byte {
	spell := func() []byte {
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			panic(err) // strings and integers always have a spelling
		}
		return append(text, '\n')
	}
	m.Checksum = ""
	m.Checksum = digest(spell())
	return spell()
}

// parseManifest believes a manifest that is, byte for byte, what text makes of
// it, so every deviation is noticed: unknown fields, spaces, a wrong checksum.
func parseManifest(text []byte, path string) (manifest, error) {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return m, unusable("damaged: "+err.Error(), path, restore)
	}
	switch {
	case m.Format != snapshotFormat:
		return m, unusable(fmt.Sprintf("format, got %q, want %q", m.Format, snapshotFormat), path, restore)
	case m.Version > snapshotVersion:
		return m, unusable(fmt.Sprintf("version, got %d, want at most %d: written by a newer spnode", m.Version, snapshotVersion), path, "update spnode")
	case m.Version != snapshotVersion:
		return m, unusable(fmt.Sprintf("version, got %d, want %d", m.Version, snapshotVersion), path, restore)
	case !bytes.Equal(text, m.text()):
		return m, unusable("damaged: the text does not match its own checksum", path, restore)
	}
	return m, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// aside is where a writer puts the old snapshot of dir.
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
