// Package ops holds the differentiable building blocks of a model as nodes of a
// Gorgonia graph, with symbolic gradients. Package ops/step has those that advance
// a state in time, and ops/graph is what both are made of: a function on slices
// with its adjoint as a node, and the program that runs a graph.
//
// A batch comes first and a state is a row: u is (batch, n), a weight matrix
// (in, out). Weights of the loss are nodes, so one graph serves all. Elements are
// float64 or float32, as the inputs are.
//
//	paper          node
//	(3)–(5)        Tril, LogTril, Hurwitz
//	(6)            Bilinear
//	(8)            LipschitzScale, Dense
//	(17)–(19)      step.Expmv
//	(20)           SquaredError
package ops
