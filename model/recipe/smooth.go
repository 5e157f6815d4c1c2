package recipe

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"spnode/data"
)

// Smooth replaces each state by what a cubic is there that is fitted to the states at so
// many times before and after it, by least squares: differences of noise are larger than
// noise, by the inverse of a step. At the ends, and where something near was not
// measured, there are fewer times, and with fewer than six a state stays as it is.
func Smooth(d *data.Dataset, around int) *data.Dataset {
	if around == 0 {
		return d
	}
	out := d.CloneStates()
	known := map[string][]float64{}
	for i, tr := range d.Trajectories {
		for k, u := range out.Trajectories[i].States {
			first, last := max(0, k-around), min(len(tr.Times)-1, k+around)
			w := weights(tr.Times, first, k, last, known)
			for j := range u {
				var sum float64
				for q, x := range w {
					sum += x * tr.States[first+q][j]
				}
				if w != nil && !math.IsNaN(sum) {
					u[j] = sum
				}
			}
		}
	}
	return out
}

// weights are those of the states from first to last in the cubic's value at time k.
func weights(times []float64, first, k, last int, known map[string][]float64) []float64 {
	n := last - first + 1
	if n < 6 {
		return nil
	}
	x := mat.NewDense(n, 4, nil)
	width := times[last] - times[first]
	key := make([]byte, 0, 4*n)
	for q := range n {
		s := (times[first+q] - times[k]) / width
		x.SetRow(q, []float64{1, s, s * s, s * s * s})
		// Of six digits or so: an even grid has one set of weights, and two at each end.
		bits := math.Float32bits(float32(math.Round(s*1e5) / 1e5))
		key = append(key, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	if w, ok := known[string(key)]; ok {
		return w
	}
	// The first row of the pseudo-inverse: the value at s = 0.
	var qr mat.QR
	qr.Factorize(x)
	var w mat.VecDense
	if err := qr.SolveVecTo(&w, true, mat.NewVecDense(4, []float64{1, 0, 0, 0})); err != nil {
		return nil
	}
	known[string(key)] = w.RawVector().Data
	return w.RawVector().Data
}
