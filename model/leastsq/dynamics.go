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
	var all []*system
	weights := func(float64) func(int) float64 { return one }
	var exponential func(part []sample, v []float64)
	switch f.Form {
	case ETD1:
		// A step's error counts, not that of the velocity which makes it: each component
		// has the weight hφ₁(hλ), which is exact for diagonal A.
		all = systems(f.p, f.rates())
		h0 := f.samples[len(f.samples)/2].h
		weights = func(h float64) func(int) float64 {
			return func(i int) float64 { return pathWeights(all[i].rate/h0, h, 0)[0] }
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
			phi, y = grown(phi, features(f.p)*b.l), grown(y, rows*f.p.Out())
			work.FeaturesTo(phi, u, rows)
			work.TargetsTo(y, v, rows)
			w := weights(part[0].h)
			b.add(all, phi, w)
			b.aim(all, y, w)
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

// one is the weight of each system where all are alike.
func one(int) float64 { return 1 }

// features are those of all groups.
func features(p *poly.Polynomial) (n int) {
	for _, g := range p.Groups() {
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
