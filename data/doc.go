// Package data makes, keeps and carries the truth: problems du/dt = f(u),
// reference solvers for them, sets of trajectories, and the files these live in.
//
// # From a problem to a file
//
// A [Problem] is a right-hand side with names. [RKF45] advances a whole stack of
// initial states on one adaptive time grid and returns a [Dataset], which is cut
// by [Dataset.AtTimes], [Dataset.Batch] and [Dataset.Split], scaled by a [Scaling],
// and written and read by [Dataset.Write] and [Read].
// Initial states and time grids of a user come in through [ReadStates] and
// [ParseTimes].
//
// A [StiffProblem] adds its Jacobian. [Radau] solves each sample by itself, with
// steps of its own and the samples in parallel, so that steps may grow by twelve
// orders of magnitude and small components keep their digits. [Cached] keeps on
// disk what takes long to make.
//
// [ETDRK4] solves the [KuramotoSivashinsky] equation with fixed steps in Fourier
// space, and makes long runs of it. As it is chaotic, a prediction is held against
// it by [AgreementTimes] at first and then by its statistics: [RMS], [RMSChange],
// [KuramotoSivashinsky.EnergySpectrum], [KuramotoSivashinsky.DerivativeHistogram],
// and the leading exponent of [Lyapunov].
//
// # Conventions
//
// A Dataset is a set of trajectories, each with its times and states. A state is a
// row of components, a stack of states is [][]float64 indexed [sample][component],
// and what a model predicts on one grid of times is [][][]float64 indexed
// [time][sample][component]; [Shared] and [Dataset.States] lead from there to a
// Dataset and back. Everything is float64, in the physical, unscaled
// variables and the units of the problem. All randomness comes from a seed that
// the caller gives.
//
// # Paper
//
//	eq. (21), the transient growth problem   Transient
//	eq. (23), its matrices                   ABump, ADecay
//	section 5.1, Runge–Kutta–Fehlberg data   RKF45.Steps
//	section 5.2, the reaction of Robertson   Robertson, RobertsonStates
//	section 5.2, its data                    RobertsonRadau, RobertsonTimes
//	eq. (24), section 5.3                    KuramotoSivashinsky, KS
//	section 5.3, its data                    ETDRK4.Runs
//	figure 7                                 KuramotoSivashinsky.DerivativeHistogram
package data
