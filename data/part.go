package data

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Part returns n time points of each trajectory from the one with the index given
// on, at times from 0. Like a slice expression it panics if they are out of range.
func (d *Dataset) Part(from, n int) *Dataset {
	part := *d
	part.Trajectories = slices.Clone(d.Trajectories)
	for s := range part.Trajectories {
		tr, whole := &part.Trajectories[s], d.Trajectories[s]
		if s > 0 && sameSlice(whole.Times, d.Trajectories[s-1].Times) {
			tr.Times = part.Trajectories[s-1].Times // shared as before
		} else {
			tr.Times = slices.Clone(whole.Times[from : from+n])
			floats.AddConst(-whole.Times[from], tr.Times)
		}
		tr.States = whole.States[from : from+n]
		switch w := &tr.Input; {
		case w.Values != nil && w.Times == nil:
			w.Values = w.Values[from : from+n]
		case w.Values != nil:
			w.Times = slices.Clone(w.Times)
			floats.AddConst(-whole.Times[from], w.Times)
		}
	}
	return &part
}

// WithNoise returns the trajectories with normal numbers of so many times its
// component's root mean square added to every number of every state. No noise is the
// data themselves.
func (d *Dataset) WithNoise(noise float64, seed uint64) *Dataset {
	if noise == 0 {
		return d
	}
	deviation, count := make([]float64, d.Dim()), 0
	for u := range d.rows() {
		for j, v := range u {
			if !math.IsNaN(v) { // a gap
				deviation[j] += v * v
			}
		}
		count++
	}
	for j, square := range deviation {
		deviation[j] = noise * math.Sqrt(square/float64(count))
	}
	rng := rand.New(rand.NewPCG(seed, 1<<40))
	noisy := d.CloneStates()
	for _, tr := range noisy.Trajectories {
		for _, u := range tr.States {
			for j := range u {
				u[j] += deviation[j] * rng.NormFloat64()
			}
		}
	}
	return noisy
}
