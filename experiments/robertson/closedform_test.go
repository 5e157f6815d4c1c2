package main

import (
	"context"
	"math"
	"testing"

	"spnode/data/problem"
	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/dynamics"
	"spnode/model/leastsq"
	"spnode/model/param"
)

// With y₃ tied to the mass, a quadratic g in (y₁, 1e4 y₂) is the equation, and least
// squares find it, from 20 exact trajectories on a grid 20 times finer than the
// paper's: rates of 0.04 and 1e4, and a rollout over all of 4e6 s within a few times the 5.7e-5 that was
// measured. No correction: over an interval of the late times y₂ has long relaxed.
func TestClosedForm(t *testing.T) {
	var u0 [][]float64
	for i := range 21 {
		e := 0.05 * float64(i) / 20
		u0 = append(u0, []float64{1 - e, 0, e})
	}
	times := problem.RobertsonTimes(1000)
	all, _, err := problem.RobertsonRadau().SolveFrom(context.Background(), problem.Robertson{}, u0, 0, times)
	if err != nil {
		t.Fatal(err)
	}
	truth := all.Trajectories[0].States
	all.Trajectories = all.Trajectories[1:]
	cfg := model.DefaultConfig(2)
	cfg.Offset, cfg.Factor = []float64{0, 0}, scale[:2]
	cfg.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 2}}
	cfg.Substeps = 20
	f := closedform.DefaultConfig()
	f.Order, f.Ends, f.Ridge, f.Corrections = 6, true, 1e-15, 0
	for _, noise := range []float64{0, 1e-5, 1e-4, 1e-3, 1e-2} {
		m, err := model.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var d []leastsq.Trajectory
		for _, x := range all.WithNoise(noise, 1).Trajectories {
			l := leastsq.Trajectory{Times: x.Times}
			for _, u := range x.States {
				l.States = append(l.States, u[:2])
			}
			d = append(d, l)
		}
		if _, err := closedform.Fit(m, f, d); err != nil {
			t.Fatal(err)
		}
		p, err := m.Predict([][]float64{truth[0][:2]}, times)
		if err != nil {
			t.Fatal(err)
		}
		var worst float64
		for k := range times {
			for i := range 2 {
				worst = max(worst, scale[i]*math.Abs(p[k][0][i]-truth[k][i]))
			}
		}
		a := m.Linear()
		t.Logf("noise %g: off by %.2g, rates %.6g and %.6g", noise, worst, a.At(0, 0), a.At(1, 1))
		if noise > 0 {
			continue // the derivatives of the data are gone
		}
		if !(worst < 1e-3) {
			t.Errorf("off by %g, want at most 1e-3", worst)
		}
		for _, want := range []struct {
			i, j int
			v    float64
		}{{0, 0, -0.04}, {0, 1, 1}, {1, 0, 400}, {1, 1, -1e4}} { // y₂y₃ = y₂(1 − y₁ − y₂)
			if got := a.At(want.i, want.j); math.Abs(got-want.v) > 1e-6*math.Abs(want.v) {
				t.Errorf("A(%d, %d) is %g, want %g", want.i, want.j, got, want.v)
			}
		}
	}
}
