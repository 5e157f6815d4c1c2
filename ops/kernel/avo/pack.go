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
	next := func(f func(a, b, c Op), i, j int) reg.VecVirtual {
		r := t.vec()
		f(v[j], v[i], r)
		return r
	}
	if t.size == 4 {
		w := make([]reg.VecVirtual, n)
		for i := 0; i < n; i += 4 {
			ab, cd := next(narrow(VUNPCKLPS), i, i+1), next(narrow(VUNPCKLPS), i+2, i+3)
			AB, CD := next(narrow(VUNPCKHPS), i, i+1), next(narrow(VUNPCKHPS), i+2, i+3)
			w[i], w[i+1], w[i+2], w[i+3] = ab, cd, AB, CD
		}
		v = w
		w = make([]reg.VecVirtual, n)
		for i := 0; i < n; i += 4 {
			w[i], w[i+1] = next(narrow(VUNPCKLPD), i, i+1), next(narrow(VUNPCKHPD), i, i+1)
			w[i+2], w[i+3] = next(narrow(VUNPCKLPD), i+2, i+3), next(narrow(VUNPCKHPD), i+2, i+3)
		}
		v = w
	} else {
		w := make([]reg.VecVirtual, n)
		for i := 0; i < n; i += 2 {
			w[i], w[i+1] = next(narrow(VUNPCKLPD), i, i+1), next(narrow(VUNPCKHPD), i, i+1)
		}
		v = w
	}
	w := make([]reg.VecVirtual, n)
	for i := range n / 2 {
		w[i] = next(func(a, b, c Op) { VPERM2F128(Imm(0x20), a, b, c) }, i, i+n/2)
		w[i+n/2] = next(func(a, b, c Op) { VPERM2F128(Imm(0x31), a, b, c) }, i, i+n/2)
	}
	return w
}

// narrow is an instruction of three registers, without the masks of AVX-512.
func narrow(f func(...Op)) func(a, b, c Op) {
	return func(a, b, c Op) { f(a, b, c) }
}
