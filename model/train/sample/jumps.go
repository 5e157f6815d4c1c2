package sample

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// moves are how far the state goes around each time, half of the way from the time
// before and half of that to the one behind.
func (t *Trajectory) moves() []float64 {
	c, last := make([]float64, len(t.Times)), 0
	for k := 1; k < len(c); k++ {
		if t.Whole(k) {
			way := floats.Distance(t.States[k], t.States[last], 2) / 2
			c[last], c[k], last = c[last]+way, c[k]+way, k
		}
	}
	return c
}

// byJumps draws Points−1 times behind start, of which c are the changes, and tells the
// chance that each had: time start+1+i is drawn with the probability
//
//	p_i = min(1, λ f_i),  f_i = (1−Jumps)/n + Jumps·c_i/Σc,  Σp = Points−1,
//
// by taking those at which Σ_{j≤i} p_j passes a drawn number plus a whole one.
func (g Grid) byJumps(rng *rand.Rand, start int, c []float64) (times []int, chances []float64) {
	f, all, n, k := make([]float64, len(c)), floats.Sum(c), float64(len(c)), float64(g.Points-1)
	for i := range f {
		f[i] = (1 - g.Jumps) / n
		if all > 0 {
			f[i] += g.Jumps * c[i] / all
		}
	}
	lambda := 0.
	for before, sure := -2., -1.; sure != before; {
		var rest float64
		before, sure = sure, 0
		for _, x := range f {
			if lambda*x >= 1 {
				sure++
			} else {
				rest += x
			}
		}
		lambda = (k - sure) / rest
	}
	times, chances = []int{start}, []float64{2 * k / n} // half of what others have in the mean
	at := rng.Float64()
	for i, x := range f {
		p := min(1, lambda*x)
		if at += p; at >= 1 {
			at--
			times, chances = append(times, start+1+i), append(chances, p)
		}
	}
	return times, chances
}
