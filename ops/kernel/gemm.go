package kernel

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

var blasImpl gonum.Implementation

// thin is the width below which gonum's inner loops, which run along the rows
// of C or along k, are too short to be fast.
const thin = 8

// Gemm computes C = αop(A)op(B) + βC with C of shape (m, n), op(A) (m, k) and
// op(B) (k, n), where op transposes if tA or tB is set. The scratch grows as
// needed and may be nil.
//
// Where the processor has kernels in assembly, the bits of an element of C
// depend on its row of op(A), its column of op(B) and tA alone: a row has the
// same in a batch of one and of a thousand.
//
// In the portable path large products are gonum's. It works along rows, so a
// product with a thin dimension is turned first such that its inner loop is
// the long one, and one that is tiny in all dimensions is done here.
func Gemm[T Float](tA, tB bool, m, n, k int, alpha T, a, b []T, beta T, c []T, scratch *[]T) {
	if s := activeSIMD[T](); s != nil && m > 0 && n > 0 && k > 0 {
		s.product(tA, tB, m, n, k, alpha, a, b, beta, c, scratch)
		return
	}
	switch {
	case m == 0 || n == 0:
	case n <= thin && k <= thin || k == 0:
		tinyGemm(tA, tB, m, n, k, alpha, a, b, beta, c)
	case n < thin && !tA && !tB: // dot products along k
		bt := transposed(scratch, k, n, b)
		gemm(false, true, m, n, k, alpha, a, bt, beta, c)
	case k < thin && !tA && tB: // axpy along n
		bt := transposed(scratch, n, k, b)
		gemm(false, false, m, n, k, alpha, a, bt, beta, c)
	case n < thin && tA && !tB: // Cᵀ = Bᵀ A, axpy along m
		ct := Grow(scratch, n*m)
		gemm(true, false, n, m, k, alpha, b, a, 0, ct)
		for i := range m {
			for j := range n {
				if beta == 0 {
					c[i*n+j] = ct[j*m+i]
				} else {
					c[i*n+j] = beta*c[i*n+j] + ct[j*m+i]
				}
			}
		}
	default:
		gemm(tA, tB, m, n, k, alpha, a, b, beta, c)
	}
}

// tinyGemm is Gemm where n and k are so small that a call costs more than the
// product.
func tinyGemm[T Float](tA, tB bool, m, n, k int, alpha T, a, b []T, beta T, c []T) {
	ai, ap := k, 1 // strides of op(A) along its rows and columns
	if tA {
		ai, ap = 1, m
	}
	bp, bj := n, 1
	if tB {
		bp, bj = 1, k
	}
	for i := range m {
		for j := range n {
			var s T
			for p := range k {
				s += a[i*ai+p*ap] * b[p*bp+j*bj]
			}
			if beta == 0 {
				c[i*n+j] = alpha * s
			} else {
				c[i*n+j] = beta*c[i*n+j] + alpha*s
			}
		}
	}
}

func gemm[T Float](tA, tB bool, m, n, k int, alpha T, a, b []T, beta T, c []T) {
	ta, tb := blas.NoTrans, blas.NoTrans
	lda, ldb := k, n
	if tA {
		ta, lda = blas.Trans, m
	}
	if tB {
		tb, ldb = blas.Trans, k
	}
	switch a := any(a).(type) {
	case []float64:
		blasImpl.Dgemm(ta, tb, m, n, k, float64(alpha), a, lda, any(b).([]float64), ldb, float64(beta), any(c).([]float64), n)
	case []float32:
		blasImpl.Sgemm(ta, tb, m, n, k, float32(alpha), a, lda, any(b).([]float32), ldb, float32(beta), any(c).([]float32), n)
	}
}

// transposed writes the transpose of the r×c matrix a to the scratch.
func transposed[T Float](scratch *[]T, r, c int, a []T) []T {
	t := Grow(scratch, r*c)
	TransposeTo(t, r, c, a)
	return t
}

// TransposeTo writes the transpose of the r×c matrix a to t.
func TransposeTo[T Float](t []T, r, c int, a []T) {
	for i := range r {
		for j, v := range a[i*c : i*c+c] {
			t[j*r+i] = v
		}
	}
}

// Grow returns a slice of n elements backed by *s, enlarging it if need be.
// Its content is undefined.
func Grow[T Float](s *[]T, n int) []T {
	if s == nil {
		return make([]T, n)
	}
	if cap(*s) < n {
		*s = make([]T, n)
	}
	return (*s)[:n]
}
