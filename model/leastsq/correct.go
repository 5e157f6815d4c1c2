package leastsq

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"spnode/ops/kernel"
	"spnode/ops/kernel/poly"
)

// farthest is how far from the data, in root mean squares of all states, a rollout of
// one interval may end to have a part in a correction.
const farthest = 2

// correct corrects the fit. A correction is a step of a Newton method that leaves
// out how a change early on a path changes the path: the end is changed by
//
//	∫₀ʰ e^{(h−s)A} δp(u(s)) ds,
//
// with A's diagonal for A, so that each component is fitted by itself. It is repeated,
// and ends where it no longer helps.
func (f *fit) correct() error {
	if f.Corrections == 0 {
		return nil
	}
	f.holdSlaved()
	best := math.Inf(1)
	kept := slices.Clone(f.c)
	for k := range f.Corrections + 1 {
		all, r, lost := f.rollouts(k < f.Corrections)
		if !math.IsInf(r, 0) {
			f.report.Steps = append(f.report.Steps, r)
		} else if k == 0 {
			f.report.Lost = lost
		}
		if !(r < best) {
			f.c = kept
			f.progress(f.Corrections+2, best)
			return nil
		}
		f.progress(k+2, r)
		best, f.report.Kept, f.report.Lost = r, k, lost
		kept = slices.Clone(f.c)
		if k == f.Corrections {
			return nil
		}
		if _, err := f.solve(all); err != nil {
			return errors.Wrapf(err, "correction %d", k+1)
		}
		f.holdSlaved()
	}
	return nil
}

// slavedRate is the rate times the step from which on a component has forgotten, in
// one step and to the rounding of float64, all but what drives it: e^{−36} is 2⁻⁵².
const slavedRate = 36

// holdSlaved keeps the rates of A, where it is fitted along, from drifting. Of a
// component that relaxes within a step the data show where it relaxes to, −p_i/λ, but
// not how fast: λ and p_i grow together from one correction to the next, with no end.
// So the row of A and p_i are scaled back to the rate −slavedRate/h, which leaves their
// quotient.
func (f *fit) holdSlaved() {
	if f.given != nil {
		return
	}
	f.report.Slaved = nil
	rates := f.rates()
	for i, r := range rates {
		if r < -slavedRate {
			f.report.Slaved = append(f.report.Slaved, i)
			rates[i] = slavedRate / -r
		} else {
			rates[i] = 1
		}
	}
	for _, g := range f.p.Groups() {
		for i := range g.Features * g.Outs {
			f.c[g.At+i] *= rates[g.Outputs[i%g.Outs]]
		}
	}
}

// rollouts returns what a rollout of each interval lacks: its relative size, with
// how many were left out, and the systems for the correction if they are wanted.
func (f *fit) rollouts(wanted bool) (all []*system, residual float64, lost int) {
	n := f.p.In()
	if wanted {
		all = systems(f.p, f.rates())
	}
	h0 := f.samples[len(f.samples)/2].h
	a, c := f.linear(), slices.Clone(f.c)
	if f.given == nil {
		f.p.ClearLinear(c)
	}
	fields := map[float64]*field{}
	weights := map[float64][][]float64{} // by length, of each system and node
	for _, s := range f.samples {
		if fields[s.h] != nil {
			continue
		}
		fields[s.h] = newField(f.p, a, c, s.h/float64(f.Substeps))
		var w [][]float64
		for _, sys := range all {
			w = append(w, pathWeights(sys.rate/h0, s.h, f.Substeps))
		}
		weights[s.h] = w
	}
	type sums struct {
		miss, size float64
		lost       int
	}
	index := map[*float64]int{}
	for i, s := range f.samples {
		index[&s.u[0]] = i
	}
	each := make([]sums, len(f.samples)) // in the place of a part's first sample
	f.accumulate(all, func() func(b *block, part []sample) {
		work := poly.NewWork[float64](f.p)
		own := map[float64]*field{}
		var u, phi, y []float64
		return func(b *block, part []sample) {
			h, rows := part[0].h, len(part)
			fd := own[h]
			if fd == nil {
				fd = fields[h].fresh()
				own[h] = fd
			}
			u = u[:0]
			for _, s := range part {
				u = append(u, s.u...)
			}
			if all != nil {
				phi = grown(phi, features(f.p)*b.l)
			}
			for j := range f.Substeps + 1 {
				if j > 0 {
					fd.step(u)
				}
				if all == nil {
					continue
				}
				work.FeaturesTo(phi, u, rows)
				b.add(all, phi, func(i int) float64 { return weights[h][i][j] })
			}
			sum := &each[index[&part[0].u[0]]]
			for r, s := range part {
				var miss float64
				for j, v := range s.next {
					u[r*n+j] = v - u[r*n+j]
					miss += u[r*n+j] * u[r*n+j]
				}
				if !(miss < farthest*farthest*float64(n)*f.rms*f.rms) {
					sum.lost++
					clear(u[r*n : (r+1)*n])
					b.clearRow(r, rows)
					continue
				}
				sum.miss += miss
				sum.size += kernel.Dot(s.next, s.next)
			}
			if all != nil {
				y = grown(y, rows*n)
				work.TargetsTo(y, u, rows)
				b.aim(all, y, one)
			}
		}
	})
	var miss, size float64
	for _, s := range each {
		miss, size, lost = miss+s.miss, size+s.size, lost+s.lost
	}
	if 2*lost > len(f.samples) {
		return all, math.Inf(1), lost
	}
	return all, math.Sqrt(miss / size), lost
}
