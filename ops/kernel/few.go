package kernel

// dotRows is how many rows simd.dots takes at most.
const dotRows = 4

// rows is blocks for a few rows of A that lie as they should and a transposed
// B, of which each element is then needed so few times that a panel costs more.
func (s *simd[T]) rows(m int, a []T, f *factor[T], r sum[T], c []T, scratch *[]T) {
	n, k := f.n, f.k
	whole := n &^ (s.square - 1)
	rest := n - whole
	for p := 0; p < k; p += f.step {
		step := min(f.step, k-p)
		s.dots(m, whole, step, r.alpha, &a[p], k, 1, &f.b[p], k, r.beta, &r.d[0], r.ldd, &c[0], n)
		if rest > 0 { // as the end of a whole vector, on the side
			v := Grow(scratch, m*s.square)
			if r.beta != 0 {
				clear(v)
				for i := range m {
					copy(v[(i+1)*s.square-rest:], r.d[i*r.ldd+whole:i*r.ldd+n])
				}
			}
			s.dots(m, s.square, step, r.alpha, &a[p], k, 1, &f.b[(n-s.square)*k+p], k, r.beta, &v[0], s.square, &v[0], s.square)
			for i := range m {
				copy(c[i*n+whole:(i+1)*n], v[(i+1)*s.square-rest:])
			}
		}
		r.beta, r.d, r.ldd = 1, c, n
	}
}

// Of a C with few columns the columns are what fills vectors. Below thinDepth
// there are too few products for what is beside them.
const (
	thinRows  = 256 // at a time, whose columns then lie in the cache
	thinDepth = 8
)

// isThin reports whether thin takes a product.
func (s *simd[T]) isThin(m, n, k int) bool {
	return n <= min(dotRows, s.square-1) && m >= s.square && k >= thinDepth
}

// thin is blocks for an A that lies as it should and few columns of B: Cᵀ is the
// product of these and of A transposed, in parts that are turned at once.
func (s *simd[T]) thin(m int, a []T, f *factor[T], r sum[T], c []T, scratch *[]T) {
	n, k := f.n, f.k
	rs, ps := 1, n
	if f.trans {
		rs, ps = k, 1
	}
	ct := Grow(scratch, n*thinRows)
	for i := 0; i < m; {
		rows := min(thinRows, (m-i)&^(s.square-1))
		from := i
		if rows == 0 { // as the end of a whole vector
			rows, from = s.square, m-s.square
		}
		if r.beta != 0 {
			for j := range n {
				for q, at := 0, from*r.ldd+j; q < rows; q, at = q+1, at+r.ldd {
					ct[j*thinRows+q] = r.d[at]
				}
			}
		}
		beta := r.beta
		for p := 0; p < k; p += f.step {
			s.dots(n, rows, min(f.step, k-p), r.alpha, &f.b[p*ps], rs, ps, &a[from*k+p], k, beta, &ct[0], thinRows, &ct[0], thinRows)
			beta = 1
		}
		interleave(c[i*n:(from+rows)*n], ct[i-from:], n)
		i = from + rows
	}
}

// interleave writes the rows of c from n columns, thinRows apart.
func interleave[T Float](c, columns []T, n int) {
	rows := len(c) / n
	x := columns[:rows]
	switch n {
	case 1:
		copy(c, x)
	case 2:
		y := columns[thinRows:][:rows]
		for i, v := range x {
			c := c[2*i : 2*i+2 : 2*i+2]
			c[0], c[1] = v, y[i]
		}
	case 3:
		y, z := columns[thinRows:][:rows], columns[2*thinRows:][:rows]
		for i, v := range x {
			c := c[3*i : 3*i+3 : 3*i+3]
			c[0], c[1], c[2] = v, y[i], z[i]
		}
	default:
		for j := range n {
			for i, v := range columns[j*thinRows:][:rows] {
				c[i*n+j] = v
			}
		}
	}
}
