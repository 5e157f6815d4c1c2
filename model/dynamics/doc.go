// Package dynamics is the right-hand side of a model,
//
//	du/dt = e^{s(p)} (A u + B w + g(u, w, p)),
//
// where A is Hurwitz whatever its parameters are, g one of several forms, w(t) known
// inputs and p constants of a trajectory: what shapes it, what it trains, and its
// integration as a part of a graph.
//
// A form of g of one's own is a Nonlinear, a struct of functions: what it trains, the
// node of g(u), and how it grows, if that is known. RegisterNonlinear gives it a name,
// from any package or a notebook, by which a configuration, and so a checkpoint, finds
// it. An integrator is added in package integrator.
package dynamics
