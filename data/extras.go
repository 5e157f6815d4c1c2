package data

import (
	"slices"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// inputs reads w, whose rows lie as those of the states, or on times w_t of its
// own with w_offsets.
func (a *arrays) inputs(d *Dataset, l *layout) error {
	name := a.only("w", a.o.Inputs)
	w := a.named(name)
	if w == nil || w.cells != nil {
		return nil
	}
	own := (&arrays{list: a.list}).named("w_t")
	if own != nil && a.key == "" {
		offsets := (&arrays{list: a.list}).named("w_offsets")
		if offsets == nil {
			return errors.New("array w_offsets, got none, want it beside w_t")
		}
		times, err := own.read()
		if err != nil {
			return err
		}
		starts, err := offsets.whole(len(times))
		if err != nil {
			return err
		}
		if len(starts)-1 != len(d.Trajectories) {
			return errors.Wrapf(ErrShape, "array w_offsets, got %d trajectories, want %d", len(starts)-1, len(d.Trajectories))
		}
		l = &layout{rows: len(times), row: func(s, i int) int { return starts[s] + i }}
		for s := 1; s < len(starts); s++ {
			l.times = append(l.times, times[starts[s-1]:starts[s]:starts[s]])
		}
	}
	if l.rows == 0 || w.size()%l.rows != 0 || w.size() == 0 {
		return errors.Wrapf(ErrShape, "array %s, got shape %v, want %d rows as the states have", w.name, w.shape, l.rows)
	}
	if k := w.size() / l.rows; k != 1 && w.shape[len(w.shape)-1] != k || k > maxComponents {
		return errors.Wrapf(ErrShape, "array %s, got shape %v, want %d in the last dimension, and at most %d", w.name, w.shape, k, maxComponents)
	}
	data, err := w.read()
	if err != nil {
		return err
	}
	dim := w.size() / l.rows
	if d.Inputs, err = a.columns("inputs", "w", name, dim); err != nil {
		return err
	}
	held, err := a.perTrajectory("held", len(d.Trajectories))
	if err != nil {
		return err
	}
	rows := stack.Rows(data, l.rows, dim)
	for s := range d.Trajectories {
		in := &d.Trajectories[s].Input
		for i := range l.times[s] {
			in.Values = append(in.Values, rows[l.row(s, i)])
		}
		if in.Held = a.o.Held; held != nil {
			in.Held = held[s] != 0
		}
		if times := d.Trajectories[s].Times; !slices.Equal(l.times[s], times) {
			in.Times = l.times[s]
		}
	}
	return nil
}

// only returns the only name of the options if it is that of an array, rather than
// of one of its columns, and else the usual one.
func (a *arrays) only(usual string, names []string) string {
	if len(names) == 1 && a.named(names[0]) != nil {
		return names[0]
	}
	return usual
}

// columns names the n columns of an array, which itself has the usual name or that
// of its only column.
func (a *arrays) columns(names, usual, name string, n int) ([]string, error) {
	if name != usual && n == 1 {
		return []string{name}, nil
	}
	return a.names(names, name, n)
}

// parameters reads p, of shape (samples, parameters).
func (a *arrays) parameters(d *Dataset, _ *layout) error {
	name := a.only("p", a.o.Parameters)
	p := a.named(name)
	if p == nil {
		return nil
	}
	n := len(d.Trajectories)
	if n == 0 || p.size() > n*maxComponents || p.size()%n != 0 || len(p.shape) > 2 || n > 1 && p.shape[0] != n && p.size() != n {
		return errors.Wrapf(ErrShape, "array %s, got shape %v, want (samples, parameters) of %d samples", p.name, p.shape, n)
	}
	data, err := p.read()
	if err != nil {
		return err
	}
	dim := p.size() / n
	if d.Parameters, err = a.columns("parameters", "p", name, dim); err != nil {
		return err
	}
	for s, row := range stack.Rows(data, n, dim) {
		if dim > 0 {
			d.Trajectories[s].Parameters = row
		}
	}
	return nil
}

// labels reads the weights and the names of the trajectories.
func (a *arrays) labels(d *Dataset, _ *layout) error {
	name := "weight"
	if a.o.Weight != "" {
		if name = a.o.Weight; a.named(name) == nil {
			return errors.Errorf("weight %q: got %s, want it among them", name, a.there())
		}
	}
	weights, err := a.perTrajectory(name, len(d.Trajectories))
	if err != nil {
		return err
	}
	for s := range weights {
		d.Trajectories[s].Weight = weights[s]
	}
	if x := a.named("names"); x != nil && a.key == "" {
		names, err := x.text()
		if err != nil {
			return err
		}
		if len(names) != len(d.Trajectories) {
			return errors.Wrapf(ErrShape, "array names, got %d, want %d", len(names), len(d.Trajectories))
		}
		for s, name := range names {
			d.Trajectories[s].Name = name
		}
	}
	return nil
}

// perTrajectory returns a number for each trajectory, nil if there is no such
// array. A single number is that of all.
func (a *arrays) perTrajectory(name string, n int) ([]float64, error) {
	x := a.named(name)
	if x == nil {
		return nil, nil
	}
	v, err := x.read()
	if err != nil {
		return nil, err
	}
	if len(v) == 1 {
		for len(v) < n {
			v = append(v, v[0])
		}
	}
	if len(v) != n {
		return nil, errors.Wrapf(ErrShape, "array %s, got shape %v, want a number for each of %d trajectories", x.name, x.shape, n)
	}
	return v, nil
}

// choose leaves the components, inputs and parameters that the options name, in
// their order.
func (d *Dataset) choose(o *ReadOptions) error {
	for _, c := range []struct {
		what  string
		names []string
		of    *[]string
		rows  func(tr *Trajectory) [][]float64
	}{
		{"components", o.Components, &d.Components, func(tr *Trajectory) [][]float64 { return tr.States }},
		{"inputs", o.Inputs, &d.Inputs, func(tr *Trajectory) [][]float64 { return tr.Input.Values }},
		{"parameters", o.Parameters, &d.Parameters, func(tr *Trajectory) [][]float64 { return [][]float64{tr.Parameters} }},
	} {
		if c.names == nil || len(c.names) == 1 && (slices.Equal(*c.of, c.names) || slices.Contains(*c.of, c.names[0]+"1")) {
			continue // an array of that name
		}
		var idx []int
		var absent []string
		for _, name := range c.names {
			j := slices.Index(*c.of, name)
			if j < 0 {
				absent = append(absent, name)
			}
			idx = append(idx, j)
		}
		if absent != nil {
			return errors.Errorf("%s %s: got %s, want %s among them", c.what, list(c.names), list(*c.of), list(absent))
		}
		*c.of = c.names
		for s := range d.Trajectories {
			tr := &d.Trajectories[s]
			rows := c.rows(tr)
			for i := range rows {
				rows[i] = pick(rows[i], idx)
			}
			switch c.what {
			case "parameters":
				tr.Parameters = rows[0]
			case "inputs":
				if len(idx) == 0 {
					tr.Input = Signal{}
				}
			}
		}
	}
	return nil
}
