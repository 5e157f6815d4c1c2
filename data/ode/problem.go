package ode

import (
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// ErrStep says that the step size control of a solver gave up; to be tested with
// errors.Is.
var ErrStep = errors.New("step size control failed")

// Problem is an autonomous system of ordinary differential equations
//
//	du/dt = f(u),  u ∈ ℝⁿ,
//
// in physical variables.
type Problem interface {
	// Name is a short lower-case word, for reports and files.
	Name() string

	// Dim is n, the number of components.
	Dim() int

	// Components names the n components.
	Components() []string

	// RHS writes f(u) into dst. Both have length Dim and do not overlap, and
	// u must not be changed.
	RHS(dst, u []float64)
}

// StiffProblem is a [Problem] that knows its Jacobian. Solvers call RHS and
// Jacobian from several goroutines at once.
type StiffProblem interface {
	Problem

	// Jacobian writes ∂f_i/∂u_j into dst, row i and column j: every entry of the
	// n×n matrix, zeros too. u must not be changed.
	Jacobian(dst *mat.Dense, u []float64)
}
