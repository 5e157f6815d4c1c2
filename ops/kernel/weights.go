package kernel

// Packed is a matrix op(B) of shape (k, n), laid out once for products with
// many A. The zero value is ready for Pack.
type Packed[T Float] struct {
	factor factor[T]
	mem    []T
}

// Pack takes op(B), which is Bᵀ if trans is set. It keeps b, which must not
// change until the last product; after a change it is to be packed again. The
// work is put off until a product, and not done where B can be read as it lies.
func (p *Packed[T]) Pack(trans bool, n, k int, b []T) {
	p.factor = factor[T]{trans, n, k, depth(k, maxDepth), b, nil}
}

// Gemm computes C = αA op(B) + βC for A of shape (m, k), with the bits of the
// function Gemm.
func (p *Packed[T]) Gemm(m int, alpha T, a []T, beta T, c []T, scratch *[]T) {
	f := &p.factor
	s := activeSIMD[T]()
	if s == nil || m == 0 || f.n*f.k <= tinyFactor {
		Gemm(false, f.trans, m, f.n, f.k, alpha, a, f.b, beta, c, scratch)
		return
	}
	_, _ = a[m*f.k-1], c[m*f.n-1] // assembly has no bounds checks
	p.pack(s, m)
	s.blocks(false, m, a, f, sum[T]{alpha, beta, c, f.n}, c, scratch)
}

// pack does what Pack put off.
func (p *Packed[T]) pack(s *simd[T], m int) {
	f := &p.factor
	_ = f.b[f.k*f.n-1]
	if f.panels == nil && (f.trans || m >= manyRowsFrom && s.contends(f.n, f.step)) {
		f.panels = f.pack(s, &p.mem)
	}
}

// addRow computes C = A op(B) + d for A of shape (m, k), where d is added to
// every row.
func (p *Packed[T]) addRow(m int, a, d, c []T, scratch *[]T) {
	f := &p.factor
	s := activeSIMD[T]()
	if s == nil || f.k == 0 || f.n == 0 || m == 0 {
		for i := range m {
			copy(c[i*f.n:(i+1)*f.n], d)
		}
		Gemm(false, f.trans, m, f.n, f.k, 1, a, f.b, 1, c, scratch)
		return
	}
	_, _, _ = a[m*f.k-1], c[m*f.n-1], d[f.n-1] // assembly has no bounds checks
	p.pack(s, m)
	s.blocks(false, m, a, f, sum[T]{1, 1, d, 0}, c, scratch)
}
