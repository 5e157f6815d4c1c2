package main

import (
	"slices"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
	"spnode/model/recipe"
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
	out := *d
	out.Trajectories = slices.Clone(d.Trajectories)
	for i, tr := range d.Trajectories {
		out.Trajectories[i].States = slices.Repeat(tr.States[:1], len(tr.Times))
	}
	return &out, nil
}

// leastSquares is a polynomial field of a degree, in at most so many leading modes.
func (s *sets) leastSquares(degree, most int) (predictor, error) {
	m, err := recipe.LeastSquares(bare(s.train), s.facts, degree, most)
	return func(d *data.Dataset) (*data.Dataset, error) { return train.Predict(m, bare(d)) }, err
}

// bare is a data set without what is known of its trajectories beside their states.
func bare(d *data.Dataset) *data.Dataset {
	out := &data.Dataset{Components: d.Components}
	for _, tr := range d.Trajectories {
		out.Trajectories = append(out.Trajectories, data.Trajectory{Times: tr.Times, States: tr.States})
	}
	return out
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
		name         string
		degree, most int
	}{{"linear least squares (DMD)", 1, 60}, {"quadratic least squares (operator inference)", 2, 12}} {
		fit, err := s.leastSquares(b.degree, b.most)
		if errors.Is(err, recipe.ErrNotFor) { // too few data for it
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := add(b.name, fit); err != nil {
			return nil, err
		}
	}
	return all, nil
}
