package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/integrator"
	"spnode/model/dynamics"
)

// Config is all that shapes a run.
type Config struct {
	Data DataConfig `json:"data"`
	driver.Common[ModelConfig]
}

// DataConfig shapes the data: section 5.1 of the paper, and what it leaves open.
type DataConfig struct {
	Samples int `json:"samples"`  // initial states, uniform in [−1, 1]²; the paper's 1000
	HeldOut int `json:"held_out"` // initial states to test on
	Steps   int `json:"steps"`    // accepted Runge–Kutta–Fehlberg steps; the paper's 50
	// Tolerance is relative and absolute. The paper's is 1e-8. A state that is solved
	// alone has an error as large as that, where of states that share their steps the
	// worst one has: at 1e-8 its own steps allow A no better than 4e-6, at 1e-9 3e-8,
	// and shared ones at 1e-8 4e-7.
	Tolerance float64 `json:"tolerance"`
	FirstStep float64 `json:"first_step"` // tried
	// Grids says whose the adaptive steps are: own, each trajectory's, as in the
	// paper; or shared, those of all samples as one system, also if it is empty, as
	// in configurations from before there was a choice.
	Grids    string  `json:"grids,omitempty"`
	TestTime float64 `json:"test_time"` // held-out rollouts go from 0 to here
}

// The values of DataConfig.Grids.
const (
	ownGrids    = "own"
	sharedGrids = "shared"
)

// ModelConfig is one model and its training.
type ModelConfig struct {
	driver.Recipe
	Epsilon float64 `json:"epsilon"`
	// Times are the indices of the data's times that it sees.
	Times []int `json:"times"`
	// Samples is how many of the initial states it sees; 0: all.
	Samples int `json:"samples,omitempty"`
}

// defaultConfig are the models of the paper, and ETDRK4.
func defaultConfig() Config {
	c := Config{Data: DataConfig{Samples: 1000, HeldOut: 200, Steps: 50, Tolerance: 1e-9, FirstStep: 0.01, Grids: ownGrids, TestTime: 10}}
	for _, eps := range []float64{0, 1} {
		for _, method := range []string{"etd1", "imex", "etdrk4"} {
			if eps == 1 || method != "etdrk4" {
				c.Models = append(c.Models, recipe(eps, method))
			}
		}
	}
	return c
}

// recipe is how a model of ε = 0 or 1 is trained.
//
// At ε = 0 the data are the first and the last time alone. They fix A only along a
// flat valley, since e^{−2T} = 0.024 is all that is left of the double eigenvalue
// −2: Adam's answer is off by some units while its loss is small, and L-BFGS mends
// it. A start may end in another branch of the logarithm; its loss betrays that.
func recipe(eps float64, method string) ModelConfig {
	m := ModelConfig{
		Recipe:  driver.NewRecipe(fmt.Sprintf("eps%g-%s", eps, method), problem.Transient{}.Components()),
		Epsilon: eps,
		Times:   []int{0, 50},
	}
	m.Model.Integrator = method
	if eps == 0 {
		m.Model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 2}
		m.Train.LBFGS.LossTol = 1e-20
		m.Train.RestartAbove, m.Train.Restarts = 1e-12, 5
		if method == "etd1" {
			m.Seeds = 5
		}
		return m
	}
	m.Times = []int{0, 10, 20, 30, 40, 50}
	m.Train.LBFGS.Iterations = 1000
	// 159 parameters: a long memory costs nothing beside the loss, and 60 ends
	// at a tenth of the loss that 20 does.
	m.Train.LBFGS.Memory = 60
	if i, err := integrator.ByName(method); err == nil && i.Order() > 1 {
		// The fit is what limits a method whose own error is small: A is
		// identified once g has no linear part. 200 samples determine it.
		m.Samples = 200
		m.Train.LBFGS.Iterations = 3000
	} else {
		// What limits these is their own step, which g must make up for: it
		// needs its linear part.
		m.Model.Nonlinear.SeparateLinear = false
		m.Model.Nonlinear.Lipschitz = 20
	}
	return m
}

// quick makes every stage smaller.
func (c *Config) quick() {
	c.Data.Samples, c.Data.HeldOut = min(c.Data.Samples, 100), min(c.Data.HeldOut, 50)
	for i := range c.Models {
		m := &c.Models[i]
		m.Samples = 0
		m.Shorten(200, c.Data.Samples)
	}
}

// Describe implements driver.Config.
func (c *Config) Describe() string {
	return fmt.Sprintf("%d initial states, %d held out, %s steps", c.Data.Samples, c.Data.HeldOut, cmp.Or(c.Data.Grids, sharedGrids))
}

// Validate implements driver.Config.
func (c *Config) Validate() error {
	d := c.Data
	if d.Samples < 1 || d.HeldOut < 1 || d.Steps < 1 || !(d.Tolerance > 0) || !(d.FirstStep >= 0) || !(d.TestTime > 0) {
		return errors.Errorf("data: got %+v, want positive numbers", d)
	}
	if d.Grids != "" && d.Grids != ownGrids && d.Grids != sharedGrids {
		return errors.Errorf("data: grids: got %q, want %s or %s", d.Grids, ownGrids, sharedGrids)
	}
	for _, m := range c.Models {
		if n := slices.Compact(slices.Sorted(slices.Values(m.Times))); len(n) < 2 || !slices.Equal(n, m.Times) || n[0] < 0 || n[len(n)-1] > d.Steps {
			return errors.Errorf("model %q: times: got %v, want at least two increasing indices from 0 to %d, the data's steps", m.Name, m.Times, d.Steps)
		}
		if n := min(d.Samples, cmp.Or(m.Samples, d.Samples)); n < 0 || m.LargestBatch() > n {
			return errors.Errorf("model %q: got %d samples and batch %d, want at least 0, for all, and a batch of at most those it sees, %d", m.Name, m.Samples, m.LargestBatch(), n)
		}
	}
	return driver.Validate(c.Recipes(), 2)
}

// choose restricts the models to an ε, and replaces them by those of an integrator.
func (c *Config) choose(f *driver.Flags, epsilon string) {
	if f.Given("grids") && c.Data.Grids == sharedGrids {
		c.Data.Tolerance = 1e-8
	}
	if epsilon != "" {
		c.Models = slices.DeleteFunc(c.Models, func(m ModelConfig) bool { return fmt.Sprint(m.Epsilon) != epsilon })
	}
	if !f.Given("integrator") {
		return
	}
	models := c.Models
	c.Models = nil
	for _, m := range models { // one for each ε, the configuration's own if it has it
		r := recipe(m.Epsilon, f.Integrator)
		if i := slices.IndexFunc(models, func(old ModelConfig) bool { return old.Name == r.Name }); i >= 0 {
			r = models[i]
		}
		if !slices.ContainsFunc(c.Models, func(had ModelConfig) bool { return had.Epsilon == r.Epsilon }) {
			c.Models = append(c.Models, r)
		}
	}
}
