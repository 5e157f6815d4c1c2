package main

import (
	"math"

	"spnode/data"
	"spnode/data/ode"
	"spnode/data/problem"
)

// truth is what a model is trained and tested on. The test is at the tolerance
// 1e-10, from held-out states, on the training's grid and at two steps that no
// model was trained on.
type truth struct {
	training *data.Dataset
	initial  [][]float64
	grids    map[string]*data.Dataset
}

// The grids of a test.
const (
	trainGrid = "train_grid"
	coarse    = "dt_0.2"
	fine      = "dt_0.02"
)

// heldOutSeed keeps the held-out states apart from the training's.
const heldOutSeed = 1 << 40

// steps are all accepted steps from some states, for one ε.
func (c Config) steps(eps float64, u0 [][]float64) (*data.Dataset, error) {
	r := ode.DefaultRKF45()
	r.RelTol, r.AbsTol, r.FirstStep = c.Data.Tolerance, c.Data.Tolerance, c.Data.FirstStep
	solve := r.Steps
	if c.Data.Grids == ownGrids {
		solve = r.StepsEach
	}
	d, _, err := solve(problem.Transient{Epsilon: eps}, u0, c.Data.Steps)
	return d, err
}

// truth makes the data for a model.
func (c Config) truth(m ModelConfig) (truth, error) {
	t := truth{initial: problem.UniformStates(c.Data.HeldOut, 2, -1, 1, c.Seed+heldOutSeed), grids: map[string]*data.Dataset{}}
	all, err := c.steps(m.Epsilon, problem.UniformStates(c.Data.Samples, 2, -1, 1, c.Seed))
	if err != nil {
		return t, err
	}
	t.training = all.AtTimes(m.Times...)
	if m.Samples > 0 && m.Samples < c.Data.Samples {
		t.training, _, _ = t.training.Split(m.Samples)
	}
	if t.grids[trainGrid], err = c.onTrainingGrid(m, t); err != nil {
		return t, err
	}
	for name, times := range map[string][]float64{
		coarse: uniformTimes(0.2, c.Data.TestTime),
		fine:   uniformTimes(0.02, c.Data.TestTime),
	} {
		if t.grids[name], err = solve(m.Epsilon, t.initial, times); err != nil {
			return t, err
		}
	}
	return t, nil
}

// solve is the truth at the tolerance of the test.
func solve(eps float64, u0 [][]float64, times []float64) (*data.Dataset, error) {
	r := ode.DefaultRKF45()
	r.RelTol, r.AbsTol = 1e-10, 1e-10
	d, _, err := r.Solve(problem.Transient{Epsilon: eps}, u0, times)
	return d, err
}

// onTrainingGrid is the truth from the held-out states at the times of the training,
// or at those that each of them has by the same rule.
func (c Config) onTrainingGrid(m ModelConfig, t truth) (*data.Dataset, error) {
	if times, shared := t.training.Grid(); shared {
		return solve(m.Epsilon, t.initial, times)
	}
	own, err := c.steps(m.Epsilon, t.initial)
	if err != nil {
		return nil, err
	}
	d := own.AtTimes(m.Times...)
	for s := range d.Trajectories {
		exact, err := solve(m.Epsilon, t.initial[s:s+1], d.Trajectories[s].Times)
		if err != nil {
			return nil, err
		}
		d.Trajectories[s] = exact.Trajectories[0]
	}
	return d, nil
}

func uniformTimes(dt, stop float64) []float64 {
	times := make([]float64, int(math.Round(stop/dt))+1)
	for i := range times {
		times[i] = float64(i) * dt
	}
	return times
}
