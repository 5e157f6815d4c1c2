package folder

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// Manifest is the name of the file that lists the others. A folder that holds it
// is a checkpoint.
const Manifest = "MANIFEST.json"

const (
	format = "spnode checkpoint"
	// Of version 1 the files of a training were others; those of a model are still
	// the same, so both are read.
	version = 2
)

// File is one file of a checkpoint; its name has no folder.
type File struct {
	Name string
	Data []byte
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

func newManifest(files []File) (manifest, error) {
	m := manifest{Format: format, Version: version, Files: []manifestEntry{}}
	seen := map[string]bool{Manifest: true, "": true}
	for _, f := range files {
		if seen[f.Name] || f.Name != filepath.Base(f.Name) || strings.HasPrefix(f.Name, ".") {
			return m, errors.Errorf("folder: Write: file name: got %q, want a plain one that is not taken", f.Name)
		}
		seen[f.Name] = true
		m.Files = append(m.Files, manifestEntry{f.Name, len(f.Data), digest(f.Data)})
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
	case m.Format != format:
		return m, unusable(fmt.Sprintf("format: got %q, want %q", m.Format, format), path, restore)
	case m.Version > version:
		return m, unusable(fmt.Sprintf("version: got %d, want at most %d: written by a newer spnode", m.Version, version), path, "update spnode")
	case m.Version < 1:
		return m, unusable(fmt.Sprintf("version: got %d, want 1 to %d", m.Version, version), path, restore)
	case !bytes.Equal(text, m.text()) && bytes.Equal(unixLines(text), m.text()):
		return m, unusable(errLines.Error(), path, relines)
	case !bytes.Equal(text, m.text()):
		return m, unusable("damaged: the text does not match its own checksum", path, restore)
	}
	for _, f := range m.Files {
		if f.Size < 0 || f.Name != filepath.Base(f.Name) {
			return m, unusable(fmt.Sprintf("file %q of %d bytes, want a name without a folder, and a size", f.Name, f.Size), path, restore)
		}
	}
	return m, nil
}

// errLines is what is wrong with text that went through a Windows clone.
var errLines = errors.New("nothing but its line endings differ: git, or an editor, has made \\n into \\r\\n")

func unixLines(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }

// differs says how data are not those of the file.
func (f manifestEntry) differs(data []byte) error {
	switch sum := digest(data); {
	case sum == f.SHA256 && len(data) == f.Size:
		return nil
	case bytes.IndexByte(data, 0) < 0 && digest(unixLines(data)) == f.SHA256:
		return errLines
	case len(data) != f.Size:
		return errors.Errorf("size: got %d bytes, want %d", len(data), f.Size)
	default:
		return errors.Errorf("SHA-256: got %s, want %s", sum, f.SHA256)
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
