// Package foreign knows files by their formats, and says how to make of one that is
// not read another that is.
package foreign

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// format is one that is not read, by the extensions of its files or by what
// these begin with, and how to make of one a file that is read.
type format struct {
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

var formats = []format{
	{"HDF5", []string{".h5", ".hdf5", ".hdf", ".nc"}, []string{"\x89HDF"}, hdf5, ".npz"},
	{"of MATLAB's version 7.3, which is HDF5", nil, []string{"MATLAB 7.3"}, "save -v7 in MATLAB, or " + hdf5, ".npz"},
	{"a pickle", []string{".pkl", ".pickle"}, []string{"\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"}, `Python: import numpy as np; f = np.load(IN, allow_pickle=True); ` + savez, ".npz"},
	{"Parquet", []string{".parquet"}, []string{"PAR1\x15"}, panda + "read_parquet" + frame, ".csv"},
	{"Arrow", []string{".feather", ".arrow"}, []string{"ARROW1\x00"}, panda + "read_feather" + frame, ".csv"},
	{"Excel's or a zip archive", []string{".xlsx", ".xls", ".ods", ".zip"}, []string{"PK\x03\x04", "\xd0\xcf\x11\xe0"}, `saving it as “CSV UTF-8”, or ` + panda + "read_excel" + frame, ".csv"},
	{"an array of NumPy", nil, []string{"\x93NUMPY"}, name, ".npy"},
	{"of MATLAB", nil, []string{"MATLAB 5"}, name, ".mat"},
	{"compressed", []string{".bz2", ".xz", ".zst"}, []string{"BZh91AY", "\xfd7zXZ", "\x28\xb5\x2f\xfd"}, "gzip, or none", ""},
}

// Refuse returns an error, of one line, if a file is of a format that is not read,
// by its extension or the first bytes of its content b, and what is wanted.
func Refuse(path, ext string, b []byte, want string) error {
	if ext == ".npz" && bytes.HasPrefix(b, []byte("PK")) || ext == ".npy" && bytes.HasPrefix(b, []byte("\x93NUMPY")) ||
		ext == ".mat" && bytes.HasPrefix(b, []byte("MATLAB 5")) {
		return nil
	}
	for _, f := range formats {
		if !slices.Contains(f.extensions, ext) && !slices.ContainsFunc(f.begins, func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }) {
			continue
		}
		out := strings.TrimSuffix(path, filepath.Ext(path))
		if f.out == ext { // Python is not to write over its input
			out += "_1"
		}
		out += f.out
		return errors.Errorf("the file is %s, want %s; try %s", f.what, want,
			strings.NewReplacer("IN", strconv.Quote(path), "OUT", strconv.Quote(out)).Replace(f.try))
	}
	return nil
}
