package recipe

import (
	"math"
	"slices"

	"spnode/data/inspect"
	"spnode/model/dynamics"
	"spnode/model/objective"
	"spnode/model/optim"
)

func init() {
	add("linear", "linear systems of any stiffness: no g, no autoencoder", linear)
	add("closed-form", "what is smooth from one time to the next: a polynomial field by least squares, in seconds", closedForm).suits = notStiff
	add("latent-linear", "relaxation to a state of rest, and much else: linear in learned coordinates", latentLinear).suits = rests
	add("residual", "as latent-linear, of many components that begin apart: the identity stands beside the networks", residual).suits = rests
	add("relaxation", "stiff relaxation: learned coordinates with a small g, scaled by the rates", relaxation).suits = relaxes
	add("field", "snapshots of a field on many points: linear in coordinates learned from its leading modes", field)
	add("oscillator", "limit cycles: a phase that turns for ever, and learned coordinates that decay", oscillator).suits = comesBack
	add("network", "what is not stiff: a network for g in the state itself", network).suits = notStiff
}

// What the facts say for and against a recipe, which can yet be asked for.

func notStiff(f *inspect.Facts) error {
	if !f.Uniform && f.Decades > 3 {
		return notFor("times over %.1f decades are a stiff system's", f.Decades)
	}
	return nil
}

func rests(f *inspect.Facts) error {
	if f.Returns >= 0.5 {
		return notFor("what comes back would die out")
	}
	return nil
}

func relaxes(f *inspect.Facts) error {
	switch {
	case f.Uniform:
		return notFor("steps are even, as those of a stiff relaxation seldom are")
	case f.Returns > 0.1:
		return notFor("%.0f %% of the trajectories come back", 100*f.Returns)
	}
	return nil
}

func comesBack(f *inspect.Facts) error {
	if f.MayReturn < 0.5 {
		return notFor("fewer than half of the trajectories come back")
	}
	return nil
}

// few bounds the components for which a recipe works on the state itself.
const few = 40

// linear is du/dt = Au, by L-BFGS on all data, which Adam does not fit: rates of
// eight decades want each its own precision.
func linear(c *cook) error {
	n := c.data.Dim()
	if n > few {
		return notFor("%d components are more than %d", n, few)
	}
	c.begin()
	c.scaleEach()
	c.Model.Integrator = "etd1"
	c.Model.Nonlinear = dynamics.NonlinearConfig{Kind: "none"}
	c.rates(n)
	c.Model.Linear.SkewSpread = 0
	c.invariants()
	c.Train.Sampler = "anywhere"
	if !c.facts.Uniform {
		c.Train.Weighting = objective.WeightLogTime
	}
	c.Train.First.Iterations = 0
	c.Train.First.Schedule = optim.Schedule{Kind: optim.ScheduleConstant, Rate: 0.01}
	c.Train.LBFGS.Memory = 200
	each := c.iterationSeconds()
	c.Train.LBFGS.Iterations = min(4000, max(leastIterations, roundTo(c.options.Seconds/each)))
	c.Seconds = each * float64(c.Train.LBFGS.Iterations)
	return nil
}

// latentLinear is an autoencoder about du/dt = Au. Nothing of its steps depends on
// their length, so that it deploys on any grid, and A is stable by construction.
func latentLinear(c *cook) error {
	n := c.data.Dim()
	if n > few {
		return notFor("%d components are more than %d: see field", n, few)
	}
	if err := c.calm(); err != nil {
		return err
	}
	c.begin()
	c.scaleEach()
	latent := c.latent(max(n, 8))
	c.autoencoder(latent)
	c.rates(latent)
	c.finish()
	return nil
}

// residual is latentLinear about the identity: without, most of the error of a state with
// many independent components is that of decoding what was encoded.
func residual(c *cook) error {
	if err := latentLinear(c); err != nil {
		return err
	}
	dim, n := c.Model.Autoencoder.Latent, c.data.Dim()
	if dim < n {
		return notFor("%d latent coordinates are fewer than the %d components", dim, n)
	}
	c.aside(dim)
	return nil
}

// latent is the dimension that was asked for, or the one given.
func (c *cook) latent(usual int) int {
	if c.options.Latent > 0 {
		return c.options.Latent
	}
	c.infer("%d latent coordinates (-latent)", usual)
	return usual
}

// consistency is that of the trainings from starts anywhere, see sample.Phase. A fifth of
// it leaves errors just after starts, and four times as much adds some everywhere.
const consistency = 5e-3

// finish is how a model with an autoencoder is trained on what comes to rest. Few times
// of many rows tell more than many of few: what is decoded is smooth along a row, and it
// is at its start that it is encoded.
func (c *cook) finish() {
	if c.facts.Returns < 0.5 { // what goes round keeps nothing that matters
		c.invariants()
	}
	c.grid(6, 0.5)
	c.batch(128)
	if !c.options.FromBeginnings {
		c.Train.Phases[0].Consistency = consistency
	}
	c.soap(1e-2)
}

// relaxation is Robertson's recipe: g scaled by the rates, or a small one would
// move the slow coordinates by its size over their rate.
func relaxation(c *cook) error {
	n := c.data.Dim()
	if n > few {
		return notFor("%d components are more than %d: see field", n, few)
	}
	if err := c.calm(); err != nil {
		return err
	}
	c.begin()
	c.scaleEach()
	latent := c.latent(n)
	c.autoencoder(latent)
	c.rates(latent)
	c.Model.Linear.Spread, c.Model.Linear.SkewSpread = 0, 0
	c.Model.Nonlinear = dynamics.NonlinearConfig{
		Kind: dynamics.KindLipschitz, Hidden: []int{100}, Lipschitz: 1e-3, PaperForm: true, OutputActivation: true,
		ZeroStart: true, NoOutputBias: true, RateScaled: true,
	}
	c.finish()
	return nil
}

// field is latentLinear on the leading modes.
func field(c *cook) error {
	if c.data.Dim() < 20 {
		return notFor("there are fewer than 20 components")
	}
	if !c.oneSize() {
		return notFor("the components are of several sizes, %.3g to %.3g, want values of one field", slices.Min(c.facts.Scale), slices.Max(c.facts.Scale))
	}
	c.begin()
	if err := c.fieldModes(1e-4, 32); err != nil {
		return err
	}
	basis := c.Model.Basis
	latent := c.latent(min(10, len(basis)))
	c.autoencoder(latent)
	// A mode that hardly varies is not magnified to the size of the leading ones.
	largest := 1 / slices.Min(c.Model.Autoencoder.Factor)
	for j, factor := range c.Model.Autoencoder.Factor {
		c.Model.Autoencoder.Factor[j] = min(factor, 20/largest)
	}
	c.rates(latent)
	c.grid(41, 0)
	c.batch(20)
	c.soap(1e-2)
	return nil
}

// harmonics are those of a phase that the decoder of an oscillator sees, up to 64 times
// its frequency: a relaxation cycle jumps in a thousandth of its period, and a decoder that
// is less steep overshoots.
const harmonics = 7

// oscillator is latentLinear with a phase that turns: what decays leaves all trajectories
// on one cycle, a function of the phase.
func oscillator(c *cook) error {
	n := c.data.Dim()
	period := inspect.FindCycle(c.data).Period
	if period == 0 {
		return notFor("no component comes back")
	}
	if n > few {
		return notFor("%d components are more than %d: see field", n, few)
	}
	c.begin()
	c.scaleEach()
	latent := c.latent(2 + max(n, 6))
	if latent <= 2 {
		return notFor("%d latent coordinates are a phase and nothing that decays, want more than 2", latent)
	}
	c.autoencoder(latent)
	c.Model.Autoencoder.Harmonics, c.Model.Autoencoder.Hidden = harmonics, []int{50, 50}
	c.rates(latent - 2)
	c.Model.Linear.Rotations, c.Model.Linear.Frequency = 1, 2*math.Pi*c.facts.Span/period
	c.infer("a phase turns with a period that starts at %.4g, as the trajectories come back; the decoder sees %d harmonics of it, an octave apart", period, harmonics)
	// A jump is of few times, and takes most of the error: few times of many trajectories,
	// all that are in jumps among them, tell more than many of few.
	c.grid(25, 0.5)
	c.batch(50)
	c.soap(1e-2)
	return nil
}

// network is the default model of package model, in scaled variables.
func network(c *cook) error {
	n := c.data.Dim()
	if n > few {
		return notFor("%d components are more than %d: see field", n, few)
	}
	c.begin()
	c.scaleEach()
	c.Model.Nonlinear.Hidden = []int{100}
	c.invariants()
	c.Train.Sampler = "anywhere"
	c.grid(41, 0)
	c.batch(100)
	c.soap(5e-3)
	return nil
}
