package data

import "math/rand/v2"

// Problem is an autonomous system of ordinary differential equations
//
//	du/dt = f(u),  u ∈ ℝⁿ,
//
// in physical variables.
type Problem interface {
	// Name is a short lower-case word, for reports and files.
	Name() string

	// Dim is n, the number of components.
	Dim() int

	// Components names the n components.
	Components() []string

	// RHS writes f(u) into dst. Both have length Dim and do not overlap, and
	// u must not be changed.
	RHS(dst, u []float64)
}

// UniformStates returns n states of dim components, drawn independently and
// uniformly from [lo, hi). The same seed gives the same states, and the states
// for a smaller n are the first ones of those for a larger n.
//
// Training and held-out states should come from different seeds.
func UniformStates(n, dim int, lo, hi float64, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := newStates(n, dim)
	for _, row := range u {
		for j := range row {
			row[j] = lo + (hi-lo)*rnd.Float64()
		}
	}
	return u
}

// newStates returns n zero states of dim components in one block of memory.
func newStates(n, dim int) [][]float64 {
	return rows(make([]float64, n*dim), n, dim)
}

// rows returns the n rows of length dim of a row-major matrix, without copying.
func rows(flat []float64, n, dim int) [][]float64 {
	u := make([][]float64, n)
	for i := range u {
		u[i] = flat[i*dim : (i+1)*dim : (i+1)*dim]
	}
	return u
}
