package ode

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/internal/stack"
)

// RKF45 is the Runge–Kutta–Fehlberg pair of orders 4 and 5 with adaptive steps.
//
// A stack of initial states is advanced as one system, so that all samples share
// one time grid. With e the difference of the two formulas over a step h from
// the state x, the step is accepted if
//
//	r = max |e| / (AbsTol + RelTol |x|) ≤ 1,
//
// the maximum taken over every component of every sample, and the solution is
// carried on by the formula of order 5. The next step is
//
//	h · min(4, max(0.2, 0.9 r^(−1/5))).
//
// The method is explicit: on a stiff problem its steps are held at the inverse
// of the largest rate.
//
// E. Fehlberg, NASA Technical Report R-315 (1969); Hairer, Nørsett and Wanner,
// Solving Ordinary Differential Equations I, section II.4–5.
type RKF45 struct {
	RelTol    float64 `json:"rel_tol"`    // relative tolerance for each component, ≥ 0; the paper takes 1e-8
	AbsTol    float64 `json:"abs_tol"`    // absolute tolerance for each component, > 0, in its unit
	FirstStep float64 `json:"first_step"` // first step tried, in the unit of time; 0: chosen from the problem
	MaxSteps  int     `json:"max_steps"`  // most steps tried, accepted and rejected together
}

// DefaultRKF45 returns the tolerances of section 5.1, 1e-8 both, with the first
// step chosen from the problem.
func DefaultRKF45() RKF45 { return RKF45{RelTol: 1e-8, AbsTol: 1e-8, MaxSteps: 1_000_000} }

// check returns an error for the first number that makes no sense.
func (m RKF45) check() error {
	switch {
	case !stack.Finite(m.RelTol) || m.RelTol < 0:
		return errors.Errorf("RelTol is %g, want a number ≥ 0", m.RelTol)
	case !stack.Finite(m.AbsTol) || m.AbsTol <= 0:
		return errors.Errorf("AbsTol is %g, want a number > 0", m.AbsTol)
	case !stack.Finite(m.FirstStep) || m.FirstStep < 0:
		return errors.Errorf("FirstStep is %g, want a number ≥ 0", m.FirstStep)
	case m.MaxSteps < 1:
		return errors.Errorf("MaxSteps is %d, want at least 1", m.MaxSteps)
	}
	return nil
}

// Solve returns the solutions through the states u0, indexed [sample][component],
// at the given times, the first of which is that of u0. The times must be finite
// and strictly increasing. Steps are shortened to land on every one of them, and
// the step size before such a step is remembered.
//
// The errors are [data.ErrShape] and [data.ErrNotFinite] for u0, times or the
// solution, and [ErrStep] if MaxSteps is exceeded or the step is lost in
// rounding.
func (m RKF45) Solve(p Problem, u0 [][]float64, times []float64) (*data.Dataset, Stats, error) {
	if err := stack.CheckTimes(times); err != nil {
		return nil, Stats{}, errors.Wrap(err, "ode: RKF45.Solve")
	}
	s, err := m.start(p, u0, times[0])
	if err != nil {
		return nil, Stats{}, errors.Wrap(err, "ode: RKF45.Solve")
	}
	d := data.Zeros(slices.Clone(times), s.samples, p.Components())
	s.save(d, 0)
	for i, target := range times[1:] {
		for s.t < target {
			if err := s.advance(target); err != nil {
				return nil, s.stats, errors.Wrap(err, "ode: RKF45.Solve")
			}
		}
		s.save(d, i+1)
	}
	return d, s.stats, nil
}

// Steps returns the solutions through the states u0, indexed [sample][component],
// at t = 0 and after each of n accepted adaptive steps: n+1 times, which the
// step size control chose. This is how the data of section 5.1 are made. The
// errors are those of Solve.
func (m RKF45) Steps(p Problem, u0 [][]float64, n int) (*data.Dataset, Stats, error) {
	if n < 0 {
		return nil, Stats{}, errors.Errorf("ode: RKF45.Steps: number of steps is %d, want at least 0", n)
	}
	s, err := m.start(p, u0, 0)
	if err != nil {
		return nil, Stats{}, errors.Wrap(err, "ode: RKF45.Steps")
	}
	times := make([]float64, n+1)
	d := data.Zeros(times, s.samples, p.Components())
	s.save(d, 0)
	for i := 1; i <= n; i++ {
		if err := s.advance(math.Inf(1)); err != nil {
			return nil, s.stats, errors.Wrapf(err, "ode: RKF45.Steps: step %d of %d", i, n)
		}
		times[i] = s.t
		s.save(d, i)
	}
	return d, s.stats, nil
}

// The tableau of Fehlberg's formula 2. The problems are autonomous, so that the
// nodes are not needed. fehlbergB is the formula of order 5, fehlbergE is that
// less the formula of order 4.
var (
	fehlbergA = [6][]float64{
		{},
		{1. / 4},
		{3. / 32, 9. / 32},
		{1932. / 2197, -7200. / 2197, 7296. / 2197},
		{439. / 216, -8, 3680. / 513, -845. / 4104},
		{-8. / 27, 2, -3544. / 2565, 1859. / 4104, -11. / 40},
	}
	fehlbergB = []float64{16. / 135, 0, 6656. / 12825, 28561. / 56430, -9. / 50, 2. / 55}
	fehlbergE = []float64{1. / 360, 0, -128. / 4275, -2197. / 75240, 1. / 50, 2. / 55}
)

// rkf45Run is a run of RKF45: the state of all samples, flat, and its work space.
type rkf45Run struct {
	RKF45
	p            Problem
	samples, dim int
	t, h         float64
	x, y, e      []float64    // the state, the next one, its error; row-major (samples, dim)
	k            [6][]float64 // stages; k[0] is always f(x)
	stats        Stats
}

// start checks the arguments and evaluates the first stage.
func (m RKF45) start(p Problem, u0 [][]float64, t float64) (*rkf45Run, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errors.New("problem is nil")
	}
	if names := p.Components(); p.Dim() < 1 || len(names) != p.Dim() {
		return nil, stack.Shapef("problem %s: %d components with names %q", p.Name(), p.Dim(), names)
	}
	if err := stack.Check(u0, p.Dim()); err != nil {
		return nil, err
	}
	s := &rkf45Run{RKF45: m, p: p, samples: len(u0), dim: p.Dim(), t: t}
	n := s.samples * s.dim
	for _, v := range []*[]float64{&s.x, &s.y, &s.e, &s.k[0], &s.k[1], &s.k[2], &s.k[3], &s.k[4], &s.k[5]} {
		*v = make([]float64, n)
	}
	for i, row := range u0 {
		copy(s.x[i*s.dim:], row)
	}
	s.rhs(s.k[0], s.x)
	if err := s.checkSlope(); err != nil {
		return nil, err
	}
	if s.h = m.FirstStep; s.h == 0 {
		s.h = s.firstStep()
	}
	return s, nil
}

// firstStep guesses a step at which the method of order 5 meets the tolerance,
// from the sizes of u, f and the derivative of f along the solution (Hairer,
// Nørsett and Wanner, section II.4, "Starting step size").
func (s *rkf45Run) firstStep() float64 {
	d0, d1 := s.size(s.x), s.size(s.k[0])
	h := 1e-6
	if d0 > 1e-5 && d1 > 1e-5 {
		h = 0.01 * d0 / d1
	}
	floats.AddScaledTo(s.y, s.x, h, s.k[0])
	s.rhs(s.k[1], s.y)
	floats.SubTo(s.e, s.k[1], s.k[0])
	d2 := s.size(s.e) / h
	if most := max(d1, d2); most > 1e-15 && !math.IsInf(most, 0) {
		return min(100*h, math.Pow(0.01/most, 1./5))
	}
	return max(1e-6, 1e-3*h)
}

// advance takes one accepted step, which ends at target or before it. An
// infinite target leaves the step as it is.
func (s *rkf45Run) advance(target float64) error {
	for {
		if s.stats.Accepted+s.stats.Rejected >= s.MaxSteps {
			return errors.Wrapf(ErrStep, "%d steps tried and only t=%g reached, next step %g: raise MaxSteps, "+
				"loosen RelTol and AbsTol, or, if the problem is stiff, take a stiff solver", s.MaxSteps, s.t, s.h)
		}
		h, landing := fitted(s.h, target-s.t)
		r, worst := s.try(h)
		grow := min(4, max(0.2, 0.9*math.Pow(r, -1./5)))
		if r <= 1 {
			s.stats.Accepted++
			s.x, s.y = s.y, s.x
			s.t += h
			if landing {
				s.t = target // t + h may miss it by a rounding
			}
			// A step cut far below s.h has too small an error to say what
			// the step should be: then s.h stands.
			if grow < 4 || h*grow > s.h {
				s.h = h * grow
			}
			s.rhs(s.k[0], s.x)
			return s.checkSlope()
		}
		s.stats.Rejected++
		s.h = h * grow
		if s.t+s.h == s.t || s.h < 1e-300 {
			i, j := worst/s.dim, worst%s.dim
			return errors.Wrapf(ErrStep, "step lost in rounding at t=%g, where sample %d has %s=%g with %g times the "+
				"tolerated error: the solution may blow up there, or the tolerances %g, %g be too small",
				s.t, i, s.p.Components()[j], s.x[worst], r, s.RelTol, s.AbsTol)
		}
	}
}

// try computes the state y a step h after x and returns the largest scaled error
// r with the place where it occurs. Anything not finite gives r = +Inf.
func (s *rkf45Run) try(h float64) (r float64, worst int) {
	for i := 1; i < len(s.k); i++ {
		copy(s.y, s.x)
		s.addStages(s.y, h, fehlbergA[i])
		s.rhs(s.k[i], s.y)
	}
	copy(s.y, s.x)
	s.addStages(s.y, h, fehlbergB)
	clear(s.e)
	s.addStages(s.e, h, fehlbergE)
	for i, e := range s.e {
		q := math.Abs(e) / (s.AbsTol + s.RelTol*math.Abs(s.x[i]))
		if !stack.Finite(q) || !stack.Finite(s.y[i]) {
			return math.Inf(1), i
		}
		if q > r {
			r, worst = q, i
		}
	}
	return r, worst
}

// addStages adds h Σ c_i k_i to dst.
func (s *rkf45Run) addStages(dst []float64, h float64, c []float64) {
	for i, ci := range c {
		if ci != 0 {
			floats.AddScaled(dst, h*ci, s.k[i])
		}
	}
}

// rhs evaluates the right-hand side for every sample.
func (s *rkf45Run) rhs(dst, u []float64) {
	s.stats.Evaluations++
	for i := 0; i < len(u); i += s.dim {
		s.p.RHS(dst[i:i+s.dim:i+s.dim], u[i:i+s.dim:i+s.dim])
	}
}

// checkSlope returns an error if f(x) is not finite: no smaller step would help.
func (s *rkf45Run) checkSlope() error {
	for i, v := range s.k[0] {
		if !stack.Finite(v) {
			return stack.NotFinitef("right-hand side of %s at t=%g, sample %d, component %s is %g at the state %v; "+
				"check the initial state and the time span", s.p.Name(), s.t, i/s.dim, s.p.Components()[i%s.dim], v,
				s.x[i-i%s.dim:i-i%s.dim+s.dim])
		}
	}
	return nil
}

// size returns max |v| / (AbsTol + RelTol |x|).
func (s *rkf45Run) size(v []float64) float64 {
	most := 0.
	for i, vi := range v {
		most = max(most, math.Abs(vi)/(s.AbsTol+s.RelTol*math.Abs(s.x[i])))
	}
	return most
}

// save copies the state of each sample into its trajectory at time i.
func (s *rkf45Run) save(d *data.Dataset, i int) {
	for k, tr := range d.Trajectories {
		copy(tr.States[i], s.x[k*s.dim:])
	}
}
