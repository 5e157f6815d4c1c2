package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
	f.hold()
	order, counts := f.staggered, []int{24, 8}
	if t.avx512() {
		order, counts = f.inPairs, []int{8}
	}
	t.forEach(n, s, counts, window, func(at vectors, count int) { order(at, s[0], s[1], count) })
}

// A vector of a tanh is a long chain of instructions, of which the processor looks
// ahead over few. So the code begins others before it ends one, as many as there
// are registers for.

// staggered, for 16 registers, begins a vector a lag behind the one before, so that
// few at once are where a vector needs most of them. A block has fewer under way
// at its start and end, which matters less in a long one.
func (f *tanhOf) staggered(at vectors, y, x reg.Register, count int) {
	var all []*chain
	for u := range count {
		c := &chain{n: 1}
		f.quotients(c, at, y, u, f.fractions(c, at, x, u))
		all = append(all, c)
	}
	interleave(f.precision().lag, all)
}

// inPairs, for 32, has two vectors side by side, and their quotients behind the
// fractions of the next two.
func (f *tanhOf) inPairs(at vectors, y, x reg.Register, count int) {
	c := &chain{n: min(2, count)}
	before := f.fractions(c, at, x, 0)
	for u := c.n; u < count; u += c.n {
		q := f.fractions(c, at, x, u)
		f.quotients(c, at, y, u-c.n, before)
		before = q
	}
	f.quotients(c, at, y, count-c.n, before)
	interleave(0, []*chain{c})
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
	lag      int       // of staggered, in steps: the least that 16 registers allow
}

// precision holds the polynomials that agree with (r coth r − 1)/r² at the
// Chebyshev points of the interval of r². They are wrong by 4e-18 and 7e-9 of Q
// at most.
func (t *target) precision() precision {
	if t.size == 8 {
		return precision{52, 1023, 20, []float64{
			0.3333333333333332, -0.022222222222051523, 0.002116402070919305, -0.00021163596843310663, 2.121608335566044e-05,
		}, 10}
	}
	return precision{23, 127, 10, []float64{0.33333309540787454, -0.022158824140169724}, 9}
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

// hold loads constants to registers: those that are copied, not only read, or of
// these the one read most where registers are few.
func (f *tanhOf) hold() {
	names := []string{"one"}
	if f.avx512() {
		names = []string{"clamp", "-clamp", "magic", "one"}
	}
	for _, name := range names {
		f.held[name] = f.in(f.vec(), name)
	}
}

// at is where a constant is, its register or in memory.
func (f *tanhOf) at(name string) Op {
	if v, ok := f.held[name]; ok {
		return v
	}
	return f.data.Offset(f.offset[name])
}

// in returns the register of a constant, or else v with a copy.
func (f *tanhOf) in(v reg.VecVirtual, name string) reg.VecVirtual {
	if held, ok := f.held[name]; ok {
		return held
	}
	f.move(f.at(name), v)
	return v
}

// A fraction is tanh before its division: N/D, and what both lost to rounding.
type fraction struct{ num, den, lostN, lostD reg.VecVirtual }

// fractions adds to c the steps that make those of the vectors from the u-th of
// x on.
func (f *tanhOf) fractions(c *chain, at vectors, x reg.Register, u int) (all []fraction) {
	v := func() (r []reg.VecVirtual) {
		for range c.n {
			r = append(r, f.vec())
		}
		return r
	}
	r := v()
	a, b, m := v(), v(), v()
	c.each(func(i int) { at.loadTo(r[i], x, u+i) })
	// Of a NaN and a number, these are their first here, the NaN.
	c.each(func(i int) { f.min(r[i], f.in(m[i], "clamp"), r[i]) })
	c.each(func(i int) { f.max(r[i], f.in(m[i], "-clamp"), r[i]) })
	c.each(func(i int) { f.move(f.at("magic"), b[i]); f.fma231(f.at("2/ln2"), r[i], b[i]) })
	c.each(func(i int) { f.sub(f.at("magic"), b[i], m[i]) })
	c.each(func(i int) { f.fnma231(f.at("ln2/2"), m[i], r[i]) })
	c.each(func(i int) { f.shift(Imm(uint64(f.precision().mantissa)), b[i], b[i]) }) // 2ⁿ
	// The negative of 2ⁿ−1, so that the sums that follow are differences: that of
	// −0 and 0 is −0, as it should for x = −0.
	c.each(func(i int) { f.sub(b[i], f.held["one"], a[i]) })
	c.each(func(i int) { f.add(f.held["one"], b[i], b[i]) })

	z, p, lostN, lostD, num, den := v(), v(), v(), v(), v(), v()
	c.each(func(i int) { f.mul(r[i], r[i], z[i]) })
	c.each(func(i int) { f.move(f.at(f.series[0]), p[i]) })
	for _, name := range f.series[1:] {
		c.each(func(i int) { f.fma213(f.at(name), z[i], p[i]) })
	}
	c.each(func(i int) { f.mul(z[i], p[i], p[i]) }) // Q − 1
	c.each(func(i int) { f.mul(a[i], p[i], lostN[i]) })
	c.each(func(i int) { f.mul(a[i], r[i], lostD[i]) })
	c.each(func(i int) { f.fms231(b[i], r[i], lostN[i]) }) // N + a
	c.each(func(i int) { f.fms231(b[i], p[i], lostD[i]) }) // D − b
	c.each(func(i int) { f.add(lostD[i], b[i], den[i]) })
	c.each(func(i int) { f.sub(a[i], lostN[i], num[i]) })
	c.each(func(i int) { f.add(a[i], num[i], a[i]) })
	c.each(func(i int) { f.sub(a[i], lostN[i], lostN[i]) })
	c.each(func(i int) { f.sub(b[i], den[i], b[i]) })
	c.each(func(i int) { f.sub(b[i], lostD[i], lostD[i]) })
	for i := range c.n {
		all = append(all, fraction{num[i], den[i], lostN[i], lostD[i]})
	}
	return all
}

// quotients adds the steps that make the tanh of q, which they use up, and store
// it to the vectors from the u-th of y on.
func (f *tanhOf) quotients(c *chain, at vectors, y reg.Register, u int, q []fraction) {
	var over, tanh []reg.VecVirtual
	for range q {
		over, tanh = append(over, f.vec()), append(tanh, f.vec())
	}
	c.each(func(i int) { f.div(q[i].den, f.held["one"], over[i]) })
	c.each(func(i int) { f.mul(over[i], q[i].num, tanh[i]) })
	c.each(func(i int) { f.fms231(tanh[i], q[i].lostD, q[i].lostN) })
	c.each(func(i int) { f.fms231(tanh[i], q[i].den, q[i].num) })
	c.each(func(i int) { f.add(q[i].lostN, q[i].num, q[i].num) }) // what it has too much, times D
	c.each(func(i int) { f.fnma231(q[i].num, over[i], tanh[i]) })
	c.each(func(i int) { at.store(tanh[i], y, u+i) })
}
