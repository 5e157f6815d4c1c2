package funm

import (
	"math"

	"spnode/ops/kernel"
)

// StepGrad returns the gradient by h of a function whose gradients by E and
// P_1, …, P_p are d[0], …, d[p], for the last Forward. It needs no
// polynomial: dE/dh = AE and, with z = hA, dP_j/dh = φ_{j−1}(z) + (1−j)φ_j(z).
func (w *Phi[T]) StepGrad(d [][]T) (dh float64) {
	if w.ae == nil {
		w.ae = w.matrices.get()
		w.mul(false, w.n, w.a, w.e, 0, w.ae)
	}
	dh = dot64(d[0], w.ae)
	for j := 1; j <= w.p; j++ {
		dh += w.dotPhi(d[j], j-1) + float64(1-j)*w.dotPhi(d[j], j)
	}
	return dh
}

// Backward adds to da the gradient by A of a function whose gradients by E and
// P_1, …, P_p are d[0], …, d[p], for the last Forward.
// Where the norm is small the polynomial is made again with one more term, see
// GradientDegree.
func (w *Phi[T]) Backward(da []T, d [][]T) {
	nn := w.n * w.n
	matrices, stacks, m := w.matrices.used, w.stacks.used, w.m
	if w.m = GradientDegree(m); w.m > m {
		w.polynomial(w.a, math.Ldexp(w.h, -w.q))
	}
	ds, next := w.stacks.get(), w.stacks.get()
	for j, dj := range d {
		copy(ds[j*nn:], dj[:nn])
	}
	for i := w.q - 1; i >= 0; i-- {
		w.doubleBackward(next, ds, w.s[i], w.rows[i], w.identity(i))
		ds, next = next, ds
	}
	w.polynomialBackward(da, ds)
	w.matrices.used, w.stacks.used, w.m = matrices, stacks, m
}

// doubleBackward writes the gradient by s to ds, given dd, that by the doubled
// s, which it overwrites.
func (w *Phi[T]) doubleBackward(ds, dd, s []T, rows int, c T) {
	nn := w.n * w.n
	w.halve(dd)
	beta := w.linear(ds, dd, c, true)
	if rows > 0 {
		w.mul(true, rows, dd, s[:nn], beta, ds)
		w.cross(rows, s, dd, 1, ds[:nn])
	}
}

// dotPhi returns ⟨d, φ_j(hA)⟩.
func (w *Phi[T]) dotPhi(d []T, j int) float64 {
	switch {
	case j == 0:
		return dot64(d, w.e)
	case w.h != 0:
		return dot64(d, w.P(j)) / w.h
	}
	var tr float64
	for i := range w.n {
		tr += float64(d[i*w.n+i])
	}
	return tr * InvFactorial[j]
}

func dot64[T kernel.Float](x, y []T) float64 {
	var s float64
	for i, v := range x {
		s += float64(v) * float64(y[i])
	}
	return s
}
