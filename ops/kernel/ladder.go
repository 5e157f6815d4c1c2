package kernel

import (
	"math"
	"math/bits"
)

// Ladder evaluates, for a batch of rows that share A, each with a step h ≥ 0 of
// its own,
//
//	y = e^{hA}u + Σ_{j=1}^{p} hφ_j(hA) v_j,
//
// the flow of du/dt = Au + v_1 + v_2 (t/h) + v_3 (t/h)²/2 + … over h.
//
// With h_k = h_0 2^k, a row whose step is h = r + Σ_k b_k h_k, of bits b_k and
// 0 ≤ r < h_0, passes through the Taylor polynomial over r, eq. (19), and then
// through the flow over h_k for each of its bits: the levels
//
//	u ← u + F_k u + Σ_j P_{k,j} c_j,  F_k = e^{h_kA} − I,  P_{k,j} = h_kφ_j(h_kA),
//
// where c_j is the forcing at that time. The levels are the doublings of Phi,
// see there for F and E. They serve all rows and all steps, so a row takes m
// products with an n×n matrix and (1+p)/2 for each of log₂(h/h_0) levels in the
// mean, where the series of Expmv takes ‖hA‖ times as many and a propagator of
// its own that many products of matrices.
//
// h_0 is a power of two, so that r and the bits are exact: they are those of
// the mantissa of h. It is chosen by ‖A‖₁ alone, so that a row is the same in
// every batch. A row with h = 0 stays as it is.
type Ladder[T Float] struct {
	n, p   int
	tol    float64
	phi    *Phi[T]
	m      int // degree over r
	bottom int // log₂ h_0
	levels int

	a      []T
	at, an Packed[T] // Aᵀ and A
	stacks []T       // of each level Fᵀ, P_1ᵀ, …, P_pᵀ, one below the other
	down   []Packed[T]

	rows                    []ladderRow
	u, v, f, t, x, z        []T // of a block, and of a level of it
	terms, ts, lam, dv, dx  []T // for the adjoint
	beta, slope, grad, next []T
	tmp                     []T
}

// ladderRow is a row of a block, h = mantissa·2^shift.
type ladderRow struct {
	row      int
	h, r     float64
	mantissa uint64
	bottom   int // place of the bit of level 0
}

// ladderRows is how many rows of a batch Ladder advances together: few enough
// for the cache, as what the adjoint computes anew, and enough for products.
const ladderRows = 128

// MaxLevels is the most levels of a Ladder; the highest is about 2⁵⁸ times the
// time scale of A.
const MaxLevels = 64

// NewLadder returns work space for n×n matrices and φ_1 … φ_p, evaluated to the
// relative tolerance tol.
func NewLadder[T Float](n, p int, tol float64) *Ladder[T] {
	return &Ladder[T]{n: n, p: p, tol: tol, phi: NewPhi[T](n, p, tol)}
}

// Size is the number of elements of a level.
func (w *Ladder[T]) Size() int { return (1 + w.p) * w.n * w.n }

// Make makes the levels for A, which it keeps, and steps up to top, both
// finite. It reports whether MaxLevels are enough.
func (w *Ladder[T]) Make(a []T, top float64) bool {
	n, nn := w.n, w.n*w.n
	norm, _ := Norm1(n, n, a)
	w.a = a
	w.at.Pack(true, n, n, a)
	w.an.Pack(false, n, n, a)
	w.m, w.bottom = ladderBottom(norm, w.tol, w.p)
	_, exp := math.Frexp(top)
	w.levels = max(0, exp-w.bottom)
	if top == 0 || w.levels == 0 {
		w.levels = 0
		return true
	}
	if w.levels > MaxLevels {
		return false
	}
	q := w.levels - 1
	w.phi.doublings(a, math.Ldexp(1, w.bottom+q), w.m, q, true)
	w.stacks = grow(&w.stacks, w.levels*w.Size())
	for len(w.down) < w.levels*(1+w.p) {
		w.down = append(w.down, Packed[T]{})
	}
	for k := range w.levels {
		s := w.Stack(k)
		for j := range 1 + w.p {
			transposeTo(s[j*nn:(j+1)*nn], n, n, w.phi.s[k][j*nn:])
			w.down[k*(1+w.p)+j].Pack(true, (1+j)*n, n, s[:(1+j)*nn])
		}
	}
	return true
}

// Levels is how many levels Make has made.
func (w *Ladder[T]) Levels() int { return w.levels }

// Stack returns level k: Fᵀ, or Eᵀ where the modes have decayed, P_1ᵀ, …, P_pᵀ.
func (w *Ladder[T]) Stack(k int) []T { return w.stacks[k*w.Size():][:w.Size()] }

// noLevels is a bottom that no step reaches.
const noLevels = 1 << 20

// ladderBottom returns the degree m over r and log₂ h_0 with h_0‖A‖₁ ≤ θ_m that
// take the fewest products: half the rows pass a level, in 1+p products.
func ladderBottom(norm, tol float64, p int) (m, bottom int) {
	if norm == 0 {
		return max(1, p), noLevels
	}
	frac, exp := math.Frexp(norm)
	best := math.Inf(1)
	for d, th := range thetas(tol)[:MaxDegree+1] {
		if d == 0 {
			continue
		}
		f, e := math.Frexp(th)
		e -= exp
		if f < frac {
			e--
		}
		if c := float64(d) - ladderLevel*float64(1+p)*float64(e); c < best {
			best, m, bottom = c, d, e
		}
	}
	return m, bottom
}

// ladderLevel is what a level costs a row beside a term of the series, in the
// mean: it gathers and scatters half of the rows.
const ladderLevel = 0.6

// StepTo writes y for one step of a batch, after Make: u, y and every v_j,
// j ≤ p, are (rows, n), h has an element for all rows or one for each.
func (w *Ladder[T]) StepTo(y []T, h []float64, u []T, v ...[]T) {
	n := w.n
	copy(y, u)
	for r0, rows := 0, len(u)/n; r0 < rows; r0 += ladderRows {
		w.load(h, u, v, r0, min(rows, r0+ladderRows))
		f := w.climb(len(v), false)
		for i, r := range w.rows {
			copy(y[r.row*n:(r.row+1)*n], f[i*n:])
		}
	}
}

// load gathers the rows of a block whose step is not 0.
func (w *Ladder[T]) load(h []float64, u []T, v [][]T, r0, end int) {
	n := w.n
	w.rows = w.rows[:0]
	for r := r0; r < end; r++ {
		hr := step(h, r)
		if hr == 0 {
			continue
		}
		frac, exp := math.Frexp(hr)
		l := ladderRow{row: r, h: hr, r: hr, mantissa: uint64(math.Ldexp(frac, 53)), bottom: w.bottom - (exp - 53)}
		switch {
		case l.bottom <= 0:
			l.r = 0
		case l.bottom < 53:
			l.r = math.Ldexp(float64(l.mantissa&(1<<l.bottom-1)), exp-53)
		}
		w.rows = append(w.rows, l)
	}
	size := len(w.rows) * n
	w.u, w.v = grow(&w.u, size), grow(&w.v, len(v)*size)
	w.gather(w.u, u)
	for j, vj := range v {
		w.gather(w.v[j*size:], vj)
	}
}

func (w *Ladder[T]) gather(dst, src []T) {
	n := w.n
	for i, r := range w.rows {
		copy(dst[i*n:(i+1)*n], src[r.row*n:])
	}
}

// has reports whether the row passes level k.
func (r *ladderRow) has(k int) bool {
	b := r.bottom + k
	return uint(b) < 53 && r.mantissa>>b&1 == 1
}

// at returns the forcing of the row before level k: x_j = Σ_i c_{i−j}(t) v_i·s^{j−1},
// with s = h_k/h and c_i(t) = (t/h)^i/i!.
func (r *ladderRow) at(k int) (s, t float64) {
	b := r.bottom + k
	m := float64(r.mantissa)
	return float64(uint64(1)<<b) / m, float64(r.mantissa&(1<<b-1)) / m
}

// climb returns the rows of the block after their steps, with p terms of
// forcing. It keeps the terms of the series and what entered the levels where
// keep is set.
func (w *Ladder[T]) climb(p int, keep bool) []T {
	n, rows := w.n, len(w.rows)
	size, width := rows*n, (1+p)*n
	f := grow(&w.f, size)
	copy(f, w.u)
	w.series(f, p, keep)
	passes := rows
	if keep {
		passes = 0
		for i := range w.rows {
			r := &w.rows[i]
			passes += bits.OnesCount64(r.mantissa >> min(63, max(0, r.bottom)))
		}
	}
	x, z := grow(&w.x, passes*width), grow(&w.z, size)
	for k := range w.levels {
		count := 0
		for i := range w.rows {
			r := &w.rows[i]
			if !r.has(k) {
				continue
			}
			xi := x[count*width : (count+1)*width]
			copy(xi, f[i*n:(i+1)*n])
			w.force(xi[n:], r, k, i, p)
			count++
		}
		if count == 0 {
			continue
		}
		Gemm(false, false, count, n, width, 1, x, w.Stack(k), 0, z, &w.tmp)
		decayed := w.phi.identity(k) == 0
		at := z
		for i := range w.rows {
			if !w.rows[i].has(k) {
				continue
			}
			fi := f[i*n : (i+1)*n]
			if decayed {
				copy(fi, at)
			} else {
				for j, v := range at[:n] {
					fi[j] += v
				}
			}
			at = at[n:]
		}
		if keep {
			x = x[count*width:]
		}
	}
	return f
}

// force writes the forcing of row i before level k.
func (w *Ladder[T]) force(x []T, r *ladderRow, k, i, p int) {
	n, size := w.n, len(w.rows)*w.n
	if p == 1 {
		copy(x, w.v[i*n:(i+1)*n])
		return
	}
	s, t := r.at(k)
	scale := 1.0
	for j := range p {
		xj := x[j*n : (j+1)*n]
		clear(xj)
		c := scale
		for l := j; l < p; l++ {
			addTo(xj, T(c*invFactorial[l-j]), w.v[l*size+i*n:])
			c *= t
		}
		scale *= s
	}
}

// degree is that of the series: φ_p has as many terms as φ_1.
func (w *Ladder[T]) degree(p int) int { return w.m + max(0, p-1) }

// series advances the rows f by r: b_k = r/k (Ab_{k−1} + (r/h)^{k−1}/(k−1)! v_k),
// u ← u + Σ b_k.
func (w *Ladder[T]) series(f []T, p int, keep bool) {
	n, rows := w.n, len(w.rows)
	size, m := rows*n, w.degree(p)
	held := 2
	if keep {
		held = m + 1
	}
	terms := grow(&w.terms, held*size)
	copy(terms[:size], f)
	for k := 1; k <= m; k++ {
		b, t := terms[(k-1)%held*size:][:size], terms[k%held*size:][:size]
		w.mul(&w.at, true, rows, b, 0, t)
		for i := range w.rows {
			r := &w.rows[i]
			ti := t[i*n : (i+1)*n]
			if k <= p {
				addTo(ti, T(math.Pow(r.r/r.h, float64(k-1))*invFactorial[k-1]), w.v[(k-1)*size+i*n:])
			}
			c := T(r.r / float64(k))
			fi := f[i*n : (i+1)*n][:len(ti)]
			for j, v := range ti {
				v *= c
				ti[j] = v
				fi[j] += v
			}
		}
	}
}

// mul computes c = b op(A) + beta·c.
func (w *Ladder[T]) mul(a *Packed[T], trans bool, rows int, b []T, beta T, c []T) {
	if !smallGemm(false, trans, rows, w.n, b, w.a, beta, c) {
		a.Gemm(rows, 1, b, beta, c, &w.tmp)
	}
}

// addTo is AxpyTo for so few elements that a call of the assembly costs more.
func addTo[T Float](y []T, alpha T, x []T) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += alpha * v
	}
}
