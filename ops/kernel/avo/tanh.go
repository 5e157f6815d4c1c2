package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unroll is how many vectors of a tanh are done in one go. A vector is a long
// chain of instructions, of which the processor looks ahead over few. So the end
// of one stands in the code behind the start of the next, and where there are
// registers two go side by side.
const unroll = 8

// tanh writes y = tanh(x) for n elements, from x = (n ln 2)/2 + r by the sum of
// the arguments, where (2ⁿ−1)/(2ⁿ+1) is the tanh of the first and r/Q that of the
// second, Q = r coth r:
//
//	tanh x = N/D,  N = (2ⁿ−1)Q + (2ⁿ+1)r,  D = (2ⁿ+1)Q + (2ⁿ−1)r.
//
// Q is even and r small, |r| ≤ (ln 2)/4, so a polynomial of few terms in r² gives
// it, and for n = 0 nothing cancels. What N and D lose to rounding, mostly where
// n = 1 and r < 0, corrects the quotient, which leaves less than two units in the
// last place; most are lost near 18 and in float32 near 8, where 2ⁿ+1 is no longer
// exact. Beyond its clamp tanh is ±1. N and D of −x are those of x but for a power
// of two and a sign, so that the function is odd to the last bit.
func tanh(t *target, window Mem) {
	f := newTanh(t)
	TEXT(t.name("tanh"), NOSPLIT, "func(n int, y, x *"+t.typ+")")
	Doc(t.name("tanh") + " computes y = tanh(x) for n elements; y may be x.")
	Pragma("noescape")
	n, s := Load(Param("n"), GP64()), params("y", "x")
	f.inRegisters()
	t.forEach(n, s, unroll, window, func(at vectors, count int) {
		beside := 1
		if t.avx512() {
			beside = min(2, count)
		}
		var before []fraction
		store := func(u int) {
			for i, y := range f.quotients(before) {
				at.store(y, s[0], u+i)
			}
		}
		for u := 0; u < count; u += beside {
			var x []reg.VecVirtual
			for i := range beside {
				x = append(x, at.load(s[1], u+i))
			}
			q := f.fractions(x)
			if u > 0 {
				store(u - beside)
			}
			before = q
		}
		store(count - beside)
	})
}

// A tanhOf is the formula for one target and its constants.
type tanhOf struct {
	*target
	data   Mem
	offset map[string]int
	held   map[string]reg.VecVirtual
	series []string // coefficients of (Q − 1)/r² in powers of r², highest first
}

// precision is what the formula depends on for an element type.
type precision struct {
	mantissa int       // bits after the leading one
	bias     float64   // of the exponent
	clamp    float64   // beyond which tanh is 1
	series   []float64 // of (Q − 1)/r², |r| ≤ (ln 2)/4
}

// precision holds the polynomials that agree with (r coth r − 1)/r² at the
// Chebyshev points of the interval of r². They are wrong by 4e-18 and 7e-9 of Q
// at most.
func (t *target) precision() precision {
	if t.size == 8 {
		return precision{52, 1023, 20, []float64{
			0.3333333333333332, -0.022222222222051523, 0.002116402070919305, -0.00021163596843310663, 2.121608335566044e-05,
		}}
	}
	return precision{23, 127, 10, []float64{0.33333309540787454, -0.022158824140169724}}
}

// newTanh writes the table of constants, a whole vector of each.
func newTanh(t *target) *tanhOf {
	f := &tanhOf{target: t, offset: map[string]int{}, held: map[string]reg.VecVirtual{}}
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
	constant("clamp", p.clamp)
	constant("-clamp", -p.clamp)
	constant("2/ln2", 2*math.Log2E)
	// Added to a number of modest size, 3·2^(mantissa−1) rounds it to an integer
	// n, which the low bits of the sum then hold, with the bias the exponent of 2ⁿ.
	constant("magic", 3*math.Ldexp(1, p.mantissa-1)+p.bias)
	// Rounded: it is off by 0.1 units of its last place, which n grows with
	// but matters less and less the larger tanh is.
	constant("ln2/2", math.Ln2/2)
	constant("one", 1)
	for i, c := range p.series {
		name := fmt.Sprint("c", i)
		constant(name, c)
		f.series = append([]string{name}, f.series...)
	}
	return f
}

// at is where a constant lies.
func (f *tanhOf) at(name string) Mem { return f.data.Offset(f.offset[name]) }

// inRegisters loads the constants that are copied, not only read.
func (f *tanhOf) inRegisters() {
	for _, name := range []string{"clamp", "-clamp", "magic", "one"} {
		v := f.vec()
		f.move(f.at(name), v)
		f.held[name] = v
	}
}

// A fraction is tanh before its division: N/D, and what both lost to rounding.
type fraction struct{ num, den, lostN, lostD reg.VecVirtual }

// fractions uses the xs up. What it does to one stands beside what it does to the
// others, which do not wait for each other.
func (f *tanhOf) fractions(xs []reg.VecVirtual) (all []fraction) {
	n := len(xs)
	v := func() (r []reg.VecVirtual) {
		for range n {
			r = append(r, f.vec())
		}
		return r
	}
	each := func(do func(i int)) {
		for i := range n {
			do(i)
		}
	}
	a, b, m := v(), v(), v()
	// Of a NaN and a number, these are their first here, the NaN.
	each(func(i int) { f.min(xs[i], f.held["clamp"], xs[i]) })
	each(func(i int) { f.max(xs[i], f.held["-clamp"], xs[i]) })
	each(func(i int) { f.move(f.held["magic"], b[i]); f.fma231(f.at("2/ln2"), xs[i], b[i]) })
	each(func(i int) { f.sub(f.held["magic"], b[i], m[i]) })
	r := xs
	each(func(i int) { f.fnma231(f.at("ln2/2"), m[i], r[i]) })
	each(func(i int) { f.shift(Imm(uint64(f.precision().mantissa)), b[i], b[i]) }) // 2ⁿ
	// The negative of 2ⁿ−1, so that the sums that follow are differences: that of
	// −0 and 0 is −0, as it should for x = −0.
	each(func(i int) { f.sub(b[i], f.held["one"], a[i]) })
	each(func(i int) { f.add(f.held["one"], b[i], b[i]) })

	z, p, lostN, lostD, num, den := v(), v(), v(), v(), v(), v()
	each(func(i int) { f.mul(r[i], r[i], z[i]) })
	each(func(i int) { f.move(f.at(f.series[0]), p[i]) })
	for _, c := range f.series[1:] {
		each(func(i int) { f.fma213(f.at(c), z[i], p[i]) })
	}
	each(func(i int) { f.mul(z[i], p[i], p[i]) }) // Q − 1
	each(func(i int) { f.mul(a[i], p[i], lostN[i]) })
	each(func(i int) { f.mul(a[i], r[i], lostD[i]) })
	each(func(i int) { f.fms231(b[i], r[i], lostN[i]) }) // N + a
	each(func(i int) { f.fms231(b[i], p[i], lostD[i]) }) // D − b
	each(func(i int) { f.add(lostD[i], b[i], den[i]) })
	each(func(i int) { f.sub(a[i], lostN[i], num[i]) })
	each(func(i int) { f.add(a[i], num[i], a[i]) })
	each(func(i int) { f.sub(a[i], lostN[i], lostN[i]) })
	each(func(i int) { f.sub(b[i], den[i], b[i]) })
	each(func(i int) { f.sub(b[i], lostD[i], lostD[i]) })
	each(func(i int) { all = append(all, fraction{num[i], den[i], lostN[i], lostD[i]}) })
	return all
}

// quotients returns the tanh and uses q up.
func (f *tanhOf) quotients(q []fraction) (y []reg.VecVirtual) {
	var over []reg.VecVirtual
	for i := range q {
		over, y = append(over, f.vec()), append(y, f.vec())
		f.div(q[i].den, f.held["one"], over[i])
	}
	for i := range q {
		f.mul(over[i], q[i].num, y[i])
	}
	for i := range q {
		f.fms231(y[i], q[i].lostD, q[i].lostN)
	}
	for i := range q {
		f.fms231(y[i], q[i].den, q[i].num)
	}
	for i := range q {
		f.add(q[i].lostN, q[i].num, q[i].num) // what y has too much, times D
	}
	for i := range q {
		f.fnma231(q[i].num, over[i], y[i])
	}
	return y
}
