package kernel

import "math"

// StepBackward is the adjoint of StepTo for the last Make, exact for what was
// computed: given dy it writes the gradient by u to du and that by v_j to
// dv[j−1], and adds that by the levels, one stack after the other, to dLevels, that
// by A in the series to da, and that by h to dh. Those that are nil are left
// out. What is between u and y is computed anew.
//
// The gradient by h needs no polynomial,
//
//	∂y/∂h = e^{hA}(Au + v_1) + Σ_{j≥2} (φ_{j−1}(hA) − (j−1)φ_j(hA)) v_j,
//
// where e^{hA}ᵀdy is the gradient by u, and φ_j(hA)ᵀdy that by v_j over h.
func (w *Ladder[T]) StepBackward(du []T, dv [][]T, dLevels, da, dh []T, h []float64, u []T, v [][]T, dy []T) {
	n := w.n
	if du != nil {
		copy(du, dy)
	}
	for _, d := range dv {
		clear(d)
	}
	for r0, rows := 0, len(u)/n; r0 < rows; r0 += ladderRows {
		end := min(rows, r0+ladderRows)
		w.load(h, u, v, r0, end)
		w.climb(len(v), true)
		w.descend(len(v), dLevels, da, dy)
		size := len(w.rows) * n
		for i, r := range w.rows {
			if du != nil {
				copy(du[r.row*n:(r.row+1)*n], w.lam[i*n:])
			}
			for j, d := range dv {
				if d != nil {
					copy(d[r.row*n:(r.row+1)*n], w.dv[j*size+i*n:])
				}
			}
		}
		if dh != nil {
			w.stepGrad(dh, h, u, v, dy, r0, end)
		}
	}
}

// descend takes the gradient of the block back to lam and dv.
func (w *Ladder[T]) descend(p int, dLevels, da, dy []T) {
	n, rows := w.n, len(w.rows)
	size, width := rows*n, (1+p)*n
	w.lam, w.dv = grow(&w.lam, size), grow(&w.dv, p*size)
	w.gather(w.lam, dy)
	clear(w.dv)
	z, dx := grow(&w.z, size), grow(&w.dx, rows*width)
	end := 0 // of what entered the levels
	for i := range w.rows {
		for k := range w.levels {
			if w.rows[i].has(k) {
				end += width
			}
		}
	}
	for k := w.levels - 1; k >= 0; k-- {
		count := 0
		for i := range w.rows {
			if w.rows[i].has(k) {
				copy(z[count*n:(count+1)*n], w.lam[i*n:])
				count++
			}
		}
		if count == 0 {
			continue
		}
		x := w.x[end-count*width : end]
		end -= count * width
		if dLevels != nil {
			Gemm(true, false, width, n, count, 1, x, z, 1, dLevels[k*w.Size():][:width*n], &w.tmp)
		}
		w.down[k*(1+w.p)+p].Gemm(count, 1, z, 0, dx, &w.tmp)
		decayed := w.phi.identity(k) == 0
		at := dx
		for i := range w.rows {
			r := &w.rows[i]
			if !r.has(k) {
				continue
			}
			lam := w.lam[i*n : (i+1)*n]
			if decayed {
				clear(lam)
			}
			addTo(lam, 1, at)
			w.forceBackward(at[n:width], r, k, i, p)
			at = at[width:]
		}
	}
	w.seriesBackward(p, da)
}

// forceBackward adds to the gradients by v_j of row i those of force.
func (w *Ladder[T]) forceBackward(dx []T, r *ladderRow, k, i, p int) {
	n, size := w.n, len(w.rows)*w.n
	if p == 1 {
		addTo(w.dv[i*n:(i+1)*n], 1, dx)
		return
	}
	s, t := r.at(k)
	scale := 1.0
	for j := range p {
		c := scale
		for l := j; l < p; l++ {
			addTo(w.dv[l*size+i*n:][:n], T(c*invFactorial[l-j]), dx[j*n:])
			c *= t
		}
		scale *= s
	}
}

// seriesBackward takes lam back over the series: with β_m = λ,
//
//	t_k = r/k β_k,  dA += t_k b_{k−1}ᵀ,  β_{k−1} = λ + Aᵀt_k,
//
// where b_0 = u, and β_0 is the new λ.
func (w *Ladder[T]) seriesBackward(p int, da []T) {
	n, rows := w.n, len(w.rows)
	size, m := rows*n, w.degree(p)
	if rows == 0 {
		return
	}
	ts, beta := grow(&w.ts, m*size), grow(&w.beta, size)
	copy(beta, w.lam)
	for k := m; k > 0; k-- {
		t := ts[(k-1)*size : k*size]
		for i := range w.rows {
			r := &w.rows[i]
			c := T(r.r / float64(k))
			ti := t[i*n : (i+1)*n]
			for j, v := range beta[i*n : (i+1)*n] {
				ti[j] = c * v
			}
			if k <= p {
				addTo(w.dv[(k-1)*size+i*n:][:n], T(math.Pow(r.r/r.h, float64(k-1))*invFactorial[k-1]), ti)
			}
		}
		copy(beta, w.lam)
		w.mul(&w.an, false, rows, t, 1, beta)
	}
	copy(w.lam, beta)
	if da != nil {
		Gemm(true, false, n, n, m*rows, 1, ts, w.terms, 1, da, &w.tmp)
	}
}

// stepGrad adds the gradient by the steps of the rows from r0 to end, given those by
// u and v_j of the block.
func (w *Ladder[T]) stepGrad(dh []T, h []float64, u []T, v [][]T, dy []T, r0, end int) {
	n, rows := w.n, end-r0
	slope := grow(&w.slope, rows*n)
	w.mul(&w.at, true, rows, u[r0*n:end*n], 0, slope)
	size, next := len(w.rows)*n, 0
	for r := r0; r < end; r++ {
		row := slope[(r-r0)*n : (r-r0+1)*n]
		hr, d, turn := step(h, r), dy[r*n:(r+1)*n], 0.0
		if hr != 0 {
			d = w.lam[next*n : (next+1)*n]
		}
		for j := range v {
			vj := v[j][r*n : (r+1)*n]
			switch {
			case hr == 0: // and φ_j is 1/j!
				addTo(row, T(invFactorial[j+1]), vj)
			case j == 0:
				addTo(row, 1, vj)
			default:
				dv := func(j int) []T { return w.dv[j*size+next*n:][:n] }
				turn += dot64(vj, dv(j-1)) - float64(j)*dot64(vj, dv(j))
			}
		}
		g := dot64(row, d)
		if hr != 0 {
			g += turn / hr
			next++
		}
		dh[r%len(dh)] += T(g)
	}
}

// Backward adds to da the gradient by A of the levels of the last Make, given
// dLevels, that by the levels themselves.
func (w *Ladder[T]) Backward(da, dLevels []T) {
	if w.levels == 0 {
		return
	}
	n, nn, f := w.n, w.n*w.n, w.phi
	ds, next := grow(&w.grad, w.Size()), grow(&w.next, w.Size())
	t := grow(&w.tmp, nn)
	clear(ds)
	for k := w.levels - 1; k >= 0; k-- {
		d := dLevels[k*w.Size():]
		for j := range 1 + w.p {
			transposeTo(t, n, n, d[j*nn:])
			AxpyTo(ds[j*nn:(j+1)*nn], 1, t)
		}
		if k > 0 {
			f.doubleBackward(next, ds, f.s[k-1], f.rows[k-1], f.identity(k-1))
			ds, next = next, ds
		}
	}
	matrices := f.matrices.used
	f.polynomialBackward(da, ds)
	f.matrices.used = matrices
}
