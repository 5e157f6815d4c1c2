package model

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// seen is what the workers see in an iteration.
type seen struct {
	samples, grid         []int
	turns                 []turn
	zero                  float64 // what the networks see of 0, where there are turns
	times, steps, weights []float64
}

// loadIteration gives the workers what the iteration sees, which depends on its
// number and on nothing that came before.
func (t *Trainer) loadIteration() {
	t.load(t.draw(t.iteration), t.cfg.Grid.draw(t.cfg.Seed, t.iteration, len(t.times), t.stride),
		t.cfg.Augment.draw(t.cfg.Seed, t.iteration, t.batch(), t.Model.cfg.Dim))
}

// load has the workers see the samples of the batch, nil for the first ones in
// their order, at the times of a grid, which are indices of those of a sample,
// turned unless turns is nil.
func (t *Trainer) load(samples, grid []int, turns []turn) {
	v := &t.seen
	v.samples, v.grid, v.turns = samples, grid, turns
	if turns != nil {
		v.zero = t.Model.scaled(make([]float64, t.Model.cfg.Dim))[0]
	}
	v.times, v.steps = v.times[:0], v.steps[:0]
	for k, i := range grid {
		v.times = append(v.times, t.times[i])
		if k > 0 {
			v.steps = append(v.steps, v.times[k]-v.times[k-1])
		}
	}
	v.weights, _ = lossWeights(t.cfg.Weighting, v.times) // checked by build
	floats.Scale(1/float64(t.batch()), v.weights)
	t.now.weigh(v.weights, v.times)
}

// gather gives a worker rows lo … hi−1 of the batch.
func (t *Trainer) gather(w *worker, lo, hi int) {
	v, m, rows := &t.seen, t.Model.cfg.width(), hi-lo
	w.steps.Set(0, v.steps)
	w.weight.Set(0, v.weights)
	for r := range rows {
		s := lo + r
		if v.samples != nil {
			s = v.samples[s]
		}
		x := t.x[s/t.starts][s%t.starts*m:]
		for k, i := range v.grid {
			row := x[i*m : (i+1)*m]
			if v.turns != nil {
				v.turns[lo+r].apply(w.turned, row, v.zero)
				row = w.turned
			}
			w.target.Set((k*rows+r)*m, row)
			if k == 0 {
				w.x0.Set(r*m, row)
			}
		}
	}
}

// varies reports whether iterations differ in what they see.
func (t *Trainer) varies() bool { return t.now.Batch > 0 || t.stride > 1 || t.cfg.Augment.active() }

// regular is the grid of evaluations.
func (t *Trainer) regular() []int { return t.cfg.Grid.regular(len(t.times), t.stride) }

// draw returns the samples of an iteration: those of its place in a permutation
// that belongs to its epoch, so that no generator has a state to be saved.
func (t *Trainer) draw(iteration int) []int {
	if t.now.Batch == 0 {
		return nil
	}
	perEpoch := t.perEpoch()
	iteration -= t.begin
	if epoch := iteration / perEpoch; t.order == nil || epoch != t.epoch {
		t.epoch, t.order = epoch, rand.New(rand.NewPCG(t.cfg.Seed, uint64(t.phase)<<48|uint64(epoch))).Perm(t.samples)
	}
	at := iteration % perEpoch * t.now.Batch
	return t.order[at : at+t.now.Batch]
}

func (t *Trainer) perEpoch() int { return t.samples / t.batch() }
