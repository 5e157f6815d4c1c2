// Package model is what is trained: structure-preserving neural ODEs
//
//	u_0 = f_E(U_0),  du/dt = A u + g(u),  U(t) = f_D(u(t)),  eq. (2),
//
// for stiff systems. A is Hurwitz whatever its parameters are, and A u is
// integrated by its exponential, so that steps need not resolve its rates. g is
// one of several forms; that of Definition 1 cannot exceed a Lipschitz constant,
// whatever its parameters are, and then a model can be proved stable before any
// trajectory is computed.
//
// # The way of the data
//
//	m, err := model.New(model.DefaultConfig(d.Dim()))     // parameters by its seed
//	t, err := train.New(m, train.DefaultConfig(), d)      // on a data.Dataset
//	err = t.Fit(ctx)
//	err = t.Save(dir)                                     // or m.Save, without the training
//	m, err = model.Load(dir)
//	u, err := m.Predict(u0, times)                        // any states, any times
//	u, err := m.PredictEach(runs)                         // each with times of its own
//
// States go in and come out in the physical variables; Config.Transforms, Offset,
// Factor and Basis say what the networks see of them.
//
// # Parts
//
//	Model                    configuration and parameters: Predict, Linear, Stability, Save
//	Config                   what shapes it, in a part for each of A, g, f_E and f_D
//	Run, Signal              a trajectory to predict, with its parameters and inputs
//
// Its parts have packages of their own, which know nothing of each other:
//
//	param       parameters by name, in one slice, and the graph over them
//	dynamics    A, the forms of g, what drives them, and how they are integrated
//	latent      encoder and decoder, scaling, transforms, what f_D conserves
//
// and so has what is done with a model: objective is the loss of a batch and its
// gradient, train the training, optim the optimizers, stability what A and the bounds
// of g prove, and folder the folder that Save writes.
//
// # Choosing
//
//	g: lipschitz      a bound on its growth; any smooth g
//	g: bilinear       a quadratic g, few parameters; nothing bounds its growth
//	SeparateLinear    A is all of the linear part, as with the bilinear form
//	Linear.Rates      time scales that span decades: start A on them
//	Autoencoder       more components than the dynamics have, or scales in U that
//	                  a network has to undo; Skip where a few modes have most of U
//	Invariants        linear quantities that must be kept to rounding
//	Parameters        constants of a trajectory, such as a temperature; Parameters.Time
//	                  where they change the rates, by decades if need be
//	Inputs            known functions of time that drive the system
//	etd1              deployed at the steps of the training: the paper's
//	etdrk4            deployed at other steps too
//
// # A form of g of one's own
//
// See dynamics.RegisterNonlinear, whose example does it for a quadratic. An integrator
// is added in package integrator, an optimizer in model/optim, and what an iteration
// sees of the data in model/train/sample.
//
// # What runs
//
// A graph of Gorgonia is made where it is needed, of the encoder, the time stepping, the
// decoder and the loss: one for each objective.Objective and, without the loss, for each
// worker of a prediction. Gorgonia holds it and finds by the chain rule which gradients
// join where. Each op brings its own forward function and adjoint, see package
// ops/graph, and graph.Compile makes of both a list of calls, which is what runs;
// Gorgonia's machine does not. Where a batch shares its grid of times, an exponential
// method forms step.Propagators of A once for all rows, in a training as in a
// prediction. Where each trajectory has times of its own it takes step.Ladder, whose
// flows all rows and all steps share. step.Expmv, the paper's product for that case, has
// no part in it: no model's A is large and sparse.
//
// What no row of a batch enters, A, its propagators and the scaled weights, an
// Objective evaluates once for all its rows, and the adjoints of that once for the sum
// of what comes to them, see graph.Split. A trajectory of more than 512 steps it takes
// in pieces that share a graph, so that memory and the time to build do not grow with
// the horizon.
//
// # Paper
//
//	eq. (2)                 Model
//	eqs. (3)–(5), Thm. 1    dynamics.LinearConfig; ops.Hurwitz
//	eq. (6)                 dynamics.KindBilinear; ops.Bilinear
//	Def. 1, eq. (8), Thm. 2 dynamics.KindLipschitz; ops.LipschitzScale
//	section 2.4             latent.AutoencoderConfig
//	Thm. 3                  stability.Report.Theorem3Bound
//	Thm. 4, eq. (11)        stability.Report.ErrorBound
//	eqs. (12), (17)         package integrator
//	eqs. (18), (19)         step.Propagators, step.Expmv
//	eq. (20)                objective.Objective, objective.Weights
//	eq. (22)                stability.Report.SpectralAbscissa, NumericalAbscissa
//
// Where the paper can be read in two ways, the comment of the part says which is
// taken.
//
// Errors are told apart by errors.Is: ErrConfig for settings, ErrData for arrays,
// ErrCheckpoint for files.
package model
