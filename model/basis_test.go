package model_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
)

// A model in a basis is the model of the coordinates: the same training, and
// predictions that are theirs, carried back.
func TestBasis(t *testing.T) {
	const dim, k = 5, 3
	rng := rand.New(rand.NewPCG(71, 72))
	v := orthonormal(rng, k, dim)
	cfg := model.DefaultConfig(dim)
	cfg.Basis = v
	cfg.Offset, cfg.Factor = []float64{1, 2, 3, 4, 5}, []float64{1, 2, 1, 0.5, 1}
	cfg.Autoencoder = latent.AutoencoderConfig{Latent: 2, Hidden: []int{4}}
	coords := cfg
	coords.Dim, coords.Basis, coords.Offset, coords.Factor = k, nil, nil, nil

	times := []float64{0, 0.5, 1}
	states := modeltest.NormalStates(rng, 0.5, 3, 6, dim)
	inCoords := make([][][]float64, len(times))
	for i, at := range states {
		for _, u := range at {
			c := make([]float64, k)
			for j := range c {
				for l := range u {
					c[j] += v[j][l] * (u[l] - cfg.Offset[l]) * cfg.Factor[l]
				}
			}
			inCoords[i] = append(inCoords[i], c)
		}
	}
	fit := func(cfg model.Config, states [][][]float64) *model.Model {
		m := modeltest.New(t, cfg)
		e, err := newEvaluation(m, 1, objective.WeightTime, times, states)
		if err != nil {
			t.Fatal(err)
		}
		grad := make([]float64, len(m.Params().Flat))
		for range 5 { // steepest descent
			if _, err := e.evaluate(grad); err != nil {
				t.Fatal(err)
			}
			floats.AddScaled(m.Params().Flat, -0.01, grad)
		}
		return m
	}
	m, want := fit(cfg, states), fit(coords, inCoords)
	// Sums of five products in two orders, and five iterations.
	if e := modeltest.Relative(m.Params().Flat, want.Params().Flat); !(e <= 1e-12) {
		t.Errorf("the parameters differ by %.3g", e)
	}
	got, c := predict(t, m, states[0], times), predict(t, want, inCoords[0], times)
	for i := range got {
		for s, u := range got[i] {
			back := slices.Clone(cfg.Offset)
			for l := range back {
				for j := range k {
					back[l] += v[j][l] * c[i][s][j] / cfg.Factor[l]
				}
			}
			if e := floats.Distance(u, back, 2); !(e <= 1e-11) {
				t.Errorf("time %d, sample %d: got %v, want %v", i, s, u, back)
			}
		}
	}

	for name, f := range map[string]func(c *model.Config){
		"not orthonormal": func(c *model.Config) { c.Basis = [][]float64{{1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}} },
		"too short":       func(c *model.Config) { c.Basis = [][]float64{{1, 0}} },
		"invariants": func(c *model.Config) {
			c.Invariants = []latent.Invariant{{Weights: []float64{1, 1, 1, 1, 1}, Mean: 0, Deviation: 1}}
		},
	} {
		bad := cfg
		f(&bad)
		if _, err := model.New(bad); !errors.Is(err, model.ErrConfig) {
			t.Errorf("%s: got error %v, want ErrConfig", name, err)
		}
	}
}

// The latent dynamics alone are those inside the model.
func TestLatent(t *testing.T) {
	cfg := model.DefaultConfig(4)
	cfg.Components = []string{"a", "b", "c", "d"}
	cfg.Offset, cfg.Factor = []float64{1, 2, 3, 4}, []float64{1, 2, 1, 0.5}
	cfg.Autoencoder = latent.AutoencoderConfig{Latent: 2, Hidden: []int{5}}
	m := modeltest.New(t, cfg)
	u0 := modeltest.NormalStates(rand.New(rand.NewPCG(73, 74)), 0.5, 1, 3, 4)[0]
	times := []float64{0, 0.5, 1}
	want, err := m.PredictLatent(u0, times)
	if err != nil {
		t.Fatal(err)
	}
	latent, err := m.Latent()
	if err != nil {
		t.Fatal(err)
	}
	for k, u := range predict(t, latent, rows(want[0], 2), times) {
		if !modeltest.Same(slices.Concat(u...), want[k]) {
			t.Errorf("time %d: got %v, want %v", k, u, want[k])
		}
	}
}
