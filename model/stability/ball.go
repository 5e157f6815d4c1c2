package stability

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
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

// size is √(uᵀSu).
func (r *Report) size(u []float64) float64 {
	v := mat.NewVecDense(len(u), u)
	return math.Sqrt(mat.Inner(v, r.metric, v))
}

// magnitudes is how many powers of ten the states of Try are smaller or larger than
// the ball.
const magnitudes = 3

// Try rolls out from n random states, of any direction and of 10⁻³ to 10³ times the
// size of the integrator's ball, at the times given. predict returns the states of
// the system at the times, indexed [time][sample].
func (r *Report) Try(integrator string, n int, times []float64, seed uint64, predict func(u0 [][]float64, times []float64) ([][][]float64, error)) (Ball, error) {
	b := Ball{Radius: r.Ball(integrator), Rollouts: n}
	if n == 0 {
		return b, nil
	}
	rng := rand.New(rand.NewPCG(seed, 1<<40))
	u0, first := make([][]float64, n), make([]float64, n)
	for i := range u0 {
		u := make([]float64, len(r.Spectrum))
		for j := range u {
			u[j] = rng.NormFloat64()
		}
		first[i] = b.Radius * math.Pow(10, magnitudes*(2*rng.Float64()-1))
		floats.Scale(first[i]/r.size(u), u)
		u0[i] = u
	}
	out, err := predict(u0, times)
	if err != nil {
		return b, err
	}
	for i := range u0 {
		left := false
		for k := range times {
			size := r.size(out[k][i])
			left = left || !(size <= math.Max(first[i], b.Radius)*(1+1e-9)) // roundings
			if k == len(times)-1 && size <= b.Radius {
				b.Inside++
			}
		}
		if left {
			b.Left++
		}
	}
	return b, nil
}
