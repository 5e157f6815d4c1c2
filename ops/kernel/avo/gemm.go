package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// wide[v] is the height of a tile of v vectors beyond the three of a usual
// panel. So few rows need wide tiles: a sum takes one fused multiply-add in four
// clocks, and eight at least must be under way to keep the processor busy.
var wide = [9]int{4: 3, 5: 2, 6: 2, 7: 1, 8: 1}

// gemm writes the product of m rows of A and a panel of n columns of B,
//
//	C = αAB + βD.
//
// Row i of A has its element p at a[i·rs+p·ps], so that A may be transposed.
// A row of the panel or of C is a number of vectors, of which the last ends at
// its last column and so may overlap the one before it; in the panel it starts
// at element last, at n−lanes where B is read where it lies. The elements of the
// overlap are computed twice, to the same bits. Rows of less than a vector are
// read and written in part. D may be C, and is not read if β is zero.
//
// Tiles of C stay in registers while p runs, each element in a lane and its
// sum in the order of p. So an element has the same bits in every tile.
func gemm(t *target, window Mem) {
	TEXT(t.name("gemm"), NOSPLIT, fmt.Sprintf(
		"func(m, n, k int, alpha %[1]s, a *%[1]s, rs, ps int, b *%[1]s, ldb, last int, beta %[1]s, d *%[1]s, ldd int, c *%[1]s, ldc int)", t.typ))
	Doc(fmt.Sprintf("%s computes C = αAB + βD for a panel of B, see simd.", t.name("gemm")))
	Pragma("noescape")
	g := &product{target: t, a: Load(Param("a"), GP64())}
	g.rs, g.ps, g.ldb = g.bytes("rs"), g.bytes("ps"), g.bytes("ldb")
	g.rs3 = GP64()
	LEAQ(Mem{Base: g.rs, Index: g.rs, Scale: 2}, g.rs3)
	if g.avx512() {
		g.zero = g.vec()
		VPXORQ(g.zero, g.zero, g.zero)
	}
	n := Load(Param("n"), GP64())
	CMPQ(n, U32(t.lanes()))
	JL(LabelRef("part"))
	g.lastB, g.lastC = g.bytes("last"), GP64()
	LEAQ(Mem{Base: n}.Offset(-t.lanes()), g.lastC)
	SHLQ(Imm(t.log2size()), g.lastC)
	if g.avx512() {
		g.halves(n.(reg.GPVirtual))
	}
	Label("whole")
	for v := len(wide) - 1; v > 1; v-- {
		CMPQ(n, U32((v-1)*t.lanes()))
		JG(LabelRef(fmt.Sprint("vectors", v)))
	}
	for v := 1; v < len(wide); v++ {
		Label(fmt.Sprint("vectors", v))
		if v < len(t.rows) {
			g.panel(v, t.rows[v])
		} else {
			g.panel(v, wide[v])
		}
	}
	Label("part")
	g.part = t.newPart(n.(reg.GPVirtual), window)
	g.part.loadMask()
	g.panel(1, t.rows[1])
}

// A product is the state of gemm: strides in bytes, a at the tile. What only
// the end of a tile needs, m, c and d, stays in the parameters' places.
type product struct {
	*target
	a, rs, rs3, ps, ldb reg.Register
	lastB, lastC        reg.Register // offsets of the last vector in a row
	zero                reg.VecVirtual
	part                *part // not nil where a row is less than a vector
	half                *part // not nil where the last vector of a row is half as wide
}

// halves writes the usual panels whose last vector would be half empty. That is
// then half as wide, and in part, which costs half as much where the processor
// takes a whole one in two passes.
func (g *product) halves(n reg.GPVirtual) {
	rest := GP64()
	MOVQ(n, rest)
	ANDQ(U32(g.lanes()-1), rest)
	JE(LabelRef("whole"))
	CMPQ(rest, U32(g.lanes()/2))
	JG(LabelRef("whole"))
	CMPQ(n, U32((len(g.rows)-1)*g.lanes()))
	JG(LabelRef("whole"))
	g.half = g.newPart(rest, Mem{})
	for v := len(g.rows) - 1; v > 1; v-- {
		next := unique("next")
		CMPQ(n, U32((v-1)*g.lanes()))
		JLE(LabelRef(next))
		g.panel(v, g.rows[v])
		Label(next)
	}
	g.half = nil
}

// isHalf reports whether vector j of a row is half as wide.
func (g *product) isHalf(j, vectors int) bool { return g.half != nil && j == vectors-1 }

// like returns as much of v as is as wide as vector j.
func (g *product) like(v reg.VecVirtual, j, vectors int) Op {
	if g.isHalf(j, vectors) {
		return v.AsY()
	}
	return v
}

// bytes loads a parameter that counts elements.
func (t *target) bytes(name string) reg.Register {
	r := Load(Param(name), GP64())
	SHLQ(Imm(t.log2size()), r)
	return r
}

// panel writes the loop over the rows, of tiles of full height and then one of
// the rows that are left.
func (g *product) panel(vectors, full int) {
	rest := unique("rest")
	m := Load(Param("m"), GP64())
	CMPQ(m, U32(full))
	JL(LabelRef(rest))
	loop := unique("tile")
	Label(loop)
	g.tile(full, vectors)
	m = GP64()
	MOVQ(address("m"), m)
	SUBQ(U32(full), m)
	MOVQ(m, address("m"))
	CMPQ(m, U32(full))
	JGE(LabelRef(loop))
	Label(rest)
	m = GP64()
	MOVQ(address("m"), m)
	names := make([]string, full)
	for rows := full - 1; rows > 0; rows-- {
		names[rows] = unique("tile")
		CMPQ(m, U32(rows))
		JE(LabelRef(names[rows]))
	}
	VZEROUPPER()
	RET()
	for rows := full - 1; rows > 0; rows-- {
		Label(names[rows])
		g.tile(rows, vectors)
		VZEROUPPER()
		RET()
	}
}

// vector is the address of vector j of a row that starts at base.
func vector(g *product, base, last reg.Register, j, vectors int) Mem {
	if j > 0 && j == vectors-1 { // and not half as wide
		return Mem{Base: base, Index: last, Scale: 1}
	}
	return Mem{Base: base}.Offset(j * g.width)
}
