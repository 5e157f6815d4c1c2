package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/objective"
	"spnode/model/optim"
	"spnode/model/param"
	"spnode/model/train"
	"spnode/model/train/sample"
)

// Config is all that shapes a run.
type Config struct {
	Data DataConfig `json:"data"`
	driver.Common[ModelConfig]
}

// DataConfig shapes the data: section 5.2 of the paper, and what it leaves open.
type DataConfig struct {
	Samples int     `json:"samples"`  // initial states near (1, 0, 0); the paper's 1000
	HeldOut int     `json:"held_out"` // initial states to test on
	Scale   float64 `json:"scale"`    // of their perturbation, see data.RobertsonStates
	// Fine is how many times finer than the paper's 50 times the data's grid is,
	// from which the trainings draw theirs.
	Fine int `json:"fine"`
	// Own, if not 0, has every trajectory of the training have times of its own, drawn
	// log-uniformly, of which the least and largest number are given.
	Own    [2]int     `json:"own,omitzero"`
	Masses [2]float64 `json:"masses"` // least and largest total mass of the models that see several
}

// ModelConfig is one model and its training.
type ModelConfig struct {
	driver.Recipe
	// Masses has it see initial states of several total masses.
	Masses bool `json:"masses,omitempty"`
	// Standardize sets the scaling of the encoder's input by the data.
	Standardize bool `json:"standardize,omitempty"`
}

// scale is what the networks see of the state: y₂ times 1e4.
var scale = []float64{1, 1e4, 1}

// points are the paper's times.
const points = 50

func defaultConfig() Config {
	c := Config{Data: DataConfig{Samples: 1000, HeldOut: 200, Scale: 0.01, Fine: 20, Masses: [2]float64{0.95, 1.05}}}

	main := recipe("autoencoder")
	main.Seeds = 5 // one alone says little: their largest errors differ by half

	direct := recipe("direct") // without an autoencoder
	direct.Standardize = false
	direct.Model.Autoencoder = latent.AutoencoderConfig{}
	direct.Model.Invariants = nil

	masses := recipe("masses")
	masses.Masses = true

	literal := recipe("literal-loss")
	literal.Train.Weighting = objective.WeightTime
	literal.Train.First.Iterations = 2000

	c.Models = append(c.Models, main, direct, masses, literal, anywhere())
	for _, method := range []string{"imex", "euler", "rk4"} {
		m := recipe("trained-" + method)
		m.Model.Integrator = method
		m.Train.First.Iterations = 2000
		m.Train.Backoffs = 0 // that it diverges is the result
		c.Models = append(c.Models, m)
	}
	return c
}

// recipe is how a model with the autoencoder is trained.
//
// The rates of A start spread over the time scales of the data. Their logarithms
// are trained, so a step of Adam is a relative change at every scale. g is scaled
// by the rates: without that even a small g would move the slow mode by its size
// over 1e-6. The times vary from one iteration to the next, because a model that
// always sees the same 50 fits them and nothing else.
func recipe(name string) ModelConfig {
	m := ModelConfig{
		Recipe:      driver.NewRecipe(name, problem.Robertson{}.Components()),
		Standardize: true,
	}
	m.Model.Factor = scale
	m.Model.Integrator = "etd1"
	m.Model.Linear = dynamics.LinearConfig{Rates: []float64{1e3, 1e-2, 4e-6}}
	m.Model.Nonlinear = dynamics.NonlinearConfig{
		Kind: dynamics.KindLipschitz, Hidden: []int{100}, Lipschitz: 1e-3, PaperForm: true,
		OutputActivation: true, ZeroStart: true, NoOutputBias: true, RateScaled: true,
	}
	m.Model.Autoencoder = latent.AutoencoderConfig{
		Latent: 3, Hidden: []int{100, 100}, UnitStart: true, Start: param.Start{BiasSpread: 1, LastScale: 0.1}, FirstScale: 3,
	}
	m.Model.Invariants = []latent.Invariant{{Weights: []float64{1, 1, 1}, Mean: 1, Deviation: 0.03}}

	m.Train.Phases = []train.Phase{{Batch: 20}}
	m.Train.Weighting = objective.WeightLogTime
	m.Train.Grid = train.GridConfig{Points: points, Random: 0.5}
	m.Train.LBFGS.Iterations = 0
	m.Train.First.Iterations = 8000
	m.Train.First.Settings = optim.Settings{"beta2": 0.95}
	m.Train.First.Clip = 1.5
	m.Train.First.Schedule = optim.Schedule{Kind: optim.ScheduleCosine, Rate: 3e-3, Final: 1e-5, Warmup: 100}
	return m
}

// anywhere is a model that starts from any state of a trajectory, where the others know
// those near (1, 0, 0) alone. It has no g, and more coordinates, whose rates spread over
// the times at which the data change. An iteration sees few times of many rows, as it is
// at its start that a row is encoded, and what is decoded is smooth along it.
func anywhere() ModelConfig {
	m := recipe("anywhere")
	m.Seeds = 3
	m.Standardize = false
	m.Model.Autoencoder.Latent = 8
	m.Model.Linear = dynamics.LinearConfig{Spread: 0.1, SkewSpread: 1, Rates: []float64{4e3, 1e3, 160, 0.2, 0.04, 5e-3, 6e-4, 6e-5}}
	m.Model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
	m.Train.Sampler = sample.Anywhere
	m.Train.Phases = []train.Phase{{Batch: 128}}
	m.Train.Weighting = objective.WeightUniform
	m.Train.Grid = train.GridConfig{Points: 6, Random: 0.5, Jumps: 0.5}
	m.Train.First.Optimizer = "soap"
	m.Train.First.Iterations = 5000
	m.Train.First.Schedule.Rate = 1e-2
	return m
}

// quick makes every stage smaller.
func (c *Config) quick() {
	c.Data.Samples, c.Data.HeldOut = min(c.Data.Samples, 100), min(c.Data.HeldOut, 20)
	for i := range c.Models {
		c.Models[i].Shorten(400, c.Data.Samples)
	}
}

// Describe implements driver.Config.
func (c *Config) Describe() string {
	return fmt.Sprintf("%d initial states, %d held out", c.Data.Samples, c.Data.HeldOut)
}

// Validate implements driver.Config.
func (c *Config) Validate() error {
	d := c.Data
	if d.Own != [2]int{} && !(2 <= d.Own[0] && d.Own[0] <= d.Own[1]) {
		return errors.Errorf("data: own: got %v times, want at least 2 and no more than as many", d.Own)
	}
	if d.Samples < 2 || d.HeldOut < 1 || d.Fine < 1 {
		return errors.Errorf("data: got %+v, want at least 2 samples, 1 held out and a grid at least as fine as the paper's", d)
	}
	if err := c.states(d.Samples, c.Seed, true).Validate(); err != nil {
		return err
	}
	for _, m := range c.Models {
		if n := m.LargestBatch(); n > d.Samples {
			return errors.Errorf("model %q: got batch %d, want at most the %d samples", m.Name, n, d.Samples)
		}
	}
	return driver.Validate(c.Recipes(), 3)
}

// options are the flags of this experiment.
type options struct{ autoencoder, weighting, invariants, grids string }

// choose restricts the models to those that the flags name, and sets what they
// say of them.
func (c *Config) choose(f *driver.Flags, o options) {
	c.Models = slices.DeleteFunc(c.Models, func(m ModelConfig) bool {
		return o.autoencoder != "" && (m.Model.Autoencoder.Latent > 0) != (o.autoencoder == "on") ||
			f.Given("integrator") && m.Model.Integrator != "etd1"
	})
	if o.grids != "" {
		c.Data.Own = map[string][2]int{"own": {30, 60}}[o.grids]
	}
	for i := range c.Models {
		m := &c.Models[i]
		if c.Data.Own[0] > 0 { // the times differ already
			m.Train.Grid = train.GridConfig{}
		}
		if o.invariants == "off" {
			m.Model.Invariants = nil
		}
		if o.weighting != "" && o.weighting != objective.WeightUniform {
			m.Train.Grid.Jumps = 0 // which count by their chance
		}
		m.Train.Weighting = cmp.Or(o.weighting, m.Train.Weighting)
	}
}
