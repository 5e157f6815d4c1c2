package model_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
)

// stiffConfig has all that a system over many scales is given.
func stiffConfig(dim, n int) model.Config {
	c := model.DefaultConfig(dim)
	c.Integrator = "etd1"
	c.Linear = dynamics.LinearConfig{Spread: 0.2, Shift: -0.01}
	for i := range n {
		c.Linear.Rates = append(c.Linear.Rates, math.Pow(10, float64(2-2*i)))
	}
	c.Nonlinear = dynamics.NonlinearConfig{
		Kind: dynamics.KindLipschitz, Hidden: []int{5}, Lipschitz: 0.5, OutputActivation: true,
		NoOutputBias: true, RateScaled: true, Start: param.Start{BiasSpread: 1},
	}
	c.Autoencoder = latent.AutoencoderConfig{Latent: n, Hidden: []int{6}, UnitStart: true, Start: param.Start{BiasSpread: 1, LastScale: 0.5}, FirstScale: 1.5}
	for i := range dim {
		c.Factor = append(c.Factor, 1+float64(i))
		c.Offset = append(c.Offset, 0.1*float64(i))
		c.Autoencoder.Offset = append(c.Autoencoder.Offset, 0.2)
		c.Autoencoder.Factor = append(c.Autoencoder.Factor, 1.3)
	}
	return c
}

func TestStiffGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 52))
	var worst float64
	for _, n := range []int{1, 2, 3} {
		for _, separate := range []bool{false, true} {
			for _, invariants := range []int{0, 1, 2} {
				cfg := stiffConfig(n+2, n)
				cfg.Nonlinear.SeparateLinear = separate
				for k := range invariants {
					w := make([]float64, cfg.Dim)
					param.Normal(1)(rng, w)
					cfg.Invariants = append(cfg.Invariants, latent.Invariant{Weights: w, Mean: 0.1 * float64(k), Deviation: 0.7})
				}
				m, err := model.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				for i, p := range m.Params().List {
					if p.Name == "g/0/W" || p.Name == "g/1/W" {
						awayFromKinks(p, math.Sqrt(cfg.Nonlinear.Lipschitz))
					}
					if floats.Norm(p.Data, 2) == 0 {
						param.Normal(0.3)(rng, m.Params().List[i].Data)
					}
				}
				ev, err := newEvaluation(m, 2, objective.WeightUniform, []float64{0.01, 0.02, 0.2, 5}, modeltest.NormalStates(rng, 0.5, 4, 3, cfg.Dim))
				if err != nil {
					t.Fatal(err)
				}
				e, where, err := ev.worstGradient(rng, 99, 2)
				if err != nil || !(e <= 1e-7) {
					t.Errorf("n %d, separate %v, %d invariants: relative difference %.2g by %s, error %v", n, separate, invariants, e, where, err)
				}
				worst = max(worst, e)
			}
		}
	}
	t.Logf("worst relative difference %.2g", worst)
}

// Predicted states have the invariants of the initial states, whatever the
// parameters are, in the physical variables.
func TestInvariantsAreKept(t *testing.T) {
	rng := rand.New(rand.NewPCG(53, 54))
	for _, autoencoder := range []bool{true, false} {
		cfg := stiffConfig(4, 2)
		if !autoencoder {
			cfg.Autoencoder = latent.AutoencoderConfig{}
			cfg.Linear.Rates = []float64{100, 1, 0.1, 0.01}
		}
		cfg.Invariants = []latent.Invariant{{Weights: []float64{1, 1, 1, 1}, Mean: 1, Deviation: 0.1}, {Weights: []float64{1, 1, 0, -1}, Mean: 0, Deviation: 0.1}, {Weights: []float64{2, 2, 1, 0}, Mean: 0, Deviation: 0.1}} // the third is a sum of the others
		m, err := model.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		u0 := modeltest.NormalStates(rng, 1, 1, 7, 4)[0]
		u, err := m.Predict(u0, []float64{0, 0.1, 1, 1e3})
		if err != nil {
			t.Fatal(err)
		}
		var worst, size float64
		for k := range u {
			for s := range u[k] {
				size = max(size, floats.Norm(u[k][s], math.Inf(1)))
				for _, v := range cfg.Invariants {
					worst = max(worst, math.Abs(floats.Dot(v.Weights, u[k][s])-floats.Dot(v.Weights, u0[s])))
				}
			}
		}
		t.Logf("autoencoder %v: drift %.2g, states up to %.2g", autoencoder, worst, size)
		if worst > 1e-14*size { // some tens of roundings
			t.Errorf("autoencoder %v: an invariant drifts by %.2g", autoencoder, worst)
		}
	}
}

func TestRatesStartTheSpectrum(t *testing.T) {
	cfg := stiffConfig(3, 3)
	cfg.Linear = dynamics.LinearConfig{Rates: []float64{1e3, 1e-2, 4e-6}}
	m, err := model.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range cfg.Linear.Rates {
		if got := m.Linear().At(i, i); math.Abs(got+r) > 1e-14*r {
			t.Errorf("rate %d is %g, want %g", i, -got, r)
		}
	}
}
