package funm

import (
	"math"
	"slices"

	lapack "gonum.org/v1/gonum/lapack/gonum"

	"spnode/ops/kernel"
)

var lapackImpl lapack.Implementation

// hessenberg solves (I − hA)x = r for a batch of rows with a step of its own for
// each, in float64, by
//
//	A = QHQᵀ,  (I − hA)⁻¹ = Q(I − hH)⁻¹Qᵀ,
//
// with Q orthogonal and H zero below its first subdiagonal. I − hH is factored for
// each row with partial pivoting, in n² operations where I − hA would take n³/3.
// A Schur form would save the factors, but is iterative, and has 2×2 blocks.
type hessenberg[T kernel.Float] struct {
	n         int
	of        []T       // the A of what follows
	q, h      []float64 // n×n
	tau, work []float64

	m       []float64 // factors of I − hH: U, and the multipliers in l
	l       []float64
	swapped []bool
	x, z    []float64
	tmp     []float64
}

// factor makes Q and H, unless A has not changed.
func (w *hessenberg[T]) factor(n int, a []T) {
	if slices.Equal(w.of, a) {
		return
	}
	w.n, w.of = n, append(w.of[:0], a...)
	w.h, w.q, w.m = kernel.Grow(&w.h, n*n), kernel.Grow(&w.q, n*n), kernel.Grow(&w.m, n*n)
	w.tau, w.work, w.l = kernel.Grow(&w.tau, max(1, n-1)), kernel.Grow(&w.work, n), kernel.Grow(&w.l, n)
	if len(w.swapped) < n {
		w.swapped = make([]bool, n)
	}
	for i, v := range a {
		w.h[i] = float64(v)
	}
	lapackImpl.Dgehrd(n, 0, n-1, w.h, n, w.tau[:n-1], w.work, n)
	copy(w.q, w.h)
	lapackImpl.Dorghr(n, 0, n-1, w.q, n, w.tau[:n-1], w.work, n)
}

// solveTo writes x, or with trans the solution of (I − hA)ᵀx = r, after factor. A
// row with h = 0 is copied.
func (w *hessenberg[T]) solveTo(x []T, h []float64, r []T, trans bool) (singular float64, ok bool) {
	n, rows := w.n, len(r)/w.n
	b, z := kernel.Grow(&w.x, rows*n), kernel.Grow(&w.z, rows*n)
	for i, v := range r {
		b[i] = float64(v)
	}
	kernel.Gemm(false, false, rows, n, n, 1, b, w.q, 0, z, &w.tmp)
	for i := range rows {
		if hi := h[i]; hi != 0 {
			if !w.shift(hi) {
				return hi, false
			}
			w.solve(z[i*n:(i+1)*n], trans)
		}
	}
	kernel.Gemm(false, true, rows, n, n, 1, z, w.q, 0, b, &w.tmp)
	for i := range rows {
		if h[i] == 0 {
			copy(x[i*n:(i+1)*n], r[i*n:])
			continue
		}
		for j, v := range b[i*n : (i+1)*n] {
			x[i*n+j] = T(v)
		}
	}
	return 0, true
}

// shift factors I − hH, and reports whether it is regular.
func (w *hessenberg[T]) shift(h float64) bool {
	n := w.n
	for i := range n {
		first := max(0, i-1)
		row, from := w.m[i*n+first:(i+1)*n], w.h[i*n+first:(i+1)*n]
		for j, v := range from {
			row[j] = -h * v
		}
		w.m[i*n+i]++
	}
	for k := 0; k+1 < n; k++ {
		upper, lower := w.m[k*n+k:(k+1)*n], w.m[(k+1)*n+k:(k+2)*n]
		w.swapped[k] = math.Abs(lower[0]) > math.Abs(upper[0])
		if w.swapped[k] {
			for j, v := range upper {
				upper[j], lower[j] = lower[j], v
			}
		}
		if upper[0] == 0 {
			return false
		}
		l := lower[0] / upper[0]
		w.l[k] = l
		upper, lower = upper[1:], lower[1:]
		for j, v := range upper {
			lower[j] -= l * v
		}
	}
	return w.m[n*n-1] != 0
}

// solve overwrites z with the solution for z, or for the transpose.
func (w *hessenberg[T]) solve(z []float64, trans bool) {
	n := w.n
	if trans { // Uᵀ, then the eliminations from the last to the first
		for k := range n {
			row := w.m[k*n+k : (k+1)*n]
			v := z[k] / row[0]
			z[k] = v
			rest := z[k+1:]
			for j, u := range row[1:] {
				rest[j] -= v * u
			}
		}
		for k := n - 2; k >= 0; k-- {
			z[k] -= w.l[k] * z[k+1]
			if w.swapped[k] {
				z[k], z[k+1] = z[k+1], z[k]
			}
		}
		return
	}
	for k := range n - 1 {
		if w.swapped[k] {
			z[k], z[k+1] = z[k+1], z[k]
		}
		z[k+1] -= w.l[k] * z[k]
	}
	for k := n - 1; k >= 0; k-- {
		row, rest := w.m[k*n+k:(k+1)*n], z[k+1:]
		s := z[k]
		for j, u := range row[1:] {
			s -= u * rest[j]
		}
		z[k] = s / row[0]
	}
}
