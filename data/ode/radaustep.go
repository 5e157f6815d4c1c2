package ode

import (
	"context"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/data/internal/stack"
)

// The tableau of Radau IIA with three stages. The last stage is the solution.
var (
	radauC = [3]float64{(4 - math.Sqrt(6)) / 10, (4 + math.Sqrt(6)) / 10, 1}
	radauA = [3][3]float64{
		{(88 - 7*math.Sqrt(6)) / 360, (296 - 169*math.Sqrt(6)) / 1800, (-2 + 3*math.Sqrt(6)) / 225},
		{(296 + 169*math.Sqrt(6)) / 1800, (88 + 7*math.Sqrt(6)) / 360, (-2 - 3*math.Sqrt(6)) / 225},
		{(16 - math.Sqrt(6)) / 36, (16 + math.Sqrt(6)) / 36, 1. / 9},
	}

	// radauGamma is the real eigenvalue of radauA; with it, radauE are the weights
	// of the stages in the error estimate, see filter.
	radauGamma = (6 + math.Cbrt(81) - math.Cbrt(9)) / 30
	radauE     = [3]float64{-(13 + 7*math.Sqrt(6)) / 3, (-13 + 7*math.Sqrt(6)) / 3, -1. / 3}
)

const (
	radauIterations = 7      // of Newton, at most
	radauSafety     = 0.9    // of the step
	radauShrink     = 5.     // a step is divided by this at most
	radauGrow       = 1. / 8 // and by this at least
)

func radauRelTol(tol float64) float64 { return 0.1 * math.Pow(tol, 2./3) }

// radauRun solves one sample after another.
type radauRun struct {
	Radau
	p      StiffProblem
	n      int
	rel    float64   // tolerances of the error estimate
	abs    []float64 // for each component
	newton float64   // tolerance of the iteration, relative to those

	t, h  float64
	y, lo []float64 // the state is y + lo: lo is what the sums lost to rounding
	f     []float64 // f(y)
	jac   *mat.Dense
	scale []float64 // tolerated error of each component

	z, dz, fz []float64 // stages, their corrections and right-hand sides, (3, n)
	last      []float64 // z of the last accepted step
	lastH     float64   // its size, 0 if there is none
	lastErr   float64   // its error, at least 0.01
	rate      float64   // θ/(1 − θ) for the last Newton contraction θ
	e, tmp    []float64 // error estimate

	stages, single blas64.General // I − h A⊗J and I − h γ J, factorized
	pivots, pivot  []int

	stats StiffStats
}

func newRadauRun(m Radau, p StiffProblem) *radauRun {
	n := p.Dim()
	r := &radauRun{Radau: m, p: p, n: n, jac: mat.NewDense(n, n, nil)}
	r.rel, r.abs = m.tolerances(n)
	r.newton = max(10*0x1p-53/r.rel, min(0.03, math.Sqrt(r.rel)))
	for _, v := range []*[]float64{&r.y, &r.lo, &r.f, &r.scale, &r.e, &r.tmp} {
		*v = make([]float64, n)
	}
	for _, v := range []*[]float64{&r.z, &r.dz, &r.fz, &r.last} {
		*v = make([]float64, 3*n)
	}
	square := func(n int) (blas64.General, []int) {
		return blas64.General{Rows: n, Cols: n, Stride: n, Data: make([]float64, n*n)}, make([]int, n)
	}
	r.stages, r.pivots = square(3 * n)
	r.single, r.pivot = square(n)
	return r
}

// solve writes sample s of d, which begins with u0 at t0.
func (r *radauRun) solve(ctx context.Context, tr *data.Trajectory, u0 []float64, t0 float64) error {
	if err := r.start(u0, t0); err != nil {
		return err
	}
	for i, target := range tr.Times {
		for r.t < target {
			if err := ctx.Err(); err != nil {
				return errors.WithStack(err)
			}
			if err := r.advance(target); err != nil {
				return err
			}
		}
		copy(tr.States[i], r.y)
	}
	return nil
}

// start forgets the sample before.
func (r *radauRun) start(u0 []float64, t0 float64) error {
	r.stats = StiffStats{}
	r.t, r.lastH, r.lastErr, r.rate = t0, 0, 0, 1
	copy(r.y, u0)
	clear(r.lo)
	if err := r.prepare(); err != nil {
		return err
	}
	if r.h = r.FirstStep; r.h == 0 {
		r.h = r.firstStep()
	}
	return nil
}

// prepare evaluates f, the Jacobian and the scale at a new state.
func (r *radauRun) prepare() error {
	r.rhs(r.f, r.y)
	r.p.Jacobian(r.jac, r.y)
	r.stats.Jacobians++
	for i, v := range r.f {
		if !stack.Finite(v) {
			return stack.NotFinitef("right-hand side of %s at t=%g, component %s is %g at the state %v; "+
				"check the initial state and the time span", r.p.Name(), r.t, r.p.Components()[i], v, r.y)
		}
		r.scale[i] = r.abs[i] + r.rel*math.Abs(r.y[i])
	}
	for i, v := range r.jac.RawMatrix().Data {
		if !stack.Finite(v) {
			return stack.NotFinitef("Jacobian of %s at t=%g, row %d, column %d is %g at the state %v",
				r.p.Name(), r.t, i/r.n, i%r.n, v, r.y)
		}
	}
	return nil
}

// firstStep guesses a step from the sizes of u, f and f′f, the second derivative
// of the solution; see RKF45.
func (r *radauRun) firstStep() float64 {
	blas64.Gemv(blas.NoTrans, 1, r.jac.RawMatrix(), vector(r.f), 0, vector(r.e))
	d0, d1, d2 := r.size(r.y), r.size(r.f), r.size(r.e)
	h := 1e-6
	if d0 > 1e-5 && d1 > 1e-5 {
		h = 0.01 * d0 / d1
	}
	if most := max(d1, d2); most > 1e-15 && stack.Finite(most) {
		return min(100*h, math.Pow(0.01/most, 1./4))
	}
	return max(1e-6, 1e-3*h)
}

// advance takes one accepted step, which ends at target or before it.
func (r *radauRun) advance(target float64) error {
	for retry := false; ; retry = true {
		if tried := r.stats.Accepted + r.stats.Rejected + r.stats.NewtonFailures; tried >= r.MaxSteps {
			return errors.Wrapf(ErrStep, "%d steps tried and only t=%g reached, next step %g: raise MaxSteps, "+
				"or loosen RelTol and AbsTol", r.MaxSteps, r.t, r.h)
		}
		h, landing := fitted(r.h, target-r.t)
		iterations, factor := r.stage(h)
		if iterations == 0 {
			r.stats.NewtonFailures++
			if r.h = h * factor; r.lost() {
				return errors.Wrapf(ErrStep, "step lost in rounding at t=%g, where Newton's iteration does not converge from the "+
					"state %v: the solution may blow up there, or the Jacobian be wrong", r.t, r.y)
			}
			continue
		}
		e, worst := r.estimate(h, retry || r.lastH == 0)
		// A step that took many iterations grows less.
		safety := min(radauSafety, radauSafety*(1+2*radauIterations)/float64(iterations+2*radauIterations))
		divide := max(radauGrow, min(radauShrink, math.Pow(e, 1./4)/safety))
		if !(e < 1) {
			r.stats.Rejected++
			if r.h = h / divide; r.lost() {
				return errors.Wrapf(ErrStep, "step lost in rounding at t=%g, where %s=%g has %g times the tolerated error: the "+
					"solution may blow up there, or the tolerances be too small", r.t, r.p.Components()[worst], r.y[worst], e)
			}
			continue
		}
		r.stats.Accepted++
		if r.lastH > 0 && divide > radauGrow {
			trend := r.lastH / h * math.Pow(e*e/r.lastErr, 1./4) / radauSafety
			divide = max(divide, min(radauShrink, trend))
		}
		r.lastH, r.lastErr = h, max(0.01, e)
		// A step cut far below r.h has too small an error to say what the
		// step should be: then r.h stands.
		if divide > radauGrow || h/divide > r.h {
			r.h = h / divide
		}
		if r.t += h; landing {
			r.t = target // t + h may miss it by a rounding
		}
		r.accept()
		return r.prepare()
	}
}

func (r *radauRun) lost() bool { return r.t+r.h == r.t || r.h < 1e-300 }

// accept moves the state to the end of the step. The sum is compensated: over a
// run its roundings would be the largest part of what is lost of the invariants.
func (r *radauRun) accept() {
	for i, v := range r.z[2*r.n:] {
		v += r.lo[i]
		sum := r.y[i] + v
		big := sum - r.y[i]
		r.lo[i] = (r.y[i] - (sum - big)) + (v - big)
		r.y[i] = sum
	}
	r.z, r.last = r.last, r.z
}

func (r *radauRun) rhs(dst, u []float64) {
	r.stats.Evaluations++
	r.p.RHS(dst, u)
}

// size returns the largest scaled component of v.
func (r *radauRun) size(v []float64) float64 {
	most := 0.
	for i, vi := range v {
		most = max(most, math.Abs(vi)/r.scale[i])
	}
	return most
}

func vector(v []float64) blas64.Vector { return blas64.Vector{N: len(v), Inc: 1, Data: v} }
