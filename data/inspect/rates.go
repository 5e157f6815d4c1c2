package inspect

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
)

// change is what the components change by about a time.
type change struct {
	logTime float64 // over the earliest
	size    float64 // root mean square over trajectories and components
}

// bins is into how many parts the logarithm of time is divided.
const bins = 400

// accumulate measures how much changes when, by the time since a trajectory's
// beginning.
func (f *Facts) accumulate(d *data.Dataset) {
	low, high := math.Inf(1), math.Inf(-1)
	each := func(visit func(elapsed, square float64)) {
		for _, tr := range d.Trajectories {
			for k := 1; k < len(tr.Times); k++ {
				var square, n float64
				for j, s := range f.Variation {
					if v := (tr.States[k][j] - tr.States[k-1][j]) / s; s > 0 && !math.IsNaN(v) {
						square += v * v
						n++
					}
				}
				if n > 0 {
					visit(tr.Times[k]-tr.Times[0], square/n)
				}
			}
		}
	}
	each(func(elapsed, _ float64) { low, high = min(low, elapsed), max(high, elapsed) })
	if !(high > 0) {
		return
	}
	sums, counts := make([]float64, bins), make([]float64, bins)
	width := math.Log(high/low) / (bins - 1)
	each(func(elapsed, square float64) {
		i := 0
		if width > 0 {
			i = min(bins-1, int(math.Log(elapsed/low)/width))
		}
		sums[i] += square
		counts[i]++
	})
	for i, n := range counts {
		if n > 0 {
			f.changes = append(f.changes, change{float64(i) * width, math.Sqrt(sums[i] / n)})
		}
	}
	f.earliest = low
}

// Rates returns n decay rates, the largest first, spread over the times at which
// the data change: the inverses of the times by which the shares (i+½)/n of all
// change in the logarithm of time have happened.
func (f *Facts) Rates(n int) []float64 {
	rates := make([]float64, n)
	total := 0.0
	for _, c := range f.changes {
		total += c.size
	}
	if total == 0 { // nothing changes: one rate over the span
		for i := range rates {
			rates[i] = 1 / f.Span
		}
		return rates
	}
	for i := range rates {
		want, sum := (float64(i)+0.5)/float64(n)*total, 0.0
		at := f.changes[0].logTime
		for k, c := range f.changes {
			if sum+c.size >= want {
				before := at
				if k > 0 {
					before = f.changes[k-1].logTime
				}
				at = before + (c.logTime-before)*(want-sum)/c.size
				break
			}
			sum, at = sum+c.size, c.logTime
		}
		rates[i] = 1 / (f.earliest * math.Exp(at))
	}
	slices.SortFunc(rates, func(a, b float64) int { return cmp.Compare(b, a) })
	return rates
}

// Halfway returns the times since a trajectory's beginning by which half of each
// component's change has happened.
func Halfway(d *data.Dataset) []float64 {
	half := make([]float64, d.Dim())
	for j := range half {
		var since, change []float64
		for _, tr := range d.Trajectories {
			last := tr.States[0][j]
			for k, u := range tr.States[1:] {
				if !math.IsNaN(u[j]) {
					since, change = append(since, tr.Times[1+k]-tr.Times[0]), append(change, math.Abs(u[j]-last))
					last = u[j]
				}
			}
		}
		stat.SortWeighted(since, change)
		if floats.Sum(change) > 0 {
			half[j] = stat.Quantile(0.5, stat.Empirical, since, change)
		}
	}
	return half
}

// Latent returns how many dimensions hold all but a share of the scaled states'
// root mean square.
func (f *Facts) Latent(share float64) int {
	total := floats.Norm(f.Energies, 2)
	for n := range f.Energies {
		if floats.Norm(f.Energies[n:], 2) <= share*total {
			return max(1, n)
		}
	}
	return len(f.Energies)
}
