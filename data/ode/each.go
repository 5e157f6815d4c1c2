package ode

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/internal/stack"
)

// StepsEach is Steps for every state by itself: each trajectory has the times that
// the step size control chose for it alone, as the data of section 5.1 have them.
// They are solved in parallel.
func (m RKF45) StepsEach(p Problem, u0 [][]float64, n int) (*data.Dataset, Stats, error) {
	all := &data.Dataset{Trajectories: make([]data.Trajectory, len(u0))}
	stats := make([]Stats, len(u0))
	_, err := stack.Each(len(u0), nil, func() func(int) error {
		return func(s int) error {
			d, own, err := m.Steps(p, u0[s:s+1], n)
			if err == nil {
				all.Trajectories[s], stats[s] = d.Trajectories[0], own
			}
			return err
		}
	})
	if err == nil && len(u0) == 0 {
		err = errors.Wrap(stack.Check(u0, p.Dim()), "ode: RKF45.StepsEach")
	}
	if err != nil {
		return nil, Stats{}, err
	}
	all.Components = p.Components()
	var sum Stats
	for _, s := range stats {
		sum.Accepted += s.Accepted
		sum.Rejected += s.Rejected
		sum.Evaluations += s.Evaluations
	}
	return all, sum, nil
}

// SolveEach is SolveFrom for times that each trajectory has of its own.
func (m Radau) SolveEach(ctx context.Context, p StiffProblem, u0 [][]float64, t0 float64, times [][]float64) (*data.Dataset, StiffStats, error) {
	if len(times) != len(u0) {
		return nil, StiffStats{}, stack.Shapef("ode: Radau.SolveEach: times are those of %d trajectories, want %d as of states", len(times), len(u0))
	}
	d := &data.Dataset{}
	for s, own := range times {
		if err := m.checkSolve(p, u0, t0, own); err != nil {
			return nil, StiffStats{}, errors.Wrapf(err, "ode: Radau.SolveEach: trajectory %d", s)
		}
		one := data.Zeros(slices.Clone(own), 1, p.Components())
		d.Components = one.Components
		d.Trajectories = append(d.Trajectories, one.Trajectories[0])
	}
	d, stats, err := m.fill(ctx, p, u0, t0, d)
	return d, stats, errors.Wrap(err, "ode: Radau.SolveEach")
}
