package main

import (
	"gonum.org/v1/gonum/stat"

	"spnode/data/measure"
	"spnode/model"
)

// The leading Lyapunov exponent is measured by twins that are drawn together again
// every few units of time. In these the truth's twins part by a factor of about 1.3,
// and roundings stay far below their distance.
const (
	renormalise = 5   // units of time
	settle      = 100 // units until the twins lie in the leading direction, and a model on its attractor
)

func (l *laboratory) benettin() measure.Lyapunov {
	b := measure.DefaultLyapunov()
	b.Interval, b.Discard, b.Advances = renormalise, settle/renormalise, l.Test.Lyapunov/renormalise
	return b
}

// trueExponent is that of the equation.
func (l *laboratory) trueExponent() (float64, error) {
	b := l.benettin()
	stage := l.Progress.Stage("data: Lyapunov exponent", b.Discard+b.Advances)
	defer stage.Done()
	done := 0
	e, err := b.Exponents(l.long.States()[0], func(u [][]float64) ([][]float64, error) {
		d, err := l.Data.Solver.Solve(l.Context, u, []float64{0, b.Interval})
		if err != nil {
			return nil, err
		}
		done++
		stage.Update(done)
		return d.States()[1], nil
	})
	return stat.Mean(e, nil), err
}

// exponent is that of a model: of the map that its step is in the latent state. It
// is NaN if a trajectory does not stay finite.
func (l *laboratory) exponent(m *model.Model) (float64, error) {
	flow, err := m.Latent() // in float64, in which twins can be near
	if err != nil {
		return 0, err
	}
	start, err := m.PredictLatent(l.long.States()[0], []float64{0})
	if err != nil {
		return 0, err
	}
	n := m.Config().LatentDim()
	var u0 [][]float64
	for z := start[0]; len(z) > 0; z = z[n:] {
		u0 = append(u0, z[:n])
	}
	times := l.long.Trajectories[0].Times[:renormalise+1]
	e, err := l.benettin().Exponents(u0, func(u [][]float64) ([][]float64, error) {
		if err := l.Context.Err(); err != nil {
			return nil, err
		}
		v, err := flow.Predict(u, times)
		if err != nil {
			return nil, err
		}
		return v[renormalise], nil
	})
	return stat.Mean(e, nil), err
}
