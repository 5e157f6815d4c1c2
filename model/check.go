package model

import (
	"math"

	"github.com/pkg/errors"
)

func dataError(format string, args ...any) error {
	return errors.Wrapf(ErrData, "model: "+format, args...)
}

// checkTimes refuses a grid that is not finite and strictly increasing.
func checkTimes(times []float64, least int) error {
	if len(times) < least {
		return dataError("times: got %d, want at least %d", len(times), least)
	}
	for i, t := range times {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return dataError("times: element %d is %g, want a finite number", i, t)
		}
		if i > 0 && !(t > times[i-1]) {
			return dataError("times: element %d, %g, does not lie after element %d, %g; want them strictly increasing", i, t, i-1, times[i-1])
		}
	}
	return nil
}

// checkStates refuses states that are not samples×dim finite numbers, and
// returns them in one slice.
func checkStates(what string, states [][]float64, samples, dim int) ([]float64, error) {
	if len(states) != samples {
		return nil, dataError("%s: got %d samples, want %d", what, len(states), samples)
	}
	flat := make([]float64, 0, samples*dim)
	for i, s := range states {
		if len(s) != dim {
			return nil, dataError("%s: row %d has %d components, want %d", what, i, len(s), dim)
		}
		for j, v := range s {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, dataError("%s: row %d, column %d is %g, want a finite number", what, i, j, v)
			}
		}
		flat = append(flat, s...)
	}
	return flat, nil
}

// ScaledStates is Scaled of states in rows, of which there is at least one, in one
// slice. The error is ErrData for any that the model cannot begin with.
func (m *Model) ScaledStates(u [][]float64) ([]float64, error) {
	if len(u) == 0 {
		return nil, dataError("initial states: got none, want at least one")
	}
	flat, err := checkStates("initial states", u, len(u), m.cfg.Dim)
	if err == nil {
		err = m.CheckStates(flat)
	}
	if err != nil {
		return nil, err
	}
	return m.Scaled(flat), nil
}
