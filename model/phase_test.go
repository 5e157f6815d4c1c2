package model_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/param"
)

// A model with a phase goes round one cycle from every state, when the rest has
// decayed: the same states, a period apart.
func TestPhase(t *testing.T) {
	c := model.DefaultConfig(2)
	c.Autoencoder = latent.AutoencoderConfig{Latent: 4, Hidden: []int{5}, UnitStart: true, Harmonics: 3, Start: param.Start{BiasSpread: 1}}
	c.Linear = dynamics.LinearConfig{Spread: 0.1, Rates: []float64{1, 2}, Rotations: 1, Frequency: 3}
	c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
	c.Integrator = "etd1"
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	const steps, late = 300, 200 // of a period, and in spans of 1
	times := []float64{0}
	for k := range 2*steps + 1 {
		times = append(times, late+float64(k)*2*math.Pi/3/steps)
	}
	y, err := m.Predict([][]float64{{1, 0}, {-0.7, 2}}, times)
	if err != nil {
		t.Fatal(err)
	}
	y = y[1:]
	var largest [2]float64
	for k := range steps {
		for i := range largest {
			if d := floats.Distance(y[k][i], y[k+steps][i], math.Inf(1)); d > 1e-10 { // of an angle of 600 roundings
				t.Fatalf("state %d: a period later it is off by %g", i, d)
			}
			largest[i] = max(largest[i], y[k][i][0])
		}
	}
	if near, far := math.Abs(largest[0]-largest[1]), floats.Distance(y[0][0], y[0][1], math.Inf(1)); near > 1e-3 || far < 1e-2 { // the largest of so many steps, by the square of one
		t.Errorf("largest values %v, want one for both, and other phases, which differ by %g", largest, far)
	}
	for _, k := range []int{-1, 17} {
		c.Autoencoder.Harmonics = k
		if _, err := model.New(c); err == nil {
			t.Errorf("%d harmonics: got no error", k)
		}
	}
}
