// Command avo writes the assembly of package kernel: one source for two
// instruction sets and two element types. go generate in ops/kernel runs it.
//
// It is a module of its own, so that avo is no dependency of the library.
package main

import (
	"math"
	"math/bits"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A target is an instruction set and an element type.
type target struct {
	isa   string
	width int // bytes of a vector
	vec   func() reg.VecVirtual
	rows  [4]int // rows[v] is the height of the tile of v vectors

	typ  string
	size int // bytes of an element
	*instructions
}

// lanes is the number of elements in a vector.
func (t *target) lanes() int { return t.width / t.size }

// log2size is the shift that takes a number of elements to bytes.
func (t *target) log2size() uint64 { return uint64(bits.TrailingZeros(uint(t.size))) }

// constant is where one element of that value lies.
func (t *target) constant(name string, x float64) Mem {
	m := GLOBL(t.name(name), RODATA|NOPTR)
	if t.size == 8 {
		DATA(0, U64(math.Float64bits(x)))
	} else {
		DATA(0, U32(math.Float32bits(float32(x))))
	}
	return m
}

// name is that of a function for the target, such as gemmAVX2Float64.
func (t *target) name(function string) string {
	return function + t.isa + strings.ToUpper(t.typ[:1]) + t.typ[1:]
}

// avx512 allows masks, and has twice as many registers.
func (t *target) avx512() bool { return t.isa == "AVX512" }

// instructions are those that differ between the element types.
type instructions struct {
	broadcast, move, mul, div, sqrt, add, sub, min, max, shift, fma231, fms231, fnma231, fma213 func(...Op)

	maskmov func(a, b, c Op)
}

var (
	pd = &instructions{
		VBROADCASTSD, VMOVUPD, VMULPD, VDIVPD, VSQRTPD, VADDPD, VSUBPD, VMINPD, VMAXPD, VPSLLQ,
		VFMADD231PD, VFMSUB231PD, VFNMADD231PD, VFMADD213PD, VMASKMOVPD,
	}
	ps = &instructions{
		VBROADCASTSS, VMOVUPS, VMULPS, VDIVPS, VSQRTPS, VADDPS, VSUBPS, VMINPS, VMAXPS, VPSLLD,
		VFMADD231PS, VFMSUB231PS, VFNMADD231PS, VFMADD213PS, VMASKMOVPS,
	}
)

// The heights keep the accumulators, a row of B and one broadcast of A within
// 16 or 32 registers.
func targets() []*target {
	var all []*target
	for _, e := range []target{{typ: "float64", size: 8, instructions: pd}, {typ: "float32", size: 4, instructions: ps}} {
		a, b := e, e
		a.isa, a.width, a.vec, a.rows = "AVX2", 32, YMM, [4]int{0, 8, 6, 4}
		b.isa, b.width, b.vec, b.rows = "AVX512", 64, ZMM, [4]int{0, 8, 8, 8}
		all = append(all, &a, &b)
	}
	return all
}

func main() {
	windows := windowTable()
	for _, t := range targets() {
		gemm(t, windows)
	}
	for _, t := range targets() {
		if !t.avx512() {
			transpose(t, windows)
			distance(t)
		}
		half := *t
		half.width, half.vec = 32, YMM
		dots(&half, windows)
	}
	for _, write := range []func(*target, Mem){tanh, tanhGrad, axpy, residual, columnSums, adam} {
		for _, t := range targets() {
			write(t, windows)
		}
	}
	convert()
	Generate()
}
