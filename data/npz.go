package data

import (
	"io"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/npz"
)

// array returns the states on the grid, u (T, S, C).
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

// encodeNPZ writes the arrays that dataset reads, as np.savez does: t and u, and of
// the others those that say something.
func (d *Dataset) encodeNPZ(w io.Writer) error {
	var arrays []npz.Array
	if times, ok := d.Grid(); ok {
		arrays = []npz.Array{{Name: "t", Shape: []int{len(times)}, Data: times}, d.array()}
	} else {
		arrays = d.concatenated("t", "u", "offsets", func(tr *Trajectory) ([]float64, [][]float64) { return tr.Times, tr.States })
	}
	if len(d.Inputs) > 0 {
		arrays = append(arrays, d.inputArrays()...)
	}
	if len(d.Parameters) > 0 {
		p := npz.Array{Name: "p", Shape: []int{d.Samples(), len(d.Parameters)}}
		for _, tr := range d.Trajectories {
			p.Data = append(p.Data, tr.Parameters...)
		}
		arrays = append(arrays, p)
	}
	if d.weighted() {
		a := npz.Array{Name: "weight", Shape: []int{d.Samples()}}
		for _, tr := range d.Trajectories {
			a.Data = append(a.Data, tr.Weight)
		}
		arrays = append(arrays, a)
	}
	var texts []npz.Texts
	for _, n := range []struct {
		name, letter string
		names        []string
	}{{"components", "u", d.Components}, {"inputs", "w", d.Inputs}, {"parameters", "p", d.Parameters}} {
		if !slices.Equal(n.names, runs.Numbered(n.letter, len(n.names))) {
			texts = append(texts, npz.Texts{Name: n.name, Shape: []int{len(n.names)}, Data: n.names})
		}
	}
	if d.named() {
		t := npz.Texts{Name: "names", Shape: []int{d.Samples()}}
		for _, tr := range d.Trajectories {
			t.Data = append(t.Data, tr.Name)
		}
		texts = append(texts, t)
	}
	b, err := npz.Encode(arrays, texts...)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return errors.WithStack(err)
}

// weighted and named tell whether a trajectory has a weight or a name.
func (d *Dataset) weighted() bool {
	return slices.ContainsFunc(d.Trajectories, func(tr Trajectory) bool { return tr.Weight != 0 })
}

func (d *Dataset) named() bool {
	return slices.ContainsFunc(d.Trajectories, func(tr Trajectory) bool { return tr.Name != "" })
}

// concatenated returns times and rows of all trajectories, one after the other,
// and where each begins, the end of the last included.
func (d *Dataset) concatenated(t, u, offsets string, of func(*Trajectory) ([]float64, [][]float64)) []npz.Array {
	a := []npz.Array{{Name: t}, {Name: u}, {Name: offsets, Shape: []int{d.Samples() + 1}, Data: []float64{0}}}
	dim := 0
	for s := range d.Trajectories {
		times, rows := of(&d.Trajectories[s])
		a[0].Data = append(a[0].Data, times...)
		for _, row := range rows {
			a[1].Data = append(a[1].Data, row...)
			dim = len(row)
		}
		a[2].Data = append(a[2].Data, float64(len(a[0].Data)))
	}
	a[0].Shape, a[1].Shape = []int{len(a[0].Data)}, []int{len(a[0].Data), dim}
	return a
}

// inputArrays returns w with rows as those of the states, or with times of its own.
func (d *Dataset) inputArrays() (arrays []npz.Array) {
	own, held := false, npz.Array{Name: "held", Shape: []int{d.Samples()}}
	for _, tr := range d.Trajectories {
		own = own || tr.Input.Times != nil
		h := 0.
		if tr.Input.Held {
			h = 1
		}
		held.Data = append(held.Data, h)
	}
	values := func(tr *Trajectory) ([]float64, [][]float64) {
		if tr.Input.Times != nil {
			return tr.Input.Times, tr.Input.Values
		}
		return tr.Times, tr.Input.Values
	}
	_, shared := d.Grid()
	switch {
	case own:
		arrays = d.concatenated("w_t", "w", "w_offsets", values)
	case shared:
		in := *d
		in.Trajectories = slices.Clone(d.Trajectories)
		for s := range in.Trajectories {
			in.Trajectories[s].States = in.Trajectories[s].Input.Values
		}
		w := in.array()
		w.Name = "w"
		arrays = []npz.Array{w}
	default:
		arrays = d.concatenated("", "w", "", values)[1:2]
	}
	if slices.Max(held.Data) > 0 {
		arrays = append(arrays, held)
	}
	return arrays
}
