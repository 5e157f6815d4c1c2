package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tile writes the product of rows of A and the panel, and moves a on.
func (g *product) tile(rows, vectors int) {
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		for j := range vectors {
			v := g.vec()
			if g.isHalf(j, vectors) {
				v = YMM()
			}
			if g.avx512() { // avo takes a VPXORQ of v and v for a use of v
				g.move(g.like(g.zero, j, vectors), v)
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
	row := func(j int) reg.VecVirtual {
		v := g.vec()
		switch {
		case g.isHalf(j, vectors):
			v = YMM()
			g.half.load(Mem{Base: b}.Offset(j*g.width), v)
		case g.part != nil:
			g.part.load(Mem{Base: b}, v)
		default:
			g.move(vector(g, b, g.lastB, j, vectors), v)
		}
		return v
	}
	element := func(i int) reg.VecVirtual {
		v := g.vec()
		g.broadcast(at(i), v)
		return v
	}
	if rows < vectors { // whichever is less stays in registers
		var ai []reg.VecVirtual
		for i := range rows {
			ai = append(ai, element(i))
		}
		for j := range vectors {
			bj := row(j)
			for i := range rows {
				g.fma231(bj, g.like(ai[i], j, vectors), acc[i][j])
			}
		}
	} else {
		var bj []reg.VecVirtual
		for j := range vectors {
			bj = append(bj, row(j))
		}
		for i := range rows {
			ai := element(i)
			for j := range vectors {
				g.fma231(bj[j], g.like(ai, j, vectors), acc[i][j])
			}
		}
	}
	ADDQ(g.ldb, b)
	ADDQ(g.ps, low)
	if rows > 4 {
		ADDQ(g.ps, high)
	}
	DECQ(k)
	JNE(LabelRef(loop))

	switch {
	case rows == 1:
		ADDQ(g.rs, g.a)
	case rows == 2:
		LEAQ(Mem{Base: g.a, Index: g.rs, Scale: 2}, g.a)
	case rows == 3:
		ADDQ(g.rs3, g.a)
	default:
		for i := 0; i < rows/4; i++ {
			LEAQ(Mem{Base: g.a, Index: g.rs, Scale: 4}, g.a)
		}
		if rows%4 == 2 {
			LEAQ(Mem{Base: g.a, Index: g.rs, Scale: 2}, g.a)
		}
	}
	g.scale(acc)
	g.addD(acc)
	g.write(acc)
}

// equals writes a jump to a label if a parameter is x or, if x is 0, −0.
func (g *product) equals(name string, x float64, to string) {
	v := GP64()
	if g.size == 8 {
		MOVQ(address(name), v)
	} else {
		MOVL(address(name), v.As32())
	}
	switch {
	case x != 0 && g.size == 8:
		one := GP64()
		MOVQ(U64(math.Float64bits(x)), one)
		CMPQ(v, one)
	case x != 0:
		CMPL(v.As32(), U32(math.Float32bits(float32(x))))
	case g.size == 8:
		SHLQ(Imm(1), v) // without the sign
	default:
		SHLL(Imm(1), v.As32())
	}
	JE(LabelRef(to))
}

// scale multiplies by α.
func (g *product) scale(acc [][]reg.VecVirtual) {
	done := unique("scaled")
	g.equals("alpha", 1, done)
	alpha := g.vec()
	g.broadcast(address("alpha"), alpha)
	for i := range acc {
		for j, v := range acc[i] {
			g.mul(g.like(alpha, j, len(acc[i])), v, v)
		}
	}
	Label(done)
}

// addD adds βD and moves d on.
func (g *product) addD(acc [][]reg.VecVirtual) {
	done := unique("added")
	g.equals("beta", 0, done)
	d, ldd, beta := Load(Param("d"), GP64()), g.bytes("ldd"), g.vec()
	g.broadcast(address("beta"), beta)
	for i := range acc {
		for j, v := range acc[i] {
			switch {
			case g.isHalf(j, len(acc[i])):
				t := YMM()
				g.half.load(Mem{Base: d}.Offset(j*g.width), t)
				g.fma231(t, beta.AsY(), v)
			case g.part != nil:
				t := g.vec()
				g.part.load(Mem{Base: d}, t)
				g.fma231(t, beta, v)
			default:
				g.fma231(vector(g, d, g.lastC, j, len(acc[i])), beta, v)
			}
		}
		ADDQ(ldd, d)
	}
	MOVQ(d, address("d"))
	Label(done)
}

// write stores the tile and moves c on.
func (g *product) write(acc [][]reg.VecVirtual) {
	c, ldc := Load(Param("c"), GP64()), g.bytes("ldc")
	for i := range acc {
		for j, v := range acc[i] {
			switch {
			case g.isHalf(j, len(acc[i])):
				g.half.store(v, Mem{Base: c}.Offset(j*g.width))
			case g.part != nil:
				g.part.store(v, Mem{Base: c})
			default:
				g.move(v, vector(g, c, g.lastC, j, len(acc[i])))
			}
		}
		ADDQ(ldc, c)
	}
	MOVQ(c, address("c"))
}

// address is where a parameter lies.
func address(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}
