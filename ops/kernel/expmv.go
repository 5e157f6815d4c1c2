package kernel

import "math"

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
type Expmv[T Float] struct {
	Form Form

	n, p int
	tol  float64
	phi  *Phi[T]

	at, f, g, b, t []T // blocks hold a column for each row of the batch
	lam, beta, acc []T
	start, terms   []T
	tau, slope     []T
	d              [][]T
}

// Form is a way to evaluate the action of an exponential.
type Form int

// Cheaper is whichever of the two takes fewer operations.
const (
	Cheaper Form = iota
	MatrixFree
	Propagators
)

// NewExpmv returns work space for n×n matrices and p terms of the polynomial.
func NewExpmv[T Float](n, p int, tol float64) *Expmv[T] {
	return &Expmv[T]{n: n, p: p, tol: tol, phi: NewPhi[T](n, max(p, 1), tol)}
}

// step returns the step of row r: h has one element for all or one for each.
func step(h []float64, r int) float64 {
	if len(h) == 1 {
		return h[0]
	}
	return h[r]
}

// plan chooses for one block of rows: the Taylor degree and the number of
// substeps of the matrix-free form or, where that is cheaper, the propagators
// of Phi for the distinct steps of the block. With s substeps the first takes
// s·m products of n×n with n×rows, the second n of them for each product of
// two n×n matrices.
func (w *Expmv[T]) plan(a []T, h []float64, r0, rows int) (m int, s float64, dense bool) {
	norm, _ := Norm1(w.n, w.n, a)
	var top, products float64
	for r := r0; r < r0+rows; r++ {
		v := math.Abs(step(h, r))
		top = max(top, v)
		if r == r0 || v != math.Abs(step(h, r-1)) {
			products += float64(w.phi.products(norm * v))
		}
	}
	m, s = TaylorSteps(norm*top, w.tol)
	m += max(0, w.p-1) // as many terms for φ_p as for φ_1
	dense = products*float64(w.n) < s*float64(m)*float64(rows)
	if w.Form != Cheaper {
		dense = w.Form == Propagators
	}
	return m, s, dense
}

// ForwardTo writes y, of shape (rows, n) as u and every w are.
func (w *Expmv[T]) ForwardTo(y, a []T, h []float64, u []T, ws ...[]T) {
	rows := len(u) / w.n
	for r0 := 0; r0 < rows; r0 += blockRows {
		nr := min(blockRows, rows-r0)
		m, s, dense := w.plan(a, h, r0, nr)
		if dense {
			w.denseForward(y, a, h, u, ws, r0, nr)
			continue
		}
		w.load(&w.f, u, r0, nr)
		w.loadTau(h, s, r0, nr)
		for i := range int(s) {
			w.loadPolynomial(ws, i, r0, nr)
			w.substep(a, m, nr, nil)
		}
		w.store(y, w.f, r0, nr)
	}
}

// substep advances the block f by τ. If terms is nil it ends the series early;
// otherwise it keeps u and every b_k, k < m, there and takes all m terms.
func (w *Expmv[T]) substep(a []T, m, rows int, terms []T) {
	size := w.n * rows
	b, t := grow(&w.b, size), grow(&w.t, size)
	copy(b, w.f[:size])
	for k := 1; k <= m; k++ {
		if terms != nil {
			copy(terms[(k-1)*size:k*size], b)
		}
		w.apply(a, false, rows, b, t)
		for i := range w.n {
			ti := t[i*rows : (i+1)*rows]
			for c, tau := range w.tau[:rows] {
				ti[c] *= tau / T(k)
			}
			if k <= w.p {
				gi := w.g[((k-1)*w.n+i)*rows:][:rows]
				for c, tau := range w.tau[:rows] {
					ti[c] += T(math.Pow(float64(tau), float64(k))*invFactorial[k]) * gi[c]
				}
			}
			AxpyTo(w.f[i*rows:(i+1)*rows], 1, ti)
		}
		if terms == nil && k > w.p && w.converged(rows, b, t) {
			break
		}
		b, t = t, b
	}
	w.b, w.t = b, t
}

// converged reports whether in every column of the block the terms b and t
// are together below the tolerance of f.
func (w *Expmv[T]) converged(rows int, b, t []T) bool {
	for c := range rows {
		var nb, nt, nf T
		for i := c; i < w.n*rows; i += rows {
			nb, nt, nf = max(nb, abs(b[i])), max(nt, abs(t[i])), max(nf, abs(w.f[i]))
		}
		if !(float64(nb+nt) <= w.tol*float64(nf)) {
			return false
		}
	}
	return true
}

// BackwardTo is the adjoint of ForwardTo for p = 1: given lam, the gradient by
// y, it writes that by u to du and that by w_1 to dw, and adds that by A to da
// and that by h to dh, whose length is that of h.
//
// It is the exact adjoint of the polynomial of degree m, all terms of it: a
// series that ends early for a small u would give a wrong gradient by u.
// The gradient by h needs no polynomial, ∂y/∂h = e^{hA}(Au + w_1), and that by
// u is e^{hA}ᵀλ already.
func (w *Expmv[T]) BackwardTo(du, dw, da, dh []T, a []T, h []float64, u, w1, lam []T) {
	n, rows := w.n, len(u)/w.n
	ws := [][]T{w1}
	for r0 := 0; r0 < rows; r0 += blockRows {
		nr := min(blockRows, rows-r0)
		m, s, dense := w.plan(a, h, r0, nr)
		if dense {
			w.denseBackward(du, dw, da, a, h, u, w1, lam, r0, nr)
			continue
		}
		size := n * nr
		start := grow(&w.start, int(s)*size)
		w.load(&w.f, u, r0, nr)
		w.loadTau(h, s, r0, nr)
		w.loadPolynomial(ws, 0, r0, nr)
		for i := range int(s) {
			copy(start[i*size:], w.f[:size])
			if i+1 < int(s) {
				w.substep(a, m, nr, nil)
			}
		}
		w.load(&w.lam, lam, r0, nr)
		acc := grow(&w.acc, size)
		clear(acc)
		terms := grow(&w.terms, m*size)
		for i := int(s) - 1; i >= 0; i-- {
			copy(w.f, start[i*size:(i+1)*size])
			w.substep(a, m, nr, terms)
			w.adjointSubstep(a, m, nr, terms, acc, da)
		}
		w.store(du, w.lam, r0, nr)
		w.store(dw, acc, r0, nr)
	}
	slope := grow(&w.slope, n)
	for r := range rows {
		copy(slope, w1[r*n:(r+1)*n])
		Gemm(false, true, 1, n, n, 1, u[r*n:(r+1)*n], a, 1, slope, &w.at)
		dh[r%len(h)] += Dot(du[r*n:(r+1)*n], slope)
	}
}

// adjointSubstep takes lam back over one substep: with β_m = λ,
//
//	t_k = τ/k β_k,  dA += t_k b_{k−1}ᵀ,  β_{k−1} = λ + Aᵀt_k,
//
// where b_0 = u; at k = 1, t_1 is also the gradient by w_1 and β_0 the new λ.
func (w *Expmv[T]) adjointSubstep(a []T, m, rows int, terms, acc, da []T) {
	size := w.n * rows
	beta, t, b := grow(&w.beta, size), grow(&w.t, size), grow(&w.b, size)
	copy(beta, w.lam[:size])
	for k := m; k >= 1; k-- {
		for i := range w.n {
			ti, bi := t[i*rows:(i+1)*rows], beta[i*rows:(i+1)*rows]
			for c, tau := range w.tau[:rows] {
				ti[c] = tau / T(k) * bi[c]
			}
		}
		Gemm(false, true, w.n, w.n, rows, 1, t, terms[(k-1)*size:k*size], 1, da, &w.at)
		w.apply(a, true, rows, t, b)
		copy(beta, w.lam[:size])
		AxpyTo(beta, 1, b)
	}
	AxpyTo(acc, 1, t)
	copy(w.lam, beta)
}

// apply computes t = op(A)b for a block with a column for each row.
func (w *Expmv[T]) apply(a []T, trans bool, rows int, b, t []T) {
	Gemm(trans, false, w.n, rows, w.n, 1, a, b, 0, t[:w.n*rows], &w.at)
}

// load transposes rows r0 … r0+rows−1 of x into a block; store is its inverse.
func (w *Expmv[T]) load(block *[]T, x []T, r0, rows int) {
	d := grow(block, w.n*rows)
	*block = d
	for c := range rows {
		for i, v := range x[(r0+c)*w.n : (r0+c+1)*w.n] {
			d[i*rows+c] = v
		}
	}
}

func (w *Expmv[T]) store(x, block []T, r0, rows int) {
	for c := range rows {
		for i := range w.n {
			x[(r0+c)*w.n+i] = block[i*rows+c]
		}
	}
}

func (w *Expmv[T]) loadTau(h []float64, s float64, r0, rows int) {
	w.tau = grow(&w.tau, rows)
	for c := range rows {
		w.tau[c] = T(step(h, r0+c) / s)
	}
}

// loadPolynomial writes to the block g the derivatives of the polynomial
// w_1 + w_2τ + w_3τ²/2 + … at the start of substep i.
func (w *Expmv[T]) loadPolynomial(ws [][]T, i, r0, rows int) {
	if i > 0 && w.p <= 1 {
		return // constant
	}
	g := grow(&w.g, w.p*w.n*rows)
	w.g = g
	clear(g)
	for j := range w.p {
		for k := j; k < w.p; k++ {
			for c := range rows {
				at := T(math.Pow(float64(i)*float64(w.tau[c]), float64(k-j)) * invFactorial[k-j])
				for l, v := range ws[k][(r0+c)*w.n : (r0+c+1)*w.n] {
					g[(j*w.n+l)*rows+c] += at * v
				}
			}
		}
	}
}

// denseForward is the block by propagators.
func (w *Expmv[T]) denseForward(y, a []T, h []float64, u []T, ws [][]T, r0, rows int) {
	n := w.n
	for r := r0; r < r0+rows; r++ {
		hr := step(h, r)
		if r == r0 || hr != step(h, r-1) {
			w.phi.Forward(a, hr)
		}
		yr := y[r*n : (r+1)*n]
		Gemm(false, true, 1, n, n, 1, u[r*n:(r+1)*n], w.phi.E(), 0, yr, &w.at)
		for j := 1; j <= w.p; j++ {
			Gemm(false, true, 1, n, n, T(math.Pow(hr, float64(j-1))), ws[j-1][r*n:(r+1)*n], w.phi.P(j), 1, yr, &w.at)
		}
	}
}

func (w *Expmv[T]) denseBackward(du, dw, da, a []T, h []float64, u, w1, lam []T, r0, rows int) {
	n := w.n
	if w.d == nil {
		w.d = [][]T{make([]T, n*n), make([]T, n*n)}
	}
	for r := r0; r < r0+rows; {
		hr := step(h, r)
		end := r + 1
		for end < r0+rows && step(h, end) == hr {
			end++
		}
		k, lo, hi := end-r, r*n, end*n
		w.phi.Forward(a, hr)
		Gemm(false, false, k, n, n, 1, lam[lo:hi], w.phi.E(), 0, du[lo:hi], &w.at)
		Gemm(false, false, k, n, n, 1, lam[lo:hi], w.phi.P(1), 0, dw[lo:hi], &w.at)
		Gemm(true, false, n, n, k, 1, lam[lo:hi], u[lo:hi], 0, w.d[0], &w.at)
		Gemm(true, false, n, n, k, 1, lam[lo:hi], w1[lo:hi], 0, w.d[1], &w.at)
		w.phi.Backward(da, w.d)
		r = end
	}
}

func abs[T Float](x T) T {
	if x < 0 {
		return -x
	}
	return x
}
