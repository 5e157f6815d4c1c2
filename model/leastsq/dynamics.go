package leastsq

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
	"spnode/ops/kernel/poly"
)

// velocities makes the first fit.
func (f *fit) velocities() error {
	n := f.p.In()
	groups, parts := f.p.Groups(), f.p.Parts()
	var all []*system
	one := func(*system) float64 { return 1 }
	weights := func(float64) func(*system) float64 { return one }
	var exponential func(part []sample, v []float64)
	switch f.Form {
	case ETD1:
		// A step's error counts, not that of the velocity which makes it: each component
		// has the weight hφ₁(hλ), which is exact for diagonal A.
		all = systems(f.p, f.rates())
		h0 := f.samples[len(f.samples)/2].h
		weights = func(h float64) func(*system) float64 {
			return func(s *system) float64 { return pathWeights(s.rate/h0, h, 0)[0] }
		}
		var err error
		if exponential, err = f.exponentialVelocities(); err != nil {
			return err
		}
	default:
		all = systems(f.p, nil)
	}
	f.accumulate(all, func() func(b *block, part []sample) {
		work := poly.NewWork[float64](f.p)
		var u, v, phi, y []float64
		return func(b *block, part []sample) {
			rows := len(part)
			u, v = u[:0], v[:0]
			for _, s := range part {
				u = append(u, s.u...)
				if f.Form == Differences {
					v = append(v, s.velocity...)
				}
			}
			if f.Form == ETD1 {
				v = grown(v, len(u))
				exponential(part, v)
			} else if f.given != nil {
				kernel.Gemm(false, true, rows, n, n, -1, u, f.a, 1, v, nil)
			}
			phi, y = grown(phi, features(groups)*parts*rows), grown(y, rows*f.p.Out())
			work.FeaturesTo(phi, u, rows)
			work.TargetsTo(y, v, rows)
			w := weights(part[0].h)
			fill(b, all, groups, parts, phi, rows, w)
			target(b, all, groups, parts, y, rows, w)
		}
	})
	var err error
	if f.report.Residual, err = f.solve(all); err == nil {
		f.progress(1, f.report.Residual)
	}
	return err
}

// progress tells how far the fit is.
func (f *fit) progress(done int, residual float64) {
	if f.Progress != nil {
		total := 1
		if f.Corrections > 0 {
			total = f.Corrections + 2
		}
		f.Progress(done, total, residual)
	}
}

func features(groups []poly.Group) (n int) {
	for _, g := range groups {
		n += g.Features
	}
	return n
}

func grown(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n)
	}
	return x[:n]
}

// exponentialVelocities returns a function that writes (hφ₁(hA))⁻¹(u(t+h) −
// e^{hA}u(t)) for samples of one h: what p is on the mean over the step.
func (f *fit) exponentialVelocities() (func(part []sample, v []float64), error) {
	n := f.p.In()
	type propagator struct {
		e   []float64
		phi *mat.LU
	}
	known := map[float64]propagator{}
	for _, s := range f.samples {
		if _, ok := known[s.h]; !ok {
			phi := funm.NewPhi[float64](n, 1, kernel.UnitRoundoff[float64]())
			phi.ForwardOnly(f.a, s.h)
			var lu mat.LU
			lu.Factorize(mat.NewDense(n, n, slices.Clone(phi.P(1))))
			if c := lu.Cond(); math.IsInf(c, 0) || math.IsNaN(c) {
				return nil, errors.Errorf("leastsq: Fit: hφ₁(hA) is singular for the step h = %g; try another A", s.h)
			}
			known[s.h] = propagator{slices.Clone(phi.E()), &lu}
		}
	}
	return func(part []sample, v []float64) {
		p := known[part[0].h]
		r, x := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
		for i, s := range part {
			for j := range n {
				r.SetVec(j, s.next[j]-kernel.Dot(p.e[j*n:(j+1)*n], s.u))
			}
			_ = p.phi.SolveVecTo(x, false, r) // singular it is not
			copy(v[i*n:(i+1)*n], x.RawVector().Data)
		}
	}, nil
}

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
	groups, parts := f.p.Groups(), f.p.Parts()
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
				phi = grown(phi, features(groups)*parts*rows)
			}
			for j := range f.Substeps + 1 {
				if j > 0 {
					fd.step(u)
				}
				if all == nil {
					continue
				}
				work.FeaturesTo(phi, u, rows)
				i := -1
				fill(b, all, groups, parts, phi, rows, func(*system) float64 { i++; return weights[h][i][j] })
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
				target(b, all, groups, parts, y, rows, func(*system) float64 { return 1 })
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

// clearRow leaves a row out of the features.
func (b *block) clearRow(r, rows int) {
	for _, x := range b.x {
		for i := r; i < len(x); i += rows {
			x[i] = 0
		}
	}
}

// fresh returns the field with work space of its own.
func (f *field) fresh() *field {
	g := *f
	g.work = poly.NewWork[float64](f.work.Polynomial)
	g.gu, g.ga, g.gb, g.gc, g.a, g.b, g.tmp = nil, nil, nil, nil, nil, nil, nil
	return &g
}
