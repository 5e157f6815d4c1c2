package model

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// seen is what the workers see in an iteration.
type seen struct {
	samples, grid         []int
	times, steps, weights []float64
}

// loadIteration gives the workers what the iteration sees, which depends on its
// number and on nothing that came before.
func (t *Trainer) loadIteration() {
	t.load(t.draw(t.iteration), t.cfg.Grid.draw(t.cfg.Seed, t.iteration, len(t.times), t.stride))
}

// load has the workers see the samples of the batch, nil for the first ones in
// their order, at the times of a grid, which are indices of those of a sample.
func (t *Trainer) load(samples, grid []int) {
	v := &t.seen
	v.samples, v.grid = samples, grid
	v.times, v.steps = v.times[:0], v.steps[:0]
	for k, i := range grid {
		v.times = append(v.times, t.times[i])
		if k > 0 {
			v.steps = append(v.steps, v.times[k]-v.times[k-1])
		}
	}
	v.weights, _ = LossWeights(t.cfg.Weighting, v.times) // checked by enter
	floats.Scale(1/float64(t.batch()), v.weights)
	t.now.weigh(v.weights, v.times)
}

// stateOf is the scaled state of a row of the batch at a time of the grid.
func (t *Trainer) stateOf(row, time int) []float64 {
	if t.seen.samples != nil {
		row = t.seen.samples[row]
	}
	m := t.Model.cfg.Width()
	at := (row%t.starts + t.seen.grid[time]) * m
	return t.x[row/t.starts][at : at+m]
}

// varies reports whether iterations differ in what they see.
func (t *Trainer) varies() bool { return t.now.Batch > 0 || t.stride > 1 }

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
