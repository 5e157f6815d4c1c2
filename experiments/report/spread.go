package report

import (
	"math"

	"spnode/data/measure"
	"spnode/experiments/figure"
)

// SpreadNote says what Spread draws.
const SpreadNote = "lines: medians; bands: 10 % to 90 % of the trajectories"

// Spread draws what many errors of a model do over time: their median as a line,
// and the band from 10 % to 90 %. The errors are indexed by time and trajectory;
// NaN, of one that ran away, is the largest; at each time there is one at least. What is below least or above most is
// drawn there; where most is +Inf, the series are Diverging.
func Spread(model int, label string, times []float64, errors [][]float64, least, most float64) []figure.Series {
	var lo, mid, hi []float64
	for _, at := range errors {
		e := make([]float64, len(at))
		for s, v := range at {
			if math.IsNaN(v) {
				v = math.Inf(1)
			}
			e[s] = max(least, min(v, most))
		}
		q := measure.Quantiles(e, 0.1, 0.5, 0.9)
		lo, mid, hi = append(lo, q[0]), append(mid, q[1]), append(hi, q[2])
	}
	c := figure.Color(1 + model)
	band, line := figure.Band(c, "", times, lo, hi), figure.Line(c, label, times, mid)
	if math.IsInf(most, 1) {
		band, line = band.Diverging(), line.Diverging()
	}
	return []figure.Series{band, line}
}
