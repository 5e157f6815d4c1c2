package model_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/objective"
)

// problem is a small model with data.
type problem struct {
	model  model.Config
	times  []float64
	states [][][]float64
}

// smallProblem has five trajectories of a system of two components.
func smallProblem() problem {
	p := problem{model: model.DefaultConfig(2), times: []float64{0, 0.5, 1.5}}
	p.model.Integrator = "etd1"
	p.model.Seed = 3
	p.model.Factor = []float64{3, 0.7}
	p.model.Nonlinear.Hidden = []int{3}
	p.states = modeltest.NormalStates(rand.New(rand.NewPCG(31, 32)), 0.5, 3, 5, 2)
	return p
}

// evaluation is the mean loss of trajectories, divided among objectives as the
// workers of a training divide it.
type evaluation struct {
	*model.Model
	parts   []*objective.Objective
	batches []objective.Batch
}

func newEvaluation(m *model.Model, workers int, weighting string, times []float64, states [][][]float64) (*evaluation, error) {
	b, err := objective.NewBatch(m, weighting, times, states)
	if err != nil {
		return nil, err
	}
	e := &evaluation{Model: m}
	n := min(workers, b.Rows)
	for i := range n {
		part, lo := b, i*b.Rows/n
		part.Rows = (i+1)*b.Rows/n - lo
		part.State = func(row, time int) []float64 { return b.State(lo+row, time) }
		o, err := objective.New(m, part.Rows, len(times), 0)
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

// rows are the parts of x of a width.
func rows(x []float64, width int) [][]float64 { return slices.Collect(slices.Chunk(x, width)) }
