package model

import (
	"cmp"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
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

// problem is a small model with data.
type problem struct {
	model  Config
	times  []float64
	states [][][]float64
}

// smallProblem has five trajectories of a system of two components.
func smallProblem() problem {
	p := problem{model: DefaultConfig(2), times: []float64{0, 0.5, 1.5}}
	p.model.Integrator = "etd1"
	p.model.Seed = 3
	p.model.Factor = []float64{3, 0.7}
	p.model.Nonlinear.Hidden = []int{3}
	p.states = normalStates(rand.New(rand.NewPCG(31, 32)), 0.5, 3, 5, 2)
	return p
}

// evaluation is the mean loss of trajectories, divided among objectives as the
// workers of a training divide it.
type evaluation struct {
	*Model
	parts   []*Objective
	batches []Batch
}

func newEvaluation(m *Model, workers int, weighting string, times []float64, states [][][]float64) (*evaluation, error) {
	b, err := m.NewBatch(weighting, times, states)
	if err != nil {
		return nil, err
	}
	e := &evaluation{Model: m}
	n := min(workers, b.Rows)
	for i := range n {
		part, lo := b, i*b.Rows/n
		part.Rows = (i+1)*b.Rows/n - lo
		part.State = func(row, time int) []float64 { return b.State(lo+row, time) }
		o, err := m.NewObjective(part.Rows, len(times), 0)
		if err != nil {
			return nil, err
		}
		e.parts, e.batches = append(e.parts, o), append(e.batches, part)
	}
	return e, nil
}

// evaluate returns the loss and writes its gradient.
func (e *evaluation) evaluate(grad []float64) (float64, error) {
	losses, grads, errs := make([]float64, len(e.parts)), make([][]float64, len(e.parts)), make([]error, len(e.parts))
	var wait sync.WaitGroup
	for i, o := range e.parts {
		wait.Go(func() {
			grads[i] = make([]float64, len(grad))
			losses[i], errs[i] = o.Evaluate(e.batches[i], grads[i])
		})
	}
	wait.Wait()
	clear(grad)
	for _, g := range grads {
		floats.Add(grad, g)
	}
	return floats.Sum(losses), cmp.Or(errs...)
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
