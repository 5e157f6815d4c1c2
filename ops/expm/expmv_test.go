package expm

import (
	"math"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// What has no exponential in floating point is refused, not guessed.
func TestExpmvRefuses(t *testing.T) {
	one := mat.NewDense(1, 1, []float64{1})
	for name, c := range map[string]struct {
		a, u mat.Matrix
		t    float64
		want error
	}{
		"‖tA‖ overflows": {mat.NewDense(1, 1, []float64{-1e308}), one, 10, ErrNotFinite},
		"‖A‖₁ overflows": {mat.NewDense(2, 2, []float64{-1e308, 0, 1e308, -1e308}), mat.NewDense(1, 2, nil), 1, ErrNotFinite},
		"NaN":            {mat.NewDense(1, 1, []float64{math.NaN()}), one, 1, ErrNotFinite},
		"t":              {one, one, math.Inf(1), ErrNotFinite},
		"not square":     {mat.NewDense(1, 2, nil), one, 1, ErrShape},
		"u":              {one, mat.NewDense(1, 2, nil), 1, ErrShape},
	} {
		t.Run(name, func(t *testing.T) {
			var y mat.Dense
			if err := ExpmvTo(&y, c.a, c.t, c.u, 0); !errors.Is(err, c.want) {
				t.Errorf("ExpmvTo: got %v, want %v", err, c.want)
			}
			if _, err := Phi(c.a, c.t, 1, 0); name != "u" && !errors.Is(err, c.want) {
				t.Errorf("Phi: got %v, want %v", err, c.want)
			}
		})
	}
	// The largest that there is: it decays to nothing.
	var y mat.Dense
	if err := ExpmvTo(&y, mat.NewDense(1, 1, []float64{-1e308}), 1, one, 0); err != nil || y.At(0, 0) != 0 {
		t.Errorf("e^(−1e308) is %v, error %v, want 0", y.At(0, 0), err)
	}
}
