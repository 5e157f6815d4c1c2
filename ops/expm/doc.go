// Package expm evaluates exponentials of gonum matrices and their action, without
// a graph.
//
//	ExpmvTo      y = e^{tA}u + Σ_j t^j φ_j(tA) w_j, eqs. (15) and (19), for rows u
//	Exponential  the same for one A and many t and u: full, sparse or an Operator
//	Phi          the matrices φ_0(tA) = e^{tA}, φ_1(tA), …, φ_p(tA)
//
// A state is a row, so A acts as u Aᵀ. A tolerance is relative, and 0 stands for
// the unit roundoff, 2⁻⁵³. The differentiable twins, as nodes of a graph, are
// step.Expmv and step.Propagators, on the same arithmetic.
package expm

import "spnode/ops/internal/fault"

// Errors that callers may test for with errors.Is; the first two are those of package ops.
var (
	ErrShape     = fault.ErrShape
	ErrNotFinite = fault.ErrNotFinite
	ErrSubsteps  = fault.ErrSubsteps
)
