package stability

import (
	"math"
	"math/cmplx"
	"testing"
)

// phi are φ_1, φ_2 and φ_3, by their series or the recurrence, each where it is exact to
// rounding for what is wanted here.
func phi(z complex128) (p [4]complex128) {
	if cmplx.Abs(z) > 2 {
		p[1] = (cmplx.Exp(z) - 1) / z
		p[2] = (p[1] - 1) / z
		p[3] = (p[2] - 0.5) / z
		return p
	}
	factorial := 1.
	for k := 1; k <= 3; k++ {
		factorial *= float64(k)
		term := complex(1/factorial, 0)
		p[k] = term
		for j := 1; j < 30; j++ {
			term *= z / complex(float64(k+j), 0)
			p[k] += term
		}
	}
	return p
}

// The factors of boundRadius, from their definition: the largest modulus in a half-plane
// is on its edge.
func TestBoundFactors(t *testing.T) {
	for _, m := range []struct {
		name    string
		weights func(p [4]complex128) []complex128
		want    float64
	}{
		{"etd1", func(p [4]complex128) []complex128 { return []complex128{p[1]} }, 1},
		{"etd2rk", func(p [4]complex128) []complex128 { return []complex128{p[1] - p[2], p[2]} }, 1},
		{"etdrk4", func(p [4]complex128) []complex128 {
			return []complex128{p[1] - 3*p[2] + 4*p[3], 2 * (2*p[2] - 4*p[3]), 4*p[3] - p[2]} // the middle one twice
		}, ETDRK4Factor},
	} {
		var c float64
		for x := 1e-4; x < 1e3; x *= 1.03 {
			var largest [3]float64
			for y := 0.; y < 1e4; y = max(y+0.05, 1.02*y) {
				for i, v := range m.weights(phi(complex(-x, y))) {
					largest[i] = max(largest[i], cmplx.Abs(v))
				}
			}
			c = max(c, x*(largest[0]+largest[1]+largest[2])/-math.Expm1(-x))
		}
		// A grid's largest value is below the largest by some 1e-3.
		if c > m.want+1e-12 || c < m.want-2e-3 {
			t.Errorf("%s: factor is %v, want %v", m.name, c, m.want)
		}
	}
}
