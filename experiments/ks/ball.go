package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/stability"
)

// ballReport is the ball that is proved for a model, in its latent state, and what
// rollouts from random states of any size do about it.
type ballReport struct {
	Radius   float64 `json:"radius"`      // of the ball that no step leaves
	Data     float64 `json:"data_radius"` // of that which holds the data, in which g is what was fitted
	Rollouts int     `json:"rollouts"`
	Left     int     `json:"left"`   // that were farther out than at their start, and outside of the ball
	Inside   int     `json:"inside"` // that ended in it
}

// The sizes of the states are from 10^-sizes to 10^sizes times the ball's, to be
// forgotten in settled units at the rates of the fits, 0.4 and more.
const (
	sizes   = 3
	settled = 40
)

// ball is nil for a model of which nothing is proved. Such models have S = I, whose
// norm is that of the latent state.
func (l *laboratory) ball(m *model.Model) (*ballReport, error) {
	s, err := m.Stability()
	if err != nil || math.IsInf(s.BoundRadius, 0) || m.Config().Nonlinear.Radius == 0 {
		return nil, err
	}
	b := &ballReport{Radius: s.BoundRadius, Data: m.Config().Nonlinear.Radius, Rollouts: l.Test.Ball}
	if m.Config().Integrator == "etdrk4" {
		b.Radius *= stability.ETDRK4Factor
	}
	if b.Rollouts == 0 {
		return b, nil
	}
	flow, err := m.Latent()
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(l.Seed, apartSeed))
	u0, first := make([][]float64, b.Rollouts), make([]float64, b.Rollouts)
	for i := range u0 {
		u := make([]float64, m.Config().LatentDim())
		for j := range u {
			u[j] = rng.NormFloat64()
		}
		first[i] = b.Radius * math.Pow(10, sizes*(2*rng.Float64()-1))
		floats.Scale(first[i]/floats.Norm(u, 2), u)
		u0[i] = u
	}
	times := make([]float64, settled+1)
	for k := range times {
		times[k] = float64(k)
	}
	out, err := flow.Predict(u0, times)
	if err != nil {
		return nil, err
	}
	for i := range u0 {
		left := false
		for k := range times {
			norm := floats.Norm(out[k][i], 2)
			left = left || !(norm <= math.Max(first[i], b.Radius)*(1+1e-9)) // roundings
			if k == settled && norm <= b.Radius {
				b.Inside++
			}
		}
		if left {
			b.Left++
		}
	}
	return b, nil
}

// cells are those of a table: the ball, that of the data, how many left.
func (b *ballReport) cells() []any {
	if b == nil {
		return []any{"no proof", nil, nil}
	}
	return []any{b.Radius, b.Data, fmt.Sprintf("%d of %d", b.Left, b.Rollouts)}
}
