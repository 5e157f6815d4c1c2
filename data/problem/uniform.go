package problem

import (
	"math/rand/v2"

	"spnode/data/internal/stack"
)

// UniformStates returns n states of dim components, drawn independently and
// uniformly from [lo, hi). The same seed gives the same states, and the states
// for a smaller n are the first ones of those for a larger n.
//
// Training and held-out states should come from different seeds.
func UniformStates(n, dim int, lo, hi float64, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := stack.New(n, dim)
	for _, row := range u {
		for j := range row {
			row[j] = lo + (hi-lo)*rnd.Float64()
		}
	}
	return u
}
