package inspect

import (
	"math"
	"slices"

	"spnode/data"
)

// noise estimates what is not smooth in each component: what a polynomial
// through all but one of a few neighbouring times leaves of it. For noise that is
// independent from time to time it is the noise's standard deviation, whatever the
// degree; what a trajectory's own curvature adds falls with the degree where the
// times resolve it. So the least of several degrees is taken, and of each degree
// the median, which jumps do not move.
func (f *Facts) noise(d *data.Dataset) {
	f.Noise = make([]float64, d.Dim())
	for j := range f.Noise {
		if f.Constant[j] {
			continue
		}
		f.Noise[j] = math.Inf(1)
		for degree := 2; degree <= 6; degree += 2 {
			f.Noise[j] = min(f.Noise[j], roughness(d, j, degree))
		}
		if math.IsInf(f.Noise[j], 1) { // too few times to tell
			f.Noise[j] = 0
		}
	}
}

// roughness is the median over all runs of degree+2 times of |Σ w_i u_i|, over
// that of a standard normal number, where w is the vector of unit length that is
// orthogonal to all polynomials of the degree. It is +Inf where there are no runs.
func roughness(d *data.Dataset, j, degree int) float64 {
	const normalMedian = 0.6744897501960817 // of |N(0,1)|
	var r []float64
	k := degree + 2
	w := make([]float64, k)
	for _, tr := range d.Trajectories {
		for i := 0; i+k <= len(tr.Times); i++ {
			t := tr.Times[i : i+k]
			var sum, square float64
			for a := range w { // divided differences annihilate polynomials
				w[a] = 1
				for b := range t {
					if b != a { // of the run's length, so that no unit enters
						w[a] *= (t[k-1] - t[0]) / (t[a] - t[b])
					}
				}
				sum += w[a] * tr.States[i+a][j]
				square += w[a] * w[a]
			}
			if !math.IsNaN(sum) {
				r = append(r, math.Abs(sum)/math.Sqrt(square))
			}
		}
	}
	if len(r) == 0 {
		return math.Inf(1)
	}
	slices.Sort(r)
	return r[len(r)/2] / normalMedian
}

// NoiseShare is the largest of the noise of the components, in each one's largest value.
func (f *Facts) NoiseShare() (share float64) {
	for j, noise := range f.Noise {
		share = max(share, noise/f.Scale[j])
	}
	return share
}
