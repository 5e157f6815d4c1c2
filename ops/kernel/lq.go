package kernel

import "math"

// lqBlock is how many reflectors LQ applies at a time, a panel of three vectors.
const lqBlock = 12

// LQ holds the work space of an LQ factorisation, A = LQ with L lower triangular
// and Q orthogonal: a QR factorisation of Aᵀ whose vectors lie along rows. It is
// in float64 alone, as an optimizer is.
//
// Reflectors are applied lqBlock at a time, H_1H_2…H_b = I − VᵀSV with the rows
// of V the vectors and S upper triangular, so that nearly all of the 8/3 n³
// operations are products. See Schreiber and Van Loan, SIAM J. Sci. Stat.
// Comput. 10 (1989), and LAPACK's dlarft.
type LQ struct {
	v, s  []float64 // of all blocks, one after the other
	minus []bool    // rows of Q that change sign
	y, ys []float64
	tmp   []float64
}

// QTo writes the Q of the n×n matrix A, which may be q, such that the diagonal of
// L is not negative. Q is orthogonal to rounding for any finite A: where a row is
// in the span of those before it, an arbitrary but reproducible direction takes
// its place, and it is I for A = 0.
func (w *LQ) QTo(q, a []float64, n int) {
	Grow(&w.v, n*(n+lqBlock)/2)
	Grow(&w.s, n*lqBlock)
	Grow(&w.y, n*lqBlock)
	Grow(&w.ys, n*lqBlock)
	if cap(w.minus) < n {
		w.minus = make([]bool, n)
	}
	copy(q, a[:n*n])
	scaleRows(q[:n*n], n)
	v, s := w.v[:0], w.s[:0]
	for m := n; m > 0; m -= min(lqBlock, m) { // q holds the last m rows of A, (m, m)
		b := min(lqBlock, m)
		vb, sb := v[len(v):len(v)+b*m], s[len(s):len(s)+b*b]
		v, s = v[:len(v)+b*m], s[:len(s)+b*b]
		w.reflectors(vb, sb, q, b, m, w.minus[n-m:n])
		rest := q[b*m : m*m]
		w.apply(rest, vb, sb, false, m-b, b, m)
		for i := range m - b {
			copy(q[i*(m-b):(i+1)*(m-b)], rest[i*m+b:(i+1)*m])
		}
	}
	// Q = U_pᵀ…U_1ᵀ of the blocks' U = I − VᵀSV, of which the last leaves all but
	// the last rows and columns as they are.
	for m := 0; m < n; {
		b := lqBlock
		if m == 0 {
			b = (n-1)%lqBlock + 1
		}
		for i := m - 1; i >= 0; i-- { // diag(I, Q)
			row := q[(i+b)*(m+b) : (i+b+1)*(m+b)]
			copy(row[b:], q[i*m:(i+1)*m])
			clear(row[:b])
		}
		m += b
		for i := range b {
			clear(q[i*m : (i+1)*m])
			q[i*m+i] = 1
		}
		vb, sb := v[len(v)-b*m:], s[len(s)-b*b:]
		v, s = v[:len(v)-b*m], s[:len(s)-b*b]
		w.apply(q[:m*m], vb, sb, true, m, b, m)
	}
	for i, minus := range w.minus[:n] {
		if minus {
			for j, x := range q[i*n : (i+1)*n] {
				q[i*n+j] = -x
			}
		}
	}
}

// apply multiplies x (r, m) by I − VᵀSV or, if transposed, by its transpose.
func (w *LQ) apply(x, v, s []float64, transposed bool, r, b, m int) {
	y, ys := w.y[:r*b], w.ys[:r*b]
	Gemm(false, true, r, b, m, 1, x, v, 0, y, &w.tmp)
	Gemm(false, transposed, r, b, b, 1, y, s, 0, ys, &w.tmp)
	Gemm(false, false, r, m, b, -1, ys, v, 1, x, &w.tmp)
}

// reflectors writes the V (b, m) and the S (b, b) of the reflectors that make the
// first b rows of x (m, m) lower triangular, and whether the diagonal is then
// negative.
func (w *LQ) reflectors(v, s, x []float64, b, m int, minus []bool) {
	copy(v, x[:b*m])
	clear(s)
	for j := range b {
		row := v[j*m : (j+1)*m]
		var tau float64
		tau, minus[j] = reflector(row, j)
		s[j*b+j] = tau
		if tau == 0 {
			continue
		}
		for i := j + 1; i < b; i++ {
			other := v[i*m+j : (i+1)*m]
			axpy(other, -tau*dot(other, row[j:]), row[j:])
		}
	}
	// Column j of S above its diagonal is −τ S (V v), S and V of those before.
	vv := w.ys[:b*b]
	Gemm(false, true, b, b, m, 1, v, v, 0, vv, &w.tmp)
	for j := range b {
		for i := range j {
			var sum float64
			for k := i; k < j; k++ {
				sum += s[i*b+k] * vv[k*b+j]
			}
			s[i*b+j] = -s[j*b+j] * sum
		}
	}
}

// reflector overwrites a row, of which elements from j on count, with the v of
// the H = I − τvᵀv that makes those after j zero, v_j = 1. It reports whether
// element j is then negative. Nothing is to be done where they are zero already,
// or all so small, the largest of the matrix being about 1, that their squares
// lose digits: then τ is 0.
func reflector(row []float64, j int) (tau float64, minus bool) {
	const lost = 0x1p-900
	alpha, tail := row[j], row[j+1:]
	clear(row[:j])
	row[j] = 1
	rest := dot(tail, tail)
	if rest == 0 || alpha*alpha+rest < lost {
		clear(tail)
		return 0, alpha < 0
	}
	beta := -math.Copysign(math.Sqrt(alpha*alpha+rest), alpha)
	scale := 1 / (alpha - beta)
	for i := range tail {
		tail[i] *= scale
	}
	return (beta - alpha) / beta, beta < 0
}

// scaleRows multiplies every row by the power of two that brings its largest
// element to between 1/2 and 1. It changes L and not Q.
func scaleRows(x []float64, n int) {
	for i := 0; i < len(x); i += n {
		row := x[i : i+n]
		var most float64
		for _, v := range row {
			most = max(most, math.Abs(v))
		}
		_, e := math.Frexp(most)
		f, g := math.Ldexp(1, -e/2), math.Ldexp(1, -e+e/2) // one alone may overflow
		for k := range row {
			row[k] = row[k] * f * g
		}
	}
}

func dot(x, y []float64) float64 { return blasImpl.Ddot(len(x), x, 1, y, 1) }

func axpy(y []float64, alpha float64, x []float64) { blasImpl.Daxpy(len(x), alpha, x, 1, y, 1) }
