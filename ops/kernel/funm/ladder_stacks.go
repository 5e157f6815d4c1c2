package funm

import (
	"math"

	"spnode/ops/kernel"
)

// StacksSize is the number of n×n matrices that there may be in Stacks, for p.
func StacksSize(p int) int { return MaxDegree + MaxLevels*ladderDigits*(1+p) }

// Stacks are the matrices of the last Make: the powers ((h_0A)^l)ᵀ, l ≤ MaxDegree,
// of which the first m count, and of each level and digit Fᵀ, or Eᵀ where the modes have
// decayed, P_1ᵀ, …, P_pᵀ, all one below the other.
func (w *Ladder[T]) Stacks() []T { return w.stacks }

// level returns that of a digit at bit k among the stacks, or their gradients.
func (w *Ladder[T]) level(stacks []T, k, digit int) []T {
	size := (1 + w.p) * w.n * w.n
	return stacks[MaxDegree*w.n*w.n+(k*ladderDigits+digit)*size:][:size]
}

// Make makes the stacks for A and steps up to top, both
// finite. It reports whether MaxLevels are enough.
func (w *Ladder[T]) Make(a []T, top float64) bool {
	n, nn := w.n, w.n*w.n
	norm, _ := kernel.Norm1(n, n, a)
	_, exp := math.Frexp(top)
	w.m, w.bottom = ladderBottom(norm, w.tol, w.p)
	w.levels = 0
	if top == 0 || w.bottom > exp { // to another power of two: no bits change
		w.bottom = exp
	} else if w.levels = exp - w.bottom; w.levels > MaxLevels {
		return false
	}
	w.stacks = kernel.Grow(&w.stacks, (MaxDegree+w.levels*ladderDigits*(1+w.p))*nn)
	clear(w.stacks[w.m*nn : MaxDegree*nn])
	s := w.stacks
	h0 := math.Ldexp(1, w.bottom)
	for i := range n {
		for j := range n {
			s[j*n+i] = T(h0 * float64(a[i*n+j]))
		}
	}
	for l := 1; l < w.m; l++ {
		w.mul(false, false, n, s[(l-1)*nn:l*nn], s[:nn], 0, s[l*nn:(l+1)*nn])
	}
	w.down[0].Pack(true, w.m*n, n, s[:w.m*nn])
	for d, phi := range w.phi {
		count, lead := w.count(d)
		if count == 0 {
			continue
		}
		q := lead + count - 1
		phi.doublings(a, math.Ldexp(float64(2*d+1), w.bottom+count-1), w.m, q, true)
		for k := range count {
			s := w.level(w.stacks, k, d)
			for j := range 1 + w.p {
				kernel.TransposeTo(s[j*nn:(j+1)*nn], n, n, phi.s[lead+k][j*nn:])
				w.downOf(k, d, j).Pack(true, (1+j)*n, n, s[:(1+j)*nn])
			}
		}
	}
	return true
}

// count returns how many levels a digit has, and by how many doublings of a step
// below h_0 it gets to the first.
func (w *Ladder[T]) count(digit int) (levels, lead int) {
	b := digitBits(digit)
	if digit > 0 {
		lead = b
	}
	return max(0, w.levels-b+1), lead
}

// downOf is the transpose of a level for p terms of forcing.
func (w *Ladder[T]) downOf(k, digit, p int) *kernel.Packed[T] {
	return &w.down[1+(k*ladderDigits+digit)*(1+w.p)+p]
}

// ladderBottom returns the degree m over r and log₂ h_0 with h_0‖A‖₁ ≤ θ_m that
// take the least time: of every ladderWindow+1 bits a row passes one level, in 1+p
// products.
func ladderBottom(norm, tol float64, p int) (m, bottom int) {
	if norm == 0 {
		return 1, math.MaxInt
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

// ladderLevel is what a bit costs for each of 1+p products beside a term of the
// polynomial, whose rows need not be gathered.
const ladderLevel = 2.2 / (ladderWindow + 1)

// decayed reports whether a level has E for F.
func (w *Ladder[T]) decayed(k, digit int) bool {
	_, lead := w.count(digit)
	return w.phi[digit].identity(lead+k) == 0
}

// Backward adds to da the gradient by A of the last Make, given that by the stacks.
func (w *Ladder[T]) Backward(da, dStacks []T) {
	n, nn, size := w.n, w.n*w.n, (1+w.p)*w.n*w.n
	mem := kernel.Grow(&w.grads, w.m*nn+nn+2*size)
	d, t, ds, next := mem[:w.m*nn], mem[w.m*nn:][:nn], mem[(w.m+1)*nn:][:size], mem[(w.m+1)*nn+size:]
	copy(d, dStacks)
	s := w.stacks
	for l := w.m - 1; l > 0; l-- { // S_{l+1} = S_l S_1
		dl := d[l*nn : (l+1)*nn]
		w.mul(false, true, n, dl, s[:nn], 1, d[(l-1)*nn:l*nn])
		w.mul(true, false, n, s[(l-1)*nn:l*nn], dl, 1, d[:nn])
	}
	kernel.TransposeTo(t, n, n, d)
	kernel.AxpyTo(da, T(math.Ldexp(1, w.bottom)), t)
	for digit, f := range w.phi {
		count, lead := w.count(digit)
		if count == 0 {
			continue
		}
		clear(ds)
		for i := lead + count - 1; i >= 0; i-- {
			for j := 0; j <= w.p && i >= lead; j++ {
				kernel.TransposeTo(t, n, n, w.level(dStacks, i-lead, digit)[j*nn:])
				kernel.AxpyTo(ds[j*nn:(j+1)*nn], 1, t)
			}
			if i > 0 {
				f.doubleBackward(next, ds, f.s[i-1], f.rows[i-1], f.identity(i-1))
				ds, next = next, ds
			}
		}
		matrices := f.matrices.used
		f.polynomialBackward(da, ds)
		f.matrices.used = matrices
	}
}

// mul computes c = a op(B) + beta·c for an n×n matrix B.
func (w *Ladder[T]) mul(ta, tb bool, rows int, a, b []T, beta T, c []T) {
	if !kernel.SmallGemm(ta, tb, rows, w.n, a, b, beta, c) {
		kernel.Gemm(ta, tb, rows, w.n, w.n, 1, a, b, beta, c, &w.tmp)
	}
}
