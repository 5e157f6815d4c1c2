package form

import (
	"bytes"
	"compress/gzip"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// foreign is a format that is not read, by the extensions of its files or by what
// these begin with, and how to make of one a file that is read.
type foreign struct {
	what               string
	extensions, begins []string
	try                string // IN and OUT stand for the files
	out                string // the extension of OUT
}

const (
	hdf5  = `Python: import numpy as np, h5py; f = h5py.File(IN); ` + savez
	savez = `np.savez(OUT, t=f["t"], u=f["u"])`
	panda = `Python: import pandas as pd; pd.`
	frame = `(IN).to_csv(OUT, index=False)`
	name  = `OUT as its name`
)

var foreigns = []foreign{
	{"HDF5", []string{".h5", ".hdf5", ".hdf", ".nc"}, []string{"\x89HDF"}, hdf5, ".npz"},
	{"of MATLAB's version 7.3, which is HDF5", nil, []string{"MATLAB 7.3"}, "save -v7 in MATLAB, or " + hdf5, ".npz"},
	{"a pickle", []string{".pkl", ".pickle"}, []string{"\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"}, `Python: import numpy as np; f = np.load(IN, allow_pickle=True); ` + savez, ".npz"},
	{"Parquet", []string{".parquet"}, []string{"PAR1"}, panda + "read_parquet" + frame, ".csv"},
	{"Arrow", []string{".feather", ".arrow"}, []string{"ARROW1"}, panda + "read_feather" + frame, ".csv"},
	{"Excel's or a zip archive", []string{".xlsx", ".xls", ".ods", ".zip"}, []string{"PK\x03\x04", "\xd0\xcf\x11\xe0"}, `saving it as “CSV UTF-8”, or ` + panda + "read_excel" + frame, ".csv"},
	{"an array of NumPy", nil, []string{"\x93NUMPY"}, name, ".npy"},
	{"of MATLAB", nil, []string{"MATLAB 5"}, name, ".mat"},
	{"compressed", []string{".bz2", ".xz", ".zst"}, []string{"BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd"}, "gzip, or none", ""},
}

// refuse returns an error, of one line, if a file is of a format that is not read.
func refuse(path, ext string, b []byte) error {
	if ext == ".npz" && bytes.HasPrefix(b, []byte("PK")) || ext == ".npy" && bytes.HasPrefix(b, []byte("\x93NUMPY")) ||
		ext == ".mat" && bytes.HasPrefix(b, []byte("MATLAB 5")) {
		return nil
	}
	for _, f := range foreigns {
		if !slices.Contains(f.extensions, ext) && !slices.ContainsFunc(f.begins, func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }) {
			continue
		}
		out := strings.TrimSuffix(path, filepath.Ext(path))
		if f.out == ext { // Python is not to write over its input
			out += "_1"
		}
		out += f.out
		return errors.Errorf("the file is %s, want one of %s; try %s", f.what, extensions(),
			strings.NewReplacer("IN", strconv.Quote(path), "OUT", strconv.Quote(out)).Replace(f.try))
	}
	if _, ok := decoders[ext]; !ok {
		return errors.Errorf("extension is %q, want one of %s", ext, extensions())
	}
	return nil
}

// unzip unpacks a file that gzip made, to so many bytes at most.
func unzip(b []byte, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, errors.Wrap(err, "gzip")
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(z, limit+1))
	if err == nil && n > limit {
		err = errors.Errorf("the file unpacks to more than %d bytes, want fewer for a file of this size; try a larger limit", limit)
	}
	return out.Bytes(), errors.Wrap(err, "gzip")
}
