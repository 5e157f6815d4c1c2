package kernel

import "math"

// StepGrad returns the gradient by h of a function whose gradients by E and
// P_1, …, P_p are d[0], …, d[p], for the last Forward. It needs no
// polynomial: dE/dh = AE and, with z = hA, dP_j/dh = φ_{j−1}(z) + (1−j)φ_j(z).
func (w *Phi[T]) StepGrad(d [][]T) (dh float64) {
	if w.ae == nil {
		w.ae = w.matrices.get()
		w.mul(false, w.n, w.a, w.e, 0, w.ae)
	}
	dh = dot64(d[0], w.ae)
	for j := 1; j <= w.p; j++ {
		dh += w.dotPhi(d[j], j-1) + float64(1-j)*w.dotPhi(d[j], j)
	}
	return dh
}

// Backward adds to da the gradient by A of a function whose gradients by E and
// P_1, …, P_p are d[0], …, d[p], for the last Forward.
// Where the norm is small the polynomial is made again with one more term, see
// gradientDegree.
func (w *Phi[T]) Backward(da []T, d [][]T) {
	nn := w.n * w.n
	matrices, stacks, m := w.matrices.used, w.stacks.used, w.m
	if w.m = gradientDegree(m); w.m > m {
		w.polynomial(w.a, math.Ldexp(w.h, -w.q))
	}
	ds, next := w.stacks.get(), w.stacks.get()
	for j, dj := range d {
		copy(ds[j*nn:], dj[:nn])
	}
	for i := w.q - 1; i >= 0; i-- {
		w.doubleBackward(next, ds, w.s[i], w.rows[i], w.identity(i))
		ds, next = next, ds
	}
	w.polynomialBackward(da, ds)
	w.matrices.used, w.stacks.used, w.m = matrices, stacks, m
}

// doubleBackward writes the gradient by s to ds, given dd, that by the doubled
// s, which it overwrites.
func (w *Phi[T]) doubleBackward(ds, dd, s []T, rows int, c T) {
	nn := w.n * w.n
	w.halve(dd)
	beta := w.linear(ds, dd, c, true)
	if rows > 0 {
		w.mul(true, rows, dd, s[:nn], beta, ds)
		w.cross(rows, s, dd, 1, ds[:nn])
	}
}

// polynomialBackward adds to da the gradient by A, given that by F and P_j
// before the doublings.
func (w *Phi[T]) polynomialBackward(da, ds []T) {
	n, nn := w.n, w.n*w.n
	h0 := T(math.Ldexp(w.h, -w.q))
	w.dz = append(w.dz[:0], nil)
	for range w.size {
		w.dz = append(w.dz, w.matrices.get())
	}
	dz := w.dz
	dx, next := w.matrices.get(), w.matrices.get()
	// back takes the gradient dx by B + ax to that by x, and adds that by a.
	back := func(da, a, x []T) {
		w.mul(true, n, dx, x, 1, da)
		w.cross(n, a, dx, 0, next)
		dx, next = next, dx
	}
	for _, d := range dz[1:] {
		clear(d)
	}
	copy(dx, ds[:nn])
	for l := 1; l < len(w.c); l++ {
		back(dz[1], w.z[1], w.c[l])
		if l <= w.p {
			AxpyTo(dx, h0, ds[l*nn:(l+1)*nn])
		}
	}
	for i := range w.x {
		for j := 1; j <= w.blockDegree(i); j++ {
			AxpyTo(dz[j], w.coefficient(i*w.size+j), dx)
		}
		if i+1 < len(w.x) {
			back(dz[w.size], w.z[w.size], w.x[i+1])
		}
	}
	for j := w.size; j > 1; j-- {
		w.mul(true, n, dz[j], w.z[j-1], 1, dz[1])
		w.cross(n, w.z[1], dz[j], 1, dz[j-1])
	}
	AxpyTo(da, h0, dz[1])
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

func dot64[T Float](x, y []T) float64 {
	var s float64
	for i, v := range x {
		s += float64(v) * float64(y[i])
	}
	return s
}
