package train

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
)

// read checks the data, scales them and takes their checksum.
func (t *Trainer) read(d *data.Dataset) error {
	if err := d.Validate(); err != nil {
		return dataError("%v", err)
	}
	if got, want := d.Dim(), t.Model.Config().Dim; got != want {
		return dataError("states: got %d components, want %d as the model has", got, want)
	}
	take, err := taking(t.Model, d)
	if err != nil {
		return err
	}
	t.data = make([]Trajectory, d.Samples())
	for s, from := range d.Trajectories {
		tr := Trajectory{Name: "trajectory " + cmp.Or(from.Name, strconv.Itoa(s)), Times: from.Times, Weight: cmp.Or(from.Weight, 1)}
		if len(tr.Times) < 2 {
			return dataError("times of %s: got %d, want at least 2", tr.Name, len(tr.Times))
		}
		run := take(from)
		tr.Parameters = run.Parameters
		states := from.States
		if len(d.Inputs) > 0 {
			tr.Times, states, tr.inputs = driven(run, states)
		}
		for k, x := range states {
			if err := t.Model.CheckStates(x); err != nil {
				return errors.WithMessagef(err, "train: %s, t = %g", tr.Name, tr.Times[k])
			}
			tr.flat = append(tr.flat, t.Model.Scaled(x)...)
		}
		tr.gaps = slices.ContainsFunc(tr.flat, math.IsNaN)
		for width := len(tr.flat) / len(tr.Times); len(tr.States) < len(tr.Times); {
			at := len(tr.States) * width
			tr.States = append(tr.States, tr.flat[at:at+width:at+width])
		}
		t.data[s] = tr
	}
	t.checksum = checksum(t.data)
	return nil
}

// taking returns what m takes of a trajectory of d, whose parameters and inputs it
// finds by name.
func taking(m *model.Model, d *data.Dataset) (func(tr data.Trajectory) model.Run, error) {
	p, err := named("parameters", d.Parameters, m.Config().Parameters.Names)
	if err != nil {
		return nil, err
	}
	w, err := named("inputs", d.Inputs, m.Config().Inputs.Names)
	if err != nil {
		return nil, err
	}
	return func(tr data.Trajectory) model.Run {
		run := model.Run{State: tr.States[0], Times: tr.Times}
		for _, i := range p {
			run.Parameters = append(run.Parameters, tr.Parameters[i])
		}
		if len(w) > 0 {
			run.Input = model.Signal{Times: tr.Input.Times, Held: tr.Input.Held}
			for _, from := range tr.Input.Values {
				v := make([]float64, len(w))
				for i, k := range w {
					v[i] = from[k]
				}
				run.Input.Values = append(run.Input.Values, v)
			}
		}
		return run
	}, nil
}

// named finds the names that a model wants among those of the data, which has no others.
func named(what string, got, want []string) (at []int, err error) {
	for _, name := range want {
		at = append(at, slices.Index(got, name))
	}
	if len(got) != len(want) || slices.Contains(at, -1) {
		return nil, dataError("%s: the data have %q, want %q, as the model takes them", what, got, want)
	}
	return at, nil
}

// driven are the times of a trajectory with those of the samples of its inputs, where
// there are no states, and the inputs over their steps.
func driven(run model.Run, states [][]float64) (times []float64, all [][]float64, inputs []input) {
	times, at, begin, change := run.Input.Over(run.Times)
	none := slices.Repeat([]float64{math.NaN()}, len(states[0]))
	all = slices.Repeat([][]float64{none}, len(times))
	for k, i := range at {
		all[i] = states[k]
	}
	for k := range begin {
		inputs = append(inputs, input{begin[k], change[k]})
	}
	return times, all, inputs
}
