// Package data has sets of trajectories and the files these live in.
//
// A [Dataset] is cut by [Dataset.AtTimes], [Dataset.Batch] and [Dataset.Split],
// scaled by a [Scaling], shown by [Dataset.Describe], and written and read by
// [Dataset.Write] and [Read]; [ReadWith] has the forms of tables and arrays that
// people have. Initial states and time grids of a user come in through
// [ReadStates], [ReadInitial] and [ParseTimes]. [Cached] keeps on disk what takes
// long to make. Package data/npz reads NumPy's files and data/mat MATLAB's.
//
// The rooms beside it make and judge the truth: data/ode solves problems du/dt =
// f(u), data/problem and data/ks have those of the paper, and data/measure holds
// predictions against them.
//
// # Conventions
//
// A Dataset is a set of trajectories, each with its times and states. A state is a
// row of components, a stack of states is [][]float64 by sample and component, and
// what a model predicts on one grid of times is [][][]float64 by time, sample and
// component; [Shared] and [Dataset.States] lead from there to a Dataset and back.
// Everything is float64, in the physical, unscaled variables and the units of the
// problem. All randomness comes from a seed that the caller gives.
package data
