package report

import (
	"math"
	"slices"
	"testing"
)

// An error that is no number is the largest, and none is drawn beyond the bounds.
func TestSpread(t *testing.T) {
	nan := math.NaN()
	errors := [][]float64{
		{6, 5, 4, 3, 2, 1, 7, 8, 9, 10, 11},
		{nan, 1, nan, 3, 2, 4, 5, 6, 7, 8, nan},
		{nan, nan, nan, nan, nan, nan, 0, 0, 0, 0, 0},
	}
	s := Spread(0, "m", []float64{0, 1, 2}, errors, 1e-3, 100)
	for name, c := range map[string][2][]float64{
		"10 %": {s[0].Y, {2, 2, 1e-3}}, "90 %": {s[0].Hi, {10, 100, 100}}, "median": {s[1].Y, {6, 6, 100}},
	} {
		if !slices.Equal(c[0], c[1]) {
			t.Errorf("%s: got %v, want %v", name, c[0], c[1])
		}
	}
	if s[0].Label != "" || s[1].Label != "m" {
		t.Errorf("got the labels %q and %q, want the line's alone", s[0].Label, s[1].Label)
	}
}
