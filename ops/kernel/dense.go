package kernel

import "math"

// DenseTo writes y = σ(xW + b) for a batch of rows: x (rows, in), W (in, out),
// b (out), y (rows, out). σ is tanh or, if activate is false, the identity.
func DenseTo[T Float](y, x, w, b []T, rows, in, out int, activate bool, scratch *[]T) {
	for r := range rows {
		copy(y[r*out:(r+1)*out], b)
	}
	Gemm(false, false, rows, out, in, 1, x, w, 1, y, scratch)
	if activate {
		TanhTo(y, y)
	}
}

// Dense holds the work space of a layer's backward pass.
type Dense[T Float] struct{ dz, tmp []T }

// Backward writes the gradients by x, W and b, given y = σ(xW + b) and dy. A
// nil dx is not computed.
func (l *Dense[T]) Backward(dx, dw, db, x, w, y, dy []T, rows, in, out int, activate bool) {
	dz := dy
	if activate {
		dz = grow(&l.dz, rows*out)
		for i, v := range y {
			dz[i] = dy[i] * (1 - v*v)
		}
	}
	clear(db)
	for r := range rows {
		AxpyTo(db, 1, dz[r*out:(r+1)*out])
	}
	Gemm(true, false, in, out, rows, 1, x, dz, 0, dw, &l.tmp)
	if dx != nil {
		Gemm(false, true, rows, in, out, 1, dz, w, 0, dx, &l.tmp)
	}
}

// TanhTo writes tanh(x) to y, which may be x, within two units in the last
// place. An element has the same bits wherever in x it lies.
func TanhTo[T Float](y, x []T) {
	if s := activeSIMD[T](); s != nil && len(x) > 0 {
		y = y[:len(x)]
		s.tanh(len(x), &y[0], &x[0])
		return
	}
	for i, v := range x {
		y[i] = T(math.Tanh(float64(v)))
	}
}

// Bilinear is the low-rank bilinear form, eq. (6),
//
//	g(u) = Σ_r (C^{(r)}u) ⊙ (D^{(r)}u) + b,
//
// for rows u (rows, n), C and D (rank, n, n), b (n).
type Bilinear[T Float] struct{ cu, du, s, tmp []T }

// ForwardTo writes g(u) to y.
func (l *Bilinear[T]) ForwardTo(y, u, c, d, b []T, rows, n int) {
	for r := range rows {
		copy(y[r*n:(r+1)*n], b)
	}
	cu, du := grow(&l.cu, rows*n), grow(&l.du, rows*n)
	for k := 0; k < len(c); k += n * n {
		Gemm(false, true, rows, n, n, 1, u, c[k:k+n*n], 0, cu, &l.tmp)
		Gemm(false, true, rows, n, n, 1, u, d[k:k+n*n], 0, du, &l.tmp)
		for i, v := range cu {
			y[i] += v * du[i]
		}
	}
}

// Backward writes the gradients by u, C, D and b, given dy.
func (l *Bilinear[T]) Backward(du, dc, dd, db, u, c, d, dy []T, rows, n int) {
	clear(db)
	for r := range rows {
		AxpyTo(db, 1, dy[r*n:(r+1)*n])
	}
	clear(du)
	p, s := grow(&l.cu, rows*n), grow(&l.s, rows*n)
	for k := 0; k < len(c); k += n * n {
		for _, side := range [2]struct{ own, other, grad []T }{{c, d, dc}, {d, c, dd}} {
			Gemm(false, true, rows, n, n, 1, u, side.other[k:k+n*n], 0, p, &l.tmp)
			for i, v := range p {
				s[i] = dy[i] * v
			}
			Gemm(true, false, n, n, rows, 1, s, u, 0, side.grad[k:k+n*n], &l.tmp)
			Gemm(false, false, rows, n, n, 1, s, side.own[k:k+n*n], 1, du, &l.tmp)
		}
	}
}
