package arrays

import (
	"slices"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/internal/stack"
)

// inputs reads w, whose rows lie as those of the states, or on times w_t of its
// own with w_offsets.
func (a *arrays) inputs(d *runs.Set, l *layout) error {
	name := a.only("w", a.o.Inputs)
	w := a.named(name)
	if w == nil || w.cells != nil {
		return nil
	}
	own := (&arrays{list: a.list}).named("w_t")
	if own != nil && a.key == "" {
		offsets := (&arrays{list: a.list}).named("w_offsets")
		if offsets == nil {
			return errors.New("array w_offsets is missing, want it beside w_t")
		}
		times, err := own.read()
		if err != nil {
			return err
		}
		if l, err = offsets.parts(times); err != nil {
			return err
		}
		if len(l.times) != len(d.Runs) {
			return stack.Shapef("array w_offsets has %d trajectories, want %d", len(l.times), len(d.Runs))
		}
	}
	if l.rows == 0 || w.size()%l.rows != 0 || w.size() == 0 {
		return stack.Shapef("array %s has shape %v, want %d rows as the states have", w.name, w.shape, l.rows)
	}
	if want := append(slices.Clone(l.shape), w.size()/l.rows); !slices.Equal(squeezed(w.shape), squeezed(want)) || want[len(want)-1] > maxComponents {
		return stack.Shapef("array %s has shape %v, want %v as the states have, and at most %d in the last dimension", w.name, w.shape, want, maxComponents)
	}
	data, err := w.read()
	if err != nil {
		return err
	}
	dim := w.size() / l.rows
	if d.Inputs, err = a.columns("inputs", "w", name, dim); err != nil {
		return err
	}
	held, err := a.perTrajectory("held", len(d.Runs))
	if err != nil {
		return err
	}
	rows := stack.Rows(data, l.rows, dim)
	for s := range d.Runs {
		in := &d.Runs[s]
		for i := range l.times[s] {
			in.Inputs = append(in.Inputs, rows[l.row(s, i)])
		}
		if in.Held = a.o.Held; held != nil {
			in.Held = held[s] != 0
		}
		if !slices.Equal(l.times[s], in.Times) {
			in.InputTimes = l.times[s]
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
func (a *arrays) parameters(d *runs.Set, _ *layout) error {
	name := a.only("p", a.o.Parameters)
	p := a.named(name)
	if p == nil {
		return nil
	}
	n := len(d.Runs)
	if n == 0 || p.size() > n*maxComponents || p.size()%n != 0 || len(p.shape) > 2 || n > 1 && p.shape[0] != n && p.size() != n {
		return stack.Shapef("array %s has shape %v, want (samples, parameters) of %d samples", p.name, p.shape, n)
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
			d.Runs[s].Parameters = row
		}
	}
	return nil
}

// labels reads the weights and the names of the trajectories.
func (a *arrays) labels(d *runs.Set, _ *layout) error {
	name := "weight"
	if a.o.Weight != "" {
		if name = a.o.Weight; a.named(name) == nil {
			return errors.Errorf("%s, want weight %q among them", a.there(), name)
		}
	}
	weights, err := a.perTrajectory(name, len(d.Runs))
	if err != nil {
		return err
	}
	for s := range weights {
		d.Runs[s].Weight = weights[s]
	}
	if x := a.named("names"); x != nil && a.key == "" {
		names, err := x.text()
		if err != nil {
			return err
		}
		if len(names) != len(d.Runs) {
			return stack.Shapef("array names has %d, want %d", len(names), len(d.Runs))
		}
		for s, name := range names {
			d.Runs[s].Name = name
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
		return nil, stack.Shapef("array %s has shape %v, want a number for each of %d trajectories", x.name, x.shape, n)
	}
	return v, nil
}
