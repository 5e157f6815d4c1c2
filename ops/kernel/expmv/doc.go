// Package expmv evaluates the action of e^{hA} and φ_j(hA) on the rows of a batch, on
// slices and with its adjoint, by products of A with them: for an A in full, a sparse
// one, or an operator. It shares the conventions of package kernel.
package expmv
