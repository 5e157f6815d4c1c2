package model_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/model"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
)

// transformed returns a model with a log and a logit, and one of what these are.
func transformed(t *testing.T) (m, plain *model.Model) {
	cfg := model.DefaultConfig(3)
	cfg.Nonlinear.Start = param.Start{BiasSpread: 1, LastScale: 3}
	cfg.Offset, cfg.Factor = []float64{-1, 0.5, 2}, []float64{0.5, 2, 1}
	plain = modeltest.New(t, cfg)
	cfg.Transforms = []latent.Transform{{Kind: "log"}, {Kind: "identity"}, {Kind: "logit", Low: -2, High: 6}}
	return modeltest.New(t, cfg), plain
}

// The model is that of the transformed components.
func TestTransformPredict(t *testing.T) {
	m, plain := transformed(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	var u0, x0 [][]float64
	for range 5 {
		u := []float64{math.Exp(8 * rnd.NormFloat64()), rnd.NormFloat64(), -1.9 + 7.8*rnd.Float64()}
		u0 = append(u0, u)
		x0 = append(x0, []float64{math.Log(u[0]), u[1], math.Log((u[2] + 2) / (6 - u[2]))})
	}
	times := []float64{0, 0.3, 1, 20}
	got, want := predict(t, m, u0, times), predict(t, plain, x0, times)
	for k := range times {
		for s := range u0 {
			x := want[k][s]
			// Roundings of x, which is below 100, times some for the steps.
			for i, w := range []float64{math.Exp(x[0]), x[1], -2 + 8/(1+math.Exp(-x[2]))} {
				if math.Abs(got[k][s][i]-w) > 1e-11*(1+math.Abs(w)) {
					t.Errorf("t = %g, sample %d, component %d: got %v, want %v", times[k], s, i, got[k][s][i], w)
				}
			}
			if u := got[k][s]; !(u[0] > 0 && u[2] > -2 && u[2] < 6) {
				t.Errorf("t = %g, sample %d: got %v outside of the ranges", times[k], s, u)
			}
		}
	}
}

// Identities change no bit.
func TestTransformIdentity(t *testing.T) {
	_, plain := transformed(t)
	cfg := plain.Config()
	cfg.Transforms = []latent.Transform{{}, {Kind: "identity"}, {}}
	u0, times := [][]float64{{1, 2, 3}, {-1, 0, 1}}, []float64{0, 0.1, 1}
	if got, want := predict(t, modeltest.New(t, cfg), u0, times), predict(t, plain, u0, times); !modeltest.Same(flatten(got), flatten(want)) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTransformSaved(t *testing.T) {
	m, _ := transformed(t)
	dir := filepath.Join(t.TempDir(), "m")
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	u0, times := [][]float64{{1e-6, 2, 3}}, []float64{0, 0.1, 1}
	if got, want := predict(t, again, u0, times), predict(t, m, u0, times); !modeltest.Same(flatten(got), flatten(want)) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTransformRefusals(t *testing.T) {
	m, _ := transformed(t)
	for says, u := range map[string][]float64{
		"state 1: component 0 is 0, want more than 0 as its transform is log":                    {0, 0, 0},
		"state 1: component 0 is -1, want more than 0":                                           {-1, 0, 0},
		"state 1: component 2 is 6, want a number between -2 and 6 as its transform is logit":    {1, 0, 6},
		"state 1: component 2 is -2.5, want a number between -2 and 6 as its transform is logit": {1, 0, -2.5},
	} {
		if _, err := m.Predict([][]float64{{1, 0, 0}, u}, []float64{0, 1}); !errors.Is(err, model.ErrData) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %v that says %q", err, model.ErrData, says)
		}
		if _, err := m.PredictEach([]model.Run{{State: []float64{1, 0, 0}, Times: []float64{0, 1}}, {State: u, Times: []float64{0, 2}}}); !errors.Is(err, model.ErrData) || !strings.Contains(err.Error(), says) {
			t.Errorf("each: got %v, want %v that says %q", err, model.ErrData, says)
		}
		if _, err := objective.NewBatch(m, objective.WeightTime, []float64{0, 1}, [][][]float64{{{1, 0, 0}, u}, {{1, 0, 0}, {1, 0, 0}}}); !errors.Is(err, model.ErrData) || !strings.Contains(err.Error(), "time 0") {
			t.Errorf("batch: got %v, want %v at time 0", err, model.ErrData)
		}
	}
	for says, change := range map[string]func(c *model.Config){
		"transforms has 1 elements, want 3":               func(c *model.Config) { c.Transforms = c.Transforms[:1] },
		`transform of component 0 is "sqrt"`:              func(c *model.Config) { c.Transforms[0].Kind = "sqrt" },
		"bounds 6 and -2, want finite ones that increase": func(c *model.Config) { c.Transforms[2] = latent.Transform{Kind: "logit", Low: 6, High: -2} },
		`has bounds and is "log"`:                         func(c *model.Config) { c.Transforms[0].High = 1 },
		"invariant 0 has the weight 1 of component 0 (y1), whose transform is log: what is linear in the states is not in their logarithms": func(c *model.Config) {
			c.Components = []string{"y1", "y2", "y3"}
			c.Invariants = []latent.Invariant{{Weights: []float64{1, 1, 0}, Deviation: 1}}
		},
	} {
		c := m.Config()
		c.Transforms = append([]latent.Transform(nil), c.Transforms...)
		change(&c)
		if err := c.Validate(); !errors.Is(err, model.ErrConfig) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %v that says %q", err, model.ErrConfig, says)
		}
	}
	c := m.Config()
	c.Invariants = []latent.Invariant{{Weights: []float64{0, 1, 0}, Deviation: 1}}
	if err := c.Validate(); err != nil {
		t.Errorf("an invariant of what is not transformed: got %v", err)
	}
}
