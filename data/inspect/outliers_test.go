package inspect_test

import (
	"math"
	"slices"
	"testing"
)

// TestOutliers puts values of their own into every trajectory, of noise that stays: they are
// counted, and nothing of steps, of peaks that the times resolve, or of noise is.
func TestOutliers(t *testing.T) {
	for name, c := range map[string]struct {
		deviation float64
		f         func(phase, t float64) float64
	}{
		"decay":       {0, func(_, t float64) float64 { return math.Exp(-t) }},
		"noisy decay": {0.01, func(_, t float64) float64 { return math.Exp(-t) }},
		"step":        {1e-3, func(phase, t float64) float64 { return math.Tanh(100 * (t - 8 - phase/2)) }},
		"peak":        {1e-3, func(phase, t float64) float64 { return math.Exp(-10 * (t - 8 - phase/2) * (t - 8 - phase/2)) }},
		"noise":       {1, func(_, t float64) float64 { return 0 }},
		"noisy cycle": {0.01, func(phase, t float64) float64 { return math.Cos(t + phase) }},
	} {
		d := noisy(101, c.deviation, c.f)
		if f := look(t, d); f.Outliers[0] != 0 {
			t.Errorf("%s: got %d outliers, want none", name, f.Outliers[0])
		}
		want := 0
		for s, tr := range d.Trajectories {
			for _, k := range []int{5, 20 + s%9, 90} {
				tr.States[k][0] += 20 * math.Copysign(1, float64(s%2)-0.5)
				want++
			}
			tr.States[3][0] = math.NaN() // a gap hides no neighbour
		}
		if f := look(t, d); !slices.Equal(f.Outliers, []int{want}) {
			t.Errorf("%s: got %v outliers, want %d", name, f.Outliers, want)
		}
	}
}
