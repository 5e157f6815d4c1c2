// Package ks has the Kuramoto–Sivashinsky equation, its solver and its statistics.
//
// [Solver] solves the [Equation] with fixed steps in Fourier space, and makes long
// runs of it. The statistics, by which a prediction is judged when chaos has parted
// it from the truth, are [Equation.EnergySpectrum] and
// [Equation.DerivativeHistogram].
//
// # Paper
//
//	eq. (24), section 5.3     Equation
//	section 5.3, its data     Solver.Runs
//	figure 7                  Equation.DerivativeHistogram
package ks
