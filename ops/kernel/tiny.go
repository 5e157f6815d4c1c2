package kernel

import "math"

// tinyProduct is how many multiplications cost less than to prepare for
// assembly.
const tinyProduct = 40

// tiny is Gemm for float64 by the fused multiply-adds of Go, in the order of
// assembly and so with its bits. Go has none for float32, for which it reports
// false.
func tiny[T Float](tA, tB bool, m, n, k int, alpha T, a, b []T, beta T, c []T) bool {
	x, ok := any(a).([]float64)
	if !ok {
		return false
	}
	t := strided{m, n, k, k, 1, n, 1}
	if tA {
		t.rs, t.ps = 1, m
	}
	if tB {
		t.qs, t.cs = 1, k
	}
	t.product(float64(alpha), x, any(b).([]float64), float64(beta), any(c).([]float64))
	return true
}

// strided is a product of shape (m, n, k) where elements of op(A) are rs and ps
// apart, those of op(B) qs and cs, along columns and along rows.
type strided struct{ m, n, k, rs, ps, qs, cs int }

func (t *strided) product(alpha float64, a, b []float64, beta float64, c []float64) {
	switch {
	case t.n == 2 && t.k == 2:
		t.product2(alpha, a, b, beta, c)
		return
	case t.n == 3 && t.k == 3:
		t.product3(alpha, a, b, beta, c)
		return
	}
	for i := range t.m {
		for j := range t.n {
			var s float64
			for p := range t.k {
				s = math.FMA(a[i*t.rs+p*t.ps], b[p*t.qs+j*t.cs], s)
			}
			finish(&c[i*t.n+j], alpha*s, beta)
		}
	}
}

// product2 is product for 2×2 matrices op(B).
func (t *strided) product2(alpha float64, a, b []float64, beta float64, c []float64) {
	b00, b01, b10, b11 := b[0], b[t.cs], b[t.qs], b[t.qs+t.cs]
	for i := range t.m {
		x, y, to := a[i*t.rs], a[i*t.rs+t.ps], c[2*i:2*i+2]
		finish(&to[0], alpha*math.FMA(y, b10, math.FMA(x, b00, 0)), beta)
		finish(&to[1], alpha*math.FMA(y, b11, math.FMA(x, b01, 0)), beta)
	}
}

// product3 is product for 3×3 matrices op(B).
func (t *strided) product3(alpha float64, a, b []float64, beta float64, c []float64) {
	b00, b01, b02 := b[0], b[t.cs], b[2*t.cs]
	b10, b11, b12 := b[t.qs], b[t.qs+t.cs], b[t.qs+2*t.cs]
	b20, b21, b22 := b[2*t.qs], b[2*t.qs+t.cs], b[2*t.qs+2*t.cs]
	for i := range t.m {
		x, y, z, to := a[i*t.rs], a[i*t.rs+t.ps], a[i*t.rs+2*t.ps], c[3*i:3*i+3]
		finish(&to[0], alpha*math.FMA(z, b20, math.FMA(y, b10, math.FMA(x, b00, 0))), beta)
		finish(&to[1], alpha*math.FMA(z, b21, math.FMA(y, b11, math.FMA(x, b01, 0))), beta)
		finish(&to[2], alpha*math.FMA(z, b22, math.FMA(y, b12, math.FMA(x, b02, 0))), beta)
	}
}

// finish sets c to s + βc.
func finish(c *float64, s, beta float64) {
	if beta != 0 {
		s = math.FMA(beta, *c, s)
	}
	*c = s
}
