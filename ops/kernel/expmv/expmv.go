package expmv

import (
	"math"

	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
)

// blockRows is how many rows of a batch Expmv advances together: with 20
// components and degree 18, what it recomputes then stays in cache.
const blockRows = 64

// Expmv evaluates, for a batch of rows and a step h for each of them,
//
//	y = e^{hA}u + Σ_{j=1}^{p} h^j φ_j(hA) w_j,
//
// eq. (15), which is eq. (17) for p = 1, by the action of one exponential of
// the augmented matrix that is never formed. A substep of length τ adds
//
//	b_1 = τ(Au + w_1),  b_k = τ/k Ab_{k−1} + τ^k/k! w_k,  u ← u + Σ b_k,
//
// eq. (19), since the rows of the augmented matrix below A only differentiate
// the polynomial w_1 + w_2τ + w_3τ²/2 + … . The series ends early once two
// terms in a row no longer matter to any row of the block.
//
// For p = 0 it is the series of B = A − μI, with the mean of the eigenvalues
// for μ, where that takes fewer products; a substep then ends with u ← e^{μτ}u.
type Expmv[T kernel.Float] struct {
	form form // the zero value but in tests

	n, p int
	tol  float64
	phi  *funm.Phi[T]

	at      fullOperator[T]
	shifted shifted[T]
	a       kernel.Packed[T] // as it is: the rows λᵀA are those of Aᵀλ
	whole   []T              // A − μI, or a sparse A in full
	sums    []float64

	tau    []T // of each row of a block
	g      [][]T
	poly   []T // what of g is not a w itself
	b, t   []T // two terms of the series
	denial denial

	f, start, terms, slope []T // for the adjoint
	beta, dTerms           []T
	d                      [][]T
	tmp                    []T
}

// form is a way to evaluate the action of an exponential.
type form int

const (
	cheaper form = iota // whichever of the two takes less time
	matrixFree
	propagators
)

// New returns work space for n×n matrices and p terms of the polynomial.
func New[T kernel.Float](n, p int, tol float64) *Expmv[T] {
	return &Expmv[T]{n: n, p: p, tol: tol, phi: funm.NewPhi[T](n, p, tol)}
}

// ForwardTo writes y, of shape (rows, n) as u and every w are. It overlaps none
// of them.
func (w *Expmv[T]) ForwardTo(y, a []T, h []float64, u []T, ws ...[]T) {
	w.forward(y, w.full(a, h), h, u, ws)
}

// ForwardSparseTo is ForwardTo for a sparse A. It reports whether that takes no
// more than MaxSubsteps; otherwise y is left unfinished.
func (w *Expmv[T]) ForwardSparseTo(y []T, a *Sparse[T], h []float64, u []T, ws ...[]T) (ok bool) {
	return w.forward(y, w.sparse(a, h), h, u, ws)
}

// ForwardOperatorTo is ForwardSparseTo in the matrix-free form for an A with
// ‖A‖₁ ≤ norm.
func (w *Expmv[T]) ForwardOperatorTo(y []T, a Operator[T], norm float64, h []float64, u []T, ws ...[]T) (ok bool) {
	return w.forward(y, linear[T]{b: a, norm: norm, normA: norm}, h, u, ws)
}

func (w *Expmv[T]) forward(y []T, l linear[T], h []float64, u []T, ws [][]T) (ok bool) {
	n, rows := w.n, len(u)/w.n
	for r0 := 0; r0 < rows; r0 += blockRows {
		nr := min(blockRows, rows-r0)
		m, s, formed := w.plan(l, h, r0, nr)
		if formed {
			w.formedForward(y, w.matrix(l), h, u, ws, r0, nr)
			continue
		}
		if s > MaxSubsteps {
			return false
		}
		f := y[r0*n : (r0+nr)*n]
		copy(f, u[r0*n:])
		w.loadTau(h, s, r0, nr)
		for i := range int(s) {
			w.loadPolynomial(ws, i, r0, nr)
			w.substep(f, l, m, nr, nil)
		}
	}
	return true
}

// substep advances the block f by τ. If terms is nil it ends the series early;
// otherwise it keeps u and every b_k, k < m, there and takes all m terms.
func (w *Expmv[T]) substep(f []T, l linear[T], m, rows int, terms []T) {
	n := w.n
	b, t := kernel.Grow(&w.b, n*rows), kernel.Grow(&w.t, n*rows)
	copy(b, f)
	w.denial = denial{size: math.Inf(1), bound: math.Inf(1)}
	for k := 1; k <= m; k++ {
		if terms != nil {
			copy(terms[(k-1)*n*rows:], b)
		}
		l.b.MulTo(t, b, rows)
		if k <= w.p {
			w.addPolynomial(t, k, rows)
		}
		for r, tau := range w.tau[:rows] {
			kernel.Scale(tau/T(k), t[r*n:(r+1)*n])
		}
		kernel.AxpyTo(f, 1, t)
		if terms == nil && k > w.p && w.converged(f, b, t) {
			break
		}
		b, t = t, b
	}
	if l.mu != 0 {
		for r, tau := range w.tau[:rows] {
			kernel.Scale(T(math.Exp(l.mu*float64(tau))), f[r*n:(r+1)*n])
		}
	}
}

// addPolynomial adds τ^{k−1}/(k−1)! times the derivative k−1 of the
// polynomial.
func (w *Expmv[T]) addPolynomial(t []T, k, rows int) {
	g := w.g[k-1]
	if k == 1 {
		kernel.AxpyTo(t, 1, g)
		return
	}
	for r, tau := range w.tau[:rows] {
		c := T(math.Pow(float64(tau), float64(k-1)) * funm.InvFactorial[k-1])
		kernel.AxpyTo(t[r*w.n:(r+1)*w.n], c, g[r*w.n:(r+1)*w.n])
	}
}

// denial is the row of a block in which the last terms still mattered.
type denial struct {
	row   int
	size  float64 // ‖b_k‖_∞ in it, of the last term,
	bound float64 // and a bound of ‖u‖_∞
}

// converged reports whether in every row of the block the terms b and t are
// together below the tolerance of f. It first looks at the row that denied it
// for the last term, which mostly does so again.
func (w *Expmv[T]) converged(f, b, t []T) bool {
	n, rows, d := w.n, len(f)/w.n, &w.denial
	for i := range rows {
		r := (d.row + i) % rows
		row := func(x []T) float64 { return maxAbs(x[r*n : (r+1)*n]) }
		size := row(t)
		both := size + d.size
		d.bound += size
		if i > 0 {
			both = size + row(b)
			d.bound = math.Inf(1)
		}
		if both <= w.tol*d.bound {
			d.bound = row(f)
		}
		if !(both <= w.tol*d.bound) {
			d.row, d.size = r, size
			return false
		}
	}
	return true
}

// maxAbs returns ‖x‖_∞ of what is not NaN.
func maxAbs[T kernel.Float](x []T) float64 {
	var top T
	for _, v := range x {
		if v := T(math.Abs(float64(v))); v > top { // faster than max
			top = v
		}
	}
	return float64(top)
}

func (w *Expmv[T]) loadTau(h []float64, s float64, r0, rows int) {
	w.tau = kernel.Grow(&w.tau, rows)
	for c := range rows {
		w.tau[c] = T(funm.Step(h, r0+c) / s)
	}
}

// loadPolynomial makes g the derivatives of the polynomial
// w_1 + w_2τ + w_3τ²/2 + … at the start of substep i.
func (w *Expmv[T]) loadPolynomial(ws [][]T, i, r0, rows int) {
	n, size := w.n, w.n*rows
	w.g = w.g[:0]
	poly := kernel.Grow(&w.poly, w.p*size)
	for j := range w.p {
		wj := ws[j][r0*n : r0*n+size]
		if i == 0 || j == w.p-1 { // w_{j+1} itself
			w.g = append(w.g, wj)
			continue
		}
		g := poly[j*size : (j+1)*size]
		copy(g, wj)
		for k := j + 1; k < w.p; k++ {
			for r, tau := range w.tau[:rows] {
				at := T(math.Pow(float64(i)*float64(tau), float64(k-j)) * funm.InvFactorial[k-j])
				kernel.AxpyTo(g[r*n:(r+1)*n], at, ws[k][(r0+r)*n:(r0+r+1)*n])
			}
		}
		w.g = append(w.g, g)
	}
}

// formedForward is the block by propagators.
func (w *Expmv[T]) formedForward(y, a []T, h []float64, u []T, ws [][]T, r0, rows int) {
	n := w.n
	for r := r0; r < r0+rows; {
		hr, end := funm.Step(h, r), sameStep(h, r, r0+rows)
		k, lo, hi := end-r, r*n, end*n
		w.phi.ForwardOnly(a, hr)
		kernel.Gemm(false, true, k, n, n, 1, u[lo:hi], w.phi.E(), 0, y[lo:hi], &w.tmp)
		for j := 1; j <= w.p; j++ {
			kernel.Gemm(false, true, k, n, n, T(math.Pow(hr, float64(j-1))), ws[j-1][lo:hi], w.phi.P(j), 1, y[lo:hi], &w.tmp)
		}
		r = end
	}
}

// sameStep returns the end of the rows r, r+1, … below end that have the step
// of row r.
func sameStep(h []float64, r, end int) int {
	if len(h) == 1 {
		return end
	}
	k := r + 1
	for k < end && h[k] == h[r] {
		k++
	}
	return k
}
