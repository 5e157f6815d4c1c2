package funm

import (
	"math"
	"sync"
)

// MaxDegree is the largest Taylor degree that is considered.
//
// Al-Mohy and Higham go to 55, where θ₅₅ = 9.9, and shift A by its mean
// eigenvalue first: the Taylor terms of e^{−x} grow to e^{x} before they
// cancel, which costs e^{2θ} in accuracy without the shift. The shift would
// complicate (17), so θ is held near 1 instead, where e^{2θ} costs nothing
// that matters; θ₁₈ = 1.09 in double precision.
const MaxDegree = 18

// MaxCentredDegree is the largest degree for a matrix whose eigenvalues have
// the mean 0. Their largest real part is then not negative, so ‖e^A‖ ≥ 1: what
// the rounding of terms as large as e^θ can do, a perturbation of A of that
// relative size over θ can do as well, and the error is at most
// e^θ/θ times what the condition of the problem allows; θ₃₀ = 3.54.
const MaxCentredDegree = 30

// theta returns θ_m of Al-Mohy and Higham (SIAM J. Sci. Comput. 33 (2011),
// Table 3.1): the largest ‖A‖ for which the Taylor polynomial T_m(A) is the
// exponential of a matrix within tol‖A‖ of A.
//
// The backward error is log(e^{−x}T_m(x)), where
//
//	1 − e^{−x}T_m(x) = x^{m+1}/m! Σ_k (−x)^k / (k! (m+1+k)),
//
// an incomplete gamma function; the series with absolute values is what
// bounds it, and log(1−r) ≈ −r since r is of the order of tol.
func theta(m int, tol float64) float64 {
	lf, _ := math.Lgamma(float64(m + 1))
	excess := func(x float64) float64 { // log of (backward error / tol)
		sum, term := 0.0, 1.0
		for k := 0; k < 200; k++ {
			sum += term / float64(m+1+k)
			term *= x / float64(k+1)
		}
		return float64(m)*math.Log(x) - lf + math.Log(sum) - math.Log(tol)
	}
	lo, hi := 1e-20, 50.0
	for i := 0; i < 200 && hi-lo > 1e-15*hi; i++ {
		mid := math.Sqrt(lo * hi)
		if excess(mid) > 0 {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

// GradientDegree returns the degree of the polynomial from which the derivative
// by A is taken where that of the value is m.
//
// In the derivative of φ_p(z) = Σ_k z^k/(k+p)!, of degree m−1, the first term
// that is left out is m z^{m−1}/(m+p)!, relative to 1/(p+1)!. That of the value
// is a factor ‖z‖ smaller: θ_1 = 2.2e-16 keeps φ_1 to roundoff by its first term
// alone, whose derivative is 0. With one more, ‖z‖ ≤ θ_m leaves
//
//	(m+1)(p+1)! z^m/(m+1+p)! ≤ 2 z^m/(m+1)! ≤ 2tol.
//
// From degree 10 on, where θ is no longer small, the same polynomial serves
// both: the derivative is within 1.4e-14 in float64 and 5.3e-7 in float32.
func GradientDegree(m int) int {
	if m < 10 {
		return m + 1
	}
	return m
}

var thetaTables sync.Map // float64 tolerance -> *[MaxCentredDegree + 1]float64

func thetas(tol float64) *[MaxCentredDegree + 1]float64 {
	if t, ok := thetaTables.Load(tol); ok {
		return t.(*[MaxCentredDegree + 1]float64)
	}
	var t [MaxCentredDegree + 1]float64
	for m := range t {
		if m > 0 {
			t[m] = theta(m, tol)
		}
	}
	thetaTables.Store(tol, &t)
	return &t
}

// TaylorSteps returns the degree m ≤ top and the number s of substeps that
// take the fewest products s·m for ‖tA‖ = norm; top is MaxDegree in general.
func TaylorSteps(norm, tol float64, top int) (m int, s float64) {
	best := math.Inf(1)
	m, s = top, math.MaxFloat64 // where the quotient overflows
	for d, th := range thetas(tol)[:top+1] {
		if d == 0 {
			continue
		}
		if n := max(1, math.Ceil(norm/th)); n*float64(d) < best {
			best, m, s = n*float64(d), d, n
		}
	}
	return m, s
}

// taylorDoublings returns the degree m and the number q of doublings, of cost
// products each, that take the fewest products of matrices, with
// ‖tA‖/2^q ≤ θ_m.
func taylorDoublings(norm, tol float64, cost int) (m, q int) {
	best := math.MaxInt
	normFrac, normExp := math.Frexp(norm)
	for d, th := range thetas(tol)[:MaxDegree+1] {
		if d == 0 {
			continue
		}
		k := 0 // ⌈log₂(norm/θ)⌉, exactly and where the quotient overflows
		if frac, exp := math.Frexp(th); norm > th {
			k = normExp - exp
			if normFrac > frac {
				k++
			}
		}
		if c := blockProducts(d-1) + cost*k; c < best {
			best, m, q = c, d, k
		}
	}
	return m, q
}

// termBlocks returns how Paterson and Stockmeyer split a polynomial of that
// degree in a matrix z into blocks of size terms, the last of which has one
// more, for the fewest products: size − 1 for the powers up to z^size, and
// blocks − 1 to join the blocks.
func termBlocks(degree int) (size, blocks int) {
	best := math.MaxInt
	for k := 1; k <= max(degree, 1); k++ {
		b := max(1, (degree+k-1)/k)
		if k+b < best {
			best, size, blocks = k+b, k, b
		}
	}
	return size, blocks
}

// blockProducts is how many products termBlocks takes.
func blockProducts(degree int) int {
	size, blocks := termBlocks(degree)
	return size + blocks - 2
}

// Step returns the step of row r: h has one element for all or one for each.
func Step(h []float64, r int) float64 {
	if len(h) == 1 {
		return h[0]
	}
	return h[r]
}
