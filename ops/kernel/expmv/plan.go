package expmv

import (
	"math"

	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
)

// Operator is a matrix by its products alone.
type Operator[T kernel.Float] interface {
	// MulTo writes Ab to a row of t for each of the rows b.
	MulTo(t, b []T, rows int)
}

// fullOperator is a matrix by all its elements, set by Pack.
type fullOperator[T kernel.Float] struct {
	n   int
	a   []T
	at  kernel.Packed[T]
	tmp []T
}

func (o *fullOperator[T]) Pack(n int, a []T) {
	o.n, o.a = n, a
	o.at.Pack(true, n, n, a)
}

func (o *fullOperator[T]) MulTo(t, b []T, rows int) {
	if !kernel.SmallGemm(false, true, rows, o.n, b, o.a, 0, t) {
		o.at.Gemm(rows, 1, b, 0, t, &o.tmp)
	}
}

// linear is A = μI + B as Expmv applies it. What allows higher degrees, see
// MaxCentredDegree, is that p is 0 and the eigenvalues of B have the mean 0.
type linear[T kernel.Float] struct {
	b       Operator[T]
	norm    float64 // ‖B‖₁, or a bound
	normA   float64 // ‖A‖₁
	mu      float64
	centred bool
	a       []T        // A in full, or nil
	sparse  *Sparse[T] // A, or nil
	cost    float64    // of a product with a row
}

// full returns what there is to know of A, by all its elements, for the steps h.
func (w *Expmv[T]) full(a []T, h []float64) linear[T] {
	n := w.n
	norm, mu, centred := w.norms(a)
	l := linear[T]{b: &w.at, norm: norm, normA: norm, a: a, cost: rowCost * float64(n*n)}
	if w.centres(norm, centred, h) {
		b := kernel.Grow(&w.whole, n*n)
		copy(b, a)
		for i := range n {
			b[i*n+i] -= T(mu)
		}
		l.norm, l.mu, l.centred = centred, float64(T(mu)), true
		a = b
	}
	w.at.Pack(n, a)
	return l
}

// norms returns ‖A‖₁, μ = tr A/n and ‖A − μI‖₁.
func (w *Expmv[T]) norms(a []T) (norm, mu, centred float64) {
	n := w.n
	sums := kernel.Grow(&w.sums, n)
	clear(sums)
	for i := range n {
		row := a[i*n : (i+1)*n]
		for j, v := range row {
			sums[j] += math.Abs(float64(v))
		}
		mu += float64(row[i]) / float64(n)
	}
	norm, centred = columnNorms(sums, func(i int) float64 { return float64(a[i*n+i]) }, mu)
	return norm, mu, centred
}

// sparse is full for a sparse A.
func (w *Expmv[T]) sparse(a *Sparse[T], h []float64) linear[T] {
	w.shifted = shifted[T]{a, 0}
	l := linear[T]{b: &w.shifted, norm: a.norm, normA: a.norm, sparse: a,
		cost: sparseCost * float64(w.n+len(a.val))}
	if w.centres(a.norm, a.centred, h) {
		w.shifted.mu = T(a.mu)
		l.norm, l.mu, l.centred = a.centred, float64(w.shifted.mu), true
	}
	return l
}

// centres reports whether the series of A − μI takes fewer products than that
// of A.
func (w *Expmv[T]) centres(norm, centred float64, h []float64) bool {
	if w.p > 0 {
		return false
	}
	var top float64
	for _, v := range h {
		top = max(top, math.Abs(v))
	}
	m, s := funm.TaylorSteps(norm*top, w.tol, funm.MaxDegree)
	mc, sc := funm.TaylorSteps(centred*top, w.tol, funm.MaxCentredDegree)
	return float64(mc)*sc < float64(m)*s
}

// What the forms take, in nanoseconds on one core with AVX2. Only the ratios
// matter, and those little: a choice by them is seldom more than half slower
// than the other.
const (
	matrixCall = 250  // for each product in Phi,
	matrixTerm = 0.5  // n² times for what is beside it,
	matrixCost = 0.06 // and n³ times
	seriesCall = 50   // for each term of the series,
	rowCall    = 20   // each row in it,
	rowTerm    = 1    // n times for what is beside its product,
	rowCost    = 0.05 // and n² times
	sparseCost = 0.8  // or so for each non-zero
)

// MaxSubsteps bounds the work of the matrix-free form: it allows for ‖hA‖ = 1e6
// to roundoff, with some twenty products of A and a row for each substep.
// Where there is A in full, propagators take over long before.
const MaxSubsteps = 1 << 20

// plan chooses for one block of rows: the Taylor degree and the number of
// substeps of the matrix-free form or, where that is cheaper, the propagators
// of Phi for the distinct steps of the block. With s substeps the first takes
// s·m products with the rows, the second a few for the polynomial and one or
// more for each of log₂‖hA‖ doublings, but of matrices.
func (w *Expmv[T]) plan(l linear[T], h []float64, r0, rows int) (m int, s float64, formed bool) {
	var top, products float64
	for r := r0; r < r0+rows; r = sameStep(h, r, r0+rows) {
		v := math.Abs(funm.Step(h, r))
		top = max(top, v)
		products += float64(w.phi.Products(l.normA * v))
	}
	degree := funm.MaxDegree
	if l.centred {
		degree = funm.MaxCentredDegree
	}
	m, s = funm.TaylorSteps(l.norm*top, w.tol, degree)
	m += max(0, w.p-1) // as many terms for φ_p as for φ_1
	switch {
	case w.form == matrixFree || l.a == nil && (l.sparse == nil || w.n > maxFull):
		return m, s, false
	case w.form == propagators || s > MaxSubsteps:
		return m, s, true
	}
	n := float64(w.n)
	free := s * float64(m) * (seriesCall + float64(rows)*(rowCall+rowTerm*n+l.cost))
	return m, s, products*(matrixCall+(matrixTerm+matrixCost*n)*n*n) < free
}

// maxFull is the size to which a sparse matrix is written in full for Phi: ten
// matrices of it are 640 MiB.
const maxFull = 2896

// matrix returns A as a full matrix.
func (w *Expmv[T]) matrix(l linear[T]) []T {
	if l.a != nil {
		return l.a
	}
	a := kernel.Grow(&w.whole, w.n*w.n)
	l.sparse.fullTo(a)
	return a
}
