package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A part says how many of a vector's first elements count, 1 to all of them.
//
// AVX-512 has masks for that. AVX2 has VMASKMOV, whose loads are as fast as
// others; its stores are not on AMD's processors, where it is quicker to store
// the pieces of 32, 16, 8 and 4 bytes of which the part consists.
type part struct {
	*target
	count  reg.Register
	mask   Op  // of AVX-512, and of AVX2 once loaded
	window Mem // as many ones as a vector is wide, then as many zeros
}

// newPart returns the part of count elements.
func (t *target) newPart(count reg.GPVirtual, window Mem) *part {
	p := &part{target: t, count: count, window: window}
	if t.avx512() {
		bits := GP64()
		MOVQ(count, reg.RCX)
		MOVQ(U32(1), bits)
		SHLQ(reg.CL, bits)
		DECQ(bits)
		k := K()
		KMOVW(bits.As32(), k)
		p.mask = k
	}
	return p
}

// loadMask makes the mask of AVX2 in a vector register.
func (p *part) loadMask() {
	if p.avx512() {
		return
	}
	at, shift := GP64(), GP64()
	LEAQ(p.window.Offset(p.width), at)
	MOVQ(p.count, shift)
	NEGQ(shift)
	m := p.vec()
	VMOVUPS(Mem{Base: at, Index: shift, Scale: uint8(p.size)}, m)
	p.mask = m
}

// load reads the part and makes the rest zero.
func (p *part) load(from Mem, v reg.VecVirtual) {
	switch {
	case !p.avx512():
		p.maskmov(from, p.mask, v)
	case p.size == 8:
		VMOVUPD_Z(from, p.mask, v)
	default:
		VMOVUPS_Z(from, p.mask, v)
	}
}

// store writes the part, and in AVX2 destroys v.
func (p *part) store(v reg.VecVirtual, to Mem) {
	if p.avx512() {
		p.move(v, p.mask, to)
		return
	}
	at := GP64()
	LEAQ(to, at)
	x := v.AsX()
	for bytes := p.width; bytes >= p.size; bytes /= 2 {
		skip := unique("skip")
		TESTQ(U32(bytes/p.size), p.count)
		JE(LabelRef(skip))
		switch bytes {
		case 32:
			VMOVUPS(v, Mem{Base: at})
		case 16:
			VMOVUPS(x, Mem{Base: at})
			VEXTRACTF128(Imm(1), v, x)
		case 8:
			VMOVSD(x, Mem{Base: at})
			if p.size < 8 {
				VPSRLDQ(Imm(8), x, x)
			}
		case 4:
			VMOVSS(x, Mem{Base: at})
		}
		ADDQ(Imm(uint64(bytes)), at)
		Label(skip)
	}
}

// windowTable is a vector of ones followed by one of zeros.
func windowTable() Mem {
	m := GLOBL("window", RODATA|NOPTR)
	for i := range 8 {
		ones := U64(0)
		if i < 4 {
			ones = ^ones
		}
		DATA(8*i, ones)
	}
	return m
}

var labels int

// unique returns a label of its own.
func unique(name string) string {
	labels++
	return fmt.Sprintf("%s%d", name, labels)
}
