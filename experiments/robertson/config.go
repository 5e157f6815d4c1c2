package main

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/integrator"
	"spnode/model"
)

// Config is all that shapes a run.
type Config struct {
	// Seed determines the initial states and every model's start.
	Seed uint64     `json:"seed"`
	Data DataConfig `json:"data"`
	// Models are trained one after the other.
	Models []ModelConfig `json:"models"`
}

// DataConfig shapes the data: section 5.2 of the paper, and what it leaves open.
type DataConfig struct {
	Samples int     `json:"samples"`  // initial states near (1, 0, 0); the paper's 1000
	HeldOut int     `json:"held_out"` // initial states to test on
	Scale   float64 `json:"scale"`    // of their perturbation, see problem.RobertsonStates
	// Fine is how many times finer than the paper's 50 times the data's grid is,
	// from which the trainings draw theirs.
	Fine   int        `json:"fine"`
	Masses [2]float64 `json:"masses"` // least and largest total mass of the models that see several
}

// ModelConfig is one model and its training.
type ModelConfig struct {
	Name string `json:"name"`
	// Masses has it see initial states of several total masses.
	Masses bool `json:"masses,omitempty"`
	// Standardize sets the scaling of the encoder's input by the data.
	Standardize bool `json:"standardize,omitempty"`
	// Seeds trains from so many starts and reports each; the model is the first.
	Seeds int               `json:"seeds"`
	Model model.Config      `json:"model"`
	Train model.TrainConfig `json:"train"`
}

// scale is what the networks see of the state: y₂ times 1e4.
var scale = []float64{1, 1e4, 1}

// points are the paper's times.
const points = 50

func defaultConfig() Config {
	c := Config{Data: DataConfig{Samples: 1000, HeldOut: 200, Scale: 0.01, Fine: 20, Masses: [2]float64{0.95, 1.05}}}

	main := recipe("autoencoder")

	plain := recipe("plain")
	plain.Standardize = false
	plain.Model.Autoencoder = model.AutoencoderConfig{}
	plain.Model.Invariants = nil

	masses := recipe("masses")
	masses.Masses = true

	literal := recipe("literal-loss")
	literal.Train.Weighting = model.WeightTime
	literal.Train.Adam.Iterations = 2000

	c.Models = append(c.Models, main, plain, masses, literal)
	for _, method := range []string{"imex", "euler", "rk4"} {
		m := recipe("trained-" + method)
		m.Model.Integrator = method
		m.Train.Adam.Iterations = 2000
		m.Train.Backoffs = 0 // that it diverges is the result
		c.Models = append(c.Models, m)
	}
	return c
}

// recipe is how a model with the autoencoder is trained.
//
// The rates of A start spread over the time scales of the data, and their
// logarithms are trained, so that a step of Adam is a relative change at every
// scale; g is scaled by the rates, since one that is small everywhere would move
// the slow mode by its size over 1e-6. The times vary from one iteration to the
// next: a model that always sees the same 50 fits them and nothing else.
func recipe(name string) ModelConfig {
	m := ModelConfig{Name: name, Standardize: true, Seeds: 1, Model: model.DefaultConfig(3), Train: model.DefaultTrainConfig()}
	m.Model.Factor = scale
	m.Model.Integrator = "etd1"
	m.Model.Linear = model.LinearConfig{Rates: []float64{1e3, 1e-2, 4e-6}}
	m.Model.Nonlinear = model.NonlinearConfig{
		Kind: model.KindLipschitz, Hidden: []int{100}, Lipschitz: 1e-3, PaperForm: true,
		OutputActivation: true, ZeroStart: true, NoOutputBias: true, RateScaled: true,
	}
	m.Model.Autoencoder = model.AutoencoderConfig{
		Latent: 3, Hidden: []int{100, 100}, UnitStart: true, Start: model.Start{BiasSpread: 1, LastScale: 0.1}, FirstScale: 3,
	}
	m.Model.Invariants = []model.Invariant{{Weights: []float64{1, 1, 1}, Mean: 1, Deviation: 0.03}}

	m.Train.Batch = 20
	m.Train.Weighting = model.WeightLogTime
	m.Train.Grid = model.GridConfig{Points: points, Random: 0.5}
	m.Train.LBFGS.Iterations = 0
	m.Train.Adam.Iterations = 8000
	m.Train.Adam.Beta2 = 0.95
	m.Train.Adam.Clip = 1.5
	m.Train.Adam.Schedule = model.Schedule{Kind: model.ScheduleCosine, Rate: 3e-3, Final: 1e-5, Warmup: 100}
	return m
}

// quick makes every stage smaller.
func (c *Config) quick() {
	c.Data.Samples, c.Data.HeldOut = min(c.Data.Samples, 100), min(c.Data.HeldOut, 20)
	for i := range c.Models {
		m := &c.Models[i]
		m.Seeds = 1
		m.Train.Adam.Iterations = min(m.Train.Adam.Iterations, 400)
	}
}

// standardize sets the scaling of the encoder's input by the initial states of
// the data.
func standardize(c *model.Config, d *data.Dataset) {
	c.Autoencoder.Offset, c.Autoencoder.Factor = nil, nil
	for j, f := range scale {
		x := make([]float64, d.Samples())
		for s := range x {
			x[s] = d.Trajectories[s].States[0][j] * f
		}
		mean, deviation := stat.MeanStdDev(x, nil)
		if !(deviation > 0) {
			deviation = 1
		}
		c.Autoencoder.Offset = append(c.Autoencoder.Offset, mean)
		c.Autoencoder.Factor = append(c.Autoencoder.Factor, 1/deviation)
	}
}

// RunSeed implements driver.Config.
func (c Config) RunSeed() uint64 { return c.Seed }

// Describe implements driver.Config.
func (c Config) Describe() []string {
	lines := []string{fmt.Sprintf("%d initial states, %d held out", c.Data.Samples, c.Data.HeldOut)}
	for _, m := range c.Models {
		lines = append(lines, fmt.Sprintf("%s: %s, latent %d, loss in %s, %d iterations, batch %d", m.Name, m.Model.Integrator,
			m.Model.LatentDim(), m.Train.Weighting, m.Train.Adam.Iterations, m.Train.Batch))
	}
	return lines
}

// Validate implements driver.Config.
func (c Config) Validate() error {
	d := c.Data
	if d.Samples < 2 || d.HeldOut < 1 || d.Fine < 1 {
		return errors.Errorf("data: got %+v, want at least 2 samples, 1 held out and a grid at least as fine as the paper's", d)
	}
	if err := c.states(d.Samples, 0, true).Validate(); err != nil {
		return err
	}
	var names []string
	for _, m := range c.Models {
		names = append(names, m.Name)
	}
	if err := driver.CheckModelNames(names); err != nil {
		return err
	}
	for _, m := range c.Models {
		fail := func(err error) error { return errors.WithMessagef(err, "model %q", m.Name) }
		if m.Seeds < 1 || m.Model.Dim != 3 || m.Train.Batch > d.Samples {
			return fail(errors.Errorf("got %d seeds, dim %d and batch %d, want at least 1, 3 and at most the %d samples", m.Seeds, m.Model.Dim, m.Train.Batch, d.Samples))
		}
		if err := m.Model.Validate(); err != nil {
			return fail(err)
		}
		if err := m.Train.Validate(); err != nil {
			return fail(err)
		}
	}
	return nil
}

// options are the flags of this experiment.
type options struct {
	autoencoder string
	seeds       int
	only        string
	weighting   string
	invariants  string
}

// configure returns the configuration in force: default < file < flag.
func configure(f *driver.Flags, o options) (Config, error) {
	c := defaultConfig()
	if err := driver.ReadConfig(f, &c, &c.Models); err != nil {
		return c, err
	}
	if f.Given("only") {
		var err error
		if c.Models, err = driver.Only(c.Models, func(m ModelConfig) string { return m.Name }, o.only); err != nil {
			return c, err
		}
	}
	if f.Given("autoencoder") {
		if err := driver.OneOf("autoencoder", o.autoencoder, "on", "off"); err != nil {
			return c, err
		}
		c.Models = slices.DeleteFunc(c.Models, func(m ModelConfig) bool { return (m.Model.Autoencoder.Latent > 0) != (o.autoencoder == "on") })
	}
	if f.Given("integrator") {
		if err := driver.OneOf("integrator", f.Integrator, integrator.Names()...); err != nil {
			return c, err
		}
		c.Models = slices.DeleteFunc(c.Models, func(m ModelConfig) bool { return m.Model.Integrator != "etd1" })
		for i := range c.Models {
			c.Models[i].Model.Integrator = f.Integrator
		}
	}
	if f.Given("invariants") {
		if err := driver.OneOf("invariants", o.invariants, "on", "off"); err != nil {
			return c, err
		}
	}
	if f.Given("weighting") {
		if err := driver.OneOf("weighting", o.weighting, model.WeightTime, model.WeightLogTime, model.WeightUniform); err != nil {
			return c, err
		}
	}
	if f.Given("seed") {
		c.Seed = f.Seed
	}
	if f.Quick {
		c.quick()
	}
	for i := range c.Models {
		m := &c.Models[i]
		if f.Given("seeds") && (m.Name == "autoencoder" || m.Name == "masses") {
			m.Seeds = o.seeds
		}
		if o.invariants == "off" {
			m.Model.Invariants = nil
		}
		if f.Given("weighting") {
			m.Train.Weighting = o.weighting
		}
		f.Apply(&m.Model, &m.Train)
	}
	return c, nil
}

// states describes initial states; those held out differ in their seed.
func (c Config) states(n int, apart uint64, masses bool) problem.RobertsonStates {
	s := problem.DefaultRobertsonStates(n, c.Seed+apart)
	s.Scale = c.Data.Scale
	if masses {
		s.MassMin, s.MassMax = c.Data.Masses[0], c.Data.Masses[1]
	}
	return s
}

// fineTimes is the data's grid: log-spaced over the paper's interval.
func (c Config) fineTimes() []float64 { return problem.RobertsonTimes((points-1)*c.Data.Fine + 1) }
