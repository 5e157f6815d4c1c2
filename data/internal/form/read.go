package form

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/data/mat"
)

// decoders are the formats by their extensions.
var decoders = map[string]func([]byte, Options) (*Set, error){
	".csv": decodeTable, ".tsv": decodeTable, ".txt": decodeTable, ".dat": decodeTable,
	".npz": decodeNPZ, ".npy": decodeNPY, ".mat": decodeMAT,
}

// extensions lists them.
func extensions() string { return strings.Join(slices.Sorted(maps.Keys(decoders)), ", ") }

// Extension returns a file's extension in lower case.
func Extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

// Read reads a file or a folder.
func Read(path string, o Options) (*Set, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return readFolder(path, o)
	}
	return readFile(path, func(ext string, b []byte) (*Set, error) { return Decode(ext, b, o) })
}

// Decode reads the content of a file with an extension.
func Decode(ext string, b []byte, o Options) (*Set, error) {
	return decoders[ext](b, o)
}

// readFile has the content of a file decoded, if its extension is known.
func readFile(path string, decode func(ext string, b []byte) (*Set, error)) (*Set, error) {
	ext := Extension(path)
	if _, ok := decoders[ext]; !ok {
		return nil, noFormat(path, ext)
	}
	b, err := file.Read(path)
	if err != nil {
		return nil, err
	}
	d, err := decode(ext, b)
	if errors.Is(err, mat.ErrHDF5) {
		err = errors.Errorf("%v, or %s", err, python(path, fromHDF5))
	}
	return d, err
}

// readFolder reads a run, or several, of each file in a folder.
func readFolder(path string, o Options) (*Set, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	whole, first := &Set{}, ""
	for _, e := range entries {
		name := e.Name()
		if _, ok := decoders[Extension(name)]; !ok || e.IsDir() || strings.HasPrefix(name, ".") {
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
		if err := whole.join(d); err != nil {
			return nil, errors.Wrapf(err, "%s, whose columns are to be those of %s", name, first)
		}
	}
	if first == "" {
		return nil, errors.Wrapf(fs.ErrNotExist, "the folder has no file to read, want one with an extension of %s", extensions())
	}
	whole.share()
	return whole, nil
}

// The Python that makes a file that is read of one that is not. h5py and np.load
// are its own way to either.
const (
	fromHDF5   = `f = h5py.File(%q)`
	fromPickle = `f = np.load(%q, allow_pickle=True)`
)

func python(path, load string) string {
	imports := "import numpy as np" // in a line, as drivers tell what is wrong with a file
	if load == fromHDF5 {
		imports += ", h5py"
	}
	return fmt.Sprintf("these lines of Python make an .npz file of times t and states u in it: %s; %s; np.savez(%q, t=f[\"t\"], u=f[\"u\"])",
		imports, fmt.Sprintf(load, path), strings.TrimSuffix(path, filepath.Ext(path))+".npz")
}

func noFormat(path, ext string) error {
	switch ext {
	case ".h5", ".hdf5", ".hdf", ".nc":
		return errors.Errorf("the file is HDF5, want .npz or a table; %s", python(path, fromHDF5))
	case ".pkl", ".pickle":
		return errors.Errorf("the file is a pickle, want .npz or a table; %s", python(path, fromPickle))
	}
	return errors.Errorf("extension is %q, want one of %s", ext, extensions())
}
