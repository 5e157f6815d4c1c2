package stability

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// Ball is what rollouts from random states of any size do about a ball that no step
// leaves: a trial of what BoundRadius proves.
type Ball struct {
	Radius   float64 `json:"radius"`
	Rollouts int     `json:"rollouts"`
	Left     int     `json:"left"`   // that were farther out than at their start, and outside of the ball
	Inside   int     `json:"inside"` // that ended in it
}

// Ball returns the radius of the ball that no step of an integrator leaves, by its
// name, in the norm of BoundRadius; +Inf where nothing is proved.
func (r *Report) Ball(integrator string) float64 {
	if integrator == "etdrk4" {
		return ETDRK4Factor * r.BoundRadius
	}
	return r.BoundRadius
}

// magnitudes is how many powers of ten the states of Try are smaller or larger than
// the ball.
const magnitudes = 3

// Try rolls out from n random states in R^dim, of any direction and of 10⁻³ to 10³
// times the radius, at the times given. predict returns states indexed [time][sample],
// in coordinates whose norm is that of the ball: those of a model with S = I.
func Try(radius float64, dim, n int, times []float64, seed uint64, predict func(u0 [][]float64, times []float64) ([][][]float64, error)) (Ball, error) {
	b := Ball{Radius: radius, Rollouts: n}
	if n == 0 {
		return b, nil
	}
	rng := rand.New(rand.NewPCG(seed, 1<<40))
	u0, first := make([][]float64, n), make([]float64, n)
	for i := range u0 {
		u := make([]float64, dim)
		for j := range u {
			u[j] = rng.NormFloat64()
		}
		first[i] = radius * math.Pow(10, magnitudes*(2*rng.Float64()-1))
		floats.Scale(first[i]/floats.Norm(u, 2), u)
		u0[i] = u
	}
	out, err := predict(u0, times)
	if err != nil {
		return b, err
	}
	for i := range u0 {
		left := false
		for k := range times {
			norm := floats.Norm(out[k][i], 2)
			left = left || !(norm <= math.Max(first[i], radius)*(1+1e-9)) // roundings
			if k == len(times)-1 && norm <= radius {
				b.Inside++
			}
		}
		if left {
			b.Left++
		}
	}
	return b, nil
}
