package measure

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
)

// Errors are those of a prediction over all times, samples and components. With
// e = s (u − v), the difference of prediction and truth in units of 1/s, they are
//
//	MaxAbs    max |e|, and Each that of each component,
//	RMS       √(Σe²/n), with n the number of all states' components,
//	Relative  √(Σe² / Σ(s v)²).
//
// A NaN among the predictions makes them NaN, and its component's in Each.
type Errors struct {
	MaxAbs   float64   `json:"max_abs"`
	Each     []float64 `json:"-"`
	RMS      float64   `json:"rms"`
	Relative float64   `json:"rel"`
}

// Compare returns the errors of pred, whose trajectories are as long as those of the
// truth. scale has s for each component; nil is 1 for all.
func Compare(pred, truth *data.Dataset, scale []float64) Errors {
	e := Errors{Each: make([]float64, truth.Dim())}
	var squares, sizes, n float64
	for s, tr := range truth.Trajectories {
		for k, v := range tr.States {
			for j, want := range v {
				f := 1.
				if scale != nil {
					f = scale[j]
				}
				diff := f * math.Abs(pred.Trajectories[s].States[k][j]-want)
				e.MaxAbs, e.Each[j] = max(e.MaxAbs, diff), max(e.Each[j], diff) // NaN if one is
				squares, sizes, n = squares+diff*diff, sizes+f*want*(f*want), n+1
			}
		}
	}
	e.RMS, e.Relative = math.Sqrt(squares/n), math.Sqrt(squares/sizes)
	return e
}

// Drift returns the largest change of a linear quantity w·u along predictions, from the
// value that it has at the beginning of the truth.
func Drift(pred, truth *data.Dataset, w []float64) (largest float64) {
	for s, tr := range pred.Trajectories {
		for _, u := range tr.States {
			largest = max(largest, math.Abs(floats.Dot(w, u)-floats.Dot(w, truth.Trajectories[s].States[0])))
		}
	}
	return largest
}
