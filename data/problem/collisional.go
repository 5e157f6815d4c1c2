package problem

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"
)

// Collisional is a collisional–radiative model: populations of the levels of an
// ion,
//
//	du/dt = M u,  M_ji the rate of i → j,  columns that sum to 0,
//
// linear, with rates of radiation from 1 to 10⁸ and of collisions from 10⁻³ up,
// which obey detailed balance at temperature 1. The total population is kept.
type Collisional struct{ M *mat.Dense }

// NewCollisional draws the levels and the rates of a model: energies between 3
// and 10 above the ground state, statistical weights 1 to 8, radiation between a
// quarter of the pairs.
func NewCollisional(levels int, seed uint64) Collisional {
	rnd := rand.New(rand.NewPCG(seed, 0))
	energy, weight := make([]float64, levels), make([]float64, levels)
	for i := range levels {
		if i > 0 {
			energy[i] = 3 + 7*rnd.Float64()
		}
		weight[i] = float64(1 + rnd.IntN(8))
	}
	slices.Sort(energy)
	m := mat.NewDense(levels, levels, nil)
	move := func(from, to int, rate float64) {
		m.Set(to, from, m.At(to, from)+rate)
		m.Set(from, from, m.At(from, from)-rate)
	}
	for i := range levels {
		for j := range i {
			if rnd.Float64() < 0.25 {
				move(i, j, math.Pow(10, 8*rnd.Float64()))
			}
			down := math.Pow(10, -3+5*rnd.Float64())
			move(i, j, down)
			move(j, i, down*weight[i]/weight[j]*math.Exp(energy[j]-energy[i]))
		}
	}
	return Collisional{m}
}

// Name returns "collisional".
func (Collisional) Name() string { return "collisional" }

// Dim returns the number of levels.
func (c Collisional) Dim() int { n, _ := c.M.Dims(); return n }

// Components returns n1, n2, ….
func (c Collisional) Components() []string {
	names := make([]string, c.Dim())
	for i := range names {
		names[i] = "n" + strconv.Itoa(i+1)
	}
	return names
}

// RHS writes M u into dst.
func (c Collisional) RHS(dst, u []float64) {
	n := len(u)
	mat.NewVecDense(n, dst).MulVec(c.M, mat.NewVecDense(n, u))
}

// Jacobian writes M into dst.
func (c Collisional) Jacobian(dst *mat.Dense, _ []float64) { dst.Copy(c.M) }

// PopulationStates draws n distributions over so many levels, from a symmetric
// Dirichlet distribution of parameter ½: few levels have most of the population.
func PopulationStates(n, levels int, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := make([][]float64, n)
	for i := range u {
		u[i] = make([]float64, levels)
		var sum float64
		for j := range u[i] { // a squared normal is a gamma variate of shape ½
			z := rnd.NormFloat64()
			u[i][j] = z * z
			sum += u[i][j]
		}
		for j := range u[i] {
			u[i][j] /= sum
		}
	}
	return u
}
