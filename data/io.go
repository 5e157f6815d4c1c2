package data

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/data/internal/stack"
	"spnode/data/npz"
)

// Read returns the Dataset in a file, in the format of its extension:
//
//	.npz  arrays t (T) and u (T, S, C); the components are named u1, u2, …
//	.csv  columns sample, t and the components; see [Dataset.WriteCSV]
//
// A .npy file holds states without their times, and is refused. The error names
// the file and, where it applies, the place in it; the Dataset is valid.
func Read(path string) (*Dataset, error) {
	d, err := read(path)
	return d, errors.Wrapf(err, "data: Read: %s", path)
}

func read(path string) (*Dataset, error) {
	ext := extension(path)
	switch ext {
	case ".npz", ".csv":
	case ".npy":
		return nil, errors.New("a .npy file holds the states without their times: " +
			"give an .npz file with arrays t and u, or a .csv file")
	default:
		return nil, errors.Errorf("extension, got %q, want .npz or .csv", ext)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	var d *Dataset
	if ext == ".npz" {
		d, err = decodeNPZ(b)
	} else {
		d, err = decodeCSV(b)
	}
	if err != nil {
		return nil, err
	}
	return d, d.check()
}

// Write writes d to a file in the format of its extension: .npz or .csv, which
// [Read] reads, or .npy, which is the array (T, S, C) of states alone. The file
// is written whole; see [file.Write]. A Dataset that is invalid is not written, see
// [Dataset.Validate] for the errors, nor one that has what the formats have no place
// for: gaps, times of their own for the trajectories, inputs, parameters, names or
// weights.
func (d *Dataset) Write(path string) error {
	return errors.Wrapf(d.write(path), "data: Dataset.Write: %s", path)
}

func (d *Dataset) write(path string) error {
	if err := d.checkFile(); err != nil {
		return err
	}
	switch ext := extension(path); ext {
	case ".npz":
		return file.Write(path, d.encodeNPZ)
	case ".npy":
		return file.Write(path, d.encodeNPY)
	case ".csv":
		return file.Write(path, d.encodeCSV)
	default:
		return errors.Errorf("extension, got %q, want .npz, .npy or .csv", ext)
	}
}

// checkFile refuses what the files have no place for.
func (d *Dataset) checkFile() error {
	if err := d.check(); err != nil {
		return err
	}
	if _, ok := d.Grid(); !ok {
		return errors.Wrap(ErrShape, "the trajectories have times of their own, want one grid")
	}
	if len(d.Inputs) > 0 || len(d.Parameters) > 0 {
		return errors.Errorf("got inputs %q and parameters %q, want none", d.Inputs, d.Parameters)
	}
	for s, tr := range d.Trajectories {
		if tr.Name != "" || tr.Weight != 0 {
			return errors.Errorf("%s: got a name or a weight, want none", tr.label(s))
		}
	}
	return nil
}

// ReadStates returns the initial states in a file, indexed [sample][component]:
// a .csv file with a state in each row, where a header line and comments after #
// are allowed, or a .npy array of shape (S, C), or (C) for a single state. The
// error, ErrShape or ErrNotFinite where one of them applies, names the file and
// the place in it.
func ReadStates(path string) ([][]float64, error) {
	u, err := readStates(path)
	return u, errors.Wrapf(err, "data: ReadStates: %s", path)
}

func readStates(path string) ([][]float64, error) {
	ext := extension(path)
	if ext != ".csv" && ext != ".npy" {
		return nil, errors.Errorf("extension, got %q, want .csv or .npy", ext)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	if ext == ".csv" {
		_, u, err := decodeTable(b)
		return u, err
	}
	a, err := npz.DecodeNPY(b)
	if err != nil {
		return nil, err
	}
	switch len(a.Shape) {
	case 1:
		a.Shape = []int{1, a.Shape[0]}
	case 2:
	default:
		return nil, errors.Wrapf(ErrShape, "array, got shape %v, want (samples, components) or (components)", a.Shape)
	}
	u := stack.Rows(a.Data, a.Shape[0], a.Shape[1])
	return u, stack.Check(u, a.Shape[1])
}

func extension(path string) string { return strings.ToLower(filepath.Ext(path)) }
