package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// convert writes the loops that take elements of one type to the other, eight at a
// time: y = x, and y += x.
func convert() {
	loop := func(name, signature, doc string, of, to int, body func(x, y Mem)) {
		TEXT(name+"AVX2", NOSPLIT, "func("+signature+")")
		Doc(name + "AVX2 " + doc + " for n elements, a multiple of eight.")
		Pragma("noescape")
		n, s := Load(Param("n"), GP64()), params("y", "x")
		Label("loop")
		TESTQ(n, n)
		JE(LabelRef("done"))
		for half := range 2 {
			body(Mem{Base: s[1]}.Offset(4*half*of), Mem{Base: s[0]}.Offset(4*half*to))
		}
		ADDQ(Imm(uint64(8*of)), s[1])
		ADDQ(Imm(uint64(8*to)), s[0])
		SUBQ(Imm(8), n)
		JMP(LabelRef("loop"))
		Label("done")
		VZEROUPPER()
		RET()
	}
	wide := func(x Mem) reg.VecVirtual {
		v := YMM()
		VCVTPS2PD(x, v)
		return v
	}
	loop("narrow", "n int, y *float32, x *float64", "writes x to y, rounded,", 8, 4, func(x, y Mem) {
		v := XMM()
		VCVTPD2PSY(x, v)
		VMOVUPS(v, y)
	})
	loop("widen", "n int, y *float64, x *float32", "writes x to y", 4, 8, func(x, y Mem) { VMOVUPD(wide(x), y) })
	loop("addWide", "n int, y *float64, x *float32", "adds x to y", 4, 8, func(x, y Mem) {
		v := wide(x)
		VADDPD(y, v, v)
		VMOVUPD(v, y)
	})
}
