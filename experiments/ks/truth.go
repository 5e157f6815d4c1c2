package main

import (
	"cmp"

	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/ks"
	"spnode/data/measure"
	"spnode/experiments/driver"
)

// laboratory has the truth.
type laboratory struct {
	Config
	*driver.Session
	training, held *data.Dataset // the two parts of the same runs
	finer          *data.Dataset // the first at the interval of the snapshots to train on
	starts         *data.Dataset // from the held-out states to the horizon

	joint, floor *ks.JointHistogram // of all runs, and of others
	spectrum     []float64
	lyapunov     float64
}

// makeTruth makes the runs, or reads them, and what is known of them.
func (l *laboratory) makeTruth() error {
	d, equation := l.Data, l.Data.Solver.Problem
	whole, err := l.runs("runs", d.Runs, d.Train+d.Gap+d.Test, l.Seed)
	if err != nil {
		return err
	}
	l.training, l.held = whole.Part(0, d.Train), whole.Part(d.Train+d.Gap, d.Test)
	l.starts = l.spread()
	if l.finer, err = l.finerRuns(); err != nil {
		return err
	}
	if l.joint, err = equation.DerivativeHistogram(whole); err != nil {
		return err
	}
	other, err := l.runs("floor", d.FloorRuns, l.Test.LongTime+1, l.TestSeed())
	if err != nil {
		return err
	}
	if l.floor, err = equation.DerivativeHistogram(other); err != nil {
		return err
	}
	if l.spectrum, err = equation.EnergySpectrum(whole); err != nil {
		return err
	}
	l.lyapunov, err = l.exponent("data", l.longStates(), func(u [][]float64) ([][]float64, error) {
		d, err := d.Solver.Solve(l.Context, u, []float64{0, renormalise})
		if err != nil {
			return nil, err
		}
		return d.States()[1], nil
	})
	return err
}

// longStates are where long rollouts begin, the first states of the test parts.
func (l *laboratory) longStates() [][]float64 { return l.held.States()[0][:l.Test.LongRuns] }

// runs makes runs of the equation, or reads those that were kept.
func (l *laboratory) runs(name string, n, snapshots int, seed uint64) (*data.Dataset, error) {
	key := struct {
		Problem   string
		Solver    ks.Solver
		Runs      int
		Snapshots int
		Seed      uint64
	}{"ks", l.Data.Solver, n, snapshots, seed}
	return l.Cached(name, n, key, func(progress func(done, total int)) (*data.Dataset, error) {
		return l.solver(progress).Runs(l.Context, n, snapshots, seed)
	})
}

// finerRuns are the runs to train on with their snapshots at the interval that is
// asked for.
func (l *laboratory) finerRuns() (*data.Dataset, error) {
	d := l.Data
	if cmp.Or(d.Interval, 1) == 1 {
		return l.training, nil
	}
	key := struct {
		Problem     string
		Solver      ks.Solver
		Runs, Train int
		Interval    float64
		Seed        uint64
	}{"ks, finer", d.Solver, d.Runs, d.Train, d.Interval, l.Seed}
	return l.Cached("finer runs", d.Runs, key, func(progress func(done, total int)) (*data.Dataset, error) {
		return l.solver(progress).Refine(l.Context, l.training, d.Interval)
	})
}

// solver is that of the data, with progress.
func (l *laboratory) solver(progress func(done, total int)) ks.Solver {
	s := l.Data.Solver
	s.Progress = progress
	return s
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

// The leading Lyapunov exponent is measured by twins that are drawn together again
// every few units of time. In these the truth's twins part by a factor of about 1.3,
// and roundings stay far below their distance.
const (
	renormalise = 5   // units of time
	settle      = 100 // units until the twins lie in the leading direction, and a model on its attractor
)

// exponent is the leading one of what advances states by renormalise. It is NaN if a
// trajectory does not stay finite.
func (l *laboratory) exponent(name string, u0 [][]float64, advance func(u [][]float64) ([][]float64, error)) (float64, error) {
	b := measure.DefaultLyapunov()
	b.Interval, b.Discard, b.Advances = renormalise, settle/renormalise, l.Test.Lyapunov/renormalise
	stage := l.Progress.Stage(name+": Lyapunov exponent", b.Discard+b.Advances)
	defer stage.Done()
	done := 0
	e, err := b.Exponents(u0, func(u [][]float64) ([][]float64, error) {
		done++
		stage.Update(done)
		return advance(u)
	})
	return stat.Mean(e, nil), err
}
