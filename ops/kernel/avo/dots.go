package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dotRows is how many rows of A dots takes at most.
const dotRows = 4

// dotColumns is how many columns of rows of B dots turns at once.
const dotColumns = 4

// dots writes, for one to dotRows rows of A and a multiple n of a vector's lanes
// of rows of b, of k elements and ld apart,
//
//	c_ij = α Σ_p a_ip b_jp + β d_ij.
//
// It transposes blocks of b on their way, so that the sums are those of gemm
// without a panel having been written.
//
// In AVX-512 too its vectors have 256 bits: a transpose of wider ones takes more
// instructions for each element. What it has there are 32 registers, which keep
// the elements of A while several blocks pass by.
func dots(t *target, window Mem) {
	TEXT(t.name("dots"), NOSPLIT, fmt.Sprintf(
		"func(m, n, k int, alpha %[1]s, a *%[1]s, rs, ps int, b *%[1]s, ld int, beta %[1]s, d *%[1]s, ldd int, c *%[1]s, ldc int)", t.typ))
	Doc(fmt.Sprintf("%s computes products of few rows and transposed rows, see simd.", t.name("dots")))
	Pragma("noescape")
	g := &dotter{product: &product{target: t, rs: t.bytes("ld"), rs3: GP64(), ps: t.bytes("ps")}, ps3: GP64(), window: window}
	LEAQ(Mem{Base: g.rs, Index: g.rs, Scale: 2}, g.rs3)
	LEAQ(Mem{Base: g.ps, Index: g.ps, Scale: 2}, g.ps3)
	if t.avx512() {
		g.zero = t.vec()
		VPXORQ(g.zero, g.zero, g.zero)
	}
	m := Load(Param("m"), GP64())
	for rows := dotRows; rows > 1; rows-- {
		CMPQ(m, U32(rows))
		JE(LabelRef(fmt.Sprint("rows", rows)))
	}
	for rows := 1; rows <= dotRows; rows++ {
		Label(fmt.Sprint("rows", rows))
		for _, strips := range []int{g.strips(rows), 1} {
			loop, next := unique("strips"), unique("next")
			n := GP64()
			Label(loop)
			CMPQ(address("n"), U32(strips*t.lanes()))
			JL(LabelRef(next))
			g.some(rows, strips)
			MOVQ(address("n"), n)
			SUBQ(U32(strips*t.lanes()), n)
			MOVQ(n, address("n"))
			JMP(LabelRef(loop))
			Label(next)
		}
		VZEROUPPER()
		RET()
	}
}

// A dotter is the state of dots: strides in bytes, those of b as those of A in
// gemm.
type dotter struct {
	*product
	ps3    reg.Register
	window Mem
}

// held reports whether the elements of A that a block meets stay in registers.
func (g *dotter) held(rows int) bool { return rows == 1 || g.avx512() }

// strips is how many strips of a vector's lanes are under way together: beside
// their sums there are registers for a block on its way, seven, and for the
// elements of A.
func (g *dotter) strips(rows int) int {
	free := 16 - 7
	if g.avx512() {
		free = 32 - 8
	}
	if g.held(rows) {
		free -= dotColumns * rows
	}
	return min(4, free/rows)
}

// columns loads a block from the strip at base and turns it into columns.
func (g *dotter) columns(base reg.Register, p *part) []reg.VecVirtual {
	row := func(i int) Mem {
		return [4]Mem{{Base: base}, {Base: base, Index: g.rs, Scale: 1}, {Base: base, Index: g.rs, Scale: 2}, {Base: base, Index: g.rs3, Scale: 1}}[i]
	}
	var v []reg.VecVirtual
	if g.size == 8 {
		for i := range 4 {
			r := g.vec()
			if p != nil {
				p.load(row(i), r)
			} else {
				g.move(row(i), r)
			}
			v = append(v, r)
		}
		return g.transposed(v)
	}
	// Rows i and i+4 lie beside each other in a vector.
	low := make([]reg.VecVirtual, 4)
	for i := range low {
		low[i] = g.vec()
		if p != nil {
			p.load(row(i), low[i])
		} else {
			g.twice(row(i), low[i])
		}
	}
	high := GP64()
	LEAQ(Mem{Base: base, Index: g.rs, Scale: 4}, high)
	base = high
	for i, l := range low {
		r := g.vec()
		if p != nil {
			h := g.vec()
			p.load(row(i), h)
			g.insertHigh(h.AsX(), l, r)
		} else {
			g.insertHigh(row(i), l, r)
		}
		v = append(v, r)
	}
	return g.turned(v)
}

// some computes the products of rows of A with strips of b.
func (g *dotter) some(rows, strips int) {
	acc := make([][]reg.VecVirtual, rows)
	a := make([]reg.Register, rows)
	a[0] = Load(Param("a"), GP64())
	if rows > 1 {
		rs := g.bytes("rs")
		for i := 1; i < rows; i++ {
			a[i] = GP64()
			LEAQ(Mem{Base: a[i-1], Index: rs, Scale: 1}, a[i])
		}
	}
	for i := range acc {
		for range strips {
			v := g.vec()
			if g.avx512() {
				g.move(g.zero, v)
			} else {
				VXORPS(v, v, v)
			}
			acc[i] = append(acc[i], v)
		}
	}
	b, k := Load(Param("b"), GP64()), Load(Param("k"), GP64())
	element := func(i, p int) reg.VecVirtual {
		v := g.vec()
		g.broadcast([4]Mem{{Base: a[i]}, {Base: a[i], Index: g.ps, Scale: 1}, {Base: a[i], Index: g.ps, Scale: 2}, {Base: a[i], Index: g.ps3, Scale: 1}}[p], v)
		return v
	}
	at := GP64()
	down := func() { // to the next strip
		for range g.lanes() / 4 {
			LEAQ(Mem{Base: at, Index: g.rs, Scale: 4}, at)
		}
	}
	loop, rest, done := unique("blocks"), unique("rest"), unique("done")
	Label(loop)
	CMPQ(k, U32(dotColumns))
	JL(LabelRef(rest))
	MOVQ(b, at)
	held := make([][]reg.VecVirtual, rows)
	if g.held(rows) {
		for i := range held {
			for p := range dotColumns {
				held[i] = append(held[i], element(i, p))
			}
		}
	}
	for s := range strips {
		for p, column := range g.columns(at, nil) {
			for i := range rows {
				e := reg.VecVirtual(nil)
				if held[i] != nil {
					e = held[i][p]
				} else {
					e = element(i, p)
				}
				g.fma231(column, e, acc[i][s])
			}
		}
		if s+1 < strips {
			down()
		}
	}
	for i := range a {
		LEAQ(Mem{Base: a[i], Index: g.ps, Scale: 4}, a[i])
	}
	ADDQ(U32(dotColumns*g.size), b)
	SUBQ(U32(dotColumns), k)
	JMP(LabelRef(loop))

	Label(rest)
	TESTQ(k, k)
	JE(LabelRef(done))
	part := g.newPart(k.(reg.GPVirtual), g.window)
	part.loadMask()
	MOVQ(b, at)
	for s := range strips {
		next := unique("next")
		for p, column := range g.columns(at, part)[:dotColumns-1] {
			for i := range rows {
				g.fma231(column, element(i, p), acc[i][s])
			}
			if p < dotColumns-2 {
				CMPQ(k, U32(p+1))
				JE(LabelRef(next))
			}
		}
		Label(next)
		if s+1 < strips {
			down()
		}
	}
	Label(done)

	g.scale(acc)
	added := unique("added")
	g.equals("beta", 0, added)
	d, ldd, beta := Load(Param("d"), GP64()), g.bytes("ldd"), g.vec()
	g.broadcast(address("beta"), beta)
	for i := range acc {
		for s, v := range acc[i] {
			g.fma231(Mem{Base: d}.Offset(s*g.width), beta, v)
		}
		if i+1 < rows {
			ADDQ(ldd, d)
		}
	}
	Label(added)
	c, ldc := Load(Param("c"), GP64()), g.bytes("ldc")
	for i := range acc {
		for s, v := range acc[i] {
			g.move(v, Mem{Base: c}.Offset(s*g.width))
		}
		if i+1 < rows {
			ADDQ(ldc, c)
		}
	}
	// The parameters move on to the next strips.
	for _, name := range []string{"c", "d"} {
		p := GP64()
		MOVQ(address(name), p)
		ADDQ(U32(strips*g.width), p)
		MOVQ(p, address(name))
	}
	b = Load(Param("b"), GP64())
	for range strips * g.lanes() / 4 {
		LEAQ(Mem{Base: b, Index: g.rs, Scale: 4}, b)
	}
	MOVQ(b, address("b"))
}
