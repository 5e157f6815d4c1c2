package funm

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"spnode/ops/kernel"
)

// Shifted solves (I − hA)x = r for a batch of rows r, with a step h for all, for
// which I − hA is factored, or one for each, by the Hessenberg form of A, in
// float64.
type Shifted[T kernel.Float] struct {
	n     int
	own   hessenberg[T]
	lu    blas64.General
	pivot []int
	x     []float64
	ax    []T
	hd    []T
	tmp   []T
}

// NewShifted returns work space for n×n matrices.
func NewShifted[T kernel.Float](n int) *Shifted[T] {
	return &Shifted[T]{
		n:     n,
		lu:    blas64.General{Rows: n, Cols: n, Stride: n, Data: make([]float64, n*n)},
		pivot: make([]int, n),
		x:     make([]float64, n),
	}
}

// SolveTo writes x, or with trans the solution of (I − hA)ᵀx = r. It reports
// the first step for which the matrix is singular.
func (w *Shifted[T]) SolveTo(x, a []T, h []float64, r []T, trans bool) (singular float64, ok bool) {
	n := w.n
	if len(h) > 1 {
		w.own.factor(n, a)
		return w.own.solveTo(x, h, r, trans)
	}
	t := blas.NoTrans
	if trans {
		t = blas.Trans
	}
	for j, v := range a {
		w.lu.Data[j] = -h[0] * float64(v)
	}
	for j := range n {
		w.lu.Data[j*n+j]++
	}
	if !lapack64.Getrf(w.lu, w.pivot) {
		return h[0], false
	}
	for i := 0; i < len(r)/n; i++ {
		for j := range n {
			w.x[j] = float64(r[i*n+j])
		}
		lapack64.Getrs(t, w.lu, blas64.General{Rows: n, Cols: 1, Stride: 1, Data: w.x}, w.pivot)
		for j := range n {
			x[i*n+j] = T(w.x[j])
		}
	}
	return 0, true
}

// Backward writes the gradient by r to dr and adds that by A to da and that
// by h to dh, whose length is that of h, given the solution x and dx:
//
//	dr = (I − hA)^{−T}dx,  dA += h dr xᵀ,  dh += drᵀ(Ax).
func (w *Shifted[T]) Backward(dr, da, dh []T, a []T, h []float64, x, dx []T) (singular float64, ok bool) {
	if singular, ok = w.SolveTo(dr, a, h, dx, true); !ok {
		return singular, false
	}
	n := w.n
	rows := len(x) / n
	ax := kernel.Grow(&w.ax, rows*n)
	kernel.Gemm(false, true, rows, n, n, 1, x, a, 0, ax, &w.tmp)
	if len(h) > 1 {
		hd := kernel.Grow(&w.hd, rows*n)
		for r, hr := range h {
			dh[r] += kernel.Dot(dr[r*n:(r+1)*n], ax[r*n:(r+1)*n])
			for i, v := range dr[r*n : (r+1)*n] {
				hd[r*n+i] = T(hr) * v
			}
		}
		kernel.Gemm(true, false, n, n, rows, 1, hd, x, 1, da, &w.tmp)
		return 0, true
	}
	for r := range rows {
		hr := T(h[0])
		for i, v := range dr[r*n : (r+1)*n] {
			kernel.AxpyTo(da[i*n:(i+1)*n], hr*v, x[r*n:(r+1)*n])
			dh[0] += v * ax[r*n+i]
		}
	}
	return 0, true
}
