package model

import (
	"math"

	"github.com/pkg/errors"
)

// The weightings of the loss in time.
const (
	WeightTime    = "time"
	WeightLogTime = "log-time"
	WeightUniform = "uniform"
)

// lossWeights returns the weight of each time in the loss,
//
//	Σ_n ½ (‖e_{n+1}‖² + ‖e_n‖²) δ_n,   e_n = U_n − f_D(u_n),
//
// by the length δ_n of interval n: t_{n+1} − t_n for "time", which is eq. (20),
// ln(t_{n+1}/t_n) for "log-time", and 1 for "uniform". Over twelve decades (20)
// puts nearly all its weight on the last two intervals.
func lossWeights(kind string, times []float64) ([]float64, error) {
	w := make([]float64, len(times))
	for n := range len(times) - 1 {
		var d float64
		switch kind {
		case WeightTime:
			d = times[n+1] - times[n]
		case WeightLogTime:
			d = math.Log(times[n+1] / times[n])
			if !(times[0] > 0) {
				return nil, errors.Wrapf(ErrConfig, "model: weighting %q needs a first time above 0, got %g", kind, times[0])
			}
		case WeightUniform:
			d = 1
		default:
			return nil, errors.Wrapf(ErrConfig, "model: weighting is %q, want %s, %s or %s", kind, WeightTime, WeightLogTime, WeightUniform)
		}
		w[n] += d / 2
		w[n+1] += d / 2
	}
	return w, nil
}
