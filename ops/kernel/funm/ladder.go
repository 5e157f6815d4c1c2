package funm

import (
	"math"
	"math/bits"

	"spnode/ops/kernel"
)

// Ladder evaluates, for a batch of rows that share A, each with a step h ≥ 0 of
// its own,
//
//	y = e^{hA}u + Σ_{j=1}^{p} hφ_j(hA) v_j,
//
// the flow of du/dt = Au + v_1 + v_2 (t/h) + v_3 (t/h)²/2 + … over h.
//
// With h_k = h_0 2^k, a row whose step is h = r + Σ_k d_k h_k, of digits d_k and
// 0 ≤ r < h_0, passes through the Taylor polynomial over r,
//
//	u ← u + Σ_j r(r/h)^{j−1}/j! v_j + Σ_{l=1}^{m} (r/h_0)^l (h_0A)^l (u/l! + Σ_j r(r/h)^{j−1}/(l+j)! v_j),
//
// and then through the flow over τ = d_k h_k for each of its digits,
//
//	u ← u + F u + Σ_j P_j c_j,  F = e^{τA} − I,  P_j = τφ_j(τA),
//
// where c_j is the forcing at that time. The powers of h_0A serve all rows and
// steps, and so do these levels, which for each digit are the doublings of Phi, see
// there for F and E. The digits are 0 or odd, those of a sliding window as for powers
// in modular arithmetic (Knuth, The Art of Computer Programming 2, 4.6.3): with
// windows of two bits a third of them are not 0 in the mean. A row then takes
// m products with an n×n matrix and (1+p)/3 for each of log₂(h/h_0) bits,
// where the series of Expmv takes ‖hA‖ times as many and a propagator of its own
// that many products of matrices.
//
// h_0 is a power of two, so that r and the digits are exact: they are bits of
// the mantissa of h. It is chosen by ‖A‖₁ alone, so that a row is the same in
// every batch. A row with h = 0 stays as it is.
type Ladder[T kernel.Float] struct {
	n, p   int
	tol    float64
	phi    [ladderDigits]*Phi[T] // of the digits 1, 3, …
	m      int                   // degree over r
	bottom int                   // log₂ h_0
	levels int                   // bits

	stacks []T                // see Stacks
	down   []kernel.Packed[T] // their transposes: of the powers, and of each level and p

	rows          []ladderRow
	coef          []T   // of a row in the polynomial, (1+p)(m+1), and in a level, p²
	passing       []int // rows of the block that pass each level, one after the other
	first         []int // of each level among them
	uv, f, x, xs  []T   // of a block: u and v_j of each row, the states, what enters a level, and the polynomial
	z, lam, d, dx []T
	slope, grads  []T
	tmp           []T
}

// ladderRow is a row of a block, h = mantissa·2^shift.
type ladderRow struct {
	row      int
	h, r     float64
	mantissa uint64
	starts   uint64 // bits at which a digit begins
	bottom   int    // place of the bit of level 0
}

// Digits are windows of ladderWindow bits, of which there are ladderDigits odd ones.
const (
	ladderWindow = 2
	ladderDigits = 1 << (ladderWindow - 1)
)

// digitBits is how many bits a digit has, by its index: 1, 3, ….
func digitBits(digit int) int { return bits.Len(uint(2*digit + 1)) }

// ladderRows is how many rows of a batch Ladder advances together: few enough
// for the cache, as what the adjoint computes anew, and enough for products.
const ladderRows = 128

// MaxLevels is the most bits above h_0 of a step; the highest is about 2⁵⁷ times
// the time scale of A.
const MaxLevels = 64

// NewLadder returns work space for n×n matrices and φ_1 … φ_p, evaluated to the
// relative tolerance tol.
func NewLadder[T kernel.Float](n, p int, tol float64) *Ladder[T] {
	w := &Ladder[T]{n: n, p: p, tol: tol,
		down: make([]kernel.Packed[T], 1+MaxLevels*ladderDigits*(1+p)), coef: make([]T, (1+p)*(MaxDegree+1))}
	for d := range w.phi {
		w.phi[d] = NewPhi[T](n, p, tol)
	}
	return w
}

// StepTo writes y for one step of a batch, after Make: u, y and every v_j,
// j ≤ p, are (rows, n), h has an element for all rows or one for each.
func (w *Ladder[T]) StepTo(y []T, h []float64, u []T, v ...[]T) {
	n, width := w.n, (1+len(v))*w.n
	copy(y, u)
	for r0, rows := 0, len(u)/n; r0 < rows; r0 += ladderRows {
		w.load(h, u, v, r0, min(rows, r0+ladderRows))
		w.climb(len(v), false)
		for i, r := range w.rows {
			copy(y[r.row*n:(r.row+1)*n], w.uv[i*width:])
		}
	}
}

// load gathers the rows of a block whose step is not 0.
func (w *Ladder[T]) load(h []float64, u []T, v [][]T, r0, end int) {
	n, width := w.n, (1+len(v))*w.n
	w.rows = w.rows[:0]
	for r := r0; r < end; r++ {
		hr := Step(h, r)
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
		for rest := l.mantissa &^ (1<<min(53, max(0, l.bottom)) - 1); rest != 0; {
			b := bits.TrailingZeros64(rest)
			l.starts |= 1 << b
			rest &^= (1<<ladderWindow - 1) << b
		}
		w.rows = append(w.rows, l)
	}
	w.sort()
	w.uv = kernel.Grow(&w.uv, len(w.rows)*width)
	for i, r := range w.rows {
		to := w.uv[i*width : (i+1)*width]
		copy(to[:n], u[r.row*n:])
		for j, vj := range v {
			copy(to[(1+j)*n:(2+j)*n], vj[r.row*n:])
		}
	}
}

// sort finds the rows that pass each level.
func (w *Ladder[T]) sort() {
	if len(w.first) < w.levels*ladderDigits+2 {
		w.first = make([]int, w.levels*ladderDigits+2)
	}
	first := w.first[:w.levels*ladderDigits+2]
	clear(first)
	each := func(f func(level, row int)) {
		for i := range w.rows {
			r := &w.rows[i]
			for rest := r.starts; rest != 0; rest &= rest - 1 {
				b := bits.TrailingZeros64(rest)
				f((b-r.bottom)*ladderDigits+int(r.mantissa>>(b+1))%ladderDigits, i)
			}
		}
	}
	each(func(level, _ int) { first[level+2]++ })
	for l := range first[2:] {
		first[l+2] += first[l+1]
	}
	if n := first[len(first)-1]; cap(w.passing) < n {
		w.passing = make([]int, n)
	}
	w.passing = w.passing[:first[len(first)-1]]
	each(func(level, row int) { // after which first[level] is where it begins
		w.passing[first[level+1]] = row
		first[level+1]++
	})
}

// pass returns the rows that pass a level.
func (w *Ladder[T]) pass(level int) []int { return w.passing[w.first[level]:w.first[level+1]] }

// polynomial returns the coefficients of a row in the polynomial over r, for p terms
// of forcing: those of u and v_j in the term l, with l = 0 first.
func (w *Ladder[T]) polynomial(r *ladderRow, p int) []T {
	c := w.coef[:(1+p)*(w.m+1)]
	rho, power := math.Ldexp(r.r, -w.bottom), 1.0
	for l := range w.m + 1 {
		c[l*(1+p)] = T(power * InvFactorial[l])
		s := power * r.r
		for j := 1; j <= p; j++ {
			c[l*(1+p)+j] = T(s * InvFactorial[l+j])
			s *= r.r / r.h
		}
		power *= rho
	}
	return c
}

// forcing returns the p×p matrix that takes the v_j of a row to the forcing of a
// level, s^{j−1}c_j with s = τ/h and c_j = Σ_{i≥j} (t/h)^{i−j}/(i−j)! v_i.
func (w *Ladder[T]) forcing(r *ladderRow, k, digit, p int) []T {
	c := w.coef[:p*p]
	b, h := r.bottom+k, float64(r.mantissa)
	s, t := float64(uint64(2*digit+1)<<b)/h, float64(r.mantissa&(1<<b-1))/h
	scale := 1.0
	for j := range p {
		clear(c[j*p : j*p+j])
		power := scale
		for i := j; i < p; i++ {
			c[j*p+i] = T(power * InvFactorial[i-j])
			power *= t
		}
		scale *= s
	}
	return c
}

// climb makes the u of uv the rows of the block after their steps, with p terms
// of forcing. What entered the levels stays in x where keep is set.
func (w *Ladder[T]) climb(p int, keep bool) {
	n, rows := w.n, len(w.rows)
	width, powers := (1+p)*n, w.m*n
	w.f, w.xs = kernel.Grow(&w.f, rows*n), kernel.Grow(&w.xs, rows*powers)
	for i := range w.rows {
		c, uv := w.polynomial(&w.rows[i], p), w.uv[i*width:(i+1)*width]
		kernel.Gemm(false, false, w.m, n, 1+p, 1, c[1+p:], uv, 0, w.xs[i*powers:(i+1)*powers], &w.tmp)
		f := w.f[i*n : (i+1)*n]
		copy(f, uv)
		for j := 1; j <= p; j++ {
			addTo(f, c[j], uv[j*n:])
		}
	}
	if rows > 0 {
		kernel.Gemm(false, false, rows, n, powers, 1, w.xs, w.stacks, 1, w.f, &w.tmp)
	}
	for i := range w.rows { // the state beside its forcing, as it enters a level
		copy(w.uv[i*width:i*width+n], w.f[i*n:])
	}
	entered := rows
	if keep {
		entered = len(w.passing)
	}
	w.x = kernel.Grow(&w.x, entered*width)
	x, z := w.x, kernel.Grow(&w.z, rows*n)
	for level := range w.levels * ladderDigits {
		k, digit := level/ladderDigits, level%ladderDigits
		passing := w.pass(level)
		count := len(passing)
		if count == 0 {
			continue
		}
		for c, i := range passing {
			xi, uv := x[c*width:(c+1)*width], w.uv[i*width:(i+1)*width]
			if p <= 1 {
				copy(xi, uv)
			} else {
				copy(xi[:n], uv)
				kernel.Gemm(false, false, p, n, p, 1, w.forcing(&w.rows[i], k, digit, p), uv[n:], 0, xi[n:], &w.tmp)
			}
		}
		kernel.Gemm(false, false, count, n, width, 1, x, w.level(w.stacks, k, digit), 0, z, &w.tmp)
		decayed := w.decayed(k, digit)
		for c, i := range passing {
			f, zi := w.uv[i*width:i*width+n], z[c*n:(c+1)*n]
			if decayed {
				copy(f, zi)
			} else {
				addTo(f, 1, zi)
			}
		}
		if keep {
			x = x[count*width:]
		}
	}
}

// addTo is AxpyTo for so few elements that a call of the assembly costs more.
func addTo[T kernel.Float](y []T, alpha T, x []T) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += alpha * v
	}
}
