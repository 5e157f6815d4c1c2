package train

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
)

// Predict returns what m predicts for the trajectories of a data set, from their
// first states on, at the times of each and with its parameters and inputs: a Dataset
// like d to compare with it. The error is model.ErrData.
func Predict(m *model.Model, d *data.Dataset) (*data.Dataset, error) {
	if err := d.Validate(); err != nil {
		return nil, dataError("Predict: %v", err)
	}
	take, err := taking(m, d)
	if err != nil {
		return nil, err
	}
	runs := make([]model.Run, d.Samples())
	for s, tr := range d.Trajectories {
		runs[s] = take(tr)
	}
	u, err := m.PredictEach(runs)
	if err != nil {
		return nil, errors.WithMessage(err, "train: Predict")
	}
	out := *d
	out.Trajectories = make([]data.Trajectory, len(u))
	for s := range u {
		out.Trajectories[s] = d.Trajectories[s]
		out.Trajectories[s].States = u[s]
	}
	return &out, nil
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
