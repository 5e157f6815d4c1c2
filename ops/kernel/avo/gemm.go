package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A panel of B has up to maxVectors vectors, or exactly wideVectors if it meets
// a single row of A, where more sums must be under way to hide their latency.
const (
	maxVectors  = 3
	wideVectors = 8
)

// gemm writes the product of m rows of A and a panel of B,
//
//	C = αAB + βC,
//
// where the panel has n columns. Row i of A has its element p at a[i·rs+p·ps],
// so that A may be transposed, row p of the panel starts at b[p·ldb] and is
// whole vectors, and C is not read if β is zero.
//
// Tiles of C stay in registers while p runs, each element in a lane and its
// sum in the order of p. So an element has the same bits in every tile.
func gemm(t *target, window Mem) {
	TEXT(t.name("gemm"), NOSPLIT, fmt.Sprintf(
		"func(m, n, k int, alpha %[1]s, a *%[1]s, rs, ps int, b *%[1]s, ldb int, beta %[1]s, c *%[1]s, ldc int)", t.typ))
	Doc(fmt.Sprintf("%s computes C = αAB + βC for a panel of B, see simd.", t.name("gemm")))
	Pragma("noescape")
	g := &product{target: t}
	g.m = Load(Param("m"), GP64())
	g.a, g.c = Load(Param("a"), GP64()), Load(Param("c"), GP64())
	bytes := func(name string) reg.Register {
		r := Load(Param(name), GP64())
		SHLQ(Imm(t.log2size()), r)
		return r
	}
	g.rs, g.ps, g.ldb, g.ldc = bytes("rs"), bytes("ps"), bytes("ldb"), bytes("ldc")
	g.rs3 = GP64()
	LEAQ(Mem{Base: g.rs, Index: g.rs, Scale: 2}, g.rs3)

	// The last vector of each row has 1 to lanes columns: (n−1) mod lanes + 1.
	n, last := Load(Param("n"), GP64()), GP64()
	LEAQ(Mem{Base: n}.Offset(-1), last)
	ANDQ(U32(t.lanes()-1), last)
	INCQ(last)
	g.last = t.newPart(last.(reg.GPVirtual), window)

	if g.avx512() {
		g.zero = g.vec()
		VPXORQ(g.zero, g.zero, g.zero)
	}

	CMPQ(n, U32(maxVectors*t.lanes()))
	JG(LabelRef("wide"))
	CMPQ(n, U32(2*t.lanes()))
	JG(LabelRef("vectors3"))
	CMPQ(n, U32(t.lanes()))
	JG(LabelRef("vectors2"))
	for vectors := 1; vectors <= maxVectors; vectors++ {
		Label(fmt.Sprintf("vectors%d", vectors))
		g.panel(vectors)
	}
	Label("wide")
	g.tile(1, wideVectors)
	VZEROUPPER()
	RET()
}

// A product is the state of gemm: strides in bytes, a and c at the tile.
type product struct {
	*target
	m, a, c               reg.Register
	rs, rs3, ps, ldb, ldc reg.Register
	last                  *part
	zero                  reg.VecVirtual // of AVX-512
}

// panel writes the loop over the rows, of tiles of full height and then one of
// the rows that are left.
func (g *product) panel(vectors int) {
	full := g.rows[vectors]
	name := func(rows int) string { return fmt.Sprintf("tile%dx%d", rows, vectors) }
	Label(name(full))
	CMPQ(g.m, U32(full))
	JL(LabelRef(name(full) + "rest"))
	g.tile(full, vectors)
	SUBQ(U32(full), g.m)
	JMP(LabelRef(name(full)))
	Label(name(full) + "rest")
	for rows := full - 1; rows > 0; rows-- {
		CMPQ(g.m, U32(rows))
		JE(LabelRef(name(rows)))
	}
	VZEROUPPER()
	RET()
	for rows := full - 1; rows > 0; rows-- {
		Label(name(rows))
		g.tile(rows, vectors)
		VZEROUPPER()
		RET()
	}
}

// tile writes the product of rows of A and the panel, and moves a and c on.
func (g *product) tile(rows, vectors int) {
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		for range vectors {
			v := g.vec()
			if g.avx512() { // avo takes a VPXORQ of v and v for a use of v
				g.move(g.zero, v)
			} else {
				VXORPS(v, v, v)
			}
			acc[i] = append(acc[i], v)
		}
	}

	// Rows 0 to 3 are addressed from low, 4 to 7 from high.
	low, high := GP64(), GP64()
	MOVQ(g.a, low)
	if rows > 4 {
		LEAQ(Mem{Base: low, Index: g.rs, Scale: 4}, high)
	}
	at := func(i int) Mem {
		base := low
		if i >= 4 {
			base = high
		}
		switch i % 4 {
		case 1:
			return Mem{Base: base, Index: g.rs, Scale: 1}
		case 2:
			return Mem{Base: base, Index: g.rs, Scale: 2}
		case 3:
			return Mem{Base: base, Index: g.rs3, Scale: 1}
		}
		return Mem{Base: base}
	}
	b, k := Load(Param("b"), GP64()), Load(Param("k"), GP64())
	loop := unique("k")
	Label(loop)
	row := make([]Op, vectors)
	for j := range row {
		row[j] = Mem{Base: b}.Offset(j * g.width)
		if rows > 1 {
			v := g.vec()
			g.move(row[j], v)
			row[j] = v
		}
	}
	ai := g.vec()
	for i := range acc {
		g.broadcast(at(i), ai)
		for j := range row {
			g.fma231(row[j], ai, acc[i][j])
		}
	}
	ADDQ(g.ldb, b)
	ADDQ(g.ps, low)
	if rows > 4 {
		ADDQ(g.ps, high)
	}
	DECQ(k)
	JNE(LabelRef(loop))

	if vectors <= maxVectors && rows == g.rows[vectors] {
		LEAQ(Mem{Base: g.a, Index: g.rs, Scale: 4}, g.a)
		for i := 4; i < rows; i += 2 {
			LEAQ(Mem{Base: g.a, Index: g.rs, Scale: 2}, g.a)
		}
	}
	alpha := g.vec()
	g.broadcast(address("alpha"), alpha)
	for i := range acc {
		for j := range acc[i] {
			g.mul(alpha, acc[i][j], acc[i][j])
		}
	}
	if g.avx512() { // a mask is free, all of it included
		g.write(acc, g.last)
		return
	}
	partial, done := unique("part"), unique("done")
	CMPQ(g.last.count, U32(g.lanes()))
	JNE(LabelRef(partial))
	g.write(acc, nil)
	JMP(LabelRef(done))
	Label(partial)
	g.last.loadMask()
	g.write(acc, g.last)
	Label(done)
}

// write adds βC to the accumulators, stores them and moves c on. If last is
// not nil, the last vector of each row is a part.
func (g *product) write(acc [][]reg.VecVirtual, last *part) {
	isPart := func(j int) bool { return last != nil && j == len(acc[0])-1 }
	store := unique("store")
	b := GP64()
	if g.size == 8 {
		MOVQ(address("beta"), b)
	} else {
		MOVL(address("beta"), b.As32())
		SHLQ(Imm(32), b)
	}
	SHLQ(Imm(1), b) // without the sign
	JE(LabelRef(store))
	at, beta := GP64(), g.vec()
	MOVQ(g.c, at)
	g.broadcast(address("beta"), beta)
	for i := range acc {
		for j, v := range acc[i] {
			old := Mem{Base: at}.Offset(j * g.width)
			if isPart(j) {
				t := g.vec()
				last.load(old, t)
				g.fma231(t, beta, v)
			} else {
				g.fma231(old, beta, v)
			}
		}
		ADDQ(g.ldc, at)
	}
	Label(store)
	for i := range acc {
		for j, v := range acc[i] {
			to := Mem{Base: g.c}.Offset(j * g.width)
			if isPart(j) {
				last.store(v, to)
			} else {
				g.move(v, to)
			}
		}
		ADDQ(g.ldc, g.c)
	}
}

// address is where a parameter lies.
func address(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}
