package form

import (
	"spnode/data/internal/runs"
	"spnode/data/internal/stack"
	"spnode/data/internal/table"
	"spnode/data/npz"
)

// decodeNPY reads a .npy file of two dimensions as a table without a header.
func decodeNPY(b []byte, o runs.Options) (*runs.Set, error) {
	t, err := matrix(b, false)
	if err != nil {
		return nil, err
	}
	return fromTable(t, &o)
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
