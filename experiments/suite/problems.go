package main

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/ks"
	"spnode/data/ode"
	"spnode/data/problem"
)

// entry is a problem of the suite: how its data are made.
type entry struct {
	name string
	what string
	make func(ctx context.Context, samples int) (*data.Dataset, error)
	// samples that are written, a quarter of which fit holds out.
	samples int
}

const seed = 1

var problems = []entry{
	{"hires", "HIRES, 8 species", func(ctx context.Context, n int) (*data.Dataset, error) {
		return stiff(ctx, problem.HIRES(), 1e-13, problem.HIRESStates(n, seed), fromZero(1e-3, problem.HIRESTime, 201))
	}, 200},
	{"pollu", "POLLU, 20 species", func(ctx context.Context, n int) (*data.Dataset, error) {
		return stiff(ctx, problem.POLLU(), 1e-18, problem.POLLUStates(n, seed), fromZero(1e-6, problem.POLLUTime, 201))
	}, 200},
	{"robertson", "Robertson's reaction, 30 to 60 times of each trajectory's own", func(ctx context.Context, n int) (*data.Dataset, error) {
		u0, err := problem.DefaultRobertsonStates(n, seed).Draw()
		if err != nil {
			return nil, err
		}
		d, _, err := problem.RobertsonRadau().SolveEach(ctx, problem.Robertson{}, u0, 0, ownTimes(n, 4e-6, 4e6))
		return d, err
	}, 200},
	{"collisional", "a collisional–radiative model, 30 levels", func(ctx context.Context, n int) (*data.Dataset, error) {
		return stiff(ctx, problem.NewCollisional(30, 5), 1e-13, problem.PopulationStates(n, 30, seed), fromZero(1e-10, 10, 165))
	}, 250},
	{"vanderpol", "Van der Pol, μ = 100, two periods", func(ctx context.Context, n int) (*data.Dataset, error) {
		return stiff(ctx, problem.VanDerPol{Mu: 100}, 1e-10, problem.VanDerPolStates(n, seed), even(325, 651))
	}, 200},
	{"oregonator", "Oregonator", func(ctx context.Context, n int) (*data.Dataset, error) {
		return stiff(ctx, problem.Oregonator{}, 1e-8, problem.OregonatorStates(n, seed), even(360, 361))
	}, 200},
	{"burgers", "viscous Burgers, 128 points", func(ctx context.Context, n int) (*data.Dataset, error) {
		p := problem.DefaultBurgers()
		d, _, err := ode.DefaultRKF45().Solve(p, p.States(n, seed), even(5, 101))
		return d, err
	}, 200},
	{"allencahn", "Allen–Cahn, 64 points", func(ctx context.Context, n int) (*data.Dataset, error) {
		p := problem.DefaultAllenCahn()
		d, _, err := ode.DefaultRKF45().Solve(p, p.States(n, seed), even(10, 101))
		return d, err
	}, 200},
	{"transient", "transient growth, ε = 1", func(ctx context.Context, n int) (*data.Dataset, error) {
		d, _, err := ode.DefaultRKF45().Solve(problem.Transient{Epsilon: 1}, problem.UniformStates(n, 2, -1, 1, seed), even(4, 41))
		return d, err
	}, 200},
	{"ks", "Kuramoto–Sivashinsky, 64 points, a snapshot each unit of time", func(ctx context.Context, n int) (*data.Dataset, error) {
		return ks.DefaultSolver().Runs(ctx, n, 251, seed)
	}, 80},
}

func stiff(ctx context.Context, p ode.StiffProblem, abs float64, u0 [][]float64, times []float64) (*data.Dataset, error) {
	m := ode.DefaultRadau()
	m.AbsTol = abs
	d, _, err := m.SolveFrom(ctx, p, u0, 0, times)
	return d, err
}

// fromZero is 0 and n times evenly spaced in log t.
func fromZero(first, last float64, n int) []float64 {
	times := make([]float64, 1+n)
	for i := range n {
		times[1+i] = first * math.Pow(last/first, float64(i)/float64(n-1))
	}
	return times
}

// ownTimes are for each of n trajectories the first time and 29 to 59 others, drawn
// log-uniformly up to the last.
func ownTimes(n int, first, last float64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 1)) // beside that of the states
	times := make([][]float64, n)
	for i := range times {
		times[i] = []float64{first}
		for range 29 + rnd.IntN(31) {
			times[i] = append(times[i], first*math.Pow(last/first, rnd.Float64()))
		}
		slices.Sort(times[i])
	}
	return times
}

// even are n times from 0 on.
func even(last float64, n int) []float64 {
	times := make([]float64, n)
	for i := range times {
		times[i] = last * float64(i) / float64(n-1)
	}
	return times
}

// inUnit multiplies the times.
func inUnit(d *data.Dataset, unit float64) *data.Dataset {
	if unit == 1 {
		return d
	}
	out := *d
	out.Trajectories = slices.Clone(d.Trajectories)
	for i, tr := range d.Trajectories {
		times := slices.Clone(tr.Times)
		floats.Scale(unit, times)
		out.Trajectories[i].Times = times
	}
	return &out
}

// noisy adds normal noise to the states, of a share of each component's largest value.
func noisy(d *data.Dataset, share float64) *data.Dataset {
	scale := d.Ranges()
	rnd := rand.New(rand.NewPCG(seed, 2))
	out := d.CloneStates()
	for _, tr := range out.Trajectories {
		for _, u := range tr.States {
			for j := range u {
				u[j] += share * max(-scale[j][0], scale[j][1]) * rnd.NormFloat64()
			}
		}
	}
	return out
}
