package main

import (
	"math"
	"testing"

	"spnode/data/measure"
	"spnode/data/problem"
	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/dynamics"
	"spnode/model/leastsq"
	"spnode/model/train"
)

// ε = 0 is one least-squares solve where the data have their 51 times: A to what the
// solution's tolerance of 1e-9 allows and, with noise of 1e-3 on every state, to that. Both are
// a few times what was measured, 1.1e-9 and 1.1e-3.
func TestClosedForm(t *testing.T) {
	c := defaultConfig()
	c.Data.Samples, c.Data.HeldOut, c.Data.Grids = 200, 2, sharedGrids
	m := c.Models[0]
	m.Times = nil
	for k := range c.Data.Steps + 1 {
		m.Times = append(m.Times, k)
	}
	truth, err := c.truth(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []struct{ noise, most float64 }{{0, 1e-8}, {1e-5, 1e-4}, {1e-4, 1e-3}, {1e-3, 1e-2}, {1e-2, 0.1}} {
		var d []leastsq.Trajectory
		for _, x := range truth.training.WithNoise(level.noise, 1).Trajectories {
			d = append(d, leastsq.Trajectory{Times: x.Times, States: x.States})
		}
		cfg := model.DefaultConfig(2)
		cfg.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
		fitted, err := model.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		f := closedform.DefaultConfig()
		f.Order, f.Ends, f.Ridge, f.Corrections = 6, true, 0, 4
		if _, err := closedform.Fit(fitted, f, d); err != nil {
			t.Fatal(err)
		}
		want, a, worst := problem.ABump(), fitted.Linear(), 0.
		for i := range 2 {
			for j := range 2 {
				worst = max(worst, math.Abs(a.At(i, j)-want.At(i, j)))
			}
		}
		grid := truth.grids[coarse]
		p, err := train.Predict(fitted, grid)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("noise %g: A is off by %.2g, the held-out states by %.2g", level.noise, worst, measure.Compare(p, grid, nil).Relative)
		if worst > level.most {
			t.Errorf("noise %g: A is off by %g, want at most %g", level.noise, worst, level.most)
		}
	}
}
