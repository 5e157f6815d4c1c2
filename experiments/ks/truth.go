package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/ks"
	"spnode/experiments/driver"
	"spnode/model"
	"spnode/model/latent"
	"spnode/model/param"
)

// apartSeed keeps the runs of the floor apart from the others.
const apartSeed = 1 << 40

// laboratory has the truth.
type laboratory struct {
	Config
	*driver.Session
	training, held *data.Dataset // the two parts of the same runs
	finer          *data.Dataset // the first at the interval of the snapshots to train on
	floor          *data.Dataset // other runs
	starts         *data.Dataset // from the held-out states to the horizon
	long           *data.Dataset // from the first states of the test parts

	joint, floorJoint *ks.JointHistogram // of the long truth, and of the floor
	spectrum          []float64
	lyapunov          float64
}

// makeTruth makes the runs, or reads them, and what is known of them.
func (l *laboratory) makeTruth() error {
	d := l.Data
	whole, err := l.runs("runs", d.Runs, d.Train+d.Gap+d.Test, l.Seed)
	if err != nil {
		return err
	}
	if l.floor, err = l.runs("floor", d.FloorRuns, l.Test.LongTime+1, l.Seed+apartSeed); err != nil {
		return err
	}
	l.training = part(whole, 0, d.Train)
	if l.finer, err = l.finerRuns(); err != nil {
		return err
	}
	l.held = part(whole, d.Train+d.Gap, d.Test)
	l.starts = l.spread()
	l.long = part(l.held, 0, l.Test.LongTime+1)
	l.long.Trajectories = l.long.Trajectories[:l.Test.LongRuns]
	equation := d.Solver.Problem
	if l.joint, err = equation.DerivativeHistogram(l.long); err != nil {
		return err
	}
	if l.floorJoint, err = equation.DerivativeHistogram(l.floor); err != nil {
		return err
	}
	if l.spectrum, err = equation.EnergySpectrum(l.long); err != nil {
		return err
	}
	l.lyapunov, err = l.trueExponent()
	return err
}

// runs makes runs of the equation, or reads those that were kept.
func (l *laboratory) runs(name string, n, snapshots int, seed uint64) (*data.Dataset, error) {
	key := struct {
		Problem   string
		Solver    ks.Solver
		Runs      int
		Snapshots int
		Seed      uint64
	}{"ks", l.Data.Solver, n, snapshots, seed}
	d, _, err := data.Cached(l.Cache, key, func() (*data.Dataset, error) {
		stage := l.Progress.Stage("data: "+name, n)
		defer stage.Done()
		solver := l.Data.Solver
		solver.Progress = func(done, total int) { stage.Update(done) }
		return solver.Runs(l.Context, n, snapshots, seed)
	})
	return d, err
}

// finerRuns are the runs to train on with their snapshots at the interval that is
// asked for.
func (l *laboratory) finerRuns() (*data.Dataset, error) {
	d := l.Data
	if d.interval() == 1 {
		return l.training, nil
	}
	key := struct {
		Problem     string
		Solver      ks.Solver
		Runs, Train int
		Interval    float64
		Seed        uint64
	}{"ks, finer", d.Solver, d.Runs, d.Train, d.Interval, l.Seed}
	finer, _, err := data.Cached(l.Cache, key, func() (*data.Dataset, error) {
		stage := l.Progress.Stage("data: finer runs", d.Runs)
		defer stage.Done()
		solver := d.Solver
		solver.Progress = func(done, total int) { stage.Update(done) }
		solver.Step = d.Interval / math.Ceil(d.Interval/solver.Step-1e-6) // which divides it
		times := make([]float64, int(math.Round(float64(d.Train-1)/d.Interval))+1)
		for k := range times {
			times[k] = float64(k) * d.Interval
		}
		return solver.Solve(l.Context, l.training.States()[0], times)
	})
	return finer, err
}

// noisy returns the data with noise on every snapshot, of so many times the root mean
// square of u.
func noisy(d *data.Dataset, noise float64, seed uint64) *data.Dataset {
	if noise == 0 {
		return d
	}
	var square float64
	count := 0
	for _, t := range d.Trajectories {
		for _, u := range t.States {
			square += floats.Dot(u, u)
			count += len(u)
		}
	}
	rms := math.Sqrt(square / float64(count))
	rng := rand.New(rand.NewPCG(seed, apartSeed))
	other := &data.Dataset{Components: d.Components}
	for _, t := range d.Trajectories {
		states := make([][]float64, len(t.States))
		for k, u := range t.States {
			states[k] = slices.Clone(u)
			for i := range u {
				states[k][i] += noise * rms * rng.NormFloat64()
			}
		}
		other.Trajectories = append(other.Trajectories, data.Trajectory{Times: t.Times, States: states})
	}
	return other
}

// part is a part of runs, its times from 0.
func part(d *data.Dataset, from, n int) *data.Dataset {
	whole, times := d.Trajectories[0].Times, make([]float64, n)
	for k := range times {
		times[k] = whole[from+k] - whole[from]
	}
	return data.Shared(times, d.States()[from:from+n], d.Components)
}

// spread is the truth from the held-out states on. They are spread evenly over the
// test parts, and over the length of each.
func (l *laboratory) spread() *data.Dataset {
	n, runs := l.Test.Starts, l.held.Samples()
	d := &data.Dataset{Components: l.held.Components}
	times := l.held.Trajectories[0].Times
	last := len(times) - 1 - l.Test.Horizon
	perRun := (n + runs - 1) / runs
	for i := range n {
		run, from := l.held.Trajectories[i%runs], i/runs*last/max(1, perRun-1)
		d.Trajectories = append(d.Trajectories, data.Trajectory{
			Times: times[:l.Test.Horizon+1], States: run.States[from : from+l.Test.Horizon+1]})
	}
	return d
}

// setPairs sets the part of the model's configuration that the data fix. The
// networks see the field by its first Modes Fourier pairs; the first pairs are
// also the autoencoder, or stand beside it. The unit of their coordinates is the
// largest deviation that one of them has over the data.
func (m ModelConfig) setPairs(c *model.Config, p ks.Equation, d *data.Dataset) error {
	n := c.Autoencoder.Latent
	fixed := m.Autoencoder == fourier || m.Autoencoder == fourierMLP || m.Autoencoder == manifold
	if !fixed && m.Modes == 0 {
		return nil
	}
	pairs, err := p.FourierPairs(max(m.Modes, (n+1)/2))
	if err != nil {
		return err
	}
	scale := largestDeviation(d, pairs)
	if m.Modes > 0 {
		c.Basis = pairs
		c.Factor = make([]float64, p.Points)
		for i := range c.Factor {
			c.Factor[i] = 1 / scale
		}
		scale = 1
		unit := make([][]float64, len(pairs))
		for i := range unit {
			unit[i] = make([]float64, len(pairs))
			unit[i][i] = 1
		}
		pairs = unit
	}
	if fixed {
		// Of an odd number the last pair's cosine alone.
		c.Autoencoder.Skip, err = latent.NewLinearPair(pairs[:n], scale)
		if err == nil {
			c.Autoencoder.Skip.Only = m.Autoencoder != fourierMLP
		}
	}
	if m.Autoencoder == manifold {
		// The pairs that follow are functions of the latent ones.
		p := &latent.PolynomialDecoder{PolynomialConfig: param.PolynomialConfig{Degree: m.Manifold, Periodic: true}}
		for i := range c.Basis {
			row := make([]float64, len(c.Basis)-n)
			if i >= n {
				row[i-n] = 1
			}
			p.Lift = append(p.Lift, row)
		}
		c.Autoencoder.Polynomial = p
	}
	return err
}

// largestDeviation returns the largest standard deviation that the states have
// along one of the rows.
func largestDeviation(d *data.Dataset, rows [][]float64) (largest float64) {
	states := d.States()
	for _, row := range rows {
		var c []float64
		for _, u := range states {
			for _, x := range u {
				c = append(c, floats.Dot(row, x))
			}
		}
		largest = math.Max(largest, stat.StdDev(c, nil))
	}
	return largest
}
