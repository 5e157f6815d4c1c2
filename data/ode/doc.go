// Package ode solves ordinary differential equations du/dt = f(u) for the truth.
//
// A [Problem] is a right-hand side with names. [RKF45] advances a whole stack of
// initial states on one adaptive time grid. A [StiffProblem] adds its Jacobian:
// [Radau] solves each sample by itself, with steps of its own and the samples in
// parallel, so that steps may grow by twelve orders of magnitude and small
// components keep their digits. Both return a [data.Dataset].
//
// The solvers have nothing in common with the integrators of a model, so that no
// mistake can be in both.
//
// # Paper
//
//	section 5.1, Runge–Kutta–Fehlberg data   RKF45.Steps
//	section 5.2, its data                    Radau.SolveFrom
package ode
