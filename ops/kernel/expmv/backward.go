package expmv

import (
	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
)

// BackwardTo is the adjoint of ForwardTo for p = 1: given lam, the gradient by
// y, it writes that by u to du and that by w_1 to dw, and adds that by A to da
// and that by h to dh, whose length is that of h.
//
// It is the exact adjoint of the polynomial, all terms of it: a series that
// ends early for a small u would give a wrong gradient by u. The degree is that
// of the value, and one more where the norm is small, see funm.GradientDegree.
// The gradient by h needs no polynomial, ∂y/∂h = e^{hA}(Au + w_1), and that by
// u is e^{hA}ᵀλ already.
func (w *Expmv[T]) BackwardTo(du, dw, da, dh []T, a []T, h []float64, u, w1, lam []T) {
	n, rows := w.n, len(u)/w.n
	ws := [][]T{w1}
	l := w.full(a, h)
	w.a.Pack(false, n, n, a)
	for r0 := 0; r0 < rows; r0 += blockRows {
		nr := min(blockRows, rows-r0)
		m, s, formed := w.plan(l, h, r0, nr)
		if formed {
			w.formedBackward(du, dw, da, a, h, u, w1, lam, r0, nr)
			continue
		}
		m = funm.GradientDegree(m)
		lo, hi, size := r0*n, (r0+nr)*n, n*nr
		start, f := kernel.Grow(&w.start, int(s)*size), kernel.Grow(&w.f, size)
		copy(f, u[lo:hi])
		w.loadTau(h, s, r0, nr)
		w.loadPolynomial(ws, 0, r0, nr)
		for i := range int(s) {
			copy(start[i*size:], f)
			if i+1 < int(s) {
				w.substep(f, l, m, nr, nil)
			}
		}
		copy(du[lo:hi], lam[lo:hi])
		clear(dw[lo:hi])
		terms := kernel.Grow(&w.terms, m*size)
		for i := int(s) - 1; i >= 0; i-- {
			copy(f, start[i*size:])
			w.substep(f, l, m, nr, terms)
			w.adjointSubstep(du[lo:hi], dw[lo:hi], da, m, nr, terms)
		}
	}
	slope := kernel.Grow(&w.slope, rows*n)
	w.at.MulTo(slope, u, rows)
	kernel.AxpyTo(slope, 1, w1)
	for r := range rows {
		dh[r%len(h)] += kernel.Dot(du[r*n:(r+1)*n], slope[r*n:(r+1)*n])
	}
}

// adjointSubstep takes lam back over one substep: with β_m = λ,
//
//	t_k = τ/k β_k,  dA += t_k b_{k−1}ᵀ,  β_{k−1} = λ + Aᵀt_k,
//
// where b_0 = u; at k = 1, t_1 is also the gradient by w_1 and β_0 the new λ.
func (w *Expmv[T]) adjointSubstep(lam, dw, da []T, m, rows int, terms []T) {
	n, size := w.n, w.n*rows
	// Products with few rows are slow, so some t_k of a small block are one for dA.
	chunk := (blockRows + rows - 1) / rows
	beta, ts := kernel.Grow(&w.beta, size), kernel.Grow(&w.dTerms, min(m, chunk)*size)
	copy(beta, lam)
	for hi := m; hi > 0; hi -= chunk {
		lo := max(0, hi-chunk)
		for k := hi; k > lo; k-- {
			t := ts[(k-1-lo)*size : (k-lo)*size]
			copy(t, beta)
			for r, tau := range w.tau[:rows] {
				kernel.Scale(tau/T(k), t[r*n:(r+1)*n])
			}
			copy(beta, lam)
			w.a.Gemm(rows, 1, t, 1, beta, &w.tmp)
		}
		kernel.Gemm(true, false, n, n, (hi-lo)*rows, 1, ts, terms[lo*size:], 1, da, &w.tmp)
	}
	kernel.AxpyTo(dw, 1, ts[:size]) // t_1
	copy(lam, beta)
}

// formedBackward is the block by propagators.
func (w *Expmv[T]) formedBackward(du, dw, da, a []T, h []float64, u, w1, lam []T, r0, rows int) {
	n := w.n
	if w.d == nil {
		w.d = [][]T{make([]T, n*n), make([]T, n*n)}
	}
	for r := r0; r < r0+rows; {
		hr, end := funm.Step(h, r), sameStep(h, r, r0+rows)
		k, lo, hi := end-r, r*n, end*n
		w.phi.Forward(a, hr)
		kernel.Gemm(false, false, k, n, n, 1, lam[lo:hi], w.phi.E(), 0, du[lo:hi], &w.tmp)
		kernel.Gemm(false, false, k, n, n, 1, lam[lo:hi], w.phi.P(1), 0, dw[lo:hi], &w.tmp)
		kernel.Gemm(true, false, n, n, k, 1, lam[lo:hi], u[lo:hi], 0, w.d[0], &w.tmp)
		kernel.Gemm(true, false, n, n, k, 1, lam[lo:hi], w1[lo:hi], 0, w.d[1], &w.tmp)
		w.phi.Backward(da, w.d)
		r = end
	}
}
