package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unroll is how many vectors of a tanh are under way together: the division
// and the long chain of the polynomial leave room for two.
const unroll = 2

// tanh writes y = tanh(x) for n elements, from, with t = 2|x|,
//
//	t = n ln 2 + r,  p = e^r − 1,  E = e^t − 1 = 2ⁿp + (2ⁿ−1),  tanh|x| = E/(E+2),
//
// one formula for every x, since E does not cancel near 0. The quotient is
// then corrected by the rounding errors of E and E+2, which leaves less than
// two units in the last place. Above its clamp tanh is 1.
func tanh(t *target, window Mem) {
	f := newTanh(t)
	TEXT(t.name("tanh"), NOSPLIT, "func(n int, y, x *"+t.typ+")")
	Doc(t.name("tanh") + " computes y = tanh(x) for n elements; y may be x.")
	Pragma("noescape")
	n, s := Load(Param("n"), GP64()), params("y", "x")
	t.forEach(n, s, unroll, window, func(at vectors, count int) {
		var x []reg.VecVirtual
		for u := range count {
			x = append(x, at.load(s[1], u))
		}
		f.evaluate(x)
		for u, v := range x {
			at.store(v, s[0], u)
		}
	})
}

// A tanhOf is the formula for one target and its constants.
type tanhOf struct {
	*target
	data   Mem
	offset map[string]int
	series []string // coefficients of (e^r − 1 − r)/r², highest first
}

// precision is what the formula depends on for an element type.
type precision struct {
	mantissa int     // bits after the leading one
	degree   int     // of the Taylor polynomial of e^r, |r| ≤ ln 2 / 2
	clamp    float64 // a t beyond which tanh is 1
	round    func(float64) float64
}

func (t *target) precision() precision {
	if t.size == 8 {
		return precision{52, 13, 40, func(x float64) float64 { return x }}
	}
	return precision{23, 8, 20, func(x float64) float64 { return float64(float32(x)) }}
}

// newTanh writes the table of constants, a whole vector of each.
func newTanh(t *target) *tanhOf {
	f := &tanhOf{target: t, offset: map[string]int{}}
	f.data = GLOBL(t.name("tanh")+"Data", RODATA|NOPTR)
	p := t.precision()
	at := 0
	constant := func(name string, x float64) {
		f.offset[name] = at
		for range t.lanes() {
			if t.size == 8 {
				DATA(at, U64(math.Float64bits(x)))
			} else {
				DATA(at, U32(math.Float32bits(float32(x))))
			}
			at += t.size
		}
	}
	constant("sign", math.Copysign(0, -1))
	constant("clamp", p.clamp)
	constant("log2e", math.Log2E)
	// Added to a number of modest size, 3·2^(mantissa−1) rounds it to an
	// integer, which the low bits of the sum then hold.
	constant("magic", 3*math.Ldexp(1, p.mantissa-1))
	ln2hi, ln2lo := ln2Split(p)
	constant("ln2hi", ln2hi)
	constant("ln2lo", ln2lo)
	constant("half", 0.5)
	constant("one", 1)
	constant("two", 2)
	constant("zero", 0)
	constant("nearOne", 1-math.Ldexp(1, 2-p.mantissa))
	factorial := 1.0
	for i := 2; i <= p.degree; i++ {
		factorial *= float64(i)
		name := string(rune('a' + i))
		constant(name, 1/factorial)
		f.series = append([]string{name}, f.series...)
	}
	return f
}

// ln2Split returns ln 2 as a number of the precision and the rest.
func ln2Split(p precision) (hi, lo float64) {
	hi = p.round(math.Ln2)
	if p.mantissa == 52 {
		return hi, 2.319046813846299615e-17 // ln 2 − float64(ln 2)
	}
	return hi, math.Ln2 - hi
}

// at is where a constant lies.
func (f *tanhOf) at(name string) Mem { return f.data.Offset(f.offset[name]) }

// and, xor and or are the bit operations of the width.
func (f *tanhOf) and(a, b, c Op) { f.either(VPANDQ, VPAND)(a, b, c) }
func (f *tanhOf) xor(a, b, c Op) { f.either(VPXORQ, VPXOR)(a, b, c) }
func (f *tanhOf) or(a, b, c Op)  { f.either(VPORQ, VPOR)(a, b, c) }

func (f *tanhOf) either(wide func(...Op), narrow func(a, b, c Op)) func(a, b, c Op) {
	if f.avx512() {
		return func(a, b, c Op) { wide(a, b, c) }
	}
	return narrow
}

// evaluate replaces every x by its tanh.
func (f *tanhOf) evaluate(x []reg.VecVirtual) {
	sign, pow, r, q := f.vecs(x), f.vecs(x), f.vecs(x), f.vecs(x)
	for u, t := range x {
		f.and(f.at("sign"), t, sign[u])
		f.xor(sign[u], t, t)
		f.add(t, t, t)
		clamp := f.vec()
		f.move(f.at("clamp"), clamp)
		f.min(t, clamp, t) // of a NaN and a number, min is its first here, the NaN
		f.move(f.at("magic"), pow[u])
		f.fma231(f.at("log2e"), t, pow[u])
		n := f.vec()
		f.sub(f.at("magic"), pow[u], n)
		f.move(t, r[u])
		f.fnma231(f.at("ln2hi"), n, r[u])
		f.fnma231(f.at("ln2lo"), n, r[u])
		f.shift(Imm(uint64(f.precision().mantissa)), pow[u], pow[u])
		f.addInt(f.at("one"), pow[u], pow[u]) // 2ⁿ
	}
	for u := range x {
		f.move(f.at(f.series[0]), q[u])
	}
	for _, c := range f.series[1:] {
		for u := range x {
			f.fma213(f.at(c), r[u], q[u])
		}
	}
	for u := range x {
		f.quotient(sign[u], pow[u], r[u], q[u], x[u])
	}
}

func (f *tanhOf) vecs(like []reg.VecVirtual) []reg.VecVirtual {
	v := make([]reg.VecVirtual, len(like))
	for u := range v {
		v[u] = f.vec()
	}
	return v
}

// quotient writes ±E/(E+2) to y, for e^r = 1 + r + r²q.
func (f *tanhOf) quotient(sign, pow, r, q, y reg.VecVirtual) {
	f.mul(r, r, y)
	f.fma231(y, q, r) // p
	e, lost := f.vec(), f.vec()
	f.sub(f.at("one"), pow, q)
	f.move(q, e)
	f.fma231(pow, r, e)
	f.sub(e, q, lost)
	f.fma231(pow, r, lost) // what E lost to rounding

	d, large, small := f.vec(), f.vec(), f.vec()
	f.add(f.at("two"), e, d)
	f.max(f.at("two"), e, large)
	f.min(f.at("two"), e, small)
	f.sub(d, large, q)
	f.add(small, q, q)
	f.add(lost, q, q) // what D = E+2 lost

	f.div(d, e, y)
	f.fnma231(y, d, e)
	f.fnma231(y, q, lost)
	f.add(lost, e, e) // the residual of y, to be divided by D
	f.move(f.at("nearOne"), d)
	f.sub(y, d, d) // 2/D = 1−y, or nothing where y is 1 but for rounding
	f.max(f.at("zero"), d, d)
	f.mul(f.at("half"), e, e)
	f.fma231(d, e, y)
	f.or(sign, y, y)
}
