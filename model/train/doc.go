// Package train fits a model to trajectories: updates against the gradients of
// batches, by Adam, SOAP or another optimizer, and then, where all data fit one
// batch, L-BFGS.
//
//	d, err := data.Read("mine.csv")
//	m, err := model.New(model.DefaultConfig(d.Dim()))
//	t, err := train.New(m, train.DefaultConfig(), d, train.WithCheckpoint(dir, time.Minute))
//	err = t.Fit(ctx)                                  // ends, or is cancelled
//	t, err = train.Resume(dir, d)                     // and goes on with the same bits
//
// # Parts
//
//	Config       all that shapes a training: FirstStage, LBFGSStage, and Phase,
//	             GridConfig and Shooting of package sample, what iterations see
//	Trainer      New, Resume; Fit, Save, Result
//	Metrics      the numbers of an iteration, for WithHook; Result, LoadResult
//	Predict      what the model says of the trajectories of a data set
//
// # Data
//
// The trajectories may share a grid of times or have times of their own, in any
// number. In a batch short ones are padded by steps of 0 at whose ends nothing is
// weighed: neither the loss nor the gradient sees them. A component may be missing,
// NaN, at any time but the first of a sample. The loss, eq. (20) or another weighting
// of time, is that of each trajectory over its own times and, with gaps, of each
// component over the times at which it was measured. A grid that all share is
// recognised, and is faster: what depends on a step is then formed once for all rows.
// A model's parameters and inputs are found in the data by name; where an input has
// samples between the times of the states, the steps end there too.
//
// Config.Shooting has the first states be estimated, where they are missing in part
// or noisy.
//
// # What holds
//
// A training depends on its configuration, its data and the number of workers, to
// the last bit, and not on scheduling. One that was cancelled between any two
// iterations, saved and resumed gives the bits of one that ran through. So nothing
// random has a state: what an iteration sees is a function of the seed and of its
// number, and what an optimizer remembers is in its State.
//
// An update after which the loss is not finite is taken back and done at half the
// rate; a *DivergedError says that no rate kept it finite.
//
// # Adding to it
//
// An optimizer is a type with the methods of optim.Optimizer, and a name given by
// optim.Register; FirstStage.Optimizer then takes the name. Package sample tells how
// to add a sampler, which Config.Sampler names.
//
// # Checkpoint
//
// Beside the files of the model, a training's folder has
//
//	train.json     the configuration, and a checksum of the data
//	optimizer.npz  where the training stands, with the state of its optimizer
//	metrics.csv    the log of the iterations
package train
