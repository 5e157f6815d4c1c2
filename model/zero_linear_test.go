package model_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
)

// A = 0, where e^{hA} and φ_1 are one term of their series and their derivatives
// by A are not: the gradient by the parameters of A is that of differences.
func TestModelGradientAtZeroLinearPart(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for _, name := range []string{"etd1", "etd2rk", "etdrk4"} {
		cfg := model.Config{
			Dim: 2, Linear: dynamics.LinearConfig{Shift: 1}, // −I + I
			Nonlinear:  dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: []int{4}, Lipschitz: 2, Start: param.Start{BiasSpread: 1}},
			Integrator: name, Substeps: 1, Dtype: "float64", Seed: 3,
		}
		m, err := model.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range m.Linear().RawMatrix().Data {
			if v != 0 {
				t.Fatalf("element %d of A is %v, want 0", i, v)
			}
		}
		ev, err := newEvaluation(m, 2, objective.WeightUniform, []float64{0, 0.5, 1.2}, modeltest.NormalStates(rng, 1, 3, 4, 2))
		if err != nil {
			t.Fatal(err)
		}
		grad, scratch := make([]float64, len(m.Params().Flat)), make([]float64, len(m.Params().Flat))
		if _, err := ev.evaluate(grad); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"linear/LS", "linear/LG", "linear/Ls"} {
			at := m.Params().Offset(name)
			var p param.Param
			for _, q := range m.Params().List {
				if q.Name == name {
					p = q
				}
			}
			for i, v := range p.Data {
				want := fd.Derivative(func(x float64) float64 {
					p.Data[i] = x
					loss, e := ev.evaluate(scratch)
					if e != nil {
						t.Fatal(e)
					}
					return loss
				}, v, &fd.Settings{Formula: fd.Formula{Stencil: sixPoint.Stencil, Derivative: 1, Step: 1e-3}})
				p.Data[i] = v
				// 1e-3⁶ of truncation, and roundings of the loss, of order 1, over the step.
				if !(math.Abs(grad[at+i]-want) <= 1e-11*max(1, math.Abs(want))) {
					t.Errorf("%s: the gradient by %s[%d] is %.12g, by differences %.12g", cfg.Integrator, name, i, grad[at+i], want)
				}
			}
		}
	}
}
