package data

import (
	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/data/internal/form"
	"spnode/data/internal/stack"
)

// Write writes d to a file in the format of its extension: .npz or .csv, which
// [Read] reads to the same bits, or .npy, which is the array (T, S, C) of the
// states alone, on the grid that all share, which Read refuses. The file is written whole; see
// [file.Write]. A Dataset that is invalid is not written, see [Dataset.Validate]
// for the errors; to write what must not have gaps, ask [Dataset.Complete] first.
//
// A .csv file has no place for inputs at times where there is no state, nor for
// those that hold in some trajectories only, and a .npy file for nothing but
// states.
func (d *Dataset) Write(path string) (err error) {
	defer func() { err = errors.Wrapf(err, "data: Dataset.Write: %s", path) }()
	if err := d.validate(); err != nil {
		return err
	}
	switch ext := form.Extension(path); ext {
	case ".npz":
		return file.Write(path, d.encodeNPZ)
	case ".npy":
		if _, ok := d.Grid(); !ok {
			return stack.Shapef("the trajectories have times of their own, want one grid in a .npy file; try .npz")
		}
		if len(d.Inputs) > 0 || len(d.Parameters) > 0 {
			return errors.Errorf("there are inputs %q and parameters %q, want none in a .npy file; try .npz", d.Inputs, d.Parameters)
		}
		return file.Write(path, d.encodeNPY)
	case ".csv":
		return file.Write(path, d.encodeCSV)
	default:
		return errors.Errorf("extension is %q, want .npz, .npy or .csv", ext)
	}
}
