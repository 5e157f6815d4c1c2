package ode

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/internal/stack"
)

// Radau is the Radau IIA method of three stages and order 5, implicit and
// L-stable, for stiff problems. With z_i = U_i − u the increments of the stages,
// a step h from u solves
//
//	z_i = h Σ_j a_ij f(u + z_j)
//
// by simplified Newton iterations and ends at u + z_3. It is accepted if
//
//	max |e| / (AbsTol + RelTol |u|) ≤ 1
//
// for the estimate e of its error of order 3 and tolerances made from RelTol and
// AbsTol so that the error of the solution, which is of order 5, follows them:
// RelTol becomes RelTol^(2/3)/10, and AbsTol keeps its ratio to RelTol. Steps
// are chosen by Gustafsson's predictive control.
//
// Each sample is solved by itself, with steps of its own, and the samples in
// parallel: a solution is the same to the bit whatever else is solved beside it
// and on however many cores. What a problem conserves linearly, w·f = 0, stays
// put to rounding.
//
// The real system of all three stages, of size 3n, is factorized as it stands
// rather than transformed to a real and a complex one of size n, which would save
// some four fifths of the factorization: for the few components here that is a
// part of the time only, and sums of the stages stay free of its roundings.
//
// Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.8,
// and their program RADAU5.
type Radau struct {
	RelTol     float64   `json:"rel_tol"`                // relative tolerance for each component, 1e-13 to 0.1
	AbsTol     float64   `json:"abs_tol"`                // absolute tolerance, > 0, in the unit of the components
	AbsTolEach []float64 `json:"abs_tol_each,omitempty"` // one for each component in place of AbsTol
	FirstStep  float64   `json:"first_step"`             // first step tried, in the unit of time; 0: chosen from the problem
	MaxSteps   int       `json:"max_steps"`              // most steps tried for a sample, successful or not

	// Progress, if set, is called after each sample with the number of those
	// done; one call at a time, but not from the caller's goroutine.
	Progress func(done, total int) `json:"-"`
}

// DefaultRadau returns tolerances of 1e-10 both, with the first step chosen from
// the problem. Where components are small and wanted to as many digits as the
// large ones, AbsTol must be smaller; see [RobertsonRadau].
func DefaultRadau() Radau { return Radau{RelTol: 1e-10, AbsTol: 1e-10, MaxSteps: 100_000} }

// Validate returns an error for the first number that makes no sense.
func (m Radau) Validate() error { return errors.Wrap(m.check(), "ode: Radau") }

func (m Radau) check() error {
	switch {
	case !(m.RelTol >= 1e-13 && m.RelTol <= 0.1): // below, Newton's corrections are roundings
		return errors.Errorf("RelTol is %g, want 1e-13 … 0.1", m.RelTol)
	case len(m.AbsTolEach) == 0 && !(stack.Finite(m.AbsTol) && m.AbsTol > 0):
		return errors.Errorf("AbsTol is %g, want a number > 0", m.AbsTol)
	case !stack.Finite(m.FirstStep) || m.FirstStep < 0:
		return errors.Errorf("FirstStep is %g, want a number ≥ 0", m.FirstStep)
	case m.MaxSteps < 1:
		return errors.Errorf("MaxSteps is %d, want at least 1", m.MaxSteps)
	}
	for i, tol := range m.AbsTolEach {
		if !(stack.Finite(tol) && tol > 0) {
			return errors.Errorf("AbsTolEach, component %d is %g, want a number > 0", i, tol)
		}
	}
	return nil
}

// Solve returns the solutions through the states u0, indexed [sample][component],
// at the given times, the first of which is that of u0; see [Radau.SolveFrom].
func (m Radau) Solve(p StiffProblem, u0 [][]float64, times []float64) (*data.Dataset, StiffStats, error) {
	if len(times) == 0 {
		return nil, StiffStats{}, errors.Wrap(stack.CheckTimes(times), "ode: Radau.Solve")
	}
	d, stats, err := m.solve(context.Background(), p, u0, times[0], times)
	return d, stats, errors.Wrap(err, "ode: Radau.Solve")
}

// SolveFrom returns the solutions through the states u0 at time t0 at the given
// times, all of them at t0 or later. The times must be finite and strictly
// increasing. Steps are shortened to land on every one of them, and the step
// size before such a step is remembered.
//
// The errors are [data.ErrShape] and [data.ErrNotFinite] for u0, times or the
// solution, [ErrStep] if MaxSteps is exceeded or the step is lost in rounding,
// and that of ctx if it is done before the solution. Of several samples that
// fail the first is told.
func (m Radau) SolveFrom(ctx context.Context, p StiffProblem, u0 [][]float64, t0 float64, times []float64) (*data.Dataset, StiffStats, error) {
	d, stats, err := m.solve(ctx, p, u0, t0, times)
	return d, stats, errors.Wrap(err, "ode: Radau.SolveFrom")
}

func (m Radau) solve(ctx context.Context, p StiffProblem, u0 [][]float64, t0 float64, times []float64) (*data.Dataset, StiffStats, error) {
	if err := m.checkSolve(p, u0, t0, times); err != nil {
		return nil, StiffStats{}, err
	}
	return m.fill(ctx, p, u0, t0, data.Zeros(slices.Clone(times), len(u0), p.Components()))
}

// fill solves for the states of trajectories at their times.
func (m Radau) fill(ctx context.Context, p StiffProblem, u0 [][]float64, t0 float64, d *data.Dataset) (*data.Dataset, StiffStats, error) {
	stats := make([]StiffStats, len(u0))
	tried, err := stack.Each(len(u0), m.Progress, func() func(int) error {
		run := newRadauRun(m, p)
		return func(s int) error {
			err := run.solve(ctx, &d.Trajectories[s], u0[s], t0)
			stats[s] = run.stats
			return err
		}
	})
	var sum StiffStats
	for _, s := range stats[:tried] {
		sum.add(s)
	}
	if err != nil {
		return nil, sum, err
	}
	return d, sum, nil
}

func (m Radau) checkSolve(p StiffProblem, u0 [][]float64, t0 float64, times []float64) error {
	if err := m.check(); err != nil {
		return err
	}
	if p == nil {
		return errors.New("problem is nil")
	}
	if names := p.Components(); p.Dim() < 1 || len(names) != p.Dim() {
		return stack.Shapef("problem %s: %d components with names %q", p.Name(), p.Dim(), names)
	}
	if n := len(m.AbsTolEach); n > 0 && n != p.Dim() {
		return stack.Shapef("AbsTolEach has %d tolerances, want %d as the problem has components", n, p.Dim())
	}
	if err := stack.Check(u0, p.Dim()); err != nil {
		return err
	}
	if err := stack.CheckTimes(times); err != nil {
		return err
	}
	if !stack.Finite(t0) {
		return stack.NotFinitef("t0 is %g, want a finite number", t0)
	}
	if t0 > times[0] {
		return errors.Errorf("t0 is %v, want at most the first time %v", t0, times[0])
	}
	return nil
}

// tolerances returns the tolerances for the error estimate; see [Radau].
func (m Radau) tolerances(dim int) (rel float64, abs []float64) {
	abs = slices.Clone(m.AbsTolEach)
	if len(abs) == 0 {
		abs = slices.Repeat([]float64{m.AbsTol}, dim)
	}
	rel = radauRelTol(m.RelTol)
	for i := range abs {
		abs[i] *= rel / m.RelTol
	}
	return rel, abs
}
