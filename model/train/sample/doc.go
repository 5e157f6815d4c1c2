// Package sample chooses what the iterations of a training see: which parts of which
// trajectories, at which of their times, with which weights.
//
//	Read         trajectories as the networks see them; Runs, Checksum
//	Sampling     what a sampler is made from: trajectories, Phase, Grid, Shooting
//	Sampler      batches by the number of an iteration
//	Piece, Join  a batch of any parts of trajectories
//
// # Samplers
//
//	shuffled   batches without replacement of whole trajectories or of windows, at all
//	           times or at those that a Grid draws: the default
//	anywhere   trajectories from any of their times on, for models that start anywhere
//
// # Adding one
//
// A sampler is a type with the methods of Sampler, and Register names it for the
// configuration of a training. It returns objective.Batch, so that it is free in which
// trajectories, which of their states and with which weights an iteration sees, as
// long as all its batches have one shape. The example draws with replacement.
package sample
