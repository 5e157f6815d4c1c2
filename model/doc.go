// Package model is what is trained: structure-preserving neural ODEs
//
//	u_0 = f_E(U_0),  du/dt = A u + g(u),  U(t) = f_D(u(t)),  eq. (2),
//
// for stiff systems. A is Hurwitz and g has a known bound on its growth whatever
// the parameters are, so that training can only choose among stable models, and
// A u is integrated by its exponential, so that steps need not resolve its rates.
//
// # The way of the data
//
//	cfg := model.DefaultConfig(dim)                                  // what shapes the model
//	m, err := model.New(cfg)                                         // parameters by its seed
//	t, err := model.NewTrainer(m, trainConfig, times, states)        // U[time][sample][component]
//	err = t.Fit(ctx)                                                 // Adam or SOAP, then L-BFGS
//	err = t.Save(dir)                                                // or m.Save, without the training
//	m, err = model.Load(dir)
//	u, err := m.Predict(u0, anyTimes)                                // in the physical variables
//
// States go in and come out in the physical variables; Config.Offset and Factor
// scale them inside. Graphs are made where they are needed: one for each worker of
// a Trainer, on its part of the batch, and one for a prediction's batch.
//
// # Parts
//
//	Model                       configuration and parameters; Predict, Linear, Stability, Save
//	Config, Params              what shapes it; its parameters by name in one slice
//	HurwitzMatrix               A_L = A_H + μI
//	BilinearForm, LipschitzNet  the forms of g
//	Autoencoder, LinearPair     f_E and f_D
//	Objective, Batch            eq. (20), its value and its gradient
//	Trainer, TrainConfig        the training; Metrics, WithHook, WithCheckpoint, ResumeTrainer
//	GridConfig                  the times that an iteration sees
//	Adam, SOAP, LBFGS, Schedule its parts, whose state is open to be saved
//	Stability                   what the parameters say: spectrum, Theorem 3, certificate, bounds
//
// # What holds
//
// A training depends on its configuration, its data and the number of workers, to
// the last bit, and not on scheduling. One that was cancelled between any two
// iterations, saved and resumed gives the bits of one that ran through. A
// checkpoint is replaced as a whole and believed only as a whole, so that a reader
// finds the old one or the new one.
//
// Errors are told apart by errors.Is: ErrConfig for settings, ErrData for arrays,
// ErrCheckpoint for files. A *DivergedError says that no rate kept the loss finite.
//
// # Paper
//
//	(2)            Model
//	(3)–(5)        HurwitzMatrix, Theorem 1
//	(6)            BilinearForm
//	Definition 1   LipschitzNet, eq. (8), Theorem 2
//	section 2.4    Autoencoder
//	(11)           Stability.ErrorBound, Theorem 4
//	(12), (17)     package integrator
//	(20)           Objective, LossWeights
//	(22)           Stability.SpectralAbscissa, NumericalAbscissa
//
// Where the paper can be read in two ways, the comment of the part says which is
// taken.
package model
