package measure

import "math"

// Errors are those of a prediction over all times, samples and components. With
// e = s (u − v), the difference of prediction and truth in units of 1/s, they are
//
//	MaxAbs    max |e| of each component,
//	RMS       √(Σe²/n), with n the number of all states' components,
//	Relative  √(Σe² / Σ(s v)²).
//
// A NaN among the predictions makes its component's MaxAbs, RMS and Relative NaN.
type Errors struct {
	MaxAbs        []float64
	RMS, Relative float64
}

// Compare returns the errors of pred, both indexed [time][sample][component] and
// of the same shape. scale has s for each component; nil is 1 for all.
func Compare(pred, truth [][][]float64, scale []float64) (e Errors) {
	var squares, sizes, n float64
	for k, stack := range truth {
		for s, v := range stack {
			for len(e.MaxAbs) < len(v) {
				e.MaxAbs = append(e.MaxAbs, 0)
			}
			for j, want := range v {
				f := 1.
				if scale != nil {
					f = scale[j]
				}
				diff := f * math.Abs(pred[k][s][j]-want)
				e.MaxAbs[j] = max(e.MaxAbs[j], diff) // NaN if one is
				squares, sizes, n = squares+diff*diff, sizes+f*want*(f*want), n+1
			}
		}
	}
	e.RMS, e.Relative = math.Sqrt(squares/n), math.Sqrt(squares/sizes)
	return e
}
