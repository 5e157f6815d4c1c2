// Package step holds one step of an integrator as nodes of a Gorgonia graph, with
// symbolic gradients. Package ops/expm has the numeric twins of the exponential ones
// on gonum matrices.
//
// A state is a row of a batch, (batch, n). A step h is a vector of length 1, which the
// batch shares, or of length batch; the steps of a grid are a matrix of (steps, 1) or
// (steps, batch), which is a node, so one graph serves every grid of as many steps.
//
//	paper          node                        in ops/expm
//	(17)–(19)      Expmv                       ExpmvTo, Exponential
//	E, φ_1 … φ_p   Propagators, Propagate      Phi
//	               Ladder
//	inputs         Driven, Slopes, Stretch
//	IMEX           Combine, Shifted
//
// # Expmv, Propagators, Ladder
//
// Expmv is the paper's matrix-free form: the action of an augmented exponential
// that is never formed, at s·m products of n×n with n×batch, where s grows with
// ‖hA‖. Propagators forms e^{hA} and hφ_j(hA) for a whole grid by the same
// polynomial and doublings, whose number grows with log‖hA‖. Where Expmv finds
// that forming them takes fewer operations it does so by itself, so that no step
// is too long for it. Ladder takes log‖hA‖ products with a row whose step is its
// own, by flows over multiples of one step that all rows share.
//
// In every exponential method a grid that the batch shares takes Propagators: they
// are formed once for all rows, and equal steps share them. Where each trajectory has
// steps of its own it takes Ladder. Expmv is what they are checked by, and the form
// for an A that is known by its products alone, see package expm.
package step
