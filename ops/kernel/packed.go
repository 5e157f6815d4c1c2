package kernel

import "unsafe"

// Blocks of a product in assembly. A panel of B, of panelDepth rows and
// panelVectors vectors, stays in the first level of the cache while about
// blockElements of A, in the second, pass by it. For a single row of A a panel
// may be as wide as wideVectors.
const (
	panelVectors  = 3
	wideVectors   = 8
	panelDepth    = 128
	blockElements = 32 << 10
)

// tileRows is a multiple of the height of every tile.
const tileRows = 24

// B is read where it lies, unless it is transposed, or its rows are so far
// apart, a multiple of aliasing bytes, that the rows of a panel contend for the
// same few places in the cache. Packing then pays from packRowsFrom rows of A.
const (
	aliasing     = 2048
	packRowsFrom = 64
)

// alignment is that of a packed panel in bytes, the largest vector.
const alignment = 64

// product is Gemm in assembly, for k ≥ 1.
//
// With D = panelDepth, each element of C is βC + αΣ_{p<D}, to which then
// αΣ_{D≤p<2D} and so on are added, where Σ are fused multiply-adds in the
// order of p. So its bits depend neither on m and n nor on what is beside it.
func (s *simd[T]) product(tA, tB bool, m, n, k int, alpha T, a, b []T, beta T, c []T, scratch *[]T) {
	_, _, _ = a[m*k-1], b[k*n-1], c[m*n-1] // assembly has no bounds checks
	switch {
	case !s.turns(tA, tB, m, n):
		s.blocks(tA, tB, m, n, k, alpha, a, b, nil, beta, c, grow(scratch, s.panelSize(n, k)))
	case m == 1 || n == 1: // Cᵀ lies as C does
		s.blocks(!tB, !tA, n, m, k, alpha, b, a, nil, beta, c, grow(scratch, s.panelSize(m, k)))
	default:
		work := grow(scratch, m*n+s.panelSize(m, k))
		ct, panel := work[:m*n], work[m*n:]
		if beta != 0 {
			transposeTo(ct, m, n, c)
		}
		s.blocks(!tB, !tA, n, m, k, alpha, b, a, nil, beta, ct, panel)
		transposeTo(c, n, m, ct)
	}
}

// turns reports whether Cᵀ = op(B)ᵀop(A)ᵀ is the faster way to C: if rows of C
// fill no vector, but those of Cᵀ do and op(A)ᵀ need not be transposed, or if
// B would have to be transposed for a few rows of A.
func (s *simd[T]) turns(tA, tB bool, m, n int) bool {
	return tA && n < s.lanes && n < m || tB && m < s.lanes && m < n
}

// blocks is product without a turn, with panels of op(B) as pack writes them,
// or nil. It packs what it needs to the one panel otherwise.
func (s *simd[T]) blocks(tA, tB bool, m, n, k int, alpha T, a, b, panels []T, beta T, c, panel []T) {
	rs, ps := k, 1 // strides of op(A) along its rows and columns
	if tA {
		rs, ps = 1, m
	}
	if panels == nil {
		panel = aligned(panel)
	}
	aliased := n*int(unsafe.Sizeof(alpha))%aliasing == 0
	for p := 0; p < k; p += panelDepth {
		depth := min(panelDepth, k-p)
		height := m
		if m*depth > blockElements {
			height = blockElements / depth / tileRows * tileRows
		}
		for i := 0; i < m; i += height {
			rows := min(height, m-i)
			direct := !tB && (rows < packRowsFrom || !aliased) && panels == nil
			for j, w := 0, 0; j < n; j += w {
				w = min(panelVectors*s.lanes, n-j)
				switch {
				case direct && rows == 1 && n-j >= wideVectors*s.lanes:
					w = wideVectors * s.lanes
				case direct && w > s.lanes:
					w &^= s.lanes - 1
				}
				var from *T
				ldb := s.whole(w)
				switch {
				case panels != nil:
					from = &panels[p*s.whole(n)+depth*j]
				case direct && w == ldb:
					from, ldb = &b[p*n+j], n
				case tB:
					packTransposed(panel, ldb, b[j*k+p:], k, depth, w)
					from = &panel[0]
				default:
					packRows(panel, ldb, b[p*n+j:], n, depth, w)
					from = &panel[0]
				}
				s.gemm(rows, w, depth, alpha, &a[i*rs+p*ps], rs, ps, from, ldb, beta, &c[i*n+j], n)
			}
		}
		beta = 1
	}
}

// pack writes all panels of op(B), one after the other in the order in which
// blocks takes them.
func (s *simd[T]) pack(tB bool, n, k int, b, panels []T) {
	for p := 0; p < k; p += panelDepth {
		depth := min(panelDepth, k-p)
		for j := 0; j < n; j += panelVectors * s.lanes {
			w := min(panelVectors*s.lanes, n-j)
			to := panels[p*s.whole(n)+depth*j:]
			if tB {
				packTransposed(to, s.whole(w), b[j*k+p:], k, depth, w)
			} else {
				packRows(to, s.whole(w), b[p*n+j:], n, depth, w)
			}
		}
	}
}

// whole rounds up to whole vectors.
func (s *simd[T]) whole(n int) int { return (n + s.lanes - 1) &^ (s.lanes - 1) }

// panelSize is how many elements blocks needs for a panel.
func (s *simd[T]) panelSize(n, k int) int {
	return min(k, panelDepth)*min(panelVectors*s.lanes, s.whole(n)) + alignment/4
}

// aligned returns x from its first element at a multiple of alignment.
func aligned[T Float](x []T) []T {
	over := uintptr(unsafe.Pointer(&x[0])) % alignment
	return x[(alignment-over)%alignment/unsafe.Sizeof(x[0]):]
}

// packRows writes a panel: w columns of rows that are ld apart in b, filled up
// with zeros to ldb.
func packRows[T Float](panel []T, ldb int, b []T, ld, rows, w int) {
	if w < ldb {
		clear(panel[:rows*ldb])
	}
	for p := range rows {
		to, from := panel[p*ldb:][:w], b[p*ld:][:w]
		j := 0
		for ; j+4 <= w; j += 4 {
			*(*[4]T)(to[j:]) = *(*[4]T)(from[j:])
		}
		for ; j < w; j++ {
			to[j] = from[j]
		}
	}
}

// packTransposed writes a panel like packRows, of w rows that are ld apart in
// b and become its columns.
func packTransposed[T Float](panel []T, ldb int, b []T, ld, rows, w int) {
	if w < ldb {
		clear(panel[:rows*ldb])
	}
	j := 0
	for ; j+4 <= w; j += 4 {
		b0, b1, b2, b3 := b[j*ld:][:rows], b[(j+1)*ld:][:rows], b[(j+2)*ld:][:rows], b[(j+3)*ld:][:rows]
		to := panel[j:]
		for p, v := range b0 {
			*(*[4]T)(to[p*ldb:]) = [4]T{v, b1[p], b2[p], b3[p]}
		}
	}
	for ; j < w; j++ {
		for p, v := range b[j*ld:][:rows] {
			panel[p*ldb+j] = v
		}
	}
}
