package kernel

// SmallGemm is Gemm for α = 1 and n×n matrices, n = 2 or 3, where a call of
// the kernels takes several times as long as the product: op(B) is held in
// variables while the rows of A pass by. It reports whether it did the product.
//
// With tA, both A and B have rows rows; else A and C have.
func SmallGemm[T Float](tA, tB bool, rows, n int, a, b []T, beta T, c []T) bool {
	switch {
	case tA && tB:
		return false
	case n == 2 && tA:
		crossGemm2(rows, a, b, beta, (*[4]T)(c))
	case n == 3 && tA:
		crossGemm3(rows, a, b, beta, (*[9]T)(c))
	case n == 2:
		b := *(*[4]T)(b)
		if tB {
			b[1], b[2] = b[2], b[1]
		}
		rowsGemm2(a[:2*rows], &b, beta, c[:2*rows])
	case n == 3:
		b := *(*[9]T)(b)
		if tB {
			b[1], b[3], b[2], b[6], b[5], b[7] = b[3], b[1], b[6], b[2], b[7], b[5]
		}
		rowsGemm3(a[:3*rows], &b, beta, c[:3*rows])
	default:
		return false
	}
	return true
}

func rowsGemm2[T Float](a []T, b *[4]T, beta T, c []T) {
	b00, b01, b10, b11 := b[0], b[1], b[2], b[3]
	for ; len(a) >= 2 && len(c) >= 2; a, c = a[2:], c[2:] {
		a0, a1 := a[0], a[1]
		c0, c1 := a0*b00+a1*b10, a0*b01+a1*b11
		if beta != 0 {
			c0, c1 = c0+beta*c[0], c1+beta*c[1]
		}
		c[0], c[1] = c0, c1
	}
}

func rowsGemm3[T Float](a []T, b *[9]T, beta T, c []T) {
	b00, b01, b02, b10, b11, b12, b20, b21, b22 := b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]
	for ; len(a) >= 3 && len(c) >= 3; a, c = a[3:], c[3:] {
		a0, a1, a2 := a[0], a[1], a[2]
		c0, c1, c2 := a0*b00+a1*b10+a2*b20, a0*b01+a1*b11+a2*b21, a0*b02+a1*b12+a2*b22
		if beta != 0 {
			c0, c1, c2 = c0+beta*c[0], c1+beta*c[1], c2+beta*c[2]
		}
		c[0], c[1], c[2] = c0, c1, c2
	}
}

func crossGemm2[T Float](rows int, a, b []T, beta T, c *[4]T) {
	var c00, c01, c10, c11 T
	for a, b = a[:2*rows], b[:2*rows]; len(a) >= 2 && len(b) >= 2; a, b = a[2:], b[2:] {
		a0, a1, b0, b1 := a[0], a[1], b[0], b[1]
		c00, c01 = c00+a0*b0, c01+a0*b1
		c10, c11 = c10+a1*b0, c11+a1*b1
	}
	if beta != 0 {
		c00, c01, c10, c11 = c00+beta*c[0], c01+beta*c[1], c10+beta*c[2], c11+beta*c[3]
	}
	*c = [4]T{c00, c01, c10, c11}
}

func crossGemm3[T Float](rows int, a, b []T, beta T, c *[9]T) {
	var c00, c01, c02, c10, c11, c12, c20, c21, c22 T
	for a, b = a[:3*rows], b[:3*rows]; len(a) >= 3 && len(b) >= 3; a, b = a[3:], b[3:] {
		a0, a1, a2, b0, b1, b2 := a[0], a[1], a[2], b[0], b[1], b[2]
		c00, c01, c02 = c00+a0*b0, c01+a0*b1, c02+a0*b2
		c10, c11, c12 = c10+a1*b0, c11+a1*b1, c12+a1*b2
		c20, c21, c22 = c20+a2*b0, c21+a2*b1, c22+a2*b2
	}
	if beta != 0 {
		c00, c01, c02 = c00+beta*c[0], c01+beta*c[1], c02+beta*c[2]
		c10, c11, c12 = c10+beta*c[3], c11+beta*c[4], c12+beta*c[5]
		c20, c21, c22 = c20+beta*c[6], c21+beta*c[7], c22+beta*c[8]
	}
	*c = [9]T{c00, c01, c02, c10, c11, c12, c20, c21, c22}
}
