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

// dotStrips is how many strips of a vector's lanes dots does at once, with
// registers for what a square takes beside them.
func (t *target) dotStrips() int { return 16 / t.lanes() }

// dots writes, for a multiple n of a vector's lanes, the products of one vector
// a with n rows of b, of k elements and ld apart,
//
//	c_j = α Σ_p a_p b_jp + β d_j.
//
// It transposes squares of b on their way, so that the sums are those of gemm
// without a panel having been written.
func dots(t *target, window Mem) {
	TEXT(t.name("dots"), NOSPLIT, fmt.Sprintf(
		"func(n, k int, alpha %[1]s, a, b *%[1]s, ld int, beta %[1]s, d, c *%[1]s)", t.typ))
	Doc(fmt.Sprintf("%s computes products of one row and transposed rows, see simd.", t.name("dots")))
	Pragma("noescape")
	end := AllocLocal(t.width) // a's last elements, with zeros behind
	ld := t.bytes("ld")
	g := &product{target: t, rs: ld, rs3: GP64()}
	LEAQ(Mem{Base: ld, Index: ld, Scale: 2}, g.rs3)
	n := Load(Param("n"), GP64())
	for _, strips := range []int{t.dotStrips(), 1} {
		loop, next := unique("strips"), unique("next")
		Label(loop)
		CMPQ(n, U32(strips*t.lanes()))
		JL(LabelRef(next))
		g.dotsOf(strips, end, window)
		SUBQ(U32(strips*t.lanes()), n)
		JMP(LabelRef(loop))
		Label(next)
	}
	VZEROUPPER()
	RET()
}

func (g *product) dotsOf(strips int, end, window Mem) {
	var acc []reg.VecVirtual
	for range strips {
		v := g.vec()
		VXORPS(v, v, v)
		acc = append(acc, v)
	}
	a, b, k := Load(Param("a"), GP64()), Load(Param("b"), GP64()), Load(Param("k"), GP64())
	at := GP64()
	squares := func(p *part) {
		MOVQ(b, at)
		element := func(i int) reg.VecVirtual {
			v := g.vec()
			g.broadcast(Mem{Base: a}.Offset(i*g.size), v)
			return v
		}
		var held []reg.VecVirtual // where there are registers for them
		for i := 0; g.lanes() == 4 && i < 4; i++ {
			held = append(held, element(i))
		}
		for s := range acc {
			low, high := at, GP64()
			if g.lanes() > 4 {
				LEAQ(Mem{Base: at, Index: g.rs, Scale: 4}, high)
			}
			var v []reg.VecVirtual
			for i := range g.lanes() {
				base := low
				if i >= 4 {
					base = high
				}
				from := [4]Mem{{Base: base}, {Base: base, Index: g.rs, Scale: 1}, {Base: base, Index: g.rs, Scale: 2}, {Base: base, Index: g.rs3, Scale: 1}}[i%4]
				r := g.vec()
				if p != nil {
					p.load(from, r)
				} else {
					g.move(from, r)
				}
				v = append(v, r)
			}
			for i, column := range g.transposed(v) {
				if held != nil {
					g.fma231(column, held[i], acc[s])
				} else {
					g.fma231(column, element(i), acc[s])
				}
			}
			for range g.lanes() / 4 {
				LEAQ(Mem{Base: at, Index: g.rs, Scale: 4}, at)
			}
		}
	}
	loop, rest, done := unique("squares"), unique("rest"), unique("done")
	Label(loop)
	CMPQ(k, U32(g.lanes()))
	JL(LabelRef(rest))
	squares(nil)
	ADDQ(U32(g.width), a)
	ADDQ(U32(g.width), b)
	SUBQ(U32(g.lanes()), k)
	JMP(LabelRef(loop))
	Label(rest)
	TESTQ(k, k)
	JE(LabelRef(done))
	p := g.newPart(k.(reg.GPVirtual), window)
	p.loadMask()
	v := g.vec()
	p.load(Mem{Base: a}, v)
	g.move(v, end)
	LEAQ(end, a)
	squares(p)
	Label(done)

	// The parameters move on to the next strips.
	row := [][]reg.VecVirtual{acc}
	g.scale(row)
	c, d := Load(Param("c"), GP64()), Load(Param("d"), GP64())
	added := unique("added")
	g.equals("beta", 0, added)
	beta := g.vec()
	g.broadcast(address("beta"), beta)
	for s, v := range acc {
		g.fma231(Mem{Base: d}.Offset(s*g.width), beta, v)
	}
	Label(added)
	for s, v := range acc {
		g.move(v, Mem{Base: c}.Offset(s*g.width))
	}
	ADDQ(U32(strips*g.width), c)
	ADDQ(U32(strips*g.width), d)
	MOVQ(c, address("c"))
	MOVQ(d, address("d"))
	b = Load(Param("b"), GP64())
	for range strips * g.lanes() / 4 {
		LEAQ(Mem{Base: b, Index: g.rs, Scale: 4}, b)
	}
	MOVQ(b, address("b"))
}
