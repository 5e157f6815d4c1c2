package kernel

import "unsafe"

// Blocks of a product in assembly. A panel of B, of panelVectors vectors and at
// most maxDepth rows, stays in the first level of the cache while about
// blockElements of A, in the second, pass by it. A transposed A passes by in
// columns, which take more room beside the panel, so that it is maxDepthT then.
const (
	panelVectors  = 3
	maxDepth      = 256
	maxDepthT     = 128
	blockElements = 32 << 10
)

// wideVectors[m] is how many vectors wide a panel may be for m rows of A, so
// few that narrow tiles of C have too little under way.
var wideVectors = [4]int{1: 8, 2: 6, 3: 4}

// tileRows is a multiple of the height of every tile.
const tileRows = 24

// B is read where it lies, unless it is transposed, or the rows of a panel contend for the
// same few places in the first level of the cache. Packing then pays from packRowsFrom rows
// of A for one product, and from manyRowsFrom for many, see Packed.
const (
	levelBytes   = 32 << 10 // of the first level, in which
	wayBytes     = 4 << 10  // what is so far apart has the same place
	packRowsFrom = 128
	manyRowsFrom = 48
)

// contends reports whether so many rows of n elements of B do.
func (s *simd[T]) contends(n, rows int) bool {
	var x T
	bytes := n * int(unsafe.Sizeof(x))
	apart := min(bytes&-bytes, wayBytes) // the places of rows are multiples of it
	return rows*apart > levelBytes
}

// tinyFactor is how many elements of a transposed B are turned one by one.
const tinyFactor = 16

// alignment is that of packed panels in bytes, the largest vector.
const alignment = 64

// A factor is the right factor op(B), of shape (k, n), of a product in assembly.
type factor[T Float] struct {
	trans  bool
	n, k   int
	step   int // rows of a panel
	b      []T
	panels []T // all of them, as pack writes them, or nil
}

// sum is αAB + βD.
type sum[T Float] struct {
	alpha, beta T
	d           []T
	ldd         int // 0: every row of D is the same
}

// product is Gemm in assembly, for k ≥ 1.
//
// With parts of k as depth makes them, each element of C is βC + αΣ over the
// first part, to which then αΣ over the next is added, where Σ are fused
// multiply-adds in the order of p. So its bits depend on k and tA, but neither on
// m and n nor on what is beside it.
func (s *simd[T]) product(tA, tB bool, m, n, k int, alpha T, a, b []T, beta T, c []T, scratch *[]T) {
	_, _, _ = a[m*k-1], b[k*n-1], c[m*n-1] // assembly has no bounds checks
	turn := tA && n < s.lanes && n < m
	if !tA && s.isThin(m, n, k) {
		s.thin(m, a, &factor[T]{tB, n, k, depth(k, maxDepth), b, nil}, sum[T]{alpha, beta, c, n}, c, scratch)
		return
	}
	if tB && !turn && n*k <= tinyFactor {
		bt := Grow(scratch, n*k)
		TransposeTo(bt, n, k, b)
		tB, b, scratch = false, bt, nil // no other need of scratch is left
	}
	if !tB && !turn && n <= panelVectors*s.lanes && k <= maxDepthT && m*k <= blockElements { // one panel
		rs, ps := k, 1
		if tA {
			rs, ps = 1, m
		}
		s = s.forColumns(n)
		s.gemm(m, n, k, alpha, &a[0], rs, ps, &b[0], n, n-s.lanes, beta, &c[0], n, &c[0], n)
		return
	}
	step := depth(k, maxDepth)
	if tA {
		step = depth(k, maxDepthT)
	}
	if !turn {
		s.blocks(tA, m, a, &factor[T]{tB, n, k, step, b, nil}, sum[T]{alpha, beta, c, n}, c, scratch)
		return
	}
	// Rows of C fill no vector, those of Cᵀ = op(B)ᵀA do, and A lies as it
	// should.
	at := &factor[T]{false, m, k, step, a, nil}
	if n == 1 { // Cᵀ lies as C does
		s.blocks(!tB, n, b, at, sum[T]{alpha, beta, c, m}, c, scratch)
		return
	}
	ct := Grow(scratch, m*n)
	if beta != 0 {
		TransposeTo(ct, m, n, c)
	}
	s.blocks(!tB, n, b, at, sum[T]{alpha, beta, ct, m}, ct, nil)
	TransposeTo(c, n, m, ct)
}

// blocks computes C = α op(A) f + βD. The scratch is not needed, and may be
// nil, where f is packed or lies as it should.
func (s *simd[T]) blocks(tA bool, m int, a []T, f *factor[T], r sum[T], c []T, scratch *[]T) {
	n, k := f.n, f.k
	rs, ps := k, 1 // strides of op(A) along its rows and columns
	if tA {
		rs, ps = 1, m
	}
	if !tA && s.isThin(m, n, k) {
		s.thin(m, a, f, r, c, scratch)
		return
	}
	if f.trans && f.panels == nil && ps == 1 && m < len(wideVectors) && n >= s.square {
		s.rows(m, a, f, r, c, scratch)
		return
	}
	s = s.forColumns(n)
	step := f.step
	height := blockElements / step / tileRows * tileRows
	panels := f.panels
	direct := !f.trans && (m < manyRowsFrom || panels == nil && (m < packRowsFrom || !s.contends(n, f.step)))
	switch {
	case direct:
		panels = nil
	case panels == nil && m > height: // several blocks of A meet each panel
		panels = f.pack(s, scratch)
	}
	widest := panelVectors
	if panels == nil && m < len(wideVectors) {
		widest = wideVectors[m]
	}
	var panel []T
	if panels == nil && !direct {
		widest = min(widest, panelVectors+1)
		panel = aligned(Grow(scratch, step*widest*s.lanes+alignment/4))
	}
	vectors := s.vectors(n)
	for p := 0; p < k; p += step {
		step := min(step, k-p)
		for i := 0; i < m; i += height {
			rows := min(height, m-i)
			for v := 0; v < vectors; {
				width := next(v, vectors, widest)
				j := v * s.lanes
				w := min(width*s.lanes, n-j)
				ldb := width * s.lanes
				last := ldb - s.lanes
				var from *T
				switch {
				case direct:
					from, ldb, last = &f.b[p*n+j], n, w-s.lanes
				case panels != nil:
					from = &panels[(p*vectors+step*v)*s.lanes]
				default:
					f.packPanel(s, panel, p, step, j, w)
					from = &panel[0]
				}
				s.gemm(rows, w, step, r.alpha, &a[i*rs+p*ps], rs, ps, from, ldb, last, r.beta, &r.d[i*r.ldd+j], r.ldd, &c[i*n+j], n)
				v += width
			}
		}
		r.beta, r.d, r.ldd = 1, c, n
	}
}

// depth divides k into equal parts of at most largest, but for the last.
func depth(k, largest int) int {
	parts := max(1, (k+largest-1)/largest)
	return (k + parts - 1) / parts
}

// vectors is how many vectors n columns are.
func (s *simd[T]) vectors(n int) int { return (n + s.lanes - 1) / s.lanes }

// forColumns returns the kernels for a product of n columns, half as wide if
// these would fill no more than half a vector.
func (s *simd[T]) forColumns(n int) *simd[T] {
	if s.half != nil && n <= s.half.lanes {
		return s.half
	}
	return s
}

// tail is how many columns of a panel are for a last vector half as wide.
func (s *simd[T]) tail(w int) int {
	if rest := w % s.lanes; s.half != nil && s.lanes < w && w <= panelVectors*s.lanes && rest <= s.half.lanes {
		return rest
	}
	return 0
}

// next returns the width of the panel at vector v: they are as equal as can be,
// so that the last has two vectors at least and its last one may overlap.
func next(v, vectors, widest int) int {
	panels := (vectors - v + widest - 1) / widest
	return (vectors - v + panels - 1) / panels
}

// pack writes all panels, one after the other in the order in which blocks
// takes them.
func (f *factor[T]) pack(s *simd[T], mem *[]T) []T {
	s = s.forColumns(f.n)
	vectors, step := s.vectors(f.n), f.step
	to := aligned(Grow(mem, f.k*vectors*s.lanes+alignment/4))
	for p := 0; p < f.k; p += step {
		step := min(step, f.k-p)
		for v := 0; v < vectors; {
			width := next(v, vectors, panelVectors)
			j := v * s.lanes
			f.packPanel(s, to[(p*vectors+step*v)*s.lanes:], p, step, j, min(width*s.lanes, f.n-j))
			v += width
		}
	}
	return to
}

// packPanel writes a panel of the rows from p on and w columns from j on, in
// whole vectors of which the last ends at the last column, or is half as wide.
func (f *factor[T]) packPanel(s *simd[T], to []T, p, rows, j, w int) {
	ldb := s.vectors(w) * s.lanes
	if !f.trans { // all are whole, as rows that contend are
		for q := range rows {
			copy(to[q*ldb:][:w], f.b[(p+q)*f.n+j:])
		}
		return
	}
	if w < s.lanes {
		for q := range rows {
			for i := range w {
				to[q*ldb+i] = f.b[(j+i)*f.k+p+q]
			}
		}
		return
	}
	whole := w - s.tail(w)
	for v := 0; v < whole; v += s.lanes {
		f.packVector(s, to[v:], ldb, p, rows, j+min(v, whole-s.lanes))
	}
	if whole < w { // with columns before it, once more
		v := w - s.half.lanes
		f.packVector(s.half, to[v:], ldb, p, rows, j+v)
	}
}

// packVector writes the columns of one vector to rows that are ldb apart.
func (f *factor[T]) packVector(s *simd[T], to []T, ldb, p, rows, j int) {
	for i := 0; i < s.lanes; i += s.square {
		s.transpose(rows, &to[i], ldb, &f.b[(j+i)*f.k+p], f.k)
	}
}

// aligned returns x from its first element at a multiple of alignment.
func aligned[T Float](x []T) []T {
	over := uintptr(unsafe.Pointer(&x[0])) % alignment
	return x[(alignment-over)%alignment/unsafe.Sizeof(x[0]):]
}
