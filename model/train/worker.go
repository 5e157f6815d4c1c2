package train

import (
	"sync"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
)

// worker evaluates the objective of its part of a batch.
type worker struct {
	*model.Objective
	batch model.Batch
	loss  float64
	grad  []float64
	err   error
}

// run evaluates the part of a batch whose states the worker knows how to find.
func (w *worker) run(b *model.Batch) {
	w.batch.Steps, w.batch.Weights = b.Steps, b.Weights
	w.loss, w.err = w.Evaluate(w.batch, w.grad)
}

// enter makes the workers of a phase, unless they are there.
func (t *Trainer) enter(phase int) error {
	if t.workers != nil && phase == t.phase {
		return nil
	}
	t.workers, t.phase = nil, phase
	var half float64
	if s := t.phases[phase].Saturation; s > 0 { // which alone needs a pass over the data
		half = s * meanSquare(t.data)
	}
	rows, times := t.samplers[phase].Shape()
	n := min(t.cfg.Workers, rows)
	workers := make([]*worker, n)
	for i := range workers {
		lo, hi := i*rows/n, (i+1)*rows/n
		o, err := t.Model.NewObjective(hi-lo, times, half)
		if err != nil {
			return err
		}
		state := func(row, time int) []float64 { return t.batch.State(lo+row, time) }
		workers[i] = &worker{Objective: o, batch: model.Batch{Rows: hi - lo, State: state}, grad: make([]float64, len(t.grad))}
	}
	t.workers = workers
	return nil
}

// meanSquare is the mean of ‖x‖² over all states of the data.
func meanSquare(trajectories []Trajectory) float64 {
	var sum float64
	states := 0
	for _, tr := range trajectories {
		sum += floats.Dot(tr.flat, tr.flat)
		states += len(tr.Times)
	}
	return sum / float64(states)
}

// span is the longest time that a sample of the training covers.
func (t *Trainer) span() (longest float64) {
	for _, s := range t.samplers {
		_, times := s.Shape()
		steps := s.Whole()[0].Steps
		rows := len(steps) / (times - 1) // which have steps of their own, or 1
		longest = max(longest, floats.Sum(steps)/float64(rows))
	}
	return longest
}

// lossUnit makes of a loss that is an integral over time one over the model's.
func (t *Trainer) lossUnit() float64 {
	if t.cfg.Weighting != model.WeightTime {
		return 1
	}
	return 1 / t.Model.Config().TimeUnit
}

// evaluate returns the loss of a batch and writes its gradient. The parts are
// added in the order of the workers, whichever ends first.
func (t *Trainer) evaluate(b model.Batch, grad []float64) (float64, error) {
	if c := t.lossUnit(); c != 1 {
		t.weights = append(t.weights[:0], b.Weights...)
		floats.Scale(c, t.weights)
		b.Weights = t.weights
	}
	t.batch = b
	var wait sync.WaitGroup
	for _, w := range t.workers[1:] {
		wait.Go(func() { w.run(&t.batch) })
	}
	t.workers[0].run(&t.batch)
	wait.Wait()
	var loss float64
	clear(grad)
	for _, w := range t.workers {
		if w.err != nil {
			return 0, w.err
		}
		loss += w.loss
		for i, v := range w.grad {
			grad[i] += v
		}
	}
	return loss, nil
}
