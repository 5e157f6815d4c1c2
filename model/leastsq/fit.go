package leastsq

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"spnode/ops/kernel"
	"spnode/ops/kernel/poly"
)

// Trajectory is a run of the latent state: at each of its times, which increase, n
// components. States that are not finite are left out.
type Trajectory struct {
	Times  []float64
	States [][]float64
}

// blockStates is how many states make a block, and blocks how many are in work at once.
const (
	blockStates = 128
	blocks      = 16
)

// Dynamics is a fitted du/dt = Au + p(u).
type Dynamics struct {
	A []float64 // (n, n)
	C []float64 // of p without its monomials of degree 1 where A was fitted along
	Report
}

// Fit fits the dynamics to trajectories. Where a is nil, p has its monomials of degree 1 and they
// become A, and p is without them in the result; else A = a, (n, n), is held, and p
// is fitted as it is.
//
// The errors are those of trajectories that do not fit p or each other, of grids
// with too few times for the order, and of data that do not determine the coefficients
// with the ridge given.
func Fit(p *poly.Polynomial, a []float64, d []Trajectory, c Config) (*Dynamics, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := p.In()
	switch {
	case p.Out() != n:
		return nil, errors.Errorf("leastsq: Fit: p is R^%d → R^%d, want it to have as many outputs as inputs", n, p.Out())
	case a == nil && !p.Linear():
		return nil, errors.New("leastsq: Fit: A is to be fitted, but p has no monomials of degree 1; give A, or let p have them")
	case a == nil && c.Form == ETD1:
		return nil, errors.Errorf("leastsq: Fit: the form %s needs an A; try %s", ETD1, Differences)
	case a != nil && len(a) != n*n:
		return nil, errors.Errorf("leastsq: Fit: A has %d elements, want %d", len(a), n*n)
	}
	f := &fit{Config: c, p: p, given: a, a: slices.Clone(a), c: make([]float64, p.Coefficients())}
	if err := f.collect(d); err != nil {
		return nil, err
	}
	if err := f.velocities(); err != nil {
		return nil, err
	}
	if err := f.correct(); err != nil {
		return nil, err
	}
	r := &Dynamics{A: f.a, C: f.c, Report: f.report}
	if a == nil {
		r.A, r.C = p.SplitLinear(f.c)
	}
	return r, nil
}

// sample is a state of the data.
type sample struct {
	u, next  []float64
	h        float64
	velocity []float64
}

// fit is a fit in work.
type fit struct {
	Config
	p       *poly.Polynomial
	given   []float64 // A, nil if it is fitted along
	a, c    []float64
	samples []sample
	rms     float64
	report  Report
}

// collect takes the samples from the data.
func (f *fit) collect(d []Trajectory) error {
	n := f.p.In()
	var square float64
	for i, t := range d {
		if len(t.Times) != len(t.States) || len(t.Times) < 2 {
			return errors.Errorf("leastsq: Fit: trajectory %d has %d times and %d states, want as many of both, and two at least", i, len(t.Times), len(t.States))
		}
		for k, u := range t.States {
			if len(u) != n {
				return errors.Errorf("leastsq: Fit: trajectory %d, time %d: the state has %d components, want %d", i, k, len(u), n)
			}
			if k > 0 && !(t.Times[k] > t.Times[k-1]) {
				return errors.Errorf("leastsq: Fit: trajectory %d: time %d is %g after %g, want times that increase", i, k, t.Times[k], t.Times[k-1])
			}
		}
		t = t.apart()
		var st []stencil
		if f.Form == Differences {
			var err error
			if st, err = stencils(t.Times, f.Order, f.Ends); err != nil {
				return errors.Wrapf(err, "trajectory %d", i)
			}
		}
		for k, u := range t.States {
			s := sample{u: u}
			if k+1 < len(t.States) {
				s.next, s.h = t.States[k+1], t.Times[k+1]-t.Times[k]
			}
			if f.Form == Differences {
				if st[k].weights == nil {
					continue
				}
				s.velocity = make([]float64, n)
				st[k].at(s.velocity, t.States)
			}
			if s.next == nil && (f.Form == ETD1 || f.Corrections > 0) || !allFinite(u) || !allFinite(s.next) || !allFinite(s.velocity) {
				continue
			}
			f.samples = append(f.samples, s)
			square += kernel.Dot(u, u)
		}
	}
	if len(f.samples) == 0 {
		return errors.New("leastsq: Fit: no state of the data can be used, want finite ones")
	}
	f.draw(square)
	return nil
}

// apart leaves out a state whose time all but agrees with that before it, by a millionth of
// the intervals around the two: their difference is rounding and noise, which a stencil
// would divide by that of their times.
func (t Trajectory) apart() Trajectory {
	var keep Trajectory
	h := func(k int) float64 { // the interval before time k
		if k < 1 || k >= len(t.Times) {
			return math.Inf(1)
		}
		return t.Times[k] - t.Times[k-1]
	}
	for k, u := range t.States {
		if k == 0 || !(h(k) < 1e-6*min(h(k-1), h(k+1))) || len(t.Times) == 2 {
			keep.Times, keep.States = append(keep.Times, t.Times[k]), append(keep.States, u)
		}
	}
	return keep
}

// draw takes as many samples as are wanted of those there are, whose squares have the
// sum given, and makes the noise.
func (f *fit) draw(square float64) {
	f.rms = math.Sqrt(square / float64(len(f.samples)*f.p.In()))
	rng := rand.New(rand.NewPCG(f.Seed, 0))
	if f.Samples > 0 && f.Samples < len(f.samples) {
		rng.Shuffle(len(f.samples), func(i, j int) { f.samples[i], f.samples[j] = f.samples[j], f.samples[i] })
		f.samples = f.samples[:f.Samples]
	}
	if f.Noise > 0 {
		for i := range f.samples {
			u := slices.Clone(f.samples[i].u)
			for j := range u {
				u[j] += f.Noise * f.rms * rng.NormFloat64()
			}
			f.samples[i].u = u
		}
	}
	// Rollouts take those of one length together; what rounding makes of the times of
	// a uniform grid is one length.
	slices.SortStableFunc(f.samples, func(a, b sample) int {
		switch {
		case a.h < b.h:
			return -1
		case a.h > b.h:
			return 1
		}
		return 0
	})
	for i := 1; i < len(f.samples); i++ {
		if h := f.samples[i-1].h; f.samples[i].h-h <= 1e-9*h {
			f.samples[i].h = h
		}
	}
	f.report.Rows, f.report.Coefficients = len(f.samples), f.p.Coefficients()
}

func allFinite(x []float64) bool {
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// rates are those of the components, from A's diagonal, over a step of the median
// length.
func (f *fit) rates() []float64 {
	a := f.linear()
	r := make([]float64, f.p.In())
	h := f.samples[len(f.samples)/2].h
	for i := range r {
		r[i] = h * a[i*len(r)+i]
	}
	return r
}

// linear is A.
func (f *fit) linear() []float64 {
	if f.given != nil {
		return f.a
	}
	a, _ := f.p.SplitLinear(f.c)
	return a
}

// accumulate adds the samples to systems. make is called in each goroutine for the
// function that fills a block with a part of them, which have one h.
func (f *fit) accumulate(all []*system, work func() func(b *block, part []sample)) {
	var parts [][]sample
	for rest := f.samples; len(rest) > 0; {
		k := 1
		for k < len(rest) && k < blockStates && rest[k].h == rest[0].h {
			k++
		}
		parts = append(parts, rest[:k])
		rest = rest[k:]
	}
	workers := make(chan func(b *block, part []sample), blocks)
	for range blocks {
		workers <- work()
	}
	for len(parts) > 0 {
		k := min(blocks, len(parts))
		bs := make([]*block, k)
		parallel(k, func(_ *[]float64, i int) {
			w := <-workers
			bs[i] = newBlock(all, len(parts[i])*f.p.Parts())
			w(bs[i], parts[i])
			workers <- w
		})
		add(all, bs)
		parts = parts[k:]
	}
}

// solve adds the solutions of systems to the coefficients and returns the relative
// residual.
func (f *fit) solve(all []*system) (float64, error) {
	var residual, square float64
	f.report.Open, f.report.Condition = nil, 0
	for _, s := range all {
		r, err := s.solve(f.Ridge)
		if err != nil {
			return 0, err
		}
		for i := range s.features {
			for j, col := range s.columns {
				f.c[s.at+i*s.outs+col] += r.c.At(i, j)
			}
		}
		residual += r.residual
		square += s.square
		f.report.Condition = max(f.report.Condition, r.condition)
		for _, d := range r.open {
			d.Outputs = s.outputs
			f.report.Open = append(f.report.Open, d)
		}
	}
	return math.Sqrt(residual / square), nil
}
