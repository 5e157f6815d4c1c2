package model

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// mustNew is New for configurations that are valid.
func mustNew(t testing.TB, cfg Config) *Model {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustTrainer(t testing.TB, m *Model, cfg TrainConfig, times []float64, states [][][]float64, options ...Option) *Trainer {
	t.Helper()
	tr, err := NewTrainer(m, cfg, times, states, options...)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// normalStates are independent N(0, scale²) states by time, sample and component.
func normalStates(rng *rand.Rand, scale float64, times, samples, dim int) [][][]float64 {
	out := make([][][]float64, times)
	for k := range out {
		x := make([]float64, samples*dim)
		Normal(scale)(rng, x)
		out[k] = rows(x, dim)
	}
	return out
}

// same reports whether the bits of two vectors are.
func same(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			return false
		}
	}
	return true
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
