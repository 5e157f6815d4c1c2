package train

import (
	"gonum.org/v1/gonum/floats"

	"spnode/model/internal/crew"
	"spnode/model/objective"
	"spnode/model/train/sample"
)

// worker is what evaluates a part of a batch, by the objective of its number.
type worker struct {
	lo, hi int // its rows
	loss   float64
	err    error
}

func (t *Trainer) work(i int) {
	w := t.workers[i]
	w.loss, w.err = t.objectives[i].EvaluateRows(t.batch, w.lo, w.hi)
}

// enter makes the workers of a phase, unless they are there.
func (t *Trainer) enter(phase int) error {
	if t.workers != nil && phase == t.phase {
		return nil
	}
	t.workers, t.phase = nil, phase
	var half float64
	if s := t.phases[phase].Saturation; s > 0 { // which alone needs a pass over the data
		half = s * sample.MeanSquare(t.data)
	}
	rows, times := t.samplers[phase].Shape()
	n := min(t.cfg.Workers, rows)
	workers, objectives := make([]*worker, n), make([]*objective.Objective, n)
	for i := range workers {
		lo, hi := i*rows/n, (i+1)*rows/n
		o, err := objective.New(t.Model, hi-lo, times, half)
		if err != nil {
			return err
		}
		workers[i], objectives[i] = &worker{lo: lo, hi: hi}, o
	}
	t.workers, t.objectives = workers, objectives
	return nil
}

// span is the longest time that a sample of the training covers.
func (t *Trainer) span() (longest float64) {
	for _, s := range t.samplers {
		_, times := s.Shape()
		steps := s.Whole()[0].Steps
		rows := len(steps) / (times - 1) // which have steps of their own, or 1
		for r := range rows {
			var sum float64
			for k := r; k < len(steps); k += rows {
				sum += steps[k]
			}
			longest = max(longest, sum)
		}
	}
	return longest
}

// lossUnit makes of a loss that is an integral over time one over the model's. The
// weights of the sampler anywhere are pure numbers.
func (t *Trainer) lossUnit() float64 {
	if t.cfg.Weighting != objective.WeightTime || t.cfg.sampler() == sample.Anywhere {
		return 1
	}
	return 1 / t.Model.Config().TimeUnit
}

// evaluate returns the loss of a batch and writes its gradient. The parts are
// added in the order of the workers, whichever ends first.
func (t *Trainer) evaluate(b objective.Batch, grad []float64) (float64, error) {
	if c := t.lossUnit(); c != 1 {
		t.weights = append(t.weights[:0], b.Weights...)
		floats.Scale(c, t.weights)
		b.Weights = t.weights
	}
	if t.shoot != nil {
		t.sync()
		b = t.shoot.Of(b, t.starts())
	}
	b.Consistency = t.phases[t.phase].Consistency
	t.batch = b
	workers, n := len(t.workers), len(t.Model.Params().Flat)
	crew.Do(workers, t.work)
	var loss float64
	for _, w := range t.workers {
		if w.err != nil {
			return 0, w.err
		}
		loss += w.loss
	}
	crew.Do(workers, func(i int) { objective.Gather(grad, i*n/workers, (i+1)*n/workers, t.objectives...) })
	if t.shoot != nil {
		byStarts := grad[n:]
		clear(byStarts)
		t.shoot.Gather(byStarts, b)
	}
	return loss, nil
}
