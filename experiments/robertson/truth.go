package main

import (
	"fmt"
	"math"
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
	states, solve := l.states(l.Data.Samples, l.Seed, m.Masses), l.solve
	if l.Data.Own[0] > 0 {
		solve = l.solveOwn
	}
	d, err := solve(states, l.fineTimes())
	if err == nil && m.Standardize {
		standardize(c, d)
	}
	return d, err
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

// solveOwn is solve at times of each trajectory's own: the first of those given, and
// others that are drawn log-uniformly up to the last.
func (l *laboratory) solveOwn(s problem.RobertsonStates, times []float64) (*data.Dataset, error) {
	u0, err := s.Draw()
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(s.Seed, 1)) // beside that of the states
	own := make([][]float64, len(u0))
	first, decades := times[0], math.Log(times[len(times)-1]/times[0])
	for i := range own {
		n := l.Data.Own[0] + rng.IntN(l.Data.Own[1]-l.Data.Own[0]+1)
		own[i] = []float64{first}
		for len(own[i]) < n {
			own[i] = append(own[i], first*math.Exp(decades*rng.Float64()))
		}
		slices.Sort(own[i])
		own[i] = slices.Compact(own[i])
	}
	d, _, err := problem.RobertsonRadau().SolveEach(l.Context, problem.Robertson{}, u0, 0, own)
	return d, err
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
