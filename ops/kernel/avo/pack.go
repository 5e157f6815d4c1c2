package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose writes the transpose of as many rows of b, of n elements and ld
// apart, as a vector has lanes: n vectors that are ldt apart in t. It is of
// AVX2 alone, and packs the panels of B for both instruction sets.
func transpose(t *target, window Mem) {
	TEXT(t.name("transpose"), NOSPLIT, fmt.Sprintf("func(n int, t *%[1]s, ldt int, b *%[1]s, ld int)", t.typ))
	Doc(fmt.Sprintf("%s writes the transpose of %d rows of n elements, see simd.", t.name("transpose"), t.lanes()))
	Pragma("noescape")
	n, to, ldt := Load(Param("n"), GP64()), Load(Param("t"), GP64()), t.bytes("ldt")
	from, ld := Load(Param("b"), GP64()), t.bytes("ld")
	ld3, high := GP64(), GP64()
	LEAQ(Mem{Base: ld, Index: ld, Scale: 2}, ld3)
	LEAQ(Mem{Base: from, Index: ld, Scale: 4}, high)
	row := func(i int) Mem {
		base := from
		if i >= 4 {
			base = high
		}
		switch i % 4 {
		case 1:
			return Mem{Base: base, Index: ld, Scale: 1}
		case 2:
			return Mem{Base: base, Index: ld, Scale: 2}
		case 3:
			return Mem{Base: base, Index: ld3, Scale: 1}
		}
		return Mem{Base: base}
	}
	square := func(p *part) []reg.VecVirtual {
		var v []reg.VecVirtual
		for i := range t.lanes() {
			r := t.vec()
			if p != nil {
				p.load(row(i), r)
			} else {
				t.move(row(i), r)
			}
			v = append(v, r)
		}
		return t.transposed(v)
	}
	Label("squares")
	CMPQ(n, U32(t.lanes()))
	JL(LabelRef("rest"))
	for _, v := range square(nil) {
		t.move(v, Mem{Base: to})
		ADDQ(ldt, to)
	}
	ADDQ(U32(t.width), from)
	if t.lanes() > 4 {
		ADDQ(U32(t.width), high)
	}
	SUBQ(U32(t.lanes()), n)
	JMP(LabelRef("squares"))
	Label("rest")
	TESTQ(n, n)
	JE(LabelRef("done"))
	p := t.newPart(n.(reg.GPVirtual), window)
	p.loadMask()
	for _, v := range square(p)[:t.lanes()-1] {
		t.move(v, Mem{Base: to})
		ADDQ(ldt, to)
		DECQ(n)
		JE(LabelRef("done"))
	}
	Label("done")
	VZEROUPPER()
	RET()
}

// transposed returns the columns of a square of rows: pairs of lanes within
// the halves of a vector change places first, the halves last.
func (t *target) transposed(v []reg.VecVirtual) []reg.VecVirtual {
	n := len(v)
	if t.size == 4 {
		var w []reg.VecVirtual
		for i := 0; i < n; i += 4 {
			w = append(w, t.turned(v[i:i+4])...)
		}
		v = w
	} else {
		w := make([]reg.VecVirtual, n)
		for i := 0; i < n; i += 2 {
			w[i], w[i+1] = t.joined(narrow(VUNPCKLPD), v[i], v[i+1]), t.joined(narrow(VUNPCKHPD), v[i], v[i+1])
		}
		v = w
	}
	low, high := func(a, b, c Op) { VPERM2F128(Imm(0x20), a, b, c) }, func(a, b, c Op) { VPERM2F128(Imm(0x31), a, b, c) }
	if t.avx512() { // which has no VPERM2F128 for all registers
		low, high = func(a, b, c Op) { VSHUFF64X2(Imm(0), a, b, c) }, func(a, b, c Op) { VSHUFF64X2(Imm(3), a, b, c) }
	}
	w := make([]reg.VecVirtual, n)
	for i := range n / 2 {
		w[i], w[i+n/2] = t.joined(low, v[i], v[i+n/2]), t.joined(high, v[i], v[i+n/2])
	}
	return w
}

// turned transposes the squares of four lanes of four vectors.
func (t *target) turned(v []reg.VecVirtual) []reg.VecVirtual {
	lo, hi := narrow(VUNPCKLPS), narrow(VUNPCKHPS)
	ab, cd, AB, CD := t.joined(lo, v[0], v[1]), t.joined(lo, v[2], v[3]), t.joined(hi, v[0], v[1]), t.joined(hi, v[2], v[3])
	lo, hi = narrow(VUNPCKLPD), narrow(VUNPCKHPD)
	return []reg.VecVirtual{t.joined(lo, ab, cd), t.joined(hi, ab, cd), t.joined(lo, AB, CD), t.joined(hi, AB, CD)}
}

// joined is what an instruction makes of two vectors.
func (t *target) joined(f func(a, b, c Op), v, w reg.VecVirtual) reg.VecVirtual {
	r := t.vec()
	f(w, v, r)
	return r
}

// twice reads half a vector to both halves of v.
func (t *target) twice(from, v Op) {
	if t.avx512() {
		VBROADCASTF32X4(from, v)
	} else {
		VBROADCASTF128(from, v)
	}
}

// insertHigh writes v with x as its upper half to r.
func (t *target) insertHigh(x, v, r Op) {
	if t.avx512() {
		VINSERTF32X4(Imm(1), x, v, r)
	} else {
		VINSERTF128(Imm(1), x, v, r)
	}
}

// narrow is an instruction of three registers, without the masks of AVX-512.
func narrow(f func(...Op)) func(a, b, c Op) {
	return func(a, b, c Op) { f(a, b, c) }
}
