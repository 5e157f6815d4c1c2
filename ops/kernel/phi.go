package kernel

import "math"

// Phi evaluates, for one matrix A of n×n and one step h,
//
//	E = e^{hA}  and  P_j = h φ_j(hA),  j = 1, …, p,
//
// and carries gradients back through them. It keeps every intermediate, so
// that Backward may follow Forward.
//
// The polynomial is the Taylor polynomial of degree m at h/2^q, see
// Theta, and the rest are q doublings. With F = E − I,
//
//	F ← 2F + F²,   P_k ← 2^{1−k} (P_k + F P_k + Σ_{j≤k} P_j/(k−j)!).
//
// Doubling F and not E is what keeps a slow mode beside a fast one: its
// eigenvalue of E is 1 + 10⁻⁹ after the scaling and has lost nine digits,
// that of F has lost none. Once every mode has decayed, ‖E‖₁ < 1/2, it is E
// that holds the digits, and E ← E² from there on. The recurrence
// φ_{l+1} = (φ_l − 1/l!)/z, which cancels, is never used.
type Phi[T Float] struct {
	n, p int
	tol  float64

	a       []T
	h       float64
	q       int
	decayed int

	z  []T     // hA/2^q
	c  [][]T   // c[l] = φ_l(z), l = 1, …, m+p−1
	f  [][]T   // f[i] = F after i doublings, or E from the doubling decayed on
	pj [][][]T // pj[i][j] = P_j after i doublings
	e  []T
	ae []T // AE, made by StepGrad

	free [][]T
	used int
	tmp  []T
}

// NewPhi returns work space for n×n matrices and φ_1 … φ_p, p ≥ 1, evaluated
// to the relative tolerance tol.
func NewPhi[T Float](n, p int, tol float64) *Phi[T] {
	return &Phi[T]{n: n, p: p, tol: tol}
}

// matrix hands out an n×n matrix of undefined content that lives until the
// next Forward.
func (w *Phi[T]) matrix() []T {
	if w.used == len(w.free) {
		w.free = append(w.free, make([]T, w.n*w.n))
	}
	w.used++
	return w.free[w.used-1]
}

// levels hands out F and P_1 … P_p for k stages of doubling.
func (w *Phi[T]) levels(k int) {
	for len(w.pj) < k {
		w.pj = append(w.pj, make([][]T, w.p+1))
	}
	w.f = w.f[:0]
	for i := range k {
		w.f = append(w.f, w.matrix())
		for j := 1; j <= w.p; j++ {
			w.pj[i][j] = w.matrix()
		}
	}
}

// products is the number of n×n products that Forward takes for ‖hA‖₁ = norm.
func (w *Phi[T]) products(norm float64) int {
	m, q := taylorDoublings(norm, w.tol, float64(w.p+1))
	return m + w.p - 1 + (w.p+1)*q
}

// Forward evaluates at (a, h). Both must be finite.
func (w *Phi[T]) Forward(a []T, h float64) {
	n, p := w.n, w.p
	norm, _ := Norm1(n, n, a)
	w.a, w.h, w.ae, w.used = a, h, nil, 0
	m, q := taylorDoublings(norm*math.Abs(h), w.tol, float64(p+1))
	w.q = q
	h0 := math.Ldexp(h, -w.q)

	w.z = w.matrix()
	for i, v := range a {
		w.z[i] = T(h0 * float64(v))
	}

	// Horner: φ_l = I/l! + z φ_{l+1}. φ_p is then of degree m−1, and F of
	// degree m+p−1.
	top := m + p - 1
	w.c = w.c[:0]
	for range top + 1 {
		w.c = append(w.c, nil)
	}
	for l := top; l >= 1; l-- {
		w.c[l] = w.matrix()
		r := T(invFactorial[l])
		if l == top {
			clear(w.c[l])
		} else {
			w.mul(false, false, w.z, w.c[l+1], 0, w.c[l])
		}
		w.addIdentity(w.c[l], r)
	}
	w.levels(q + 1)
	w.e = w.matrix()
	w.mul(false, false, w.z, w.c[1], 0, w.f[0])
	for j := 1; j <= p; j++ {
		for i, v := range w.c[j] {
			w.pj[0][j][i] = T(h0) * v
		}
	}

	w.decayed = q + 1
	for i := range q {
		f, pj := w.f[i], w.pj[i]
		f2, pj2 := w.f[i+1], w.pj[i+1]
		c := w.identity(i)
		copy(f2, f)
		w.mul(false, false, f, f, 2*c, f2)
		for k := 1; k <= p; k++ {
			pk := pj2[k]
			for l, v := range pj[k] {
				pk[l] = c * v
			}
			for j := 1; j <= k; j++ {
				AxpyTo(pk, T(invFactorial[k-j]), pj[j])
			}
			w.mul(false, false, f, pj[k], 1, pk)
			scale(T(math.Ldexp(1, 1-k)), pk)
		}
		if c == 1 {
			copy(w.e, f2)
			w.addIdentity(w.e, 1)
			if norm, _ := Norm1(n, n, w.e); norm < 0.5 {
				copy(f2, w.e)
				w.decayed = i + 1
			}
		}
	}
	copy(w.e, w.f[q])
	w.addIdentity(w.e, w.identity(q))
}

// identity is the c of E = f[i] + cI.
func (w *Phi[T]) identity(i int) T {
	if i < w.decayed {
		return 1
	}
	return 0
}

// E returns e^{hA}; it is valid until the next Forward.
func (w *Phi[T]) E() []T { return w.e }

// P returns hφ_j(hA), 1 ≤ j ≤ p; it is valid until the next Forward.
func (w *Phi[T]) P(j int) []T { return w.pj[w.q][j] }

// StepGrad returns the gradient by h of a function whose gradients by E and
// P_1, …, P_p are d[0], …, d[p], for the last Forward. It needs no
// polynomial: dE/dh = AE and, with z = hA, dP_j/dh = φ_{j−1}(z) + (1−j)φ_j(z).
func (w *Phi[T]) StepGrad(d [][]T) (dh float64) {
	if w.ae == nil {
		w.ae = w.matrix()
		w.mul(false, false, w.a, w.e, 0, w.ae)
	}
	dh = dot64(d[0], w.ae)
	for j := 1; j <= w.p; j++ {
		dh += w.dotPhi(d[j], j-1) + float64(1-j)*w.dotPhi(d[j], j)
	}
	return dh
}

// Backward adds to da the gradient by A of a function whose gradients by E and
// P_1, …, P_p are d[0], …, d[p], for the last Forward. It overwrites d.
func (w *Phi[T]) Backward(da []T, d [][]T) {
	g, df := w.matrix(), d[0]
	for i := w.q - 1; i >= 0; i-- {
		f, pj, c := w.f[i], w.pj[i], w.identity(i)
		copy(g, df)
		w.mul(false, true, g, f, 2*c, df)
		w.mul(true, false, f, g, 1, df)
		for k := 1; k <= w.p; k++ {
			scale(T(math.Ldexp(1, 1-k)), d[k])
			w.mul(false, true, d[k], pj[k], 1, df)
		}
		// Upwards, so that d[k] is still the gradient by the doubled P_k.
		for j := 1; j <= w.p; j++ {
			copy(g, d[j])
			w.mul(true, false, f, g, 1+c, d[j])
			for k := j + 1; k <= w.p; k++ {
				AxpyTo(d[j], T(invFactorial[k-j]), d[k])
			}
		}
	}

	h0 := T(math.Ldexp(w.h, -w.q))
	dz, dc, next := w.matrix(), w.matrix(), w.matrix()
	w.mul(false, true, df, w.c[1], 0, dz)
	w.mul(true, false, w.z, df, 0, dc)
	for l := 1; ; l++ {
		if l <= w.p {
			AxpyTo(dc, h0, d[l])
		}
		if l == len(w.c)-1 {
			break
		}
		w.mul(false, true, dc, w.c[l+1], 1, dz)
		w.mul(true, false, w.z, dc, 0, next)
		dc, next = next, dc
	}
	AxpyTo(da, h0, dz)
}

// dotPhi returns ⟨d, φ_j(hA)⟩.
func (w *Phi[T]) dotPhi(d []T, j int) float64 {
	switch {
	case j == 0:
		return dot64(d, w.e)
	case w.h != 0:
		return dot64(d, w.P(j)) / w.h
	}
	var tr float64
	for i := range w.n {
		tr += float64(d[i*w.n+i])
	}
	return tr * invFactorial[j]
}

// mul computes c = op(a)op(b) + beta·c for n×n matrices.
func (w *Phi[T]) mul(ta, tb bool, a, b []T, beta T, c []T) {
	Gemm(ta, tb, w.n, w.n, w.n, 1, a, b, beta, c, &w.tmp)
}

func (w *Phi[T]) addIdentity(a []T, r T) {
	for i := range w.n {
		a[i*w.n+i] += r
	}
}

// invFactorial[k] = 1/k!
var invFactorial = func() (f [maxDegree + 8]float64) {
	f[0] = 1
	for k := 1; k < len(f); k++ {
		f[k] = f[k-1] / float64(k)
	}
	return f
}()

func scale[T Float](alpha T, x []T) {
	for i := range x {
		x[i] *= alpha
	}
}

func dot64[T Float](x, y []T) float64 {
	var s float64
	for i, v := range x {
		s += float64(v) * float64(y[i])
	}
	return s
}
