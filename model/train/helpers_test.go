package train

import (
	"context"
	"slices"
	"testing"

	"spnode/data"
	"spnode/model"
	"spnode/model/modeltest"
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
	return p.on(t, modeltest.New(t, p.model), options...)
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
