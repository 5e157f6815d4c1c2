package funm

import (
	"math"

	"spnode/ops/kernel"
)

// polynomial evaluates z^j and φ_l(z), l = 1, …, top.
func (w *Phi[T]) polynomial(a []T, h0 float64) {
	n, top := w.n, w.top()
	size, blocks := termBlocks(w.m - 1)
	w.size = size
	w.z, w.x, w.c = w.z[:0], w.x[:0], w.c[:0]
	w.z = append(w.z, nil)
	for j := 1; j <= size; j++ {
		w.z = append(w.z, w.matrices.get())
		if j > 1 {
			w.mul(false, n, w.z[1], w.z[j-1], 0, w.z[j])
			continue
		}
		for i, v := range a {
			w.z[1][i] = T(h0 * float64(v))
		}
	}
	for range blocks {
		w.x = append(w.x, w.matrices.get())
	}
	for i := blocks - 1; i >= 0; i-- {
		if i == blocks-1 {
			clear(w.x[i])
		} else {
			w.mul(false, n, w.z[size], w.x[i+1], 0, w.x[i])
		}
		for j := 1; j <= w.blockDegree(i); j++ {
			kernel.AxpyTo(w.x[i], w.coefficient(i*size+j), w.z[j])
		}
		w.addIdentity(w.x[i], w.coefficient(i*size))
	}
	for range top {
		w.c = append(w.c, nil)
	}
	w.c = append(w.c, w.x[0])
	for l := top - 1; l >= 1; l-- {
		w.c[l] = w.matrices.get()
		w.mul(false, n, w.z[1], w.c[l+1], 0, w.c[l])
		w.addIdentity(w.c[l], T(InvFactorial[l]))
	}
}

// coefficient is that of z^k in φ_top(z).
func (w *Phi[T]) coefficient(k int) T { return T(InvFactorial[k+w.top()]) }

// blockDegree is the degree in z of block i of the polynomial: the last block
// takes what is left over.
func (w *Phi[T]) blockDegree(i int) int {
	if i < len(w.x)-1 {
		return w.size - 1
	}
	return w.m - 1 - i*w.size
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
			kernel.AxpyTo(dx, h0, ds[l*nn:(l+1)*nn])
		}
	}
	for i := range w.x {
		for j := 1; j <= w.blockDegree(i); j++ {
			kernel.AxpyTo(dz[j], w.coefficient(i*w.size+j), dx)
		}
		if i+1 < len(w.x) {
			back(dz[w.size], w.z[w.size], w.x[i+1])
		}
	}
	for j := w.size; j > 1; j-- {
		w.mul(true, n, dz[j], w.z[j-1], 1, dz[1])
		w.cross(n, w.z[1], dz[j], 1, dz[j-1])
	}
	kernel.AxpyTo(da, h0, dz[1])
}

// InvFactorial[k] = 1/k!
var InvFactorial = func() (f [MaxDegree + 8]float64) {
	f[0] = 1
	for k := 1; k < len(f); k++ {
		f[k] = f[k-1] / float64(k)
	}
	return f
}()
