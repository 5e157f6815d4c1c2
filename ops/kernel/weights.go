package kernel

// Packed is a matrix op(B) of shape (k, n), laid out once for products with
// many A. The zero value is ready for Pack.
type Packed[T Float] struct {
	trans  bool
	n, k   int
	b      []T
	packed bool
	panels []T
	mem    []T
}

// Pack takes op(B), which is Bᵀ if trans is set. It keeps b, which must not
// change until the last product; after a change it is to be packed again. The
// work is put off until a product that gains by it: most read B where it lies.
func (p *Packed[T]) Pack(trans bool, n, k int, b []T) {
	p.trans, p.n, p.k, p.b, p.packed, p.panels = trans, n, k, b, false, nil
}

// Gemm computes C = αA op(B) + βC for A of shape (m, k), with the bits of the
// function Gemm.
func (p *Packed[T]) Gemm(m int, alpha T, a []T, beta T, c []T, scratch *[]T) {
	s := activeSIMD[T]()
	if s == nil || m == 0 || p.n == 0 || p.k == 0 {
		Gemm(false, p.trans, m, p.n, p.k, alpha, a, p.b, beta, c, scratch)
		return
	}
	_, _, _ = a[m*p.k-1], p.b[p.k*p.n-1], c[m*p.n-1] // assembly has no bounds checks
	if !p.packed {
		p.packed = true
		if p.trans || p.n%s.lanes != 0 {
			p.panels = aligned(grow(&p.mem, p.k*s.whole(p.n)+alignment/4))
			s.pack(p.trans, p.n, p.k, p.b, p.panels)
		}
	}
	var panel []T
	if p.panels == nil {
		panel = grow(scratch, s.panelSize(p.n, p.k))
	}
	s.blocks(false, p.trans, m, p.n, p.k, alpha, a, p.b, p.panels, beta, c, panel)
}
