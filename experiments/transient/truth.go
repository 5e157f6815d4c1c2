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
	epsilon  float64
	training *data.Dataset
	grids    map[string]*data.Dataset
}

// The grids of a test.
const (
	trainGrid = "train_grid"
	coarse    = "dt_0.2"
	fine      = "dt_0.02"
)

// truth makes the data for a model.
func (c Config) truth(m ModelConfig) (*truth, error) {
	t := &truth{epsilon: m.Epsilon, grids: map[string]*data.Dataset{}}
	var err error
	if t.training, err = c.steps(m, problem.UniformStates(c.Data.Samples, 2, -1, 1, c.Seed)); err != nil {
		return t, err
	}
	if m.Samples > 0 && m.Samples < c.Data.Samples {
		t.training, _, _ = t.training.Split(m.Samples)
	}
	initial := problem.UniformStates(c.Data.HeldOut, 2, -1, 1, c.TestSeed())
	if times, shared := t.training.Grid(); shared {
		t.grids[trainGrid], err = t.solve(initial, times)
	} else {
		t.grids[trainGrid], err = c.ownSteps(m, t, initial)
	}
	for name, dt := range map[string]float64{coarse: 0.2, fine: 0.02} {
		if err == nil {
			t.grids[name], err = t.solve(initial, data.EvenTimes(int(math.Round(c.Data.TestTime/dt)), dt))
		}
	}
	return t, err
}

// steps are, of the accepted steps from some states, those that a model sees.
func (c Config) steps(m ModelConfig, u0 [][]float64) (*data.Dataset, error) {
	r := ode.DefaultRKF45()
	r.RelTol, r.AbsTol, r.FirstStep = c.Data.Tolerance, c.Data.Tolerance, c.Data.FirstStep
	solve := r.Steps
	if c.Data.Grids == ownGrids {
		solve = r.StepsEach
	}
	d, _, err := solve(problem.Transient{Epsilon: m.Epsilon}, u0, c.Data.Steps)
	if err != nil {
		return nil, err
	}
	return d.AtTimes(m.Times...), nil
}

// steps are those of the training.
func (t *truth) steps() int { return len(t.training.Trajectories[0].Times) - 1 }

// solve is the truth at the tolerance of the test.
func (t *truth) solve(u0 [][]float64, times []float64) (*data.Dataset, error) {
	r := ode.DefaultRKF45()
	r.RelTol, r.AbsTol = 1e-10, 1e-10
	d, _, err := r.Solve(problem.Transient{Epsilon: t.epsilon}, u0, times)
	return d, err
}

// ownSteps is the truth from each state at the times that the training's rule gives it.
func (c Config) ownSteps(m ModelConfig, t *truth, u0 [][]float64) (*data.Dataset, error) {
	d, err := c.steps(m, u0)
	if err != nil {
		return nil, err
	}
	for s := range d.Trajectories {
		exact, err := t.solve(u0[s:s+1], d.Trajectories[s].Times)
		if err != nil {
			return nil, err
		}
		d.Trajectories[s] = exact.Trajectories[0]
	}
	return d, nil
}
