// Package form finds trajectories in files: in tables, by the names and roles of
// their columns, in arrays, and in folders of either.
package form

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/data/internal/arrays"
	"spnode/data/internal/foreign"
	"spnode/data/internal/runs"
)

// decoders are the formats by their extensions.
var decoders = map[string]func([]byte, runs.Options) (*runs.Set, error){
	".csv": decodeTable, ".tsv": decodeTable, ".txt": decodeTable, ".dat": decodeTable,
	".npz": arrays.NPZ, ".npy": decodeNPY, ".mat": arrays.MAT,
}

// Extension returns a file's extension in lower case.
func Extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

// Read reads a file or a folder.
func Read(path string, o runs.Options) (*runs.Set, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return readFolder(path, o)
	}
	return readFile(path, &o, Decode)
}

// Decode reads the content of a file with an extension.
func Decode(ext string, b []byte, o runs.Options) (*runs.Set, error) {
	return decoders[ext](b, o)
}

// readFile has the content of a file decoded, if its format is known.
func readFile(path string, o *runs.Options, decode func(ext string, b []byte, o runs.Options) (*runs.Set, error)) (*runs.Set, error) {
	ext := Extension(path)
	if ext == ".gz" {
		ext = Extension(strings.TrimSuffix(path, filepath.Ext(path)))
	}
	want := "one of " + strings.Join(slices.Sorted(maps.Keys(decoders)), ", ")
	if err := foreign.Refuse(path, ext, nil, want); err != nil {
		return nil, err
	}
	if _, ok := decoders[ext]; !ok {
		return nil, errors.Errorf("extension is %q, want %s", ext, want)
	}
	b, err := file.Read(path)
	if err == nil && bytes.HasPrefix(b, []byte("\x1f\x8b")) {
		b, err = unzip(b, o.Bound(len(b)))
	}
	if err == nil {
		err = foreign.Refuse(path, ext, b, want)
	}
	if err != nil {
		return nil, err
	}
	return decode(ext, b, *o)
}

// readFolder reads a run, or several, of each file in a folder.
func readFolder(path string, o runs.Options) (*runs.Set, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	whole, first := &runs.Set{}, ""
	for _, e := range entries {
		name := e.Name()
		if _, ok := decoders[Extension(strings.TrimSuffix(name, ".gz"))]; !ok || e.IsDir() || strings.HasPrefix(name, ".") {
			continue
		}
		d, err := Read(filepath.Join(path, name), o)
		if err != nil {
			return nil, errors.Wrap(err, name)
		}
		label := strings.TrimSuffix(name, filepath.Ext(name))
		for s := range d.Runs {
			if r := &d.Runs[s]; r.Name == "" && len(d.Runs) == 1 {
				r.Name = label
			} else if r.Name == "" {
				r.Name = label + "/" + strconv.Itoa(s)
			}
		}
		if first == "" {
			first = name
		}
		if err := whole.Join(d); err != nil {
			return nil, errors.Wrapf(err, "%s, whose columns are to be those of %s", name, first)
		}
	}
	if first == "" {
		return nil, errors.Wrapf(fs.ErrNotExist, "the folder has no file to read, want a table, .npz, .npy or .mat")
	}
	whole.Share()
	return whole, nil
}

// unzip unpacks a file that gzip made, to so many bytes at most.
func unzip(b []byte, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, errors.Wrap(err, "gzip")
	}
	var out bytes.Buffer
	if len(b) >= 4 { // the length, as the end says it; deflate makes at most 1032 bytes of one
		out.Grow(int(min(int64(binary.LittleEndian.Uint32(b[len(b)-4:])), 1032*int64(len(b)), limit)) + bytes.MinRead)
	}
	n, err := io.Copy(&out, io.LimitReader(z, limit+1))
	if err == nil && n > limit {
		err = errors.Errorf("the file unpacks to more than %d bytes, want fewer for a file of this size; try a larger limit", limit)
	}
	return out.Bytes(), errors.Wrap(err, "gzip")
}
