package data

import (
	"github.com/pkg/errors"

	"spnode/data/file"
)

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
