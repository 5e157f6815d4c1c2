package main

import (
	"slices"

	"spnode/data"
	"spnode/model"
	"spnode/model/train"
)

// predictor predicts what train.Predict does: the trajectories of a data set from
// their first states on.
type predictor func(d *data.Dataset) (*data.Dataset, error)

// of is the predictor of a model.
func of(m *model.Model) predictor {
	return func(d *data.Dataset) (*data.Dataset, error) { return train.Predict(m, d) }
}

// persistence predicts that nothing changes.
func persistence(d *data.Dataset) (*data.Dataset, error) {
	return eachOf(d, func(tr data.Trajectory) [][]float64 {
		u := make([][]float64, len(tr.Times))
		for k := range u {
			u[k] = tr.States[0]
		}
		return u
	}), nil
}

// eachOf predicts one trajectory after the other.
func eachOf(d *data.Dataset, states func(tr data.Trajectory) [][]float64) *data.Dataset {
	out := *d
	out.Trajectories = slices.Clone(d.Trajectories)
	for i, tr := range d.Trajectories {
		out.Trajectories[i].States = states(tr)
	}
	return &out
}

// mostOfBaselines bounds the trajectories that the baselines are tested on.
const mostOfBaselines = 20

func (s *sets) baselines() ([]baseline, error) {
	held := s.held
	if n := min(held.Samples(), mostOfBaselines); n < held.Samples() {
		held, _, _ = held.Split(n)
	}
	var all []baseline
	add := func(name string, p predictor) error {
		o, err := s.test(p, held, onGrid)
		all = append(all, baseline{name, o})
		return err
	}
	if err := add("nothing changes", persistence); err != nil {
		return nil, err
	}
	for _, b := range []struct {
		name string
		make func(*sets) (*leastSquares, error)
	}{{"linear least squares (DMD)", newLinear}, {"quadratic least squares (operator inference)", newQuadratic}} {
		fit, err := b.make(s)
		if err != nil { // too few data for it
			continue
		}
		if err := add(b.name, fit.predict); err != nil {
			return nil, err
		}
	}
	return all, nil
}
