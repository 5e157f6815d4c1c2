package funm

import (
	"math"

	"spnode/ops/kernel"
)

// StepBackward is the adjoint of StepTo for the last Make, exact for what was
// computed: given dy it writes the gradient by u to du and that by v_j to
// dv[j−1], and adds that by the stacks to dStacks and that by h to dh. Those that
// are nil are left out. What is between u and y is computed anew.
//
// The gradient by h needs no polynomial,
//
//	∂y/∂h = e^{hA}(Au + v_1) + Σ_{j≥2} (φ_{j−1}(hA) − (j−1)φ_j(hA)) v_j,
//
// where e^{hA}ᵀdy is the gradient by u, and φ_j(hA)ᵀdy that by v_j over h.
func (w *Ladder[T]) StepBackward(du []T, dv [][]T, dStacks, dh []T, h []float64, u []T, v [][]T, dy []T) {
	n, width := w.n, (1+len(v))*w.n
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
		w.descend(len(v), dStacks, dy)
		for i, r := range w.rows {
			d := w.d[i*width : (i+1)*width]
			if du != nil {
				copy(du[r.row*n:(r.row+1)*n], d)
			}
			for j, dj := range dv {
				if dj != nil {
					copy(dj[r.row*n:(r.row+1)*n], d[(1+j)*n:])
				}
			}
		}
		if dh != nil {
			w.stepGrad(dh, h, u, v, dy, r0, end)
		}
	}
}

// descend makes d the gradients by u and v_j of the rows of the block.
func (w *Ladder[T]) descend(p int, dStacks, dy []T) {
	n, rows := w.n, len(w.rows)
	width, powers := (1+p)*n, w.m*n
	w.lam, w.d = kernel.Grow(&w.lam, rows*n), kernel.Grow(&w.d, rows*width)
	for i, r := range w.rows {
		copy(w.lam[i*n:(i+1)*n], dy[r.row*n:])
	}
	clear(w.d)
	end := len(w.passing) * width // of what entered the levels
	w.dx = kernel.Grow(&w.dx, rows*max(width, powers))
	z, dx := kernel.Grow(&w.z, rows*n), w.dx
	for level := w.levels*ladderDigits - 1; level >= 0; level-- {
		k, digit := level/ladderDigits, level%ladderDigits
		passing := w.pass(level)
		count := len(passing)
		if count == 0 {
			continue
		}
		for c, i := range passing {
			copy(z[c*n:(c+1)*n], w.lam[i*n:])
		}
		x := w.x[end-count*width : end]
		end -= count * width
		if dStacks != nil {
			kernel.Gemm(true, false, width, n, count, 1, x, z, 1, w.level(dStacks, k, digit), &w.tmp)
		}
		w.downOf(k, digit, p).Gemm(count, 1, z, 0, dx, &w.tmp)
		decayed := w.decayed(k, digit)
		for c, i := range passing {
			dxi, lam, d := dx[c*width:(c+1)*width], w.lam[i*n:(i+1)*n], w.d[i*width+n:(i+1)*width]
			if decayed {
				copy(lam, dxi)
			} else {
				addTo(lam, 1, dxi)
			}
			if p == 1 {
				addTo(d, 1, dxi[n:])
			} else if p > 1 {
				kernel.Gemm(true, false, p, n, p, 1, w.forcing(&w.rows[i], k, digit, p), dxi[n:], 1, d, &w.tmp)
			}
		}
	}
	if rows == 0 {
		return
	}
	if dStacks != nil {
		kernel.Gemm(true, false, powers, n, rows, 1, w.xs, w.lam, 1, dStacks, &w.tmp)
	}
	w.down[0].Gemm(rows, 1, w.lam, 0, dx, &w.tmp)
	for i := range w.rows {
		c, lam, d := w.polynomial(&w.rows[i], p), w.lam[i*n:(i+1)*n], w.d[i*width:(i+1)*width]
		for j := range 1 + p {
			addTo(d[j*n:(j+1)*n], c[j], lam)
		}
		kernel.Gemm(true, false, 1+p, n, w.m, 1, c[1+p:], dx[i*powers:(i+1)*powers], 1, d, &w.tmp)
	}
}

// stepGrad adds the gradient by the steps of the rows from r0 to end, given those by
// u and v_j of the block.
func (w *Ladder[T]) stepGrad(dh []T, h []float64, u []T, v [][]T, dy []T, r0, end int) {
	n, rows := w.n, end-r0
	slope := kernel.Grow(&w.slope, rows*n)
	kernel.Gemm(false, false, rows, n, n, T(math.Ldexp(1, -w.bottom)), u[r0*n:end*n], w.stacks, 0, slope, &w.tmp)
	width, next := (1+len(v))*n, 0
	for r := r0; r < end; r++ {
		row := slope[(r-r0)*n : (r-r0+1)*n]
		hr, d, turn := Step(h, r), dy[r*n:(r+1)*n], 0.0
		if hr != 0 {
			d = w.d[next*width:][:n]
		}
		for j := range v {
			vj := v[j][r*n : (r+1)*n]
			switch {
			case hr == 0: // and φ_j is 1/j!
				addTo(row, T(InvFactorial[j+1]), vj)
			case j == 0:
				addTo(row, 1, vj)
			default:
				dv := w.d[next*width:][j*n : (j+2)*n] // by v_{j−1} and v_j, counted from 1
				turn += dot64(vj, dv[:n]) - float64(j)*dot64(vj, dv[n:])
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
