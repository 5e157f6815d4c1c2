package form

import (
	"github.com/pkg/errors"

	"spnode/data/internal/stack"
	"spnode/data/internal/table"
	"spnode/data/mat"
	"spnode/data/npz"
)

// decodeNPY reads a .npy file of two dimensions as a table without a header.
func decodeNPY(b []byte, o Options) (*Set, error) {
	t, err := matrix(b, false)
	if err != nil {
		return nil, err
	}
	return runs(t, &o)
}

// matrix returns an array of two dimensions as a table, and one of one dimension,
// if that is a row.
func matrix(b []byte, row bool) (*table.Table, error) {
	a, err := npz.DecodeNPY(b)
	if err != nil {
		return nil, err
	}
	want := "(rows, columns) with the time in the first column; " +
		"try an .npz file with arrays t and u for states without their times"
	if row {
		if len(a.Shape) == 1 {
			a.Shape = []int{1, a.Shape[0]}
		}
		want = "(samples, components) or (components)"
	}
	if len(a.Shape) != 2 {
		return nil, stack.Shapef("array has shape %v, want %s", a.Shape, want)
	}
	return table.Matrix(a.Data, a.Shape[0], a.Shape[1])
}

// limit returns how many bytes the numbers of a file may take.
func (o *Options) limit(b []byte) int64 {
	if o.Limit > 0 {
		return o.Limit
	}
	return npz.DefaultLimit(len(b))
}

// decodeNPZ reads the arrays that a data set has, whatever else there is.
func decodeNPZ(b []byte, o Options) (*Set, error) {
	a := &arrays{limit: o.limit(b), o: &o}
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

// decodeMAT reads a MATLAB file as decodeNPZ does an .npz file.
func decodeMAT(b []byte, o Options) (*Set, error) {
	a := &arrays{limit: o.limit(b), o: &o}
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
