package latent

import (
	"math"
	"testing"
)

func TestTransformInverse(t *testing.T) {
	for _, c := range []struct {
		f  Transform
		at []float64
	}{
		{Transform{}, []float64{-3, 0, 1e300}},
		{Transform{Kind: "log"}, []float64{1e-300, 1e-9, 1, 1e300}},
		{Transform{Kind: "logit"}, []float64{1e-300, 1e-9, 0.5, 1 - 0x1p-53}},
		{Transform{Kind: "logit", Low: -2, High: 6}, []float64{-2 + 1e-9, 0, 2, 6 - 1e-9}},
	} {
		low, high := c.f.bounds()
		for _, u := range c.at {
			x := c.f.Apply(u)
			// An error of 2⁻⁵³ of x is one of |x| 2⁻⁵³ of e^x, and x is up to 691 here.
			// Near a bound other than 0 that of u itself counts.
			tol := 1e-13*math.Min(math.Abs(u), math.Abs(high-u)) + 2e-16*math.Abs(u)
			if c.f.Kind == "log" {
				tol = 1e-13 * u
			}
			if c.f.identity() {
				tol = 0
			}
			if got := c.f.Undo(x); math.Abs(got-u) > tol {
				t.Errorf("%+v: got %v back, want %v", c.f, got, u)
			}
		}
		if c.f.Kind == "logit" {
			for _, x := range []float64{-1e300, -800, -40, 0, 40, 800, 1e300} {
				if u := c.f.Undo(x); !(u >= low && u <= high) {
					t.Errorf("%+v: got %v for %v, want %v … %v", c.f, u, x, low, high)
				}
			}
		}
	}
}
