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

// trainingData makes the data for one ε: all accepted steps.
func (c Config) trainingData(eps float64) (*data.Dataset, error) {
	r := ode.DefaultRKF45()
	r.RelTol, r.AbsTol, r.FirstStep = c.Data.Tolerance, c.Data.Tolerance, c.Data.FirstStep
	d, _, err := r.Steps(problem.Transient{Epsilon: eps}, problem.UniformStates(c.Data.Samples, 2, -1, 1, c.Seed), c.Data.Steps)
	return d, err
}

// truth makes the data for a model.
func (c Config) truth(m ModelConfig) (truth, error) {
	t := truth{initial: problem.UniformStates(c.Data.HeldOut, 2, -1, 1, c.Seed+heldOutSeed), grids: map[string]*data.Dataset{}}
	all, err := c.trainingData(m.Epsilon)
	if err != nil {
		return t, err
	}
	t.training = all.AtTimes(m.Times...)
	grid, _ := t.training.Grid()
	if m.Samples > 0 && m.Samples < c.Data.Samples {
		t.training, _, _ = t.training.Split(m.Samples)
	}
	r := ode.DefaultRKF45()
	r.RelTol, r.AbsTol = 1e-10, 1e-10
	for name, times := range map[string][]float64{
		trainGrid: grid,
		coarse:    uniformTimes(0.2, c.Data.TestTime),
		fine:      uniformTimes(0.02, c.Data.TestTime),
	} {
		if t.grids[name], _, err = r.Solve(problem.Transient{Epsilon: m.Epsilon}, t.initial, times); err != nil {
			return t, err
		}
	}
	return t, nil
}

func uniformTimes(dt, stop float64) []float64 {
	times := make([]float64, int(math.Round(stop/dt))+1)
	for i := range times {
		times[i] = float64(i) * dt
	}
	return times
}
