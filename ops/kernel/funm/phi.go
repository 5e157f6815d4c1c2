package funm

import (
	"math"

	"spnode/ops/kernel"
)

// Phi evaluates, for one matrix A of n×n and one step h,
//
//	E = e^{hA}  and  P_j = h φ_j(hA),  j = 1, …, p,
//
// and carries gradients back through them.
//
// With z = hA/2^q, the polynomial is the Taylor polynomial of degree m of
// φ_p(z) (of φ_1 if p is 0), see theta, by the scheme of Paterson and
// Stockmeyer (SIAM J. Comput. 2 (1973)): about 2√m products of matrices where
// Horner's takes m. Down from it go φ_l = I/l! + zφ_{l+1} and F = E − I = zφ_1,
// and from there q doublings,
//
//	F ← 2F + F²,   P_k ← 2^{1−k} (P_k + P_kF + Σ_{j≤k} P_j/(k−j)!).
//
// Doubling F and not E is what keeps a slow mode beside a fast one: its
// eigenvalue of E is 1 + 10⁻⁹ after the scaling and has lost nine digits,
// that of F has lost none. Once every mode has decayed, ‖E‖₁ < 1/2, it is E
// that holds the digits, and E ← E² from there on. The recurrence
// φ_{l+1} = (φ_l − 1/l!)/z, which cancels, is never used.
//
// F and P_1 … P_p lie one below the other, since a doubling multiplies them
// all by F: it is one product, and its adjoint two.
type Phi[T kernel.Float] struct {
	n, p int
	tol  float64

	a       []T
	h       float64
	m, q    int // degree and doublings
	size    int // of a block of terms
	decayed int

	z    [][]T // z[j] = (hA/2^q)^j, j = 1, …, size
	x    [][]T // x[i] = φ_top(z) from block i of its terms upwards, over z^{i·size}
	c    [][]T // c[l] = φ_l(z), l = 1, …, top
	s    [][]T // s[i] = F, P_1, …, P_p after i doublings, with E for F from the doubling decayed on
	rows []int // of s[i] that a doubling multiplies by F
	e    []T
	ae   []T // AE, made by StepGrad
	dz   [][]T

	matrices, stacks pool[T]
	tmp              []T
}

// NewPhi returns work space for n×n matrices and φ_1 … φ_p, p ≥ 0, evaluated
// to the relative tolerance tol.
func NewPhi[T kernel.Float](n, p int, tol float64) *Phi[T] {
	return &Phi[T]{n: n, p: p, tol: tol,
		matrices: pool[T]{size: n * n, chunk: 8},
		stacks:   pool[T]{size: (1 + p) * n * n, chunk: 1},
	}
}

// pool hands out slices of one size and undefined content, all of which it
// takes back at once.
type pool[T kernel.Float] struct {
	size, chunk, used int
	free              [][]T
}

func (p *pool[T]) get() []T {
	if p.used == len(p.free) {
		mem := make([]T, p.chunk*p.size)
		for ; len(mem) > 0; mem = mem[p.size:] {
			p.free = append(p.free, mem[:p.size:p.size])
		}
	}
	p.used++
	return p.free[p.used-1]
}

// top is the l of the φ_l that the polynomial evaluates.
func (w *Phi[T]) top() int { return max(w.p, 1) }

// Products is the number of n×n products that Forward takes for ‖hA‖₁ = norm.
func (w *Phi[T]) Products(norm float64) int {
	m, q := taylorDoublings(norm, w.tol, w.p+1)
	return blockProducts(m-1) + w.top() + (w.p+1)*q
}

// Forward evaluates at (a, h), which must be finite, and keeps every
// intermediate, so that Backward may follow.
func (w *Phi[T]) Forward(a []T, h float64) { w.evaluate(a, h, true) }

// ForwardOnly is Forward that keeps no intermediate of the doublings.
func (w *Phi[T]) ForwardOnly(a []T, h float64) { w.evaluate(a, h, false) }

func (w *Phi[T]) evaluate(a []T, h float64, keep bool) {
	norm, _ := kernel.Norm1(w.n, w.n, a)
	m, q := taylorDoublings(norm*math.Abs(h), w.tol, w.p+1)
	w.doublings(a, h, m, q, keep)
}

// doublings is evaluate by q doublings of the polynomial of degree m.
func (w *Phi[T]) doublings(a []T, h float64, m, q int, keep bool) {
	n, p, nn := w.n, w.p, w.n*w.n
	w.a, w.h, w.m, w.q = a, h, m, q
	w.ae, w.matrices.used, w.stacks.used = nil, 0, 0
	h0 := math.Ldexp(h, -q)
	w.polynomial(a, h0)

	w.s = w.s[:0]
	for i := range w.q + 1 {
		if i < 2 || keep {
			w.s = append(w.s, w.stacks.get())
		} else {
			w.s = append(w.s, w.s[i-2])
		}
	}
	w.e = w.matrices.get()
	w.mul(false, n, w.z[1], w.c[1], 0, w.s[0][:nn])
	for j := 1; j <= p; j++ {
		pj := w.s[0][j*nn:]
		for i, v := range w.c[j] {
			pj[i] = T(h0) * v
		}
	}
	w.decayed, w.rows = w.q+1, w.rows[:0]
	bound := math.Inf(1) // of ‖E‖₁
	for i := range w.q {
		rows := (1 + p) * n
		switch {
		case bound == 0: // and E is 0
			rows = 0
		case bound < negligible:
			rows = n
		}
		w.rows = append(w.rows, rows)
		w.double(w.s[i+1], w.s[i], rows, w.identity(i))
		bound *= bound
		if w.decayed <= w.q {
			continue
		}
		if norm, ok := w.hasDecayed(w.s[i+1][:nn]); ok {
			w.decayed, bound = i+1, norm
			copy(w.s[i+1], w.e)
		}
	}
	copy(w.e, w.s[w.q][:nn])
	w.addIdentity(w.e, w.identity(w.q))
}

// negligible is the ‖E‖₁ from which on a doubling adds nothing to the P_k by
// P_kE, nor to a gradient.
const negligible = 0x1p-128

// double writes a doubling of s to d, for E = F + cI; the first rows rows of s
// are multiplied by F.
func (w *Phi[T]) double(d, s []T, rows int, c T) {
	nn := w.n * w.n
	beta := w.linear(d, s, c, false)
	w.mul(false, rows, s, s[:nn], beta, d)
	w.halve(d)
}

// halve multiplies each P_k by its 2^{1−k}.
func (w *Phi[T]) halve(s []T) {
	nn := w.n * w.n
	for k := 2; k <= w.p; k++ {
		kernel.Scale(T(math.Ldexp(1, 1-k)), s[k*nn:(k+1)*nn])
	}
}

// linear writes what a doubling adds to the product, 2cF and
// cP_k + Σ_{j≤k} P_j/(k−j)!, or the adjoint of it, but for a common factor
// that it returns.
func (w *Phi[T]) linear(d, s []T, c T, adjoint bool) (beta T) {
	nn := w.n * w.n
	copy(d, s)
	if w.p <= 1 {
		if c == 1 {
			return 2 // 2F and 2P_1
		}
		clear(d[:nn])
		return 1
	}
	kernel.Scale(2*c, d[:nn])
	kernel.Scale(1+c, d[nn:])
	for k := 1; k <= w.p; k++ {
		for j := 1; j < k; j++ {
			to, from := k, j
			if adjoint {
				to, from = j, k
			}
			kernel.AxpyTo(d[to*nn:(to+1)*nn], T(InvFactorial[k-j]), s[from*nn:(from+1)*nn])
		}
	}
	return 1
}

// hasDecayed writes E = F + I to w.e, and returns ‖E‖₁ and whether it is below
// 1/2. An element of the diagonal may deny that before there is a norm.
func (w *Phi[T]) hasDecayed(f []T) (norm float64, ok bool) {
	for i := 0; i < len(f); i += w.n + 1 {
		if !(abs(1+f[i]) < 0.5) {
			return 0, false
		}
	}
	copy(w.e, f)
	w.addIdentity(w.e, 1)
	norm, _ = kernel.Norm1(w.n, w.n, w.e)
	return norm, norm < 0.5
}

// identity is the c of E = F + cI after i doublings.
func (w *Phi[T]) identity(i int) T {
	if i < w.decayed {
		return 1
	}
	return 0
}

// E returns e^{hA}; it is valid until the next Forward.
func (w *Phi[T]) E() []T { return w.e }

// P returns hφ_j(hA), 1 ≤ j ≤ p; it is valid until the next Forward.
func (w *Phi[T]) P(j int) []T {
	nn := w.n * w.n
	return w.s[w.q][j*nn : (j+1)*nn]
}

// mul computes c = a·op(b) + beta·c, where a and c have rows rows and b is n×n.
func (w *Phi[T]) mul(tb bool, rows int, a, b []T, beta T, c []T) {
	if !kernel.SmallGemm(false, tb, rows, w.n, a, b, beta, c) {
		kernel.Gemm(false, tb, rows, w.n, w.n, 1, a, b, beta, c, &w.tmp)
	}
}

// cross computes c = aᵀb + beta·c, where a and b have rows rows and c is n×n.
func (w *Phi[T]) cross(rows int, a, b []T, beta T, c []T) {
	if !kernel.SmallGemm(true, false, rows, w.n, a, b, beta, c) {
		kernel.Gemm(true, false, w.n, w.n, rows, 1, a, b, beta, c, &w.tmp)
	}
}

func (w *Phi[T]) addIdentity(a []T, r T) {
	for i := range w.n {
		a[i*w.n+i] += r
	}
}

func abs[T kernel.Float](x T) T {
	if x < 0 {
		return -x
	}
	return x
}
