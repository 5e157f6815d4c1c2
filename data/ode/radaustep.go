package ode

import (
	"context"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
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
			return errors.Wrapf(data.ErrNotFinite, "right-hand side of %s at t=%g, component %s: got %g at the state %v; "+
				"check the initial state and the time span", r.p.Name(), r.t, r.p.Components()[i], v, r.y)
		}
		r.scale[i] = r.abs[i] + r.rel*math.Abs(r.y[i])
	}
	for i, v := range r.jac.RawMatrix().Data {
		if !stack.Finite(v) {
			return errors.Wrapf(data.ErrNotFinite, "Jacobian of %s at t=%g, row %d, column %d: got %g at the state %v",
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
		// What is left is divided evenly, so that no sliver remains for the
		// step that lands.
		h, left := r.h, target-r.t
		landing := left <= h
		if landing {
			h = left
		} else if left < 10*h {
			h = left / math.Ceil(left/h)
		}
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

// stage solves for the stages z of a step h and returns the number of Newton
// iterations, or 0 and the factor by which to change the step if they do not
// converge.
func (r *radauRun) stage(h float64) (iterations int, factor float64) {
	if !r.factorize(h) {
		return 0, 0.5
	}
	r.guess(h)
	rate := math.Pow(max(r.rate, 0x1p-53), 0.8)
	before, thetaBefore := 0., 0.
	for k := 1; k <= radauIterations; k++ {
		size := r.iterate(h)
		if !stack.Finite(size) {
			return 0, 0.5
		}
		if k > 1 && size > 0 {
			ratio := size / before
			theta := ratio
			if k > 2 {
				theta = math.Sqrt(ratio * thetaBefore)
			}
			thetaBefore = ratio
			if theta >= 0.99 {
				return 0, 0.5
			}
			rate = theta / (1 - theta)
			// What the iterations left will reach at this rate.
			rest := radauIterations - k
			if reach := rate * size * math.Pow(theta, float64(rest)) / r.newton; reach >= 1 {
				return 0, 0.8 * math.Pow(min(20, reach), -1/float64(4+rest))
			}
		}
		before = size
		if rate*size <= r.newton {
			r.rate = rate
			return k, 1
		}
	}
	return 0, 0.5
}

// factorize returns false for a singular matrix.
func (r *radauRun) factorize(h float64) bool {
	r.stats.Decompositions++
	n, jac := r.n, r.jac.RawMatrix()
	for i := range n {
		row := jac.Data[i*jac.Stride : i*jac.Stride+n]
		single := r.single.Data[i*n : (i+1)*n]
		for k, v := range row {
			single[k] = -h * radauGamma * v
		}
		single[i]++
		for s := range 3 {
			stage := r.stages.Data[(s*n+i)*3*n : (s*n+i+1)*3*n]
			for q, a := range radauA[s] {
				for k, v := range row {
					stage[q*n+k] = -h * a * v
				}
			}
			stage[s*n+i]++
		}
	}
	return lapack64.Getrf(r.stages, r.pivots) && lapack64.Getrf(r.single, r.pivot)
}

// guess continues the collocation polynomial of the last step.
func (r *radauRun) guess(h float64) {
	clear(r.z)
	w := h / r.lastH
	if r.lastH == 0 || w > 1/radauGrow {
		return // nothing to continue, or too far
	}
	n := r.n
	end := r.last[2*n:]
	for s, c := range radauC {
		z := r.z[s*n : (s+1)*n]
		x := 1 + c*w
		for q, cq := range radauC {
			l := x / cq // Lagrange's polynomials of the nodes 0 and radauC
			for p, cp := range radauC {
				if p != q {
					l *= (x - cp) / (cq - cp)
				}
			}
			for i, v := range r.last[q*n : (q+1)*n] {
				z[i] += l * v
			}
		}
		for i, v := range end {
			z[i] -= v
		}
	}
}

// iterate makes one Newton correction of z and returns its size.
func (r *radauRun) iterate(h float64) float64 {
	n := r.n
	for s := range 3 {
		for i, v := range r.y {
			r.tmp[i] = v + (r.z[s*n+i] + r.lo[i])
		}
		r.rhs(r.fz[s*n:(s+1)*n:(s+1)*n], r.tmp)
	}
	for s, a := range radauA {
		for i := range n {
			k := s*n + i
			r.dz[k] = h*(a[0]*r.fz[i]+a[1]*r.fz[n+i]+a[2]*r.fz[2*n+i]) - r.z[k]
		}
	}
	lapack64.Getrs(blas.NoTrans, r.stages, column(r.dz), r.pivots)
	size := 0.
	for k, v := range r.dz {
		r.z[k] += v
		q := math.Abs(v) / r.scale[k%n]
		if !stack.Finite(q) {
			return q
		}
		size = max(size, q)
	}
	return size
}

// estimate returns the largest scaled error of the step and its component.
// Where asked, an error that is too large is estimated again from f(y + e), which
// is right for stiff components where the first estimate is far too large.
func (r *radauRun) estimate(h float64, again bool) (size float64, worst int) {
	size, worst = r.filter(h, r.f)
	if again && size >= 1 {
		for i, v := range r.y {
			r.tmp[i] = v + r.e[i]
		}
		r.rhs(r.e, r.tmp)
		size, worst = r.filter(h, r.e)
	}
	return size, worst
}

// filter computes e = (I − hγJ)⁻¹ (hγ f + γ Σ e_i z_i); f may be r.e.
func (r *radauRun) filter(h float64, f []float64) (size float64, worst int) {
	n := r.n
	for i, v := range f {
		sum := radauE[0]*r.z[i] + radauE[1]*r.z[n+i] + radauE[2]*r.z[2*n+i]
		r.e[i] = radauGamma * (h*v + sum)
	}
	lapack64.Getrs(blas.NoTrans, r.single, column(r.e), r.pivot)
	for i, v := range r.e {
		q := math.Abs(v) / r.scale[i]
		if !stack.Finite(q) {
			return math.Inf(1), i
		}
		if q > size {
			size, worst = q, i
		}
	}
	return max(size, 1e-10), worst // 0 would make a step of any size
}

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

func column(v []float64) blas64.General {
	return blas64.General{Rows: len(v), Cols: 1, Stride: 1, Data: v}
}
