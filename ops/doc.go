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
//	(8)            LipschitzScale, Dense
//	(17)–(19)      Expmv                       ExpmvTo, Exponential
//	E, φ_1 … φ_p   Propagators, Propagate      Phi
//	               Ladder
//	inputs         Driven, Slopes, Stretch
//	(20)           SquaredError
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
//
// # What runs
//
// Gorgonia holds the graph and the chain rule: it finds which gradients a cost
// needs and how they join. Each op brings its forward function and its adjoint,
// on slices, from package kernel; op.go makes a Gorgonia op of the two, and
// Gorgonia derives nothing inside them. Compile makes a Program of a graph and its
// gradients, the list of these functions, and Program.Run calls them one after the
// other: Gorgonia's machine does not run in it, though it can run the same graph,
// and gives the same but for the order in which gradients are added. Nodes of
// Gorgonia's own, such as G.Tanh, work in both; Gorgonia evaluates them.
//
// An op owns its output and serves one node of one graph: make graphs of your own
// for programs that run at the same time. The value of a node of a Program is a
// Buffer.
package ops
