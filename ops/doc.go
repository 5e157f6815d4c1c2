// Package ops holds the differentiable building blocks of spnode as Gorgonia
// ops with symbolic gradients. Package ops/expm has their numeric twins on gonum
// matrices.
//
// # Conventions
//
// A batch comes first and a state is a row: u is (batch, n), a weight matrix
// (in, out). A step h is a vector of length 1, which the batch shares, or of
// length batch; the steps of a grid are a matrix of (steps, 1) or (steps,
// batch). Steps and weights of the loss are nodes, so one graph serves every
// grid of as many steps. Elements are float64 or float32, as the inputs are.
//
//	paper          node                        in ops/expm
//	(3)–(5)        Tril, LogTril, Hurwitz
//	(6)            Bilinear
//	(8)            LipschitzScale, Dense, Linear
//	(17)–(19)      Expmv                       ExpmvTo, Exponential
//	E, φ_1 … φ_p   Propagators, Propagate      Phi
//	(20)           Stack, SquaredError
//	IMEX           Combine, SolveShifted
//
// Expmv is the paper's matrix-free form: the action of an augmented exponential
// that is never formed, at s·m products of n×n with n×batch, where s grows with
// ‖hA‖. Propagators forms e^{hA} and hφ_j(hA) for a whole grid by the same
// polynomial and doublings, whose number grows with log‖hA‖: the form for a
// step that the batch shares, and the only one for stiff problems over long
// steps. Where Expmv finds that forming them takes fewer operations it does so
// by itself, so that no step is too long for it.
//
// # How the ops are made
//
// Each op is a forward function and its adjoint on slices, in package kernel,
// which op.go turns into a Gorgonia op. An op owns its output and serves one
// node of one graph: make graphs of your own for machines that run at the same
// time. Compile makes a Program of a graph and of the gradients that Gorgonia
// derived in it: the same functions, called one after the other.
package ops
