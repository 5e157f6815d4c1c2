package data

import (
	"io"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
	"spnode/data/npz"
)

// array returns the array u (T, S, C).
func (d *Dataset) array() npz.Array {
	states := d.States()
	u := npz.Array{Name: "u", Shape: []int{len(states), d.Samples(), d.Dim()}}
	u.Data = make([]float64, 0, len(states)*d.Samples()*d.Dim())
	for _, stack := range states {
		for _, row := range stack {
			u.Data = append(u.Data, row...)
		}
	}
	return u
}

// encodeNPY writes the states as np.save does.
func (d *Dataset) encodeNPY(w io.Writer) error {
	b, err := npz.EncodeNPY(d.array())
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return errors.WithStack(err)
}

// encodeNPZ writes t and u as np.savez does.
func (d *Dataset) encodeNPZ(w io.Writer) error {
	times, _ := d.Grid()
	t := npz.Array{Name: "t", Shape: []int{len(times)}, Data: times}
	b, err := npz.Encode([]npz.Array{t, d.array()})
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return errors.WithStack(err)
}

// decodeNPZ reads t and u, whatever else there is.
func decodeNPZ(b []byte) (*Dataset, error) {
	arrays, err := npz.Decode(b, "t", "u")
	if err != nil {
		return nil, err
	}
	item := map[string]npz.Array{}
	for _, a := range arrays {
		item[a.Name] = a
	}
	for _, name := range []string{"t", "u"} {
		if _, ok := item[name]; !ok {
			return nil, errors.Errorf("no array %s, want t (times) and u (time, sample, component)", name)
		}
	}
	t, u := item["t"], item["u"]
	if len(t.Shape) != 1 || len(u.Shape) != 3 || t.Shape[0] != u.Shape[0] {
		return nil, errors.Wrapf(ErrShape, "arrays t and u, got shapes %v and %v, want (times) and (times, samples, components)", t.Shape, u.Shape)
	}
	states := make([][][]float64, u.Shape[0])
	for i := range states {
		n := u.Shape[1] * u.Shape[2]
		states[i] = stack.Rows(u.Data[i*n:(i+1)*n], u.Shape[1], u.Shape[2])
	}
	d := Shared(t.Data, states, nil)
	d.Components = d.names()
	return d, nil
}
