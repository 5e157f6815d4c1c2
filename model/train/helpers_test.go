package train

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/model"
)

// training is a small problem whose trainer is made in milliseconds.
type training struct {
	model  model.Config
	train  Config
	times  []float64
	states [][][]float64
}

func (p training) data() *data.Dataset { return data.Shared(p.times, p.states, nil) }

func (p training) trainer(t testing.TB, options ...Option) *Trainer {
	t.Helper()
	return p.on(t, mustNew(t, p.model), options...)
}

// on is the trainer of a model that is there.
func (p training) on(t testing.TB, m *model.Model, options ...Option) *Trainer {
	t.Helper()
	tr, err := New(m, p.train, p.data(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// fit trains to the end.
func (p training) fit(t testing.TB, options ...Option) *Trainer {
	t.Helper()
	tr := p.trainer(t, options...)
	if err := tr.Fit(context.Background()); err != nil {
		t.Fatal(err)
	}
	return tr
}

// loss is that of the batches that stand for all data in the phase of the first
// iteration, and grad the gradient of the last one.
func (t *Trainer) whole(tb testing.TB) (loss float64, grad []float64) {
	tb.Helper()
	if err := t.enter(0); err != nil {
		tb.Fatal(err)
	}
	loss, err := t.evaluateWhole(t.grad)
	if err != nil {
		tb.Fatal(err)
	}
	return loss, slices.Clone(t.grad)
}

// mustNew is model.New for configurations that are valid.
func mustNew(t testing.TB, cfg model.Config) *model.Model {
	t.Helper()
	m, err := model.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// normalStates are independent N(0, scale²) states by time, sample and component.
func normalStates(rng *rand.Rand, scale float64, times, samples, dim int) [][][]float64 {
	out := make([][][]float64, times)
	for k := range out {
		out[k] = make([][]float64, samples)
		for s := range out[k] {
			for range dim {
				out[k][s] = append(out[k][s], scale*rng.NormFloat64())
			}
		}
	}
	return out
}

// same reports whether the bits of two vectors are.
func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// relative is the Euclidean distance of two vectors in units of the second.
func relative(got, want []float64) float64 {
	return floats.Distance(got, want, 2) / floats.Norm(want, 2)
}

// wantError checks that err is of a kind and its text holds all parts.
func wantError(t *testing.T, what string, err, kind error, parts ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got error %v, want one that is %q", what, err, kind)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%s: got error %q, want %q in it", what, err, p)
		}
	}
}
