package kernel

// Rows of a batch go through a layer in blocks. A block of the output of
// forwardElements is still in the cache when tanh comes to it, and so is one of
// the gradient by xW + b, of backwardElements, which is larger since each block
// reads and writes the gradient by W once.
const (
	forwardElements  = 12 << 10
	backwardElements = 32 << 10
)

// BlockRows returns how many rows of n elements make a block of so many elements.
func BlockRows(elements, n int) int {
	return max(tileRows, elements/max(n, 1)/tileRows*tileRows)
}

// Dense is a layer, y = σ(xW + b), and its work space. The zero value is ready
// for Pack.
type Dense[T Float] struct {
	w, wt   Packed[T]
	dz, tmp []T
}

// Pack takes the weights W (in, out) for the calls of ForwardTo and AddBackward
// that follow, such as the steps of a rollout. It keeps w, which must not change
// until the last of them.
func (l *Dense[T]) Pack(w []T, in, out int) {
	l.w.Pack(false, out, in, w)
	l.wt.Pack(true, in, out, w)
}

// ForwardTo writes y = σ(xW + b) for a batch of rows: x (rows, in), b (out) and
// y (rows, out). σ is tanh or, if activate is false, the identity.
func (l *Dense[T]) ForwardTo(y, x, b []T, rows int, activate bool) {
	in, out := l.w.factor.k, l.w.factor.n
	block := BlockRows(forwardElements, out)
	for r := 0; r < rows; r += block {
		end := min(r+block, rows)
		to := y[r*out : end*out]
		l.w.addRow(end-r, x[r*in:end*in], b, to, &l.tmp)
		if activate {
			TanhTo(to, to)
		}
	}
}

// AddBackward adds the gradients by W and b to dw and db, given y = σ(xW + b)
// and dy, and writes that by x to dx. A nil dx is not computed.
func (l *Dense[T]) AddBackward(dx, dw, db, x, y, dy []T, rows int, activate bool) {
	in, out := l.w.factor.k, l.w.factor.n
	block := BlockRows(backwardElements, out)
	for r := 0; r < rows; r += block {
		end := min(r+block, rows)
		dz := dy[r*out : end*out]
		if activate {
			to := Grow(&l.dz, len(dz))
			TanhGradTo(to, dz, y[r*out:end*out])
			dz = to
		}
		AddColumnSumsTo(db[:out], dz)
		Gemm(true, false, in, out, end-r, 1, x[r*in:end*in], dz, 1, dw, &l.tmp)
		if dx != nil {
			l.wt.Gemm(end-r, 1, dz, 0, dx[r*in:end*in], &l.tmp)
		}
	}
}

// Bilinear is the low-rank bilinear form, eq. (6),
//
//	g(u) = Σ_r (C^{(r)}u) ⊙ (D^{(r)}u) + b,
//
// for rows u (rows, m), C and D (rank, n, m), b (n).
type Bilinear[T Float] struct{ cu, du, s, tmp []T }

// ForwardTo writes g(u) to y.
func (l *Bilinear[T]) ForwardTo(y, u, c, d, b []T, rows, n, m int) {
	for r := range rows {
		copy(y[r*n:(r+1)*n], b)
	}
	cu, du := Grow(&l.cu, rows*n), Grow(&l.du, rows*n)
	for k := 0; k < len(c); k += n * m {
		Gemm(false, true, rows, n, m, 1, u, c[k:k+n*m], 0, cu, &l.tmp)
		Gemm(false, true, rows, n, m, 1, u, d[k:k+n*m], 0, du, &l.tmp)
		for i, v := range cu {
			y[i] += v * du[i]
		}
	}
}

// Backward writes the gradients by u, C, D and b, given dy.
func (l *Bilinear[T]) Backward(du, dc, dd, db, u, c, d, dy []T, rows, n, m int) {
	clear(db)
	AddColumnSumsTo(db, dy[:rows*n])
	clear(du)
	p, s := Grow(&l.cu, rows*n), Grow(&l.s, rows*n)
	for k := 0; k < len(c); k += n * m {
		for _, side := range [2]struct{ own, other, grad []T }{{c, d, dc}, {d, c, dd}} {
			Gemm(false, true, rows, n, m, 1, u, side.other[k:k+n*m], 0, p, &l.tmp)
			for i, v := range p {
				s[i] = dy[i] * v
			}
			Gemm(true, false, n, m, rows, 1, s, u, 0, side.grad[k:k+n*m], &l.tmp)
			Gemm(false, false, rows, m, n, 1, s, side.own[k:k+n*m], 1, du, &l.tmp)
		}
	}
}
