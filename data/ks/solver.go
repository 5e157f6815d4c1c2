package ks

import (
	"context"
	"math"
	"math/cmplx"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/dsp/fourier"

	"spnode/data"
	"spnode/data/internal/stack"
)

// Solver is the exponential Runge–Kutta method of order 4 of Cox and Matthews
// for [Equation], with fixed steps in Fourier space. There the linear part is
// diagonal, with the growth rates λ of the modes, and is solved exactly; the
// nonlinear part is N(v) = −½ ∂x(u²). With z = hλ a step h from v is
//
//	a = e^(z/2) v + Q N(v)
//	b = e^(z/2) v + Q N(a)
//	c = e^(z/2) a + Q (2 N(b) − N(v))
//	v ← e^z v + f₁ N(v) + 2 f₂ (N(a) + N(b)) + f₃ N(c),
//
// with Q = ½ h φ₁(z/2), f₁ = h (φ₁ − 3φ₂ + 4φ₃)(z), f₂ = h (φ₂ − 2φ₃)(z) and
// f₃ = h (4φ₃ − φ₂)(z), which are taken as means over a circle around z, where
// their formulas do not cancel. Products are not dealiased: at 64 points on a
// length of 22 the shortest waves are 10⁻¹¹ of the longest.
//
// Each sample is solved by itself and the samples in parallel: a solution is the
// same to the bit whatever else is solved beside it and on however many cores. The
// mean of u stays put: its mode is not touched.
//
// Cox and Matthews, J. Comput. Phys. 176 (2002) 430–455; Kassam and Trefethen, SIAM
// J. Sci. Comput. 26 (2005) 1214–1233.
type Solver struct {
	Problem   Equation `json:"problem"`
	Step      float64  `json:"step"`      // h > 0, in the unit of time; 0.1 for section 5.3
	Transient float64  `json:"transient"` // time that Runs lets pass before its first snapshot, a multiple of Step; 500

	// Progress, if set, is called after each sample with the number of those
	// done; one call at a time, but not from the caller's goroutine.
	Progress func(done, total int) `json:"-"`
}

// DefaultSolver returns the solver for the data of section 5.3: [DefaultEquation]
// with steps of 0.1, which make relative errors of 3·10⁻⁶ in one unit of time, and
// a transient of 500.
func DefaultSolver() Solver { return Solver{Problem: DefaultEquation(), Step: 0.1, Transient: 500} }

// Validate returns an error for the first number that makes no sense.
func (m Solver) Validate() error { return errors.Wrap(m.check(), "ks: Solver") }

func (m Solver) check() error {
	if err := m.Problem.check(); err != nil {
		return errors.Wrap(err, "Problem")
	}
	if !stack.Finite(m.Step) || m.Step <= 0 {
		return errors.Errorf("Step is %g, want a number > 0", m.Step)
	}
	if !stack.Finite(m.Transient) || m.Transient < 0 {
		return errors.Errorf("Transient is %g, want a number ≥ 0", m.Transient)
	}
	_, err := m.steps(m.Transient)
	return errors.Wrap(err, "Transient")
}

// steps returns the number of steps in a time, for which a millionth of a step is
// overlooked.
func (m Solver) steps(time float64) (int, error) {
	n := math.Round(time / m.Step)
	if n > math.MaxInt32 || math.Abs(time-n*m.Step) > 1e-6*m.Step {
		return 0, errors.Errorf("the time is %v, want a whole number of steps of %v, at most %d", time, m.Step, math.MaxInt32)
	}
	return int(n), nil
}

// Solve returns the solutions through the states u0, indexed [sample][component],
// at the given times, the first of which is that of u0. The times are uniform, and
// their spacing is a multiple of Step, both to within a millionth of a step.
//
// The errors are [data.ErrShape] and [data.ErrNotFinite] for u0, times or the
// solution, which overflows where Step is too long, and that of ctx if it is
// done before the solution. Of several samples that fail the first is told.
func (m Solver) Solve(ctx context.Context, u0 [][]float64, times []float64) (*data.Dataset, error) {
	d, err := m.solve(ctx, u0, times, 0)
	return d, errors.Wrap(err, "ks: Solver.Solve")
}

// Runs returns n solutions at the times 0, 1, …, snapshots−1, from the Transient
// on: the first state is that at time Transient of the solution through
// [Equation.States] of the seed, and lies on the attractor. A run is the
// same whatever n is, and a shorter one is the beginning of a longer one.
//
// The snapshots of a run remember each other for some fifty units of time:
// training and test data are runs of different seeds, or parts of a run with a gap
// of a hundred units between them. The errors are those of Solve.
func (m Solver) Runs(ctx context.Context, n, snapshots int, seed uint64) (*data.Dataset, error) {
	d, err := m.runs(ctx, n, snapshots, seed)
	return d, errors.Wrap(err, "ks: Solver.Runs")
}

func (m Solver) runs(ctx context.Context, n, snapshots int, seed uint64) (*data.Dataset, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if n < 1 || snapshots < 1 {
		return nil, errors.Errorf("there are %d runs of %d snapshots, want at least one of each", n, snapshots)
	}
	before, err := m.steps(m.Transient)
	if err != nil {
		return nil, err
	}
	times := make([]float64, snapshots)
	for i := range times {
		times[i] = float64(i)
	}
	return m.solve(ctx, m.Problem.States(n, seed), times, before)
}

// solve is Solve with a number of steps before the first of the times.
func (m Solver) solve(ctx context.Context, u0 [][]float64, times []float64, before int) (*data.Dataset, error) {
	each, err := m.checkSolve(u0, times)
	if err != nil {
		return nil, err
	}
	d := data.Zeros(slices.Clone(times), len(u0), m.Problem.Components())
	coefficients := newCoefficients(m.Problem, m.Step)
	_, err = stack.Each(len(u0), m.Progress, func() func(int) error {
		run := newRun(coefficients)
		return func(s int) error { return run.solve(ctx, &d.Trajectories[s], u0[s], before, each) }
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// checkSolve returns the number of steps from one time to the next.
func (m Solver) checkSolve(u0 [][]float64, times []float64) (each int, err error) {
	if err := m.check(); err != nil {
		return 0, err
	}
	if err := stack.Check(u0, m.Problem.Dim()); err != nil {
		return 0, err
	}
	if err := stack.CheckTimes(times); err != nil {
		return 0, err
	}
	if len(times) == 1 {
		return 0, nil
	}
	last := len(times) - 1
	dt := (times[last] - times[0]) / float64(last)
	if each, err = m.steps(dt); err != nil {
		return 0, errors.Wrap(err, "spacing of times")
	}
	if each == 0 {
		return 0, errors.Errorf("spacing of times is %v, want at least a step of %v", dt, m.Step)
	}
	for i, t := range times {
		if want := times[0] + float64(i*each)*m.Step; math.Abs(t-want) > 1e-6*m.Step {
			return 0, errors.Errorf("time %d is %v, want %v: times a multiple of the step %v apart, all the same", i, t, want, m.Step)
		}
	}
	return each, nil
}

// coefficients has the numbers of a step for each mode k = 0 … N/2.
type coefficients struct {
	points        int
	e, half       []float64 // e^z, e^(z/2)
	q, f1, f2, f3 []float64
	ddx           []float64 // N(v) = i ddx F(u²), for the transforms of spectralSquare
}

func newCoefficients(p Equation, h float64) *coefficients {
	c := &coefficients{points: p.Points}
	n := float64(p.Points)
	for k := range p.Points/2 + 1 {
		z := h * p.growth(k)
		q, f1, f2, f3 := weights(z)
		c.e, c.half = append(c.e, math.Exp(z)), append(c.half, math.Exp(z/2))
		c.q = append(c.q, h*q)
		c.f1, c.f2, c.f3 = append(c.f1, h*f1), append(c.f2, h*f2), append(c.f3, h*f3)
		c.ddx = append(c.ddx, -p.waveNumber(k)/(2*n*n)) // F⁻¹ is unnormalized, and squared
	}
	c.ddx[p.Points/2] = 0 // see Equation
	return c
}

// weights returns Q, f₁, f₂, f₃ of a step 1; see [Solver].
//
// They are entire functions of z, and equal to their means over a circle around
// it, for which 64 equidistant points, 32 with their conjugates, are exact but for
// roundings. On a circle of radius 1, as Kassam and Trefethen take it, the formulas
// cancel where it passes near 0; there the radius is 2, so that all points keep a
// distance of ½ from 0.
func weights(z float64) (q, f1, f2, f3 float64) {
	const m = 32
	radius := 1.
	if math.Abs(math.Abs(z)-1) < 0.5 {
		radius = 2
	}
	for j := range m {
		r := complex(z, 0) + cmplx.Rect(radius, math.Pi*(float64(j)+0.5)/m)
		r3, e := r*r*r, cmplx.Exp(r)
		q += real((cmplx.Exp(r/2)-1)/r) / m
		f1 += real((-4-r+e*(4-3*r+r*r))/r3) / m
		f2 += real((2+r+e*(-2+r))/r3) / m
		f3 += real((-4-3*r-r*r+e*(4-r))/r3) / m
	}
	return q, f1, f2, f3
}

// run is the workspace of a goroutine.
type run struct {
	*coefficients
	square         *spectralSquare
	fft            *fourier.FFT
	v, a, b, c     []complex128 // the state and the stages
	nv, na, nb, nc []complex128 // N of them
}

func newRun(c *coefficients) *run {
	r := &run{coefficients: c, square: newSpectralSquare(c.points), fft: fourier.NewFFT(c.points)}
	for _, p := range []*[]complex128{&r.v, &r.a, &r.b, &r.c, &r.nv, &r.na, &r.nb, &r.nc} {
		*p = make([]complex128, c.points/2+1)
	}
	return r
}

// solve writes the solution through u0 into tr, whose first time is that after
// before steps, and the others each steps apart.
func (r *run) solve(ctx context.Context, tr *data.Trajectory, u0 []float64, before, each int) error {
	r.fft.Coefficients(r.v, u0)
	steps := before
	for i, t := range tr.Times {
		for range steps {
			if err := ctx.Err(); err != nil {
				return errors.Wrapf(err, "stopped before t=%g", t)
			}
			r.step()
		}
		u := tr.States[i]
		r.fft.Sequence(u, r.v)
		for j := range u {
			if u[j] /= float64(len(u)); !stack.Finite(u[j]) {
				return stack.NotFinitef("t=%g, component %d is %g, want a finite number; try a shorter step", t, j, u[j])
			}
		}
		if i == 0 && before == 0 {
			copy(u, u0) // without the roundings of the transforms
		}
		steps = each
	}
	return nil
}

// step advances v.
func (r *run) step() {
	r.nonlinear(r.nv, r.v)
	for k, v := range r.v {
		r.a[k] = mulReal(r.half[k], v) + mulReal(r.q[k], r.nv[k])
	}
	r.nonlinear(r.na, r.a)
	for k, v := range r.v {
		r.b[k] = mulReal(r.half[k], v) + mulReal(r.q[k], r.na[k])
	}
	r.nonlinear(r.nb, r.b)
	for k, a := range r.a {
		r.c[k] = mulReal(r.half[k], a) + mulReal(r.q[k], 2*r.nb[k]-r.nv[k])
	}
	r.nonlinear(r.nc, r.c)
	for k, v := range r.v {
		r.v[k] = mulReal(r.e[k], v) + mulReal(r.f1[k], r.nv[k]) +
			mulReal(2*r.f2[k], r.na[k]+r.nb[k]) + mulReal(r.f3[k], r.nc[k])
	}
}

// nonlinear writes N(v) into dst.
func (r *run) nonlinear(dst, v []complex128) {
	r.square.to(dst, v)
	for k, c := range dst {
		dst[k] = complex(-r.ddx[k]*imag(c), r.ddx[k]*real(c))
	}
}
