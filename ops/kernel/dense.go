package kernel

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

// Dense is a layer, y = σ(xW + b), and its work space. The zero value is ready
// for Backward, and after Pack for ForwardTo and AddBackward.
type Dense[T Float] struct {
	in, out int
	w, wt   Packed[T]
	dz, tmp []T
}

// Pack takes the weights W (in, out) for the calls of ForwardTo and AddBackward
// that follow, such as the steps of a rollout. It keeps w, which must not change
// until the last of them.
func (l *Dense[T]) Pack(w []T, in, out int) {
	l.in, l.out = in, out
	l.w.Pack(false, out, in, w)
	l.wt.Pack(true, in, out, w)
}

// ForwardTo writes y = σ(xW + b) like DenseTo, and to the same bits.
func (l *Dense[T]) ForwardTo(y, x, b []T, rows int, activate bool) {
	for r := range rows {
		copy(y[r*l.out:(r+1)*l.out], b)
	}
	l.w.Gemm(rows, 1, x, 1, y, &l.tmp)
	if activate {
		TanhTo(y[:rows*l.out], y[:rows*l.out])
	}
}

// AddBackward adds the gradients by W and b to dw and db, given y = σ(xW + b)
// and dy, and writes that by x to dx. A nil dx is not computed.
func (l *Dense[T]) AddBackward(dx, dw, db, x, y, dy []T, rows int, activate bool) {
	dz := dy[:rows*l.out]
	if activate {
		dz = grow(&l.dz, rows*l.out)
		TanhGradTo(dz, dy, y[:rows*l.out])
	}
	AddColumnSumsTo(db[:l.out], dz)
	Gemm(true, false, l.in, l.out, rows, 1, x, dz, 1, dw, &l.tmp)
	if dx != nil {
		l.wt.Gemm(rows, 1, dz, 0, dx, &l.tmp)
	}
}

// Backward writes the gradients by x, W and b, given y = σ(xW + b) and dy. A
// nil dx is not computed.
func (l *Dense[T]) Backward(dx, dw, db, x, w, y, dy []T, rows, in, out int, activate bool) {
	l.Pack(w, in, out)
	clear(db)
	clear(dw[:in*out])
	l.AddBackward(dx, dw, db, x, y, dy, rows, activate)
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
	AddColumnSumsTo(db, dy[:rows*n])
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
