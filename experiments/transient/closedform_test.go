package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/data/problem"
	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/dynamics"
	"spnode/model/leastsq"
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
	for noise, most := range map[float64]float64{0: 1e-8, 1e-3: 5e-3} {
		rng := rand.New(rand.NewPCG(1, 2))
		var d []leastsq.Trajectory
		for _, x := range truth.training.Trajectories {
			l := leastsq.Trajectory{Times: x.Times}
			for _, u := range x.States {
				l.States = append(l.States, []float64{u[0] + noise*rng.NormFloat64(), u[1] + noise*rng.NormFloat64()})
			}
			d = append(d, l)
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
		want, a := problem.ABump(), fitted.Linear()
		for i := range 2 {
			for j := range 2 {
				if e := math.Abs(a.At(i, j) - want.At(i, j)); e > most {
					t.Errorf("noise %g: A(%d, %d) is off by %g, want at most %g", noise, i, j, e, most)
				}
			}
		}
	}
}
