package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/ks"
	"spnode/experiments/driver"
)

// Config is all that shapes a run.
type Config struct {
	Data DataConfig `json:"data"`
	Test TestConfig `json:"test"`
	Cost CostConfig `json:"cost"`
	driver.Common[ModelConfig]
}

// DataConfig shapes the data: section 5.3 of the paper, and what it leaves open.
type DataConfig struct {
	Runs  int `json:"runs"`
	Train int `json:"train"` // snapshots of a run to train on
	Gap   int `json:"gap"`   // snapshots between those and
	Test  int `json:"test"`  // those to test on
	// FloorRuns are runs of their own, as long as a long rollout: how far one
	// truth's statistics are from another's.
	FloorRuns int `json:"floor_runs"`
	// Interval is the time between snapshots to train on, 1 or a whole part of it.
	// Train counts units of time in any case, and the tests are on snapshots a unit
	// apart.
	Interval float64   `json:"interval,omitempty"` // 0 stands for 1
	Solver   ks.Solver `json:"solver"`
}

// TestConfig shapes the tests.
type TestConfig struct {
	Starts   int `json:"starts"`    // held-out states, spread over the test parts of all runs
	Horizon  int `json:"horizon"`   // rollouts from there end here
	LongRuns int `json:"long_runs"` // rollouts for the statistics, from the first states of the test parts,
	LongTime int `json:"long_time"` // to here
	// Lyapunov is how long a leading exponent is averaged, over LongRuns states.
	Lyapunov int `json:"lyapunov"`
	// Ball is the number of rollouts from random states of any size that are to come
	// into the ball which is proved for a model, and to stay there.
	Ball int `json:"ball,omitempty"`
}

// CostConfig shapes the measurement of what an iteration costs.
type CostConfig struct {
	Batches []int   `json:"batches"` // none: nothing is measured
	Seconds float64 `json:"seconds"` // of each measurement
}

// ModelConfig is one model and its training.
type ModelConfig struct {
	driver.Recipe
	// Autoencoder is fourier, manifold, mlp, fourier+mlp or none.
	Autoencoder string `json:"autoencoder"`
	// Modes is the number of leading Fourier pairs whose coordinates the networks
	// see, in units of their largest deviation; 0: they see the points.
	Modes int `json:"modes"`
	// Manifold is the degree of the polynomial of a manifold, in the latent pairs, that
	// the further ones of the modes are.
	Manifold int `json:"manifold,omitempty"`
}

func defaultConfig() Config {
	c := Config{
		Data: DataConfig{Runs: 20, Train: 5000, Gap: 100, Test: 2500, FloorRuns: 20, Solver: ks.DefaultSolver()},
		Test: TestConfig{Starts: 200, Horizon: 250, LongRuns: 20, LongTime: 8000, Lyapunov: 8000, Ball: 1000},
		Cost: CostConfig{Batches: []int{100, 2000}, Seconds: 2},
	}
	for _, m := range recipes() {
		if slices.Contains(byDefault, m.Name) {
			c.Models = append(c.Models, m)
		}
	}
	return c
}

// quick makes every stage smaller.
func (c *Config) quick() {
	d := &c.Data
	d.Runs, d.Train, d.Test, d.FloorRuns = min(d.Runs, 8), min(d.Train, 1000), min(d.Test, 700), min(d.FloorRuns, 4)
	t := &c.Test
	t.Starts, t.Horizon, t.LongRuns, t.LongTime, t.Lyapunov = min(t.Starts, 40), min(t.Horizon, 100), min(t.LongRuns, 8), min(t.LongTime, 500), min(t.Lyapunov, 200)
	t.Ball = min(t.Ball, 50)
	c.Cost.Seconds = min(c.Cost.Seconds, 0.2)
	for i := range c.Models {
		c.Models[i].Shorten(1500, math.MaxInt)
	}
}

// choose leaves the measurement of costs out, and has all recipes for -only to name.
func (c *Config) choose(f *driver.Flags, cost bool) {
	if f.Given("only") {
		for _, m := range recipes() {
			if !slices.ContainsFunc(c.Models, func(other ModelConfig) bool { return other.Name == m.Name }) {
				c.Models = append(c.Models, m)
			}
		}
	}
	if !cost {
		c.Cost.Batches = nil
	}
}

// Describe implements driver.Config.
func (c *Config) Describe() string {
	d := c.Data
	return fmt.Sprintf("%d runs on a period of %g, %d snapshots of each to train on and %d to test on", d.Runs, d.Solver.Problem.Length, d.Train, d.Test)
}

// Validate implements driver.Config.
func (c *Config) Validate() error {
	d, t := c.Data, c.Test
	if err := d.Solver.Validate(); err != nil {
		return err
	}
	if d.Runs < 1 || d.Train < 2 || d.Gap < 0 || d.Test < 2 || d.FloorRuns < 1 {
		return errors.Errorf("data: got %d runs of %d, %d and %d snapshots and %d floor runs, want at least 1 run of 2, 0 and 2, and 1", d.Runs, d.Train, d.Gap, d.Test, d.FloorRuns)
	}
	if t.Starts < 1 || t.Horizon < 8 || t.LongTime < 4 || t.LongRuns < 1 || t.LongRuns > d.Runs || t.Lyapunov < 2*renormalise {
		return errors.Errorf("test: got %+v, want at least 1 start, a horizon of 8, a long time of 4, 1 to %d long runs, as there are runs, and a time of %d for the exponent", t, d.Runs, 2*renormalise)
	}
	if longest := d.Test - 1; t.Horizon > longest {
		return errors.Errorf("test: got a horizon of %d, want at most the %d steps of a test part", t.Horizon, longest)
	}
	if k := 1 / cmp.Or(d.Interval, 1); !(k >= 1) || k != math.Trunc(k) || t.Ball < 0 {
		return errors.Errorf("data and test: got an interval of %g and %d rollouts from states of any size, want a whole part of 1, such as 0.5, and at least 0", d.Interval, t.Ball)
	}
	if slices.ContainsFunc(c.Cost.Batches, func(b int) bool { return b < 1 }) || !(c.Cost.Seconds > 0) {
		return errors.Errorf("cost: got batches %v and %g seconds, want positive numbers", c.Cost.Batches, c.Cost.Seconds)
	}
	for _, m := range c.Models {
		if err := m.validate(d); err != nil {
			return errors.WithMessagef(err, "model %q", m.Name)
		}
	}
	return driver.Validate(c.Recipes(), d.Solver.Problem.Points)
}

func (m ModelConfig) validate(d DataConfig) error {
	points, latent := d.Solver.Problem.Points, m.Model.Autoencoder.Latent
	kinds := []string{fourier, manifold, mlp, fourierMLP, identity}
	switch {
	case !slices.Contains(kinds, m.Autoencoder):
		return errors.Errorf("autoencoder: got %q, want one of %v", m.Autoencoder, kinds)
	case (latent == 0) != (m.Autoencoder == identity) || latent > points:
		return errors.Errorf("autoencoder %s: got latent %d, want 0 for none, else 1 to the %d points", m.Autoencoder, latent, points)
	case m.Modes != 0 && 2*m.Modes < latent || 2*m.Modes > points-2:
		return errors.Errorf("modes: got %d, want 0 for none, else as many coordinates as the latent %d at least and the %d points at most", m.Modes, latent, points)
	case (m.Autoencoder == manifold) != (m.Manifold > 0) || m.Manifold > 0 && 2*m.Modes <= latent:
		return errors.Errorf("autoencoder %s: got a manifold of degree %d and %d modes, want a degree of 1 or more with %s alone, and modes beyond the latent %d", m.Autoencoder, m.Manifold, m.Modes, manifold, latent)
	case len(m.Train.Phases) == 0:
		return errors.New("train.phases: got none, want at least one, with a window")
	}
	for _, p := range m.Train.Phases {
		if p.Window < 1 || p.Window >= d.Train || p.Batch > d.Runs*(d.Train-p.Window) {
			return errors.Errorf("got windows of %d steps and batch %d, want windows shorter than the %d snapshots, and at most as many in a batch as there are", p.Window, p.Batch, d.Train)
		}
	}
	return nil
}
