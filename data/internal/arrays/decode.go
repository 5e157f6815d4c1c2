package arrays

import (
	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/mat"
	"spnode/data/npz"
)

// NPZ reads the arrays that a data set has, whatever else there is.
func NPZ(b []byte, o runs.Options) (*runs.Set, error) {
	a := &arrays{limit: o.Bound(len(b)), o: &o}
	f, err := npz.Open(b, a.limit)
	if err != nil {
		return nil, err
	}
	for _, h := range f.Headers() {
		a.list = append(a.list, array{name: h.Name, shape: h.Shape, isNumber: h.Err() == nil,
			read:  func() ([]float64, error) { x, err := f.Read(h.Name); return x.Data, err },
			texts: func() ([]string, error) { x, err := f.ReadTexts(h.Name); return x.Data, err },
		})
	}
	return a.set()
}

// MAT reads a MATLAB file as NPZ does an .npz file.
func MAT(b []byte, o runs.Options) (*runs.Set, error) {
	a := &arrays{limit: o.Bound(len(b)), o: &o}
	variables, err := mat.Decode(b, a.limit)
	if err != nil {
		return nil, err
	}
	for _, v := range variables {
		a.list = append(a.list, variable(v))
	}
	return a.set()
}

func variable(v mat.Array) array {
	var x array
	x = array{name: v.Name, shape: v.Shape, err: errors.Wrapf(v.Err, "array %q", v.Name), isNumber: v.Data != nil,
		read: func() ([]float64, error) {
			switch {
			case v.Err != nil:
				return nil, x.err
			case v.Data == nil:
				return nil, errors.Errorf("array %q is text or a cell, want numbers", v.Name)
			}
			return v.Data, nil
		},
		texts: func() ([]string, error) {
			if v.Text == nil {
				return nil, errors.Errorf("array %q is no text, want names", v.Name)
			}
			return v.Text, nil
		},
	}
	for _, c := range v.Cells {
		x.cells = append(x.cells, variable(c))
	}
	return x
}
