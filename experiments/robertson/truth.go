package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/ode"
	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/model"
)

// laboratory makes the truth, and keeps what takes long to make.
type laboratory struct {
	Config
	*driver.Session
}

// prepare makes what a model is trained on, and completes its configuration by it.
func (l *laboratory) prepare(m ModelConfig, c *model.Config) (*data.Dataset, error) {
	times := l.fineTimes()
	d, err := l.solve(l.states(l.Data.Samples, l.Seed, m.Masses), times)
	if err != nil {
		return nil, err
	}
	if own := l.Data.Own; own[0] > 0 {
		rng := rand.New(rand.NewPCG(l.Seed, 1)) // beside that of the states
		for s := range d.Trajectories {
			at := some(rng, len(times), own[0]+rng.IntN(own[1]-own[0]+1))
			d.Trajectories[s] = d.Batch(s).AtTimes(at...).Trajectories[0]
		}
	}
	if m.Standardize {
		standardize(c, d)
	}
	return d, nil
}

// some are the first and n−1 others of some times, which are even in log t, by their
// indices.
func some(rng *rand.Rand, times, n int) []int {
	at := []int{0}
	for _, i := range rng.Perm(times - 1)[:min(n, times)-1] {
		at = append(at, 1+i)
	}
	slices.Sort(at)
	return at
}

// solve integrates initial states at t = 0 and returns them at the times.
func (l *laboratory) solve(s problem.RobertsonStates, times []float64) (*data.Dataset, error) {
	key := struct {
		Problem string
		States  problem.RobertsonStates
		Times   []float64
		Solver  ode.Radau
	}{"robertson", s, times, problem.RobertsonRadau()}
	return l.Cached(fmt.Sprintf("%d trajectories, %d times", s.Samples, len(times)), s.Samples, key, func(progress func(done, total int)) (*data.Dataset, error) {
		u0, err := s.Draw()
		if err != nil {
			return nil, err
		}
		solver := problem.RobertsonRadau()
		solver.Progress = progress
		d, _, err := solver.SolveFrom(l.Context, problem.Robertson{}, u0, 0, times)
		return d, err
	})
}

// from is the truth from states at t = 0, (1, 0, 0) without any, at the times.
func (l *laboratory) from(times []float64, u0 ...[]float64) (*data.Dataset, error) {
	if len(u0) == 0 {
		u0 = [][]float64{{1, 0, 0}}
	}
	d, _, err := problem.RobertsonRadau().SolveFrom(l.Context, problem.Robertson{}, u0, 0, times)
	return d, err
}

// states describes initial states.
func (c Config) states(n int, seed uint64, masses bool) problem.RobertsonStates {
	s := problem.DefaultRobertsonStates(n, seed)
	s.Scale = c.Data.Scale
	if masses {
		s.MassMin, s.MassMax = c.Data.Masses[0], c.Data.Masses[1]
	}
	return s
}

// fineTimes is the data's grid: log-spaced over the paper's interval.
func (c Config) fineTimes() []float64 { return problem.RobertsonTimes((points-1)*c.Data.Fine + 1) }

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
