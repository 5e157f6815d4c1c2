package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vectors is where the body of a loop over n elements stands: at whole vectors
// of its slices, or at the part that is left of them.
type vectors struct {
	*target
	part *part // nil at whole vectors
}

// load reads the u-th vector from p on.
func (at vectors) load(p reg.Register, u int) reg.VecVirtual {
	v := at.vec()
	at.loadTo(v, p, u)
	return v
}

// loadTo reads the u-th vector from p on to v.
func (at vectors) loadTo(v reg.VecVirtual, p reg.Register, u int) {
	from := Mem{Base: p}.Offset(u * at.width)
	if at.part != nil {
		at.part.load(from, v)
	} else {
		at.move(from, v)
	}
}

// store writes the u-th vector from p on; v is then of no more use.
func (at vectors) store(v reg.VecVirtual, p reg.Register, u int) {
	to := Mem{Base: p}.Offset(u * at.width)
	if at.part != nil {
		at.part.store(v, to)
	} else {
		at.move(v, to)
	}
}

// forEach writes a loop over n elements of the slices, n = 0 included: as many
// vectors at once as the first of at most two counts says, then the second, then
// one at once, of which the last may be a part. It moves the slices on and ends
// the function.
func (t *target) forEach(n reg.Register, slices []reg.Register, counts []int, window Mem, body func(at vectors, count int)) {
	next := func(by Op, bytes int) {
		for _, s := range slices {
			ADDQ(U32(bytes), s)
		}
		SUBQ(by, n)
	}
	whole := func(name string, count int, after string) {
		Label(name)
		CMPQ(n, U32(count*t.lanes()))
		JL(LabelRef(after))
		body(vectors{target: t}, count)
		next(U32(count*t.lanes()), count*t.width)
		JMP(LabelRef(name))
	}
	labels := append([]string{"blocks", "fewer"}[:len(counts)], "whole", "rest")
	for i, count := range append(counts, 1) {
		whole(labels[i], count, labels[i+1])
	}
	Label("rest")
	TESTQ(n, n)
	JE(LabelRef("done"))
	p := t.newPart(n.(reg.GPVirtual), window)
	p.loadMask()
	body(vectors{t, p}, 1)
	Label("done")
	VZEROUPPER()
	RET()
}

// params loads pointers.
func params(names ...string) (r []reg.Register) {
	for _, name := range names {
		r = append(r, Load(Param(name), GP64()))
	}
	return r
}

// axpy writes y += αx for n elements.
func axpy(t *target, window Mem) {
	TEXT(t.name("axpy"), NOSPLIT, fmt.Sprintf("func(n int, alpha %[1]s, x, y *%[1]s)", t.typ))
	Doc(t.name("axpy") + " computes y += αx for n elements.")
	Pragma("noescape")
	n, s := Load(Param("n"), GP64()), params("x", "y")
	alpha := t.vec()
	t.broadcast(address("alpha"), alpha)
	t.forEach(n, s, []int{4}, window, func(at vectors, count int) {
		for u := range count {
			x, y := at.load(s[0], u), at.load(s[1], u)
			t.fma231(alpha, x, y)
			at.store(y, s[1], u)
		}
	})
}

// tanhGrad writes dz = dy(1 − y²) for n elements.
func tanhGrad(t *target, window Mem) {
	TEXT(t.name("tanhGrad"), NOSPLIT, fmt.Sprintf("func(n int, dz, dy, y *%s)", t.typ))
	Doc(t.name("tanhGrad") + " computes dz = dy(1 − y²) for n elements; dz may be dy or y.")
	Pragma("noescape")
	n, s := Load(Param("n"), GP64()), params("dz", "dy", "y")
	one := t.vec()
	t.broadcast(t.constant("one", 1), one)
	t.forEach(n, s, []int{4}, window, func(at vectors, count int) {
		for u := range count {
			dy, y, d := at.load(s[1], u), at.load(s[2], u), t.vec()
			t.move(one, d)
			t.fnma231(y, y, d)
			t.mul(dy, d, d)
			at.store(d, s[0], u)
		}
	})
}

// residual writes z = α(x − y) for n elements.
func residual(t *target, window Mem) {
	TEXT(t.name("residual"), NOSPLIT, fmt.Sprintf("func(n int, z *%[1]s, alpha %[1]s, x, y *%[1]s)", t.typ))
	Doc(t.name("residual") + " computes z = α(x − y) for n elements.")
	Pragma("noescape")
	n, s := Load(Param("n"), GP64()), params("z", "x", "y")
	alpha := t.vec()
	t.broadcast(address("alpha"), alpha)
	t.forEach(n, s, []int{4}, window, func(at vectors, count int) {
		for u := range count {
			x := at.load(s[1], u)
			t.sub(at.load(s[2], u), x, x)
			t.mul(alpha, x, x)
			at.store(x, s[0], u)
		}
	})
}

// distance writes Σ(x − y)² in float64, in two sums of vectors of AVX2, for both
// instruction sets.
func distance(t *target) {
	TEXT(t.name("distance"), NOSPLIT, fmt.Sprintf("func(n int, x, y *%s) float64", t.typ))
	Doc(t.name("distance") + " returns Σ(x − y)² of n elements, a multiple of eight.")
	Pragma("noescape")
	n, s := Load(Param("n"), GP64()), params("x", "y")
	read := func(p reg.Register, half int) reg.VecVirtual {
		v, from := YMM(), Mem{Base: p}.Offset(4*half*t.size)
		if t.size == 4 {
			VCVTPS2PD(from, v)
		} else {
			VMOVUPD(from, v)
		}
		return v
	}
	sum := []reg.VecVirtual{YMM(), YMM()}
	for _, v := range sum {
		VXORPD(v, v, v)
	}
	Label("loop")
	TESTQ(n, n)
	JE(LabelRef("done"))
	for half, v := range sum {
		d := read(s[0], half)
		VSUBPD(read(s[1], half), d, d)
		VFMADD231PD(d, d, v)
	}
	for _, p := range s {
		ADDQ(Imm(uint64(8*t.size)), p)
	}
	SUBQ(Imm(8), n)
	JMP(LabelRef("loop"))
	Label("done")
	VADDPD(sum[1], sum[0], sum[0])
	low, high := sum[0].AsX(), sum[1].AsX()
	VEXTRACTF128(Imm(1), sum[0], high)
	VADDPD(high, low, low)
	VHADDPD(low, low, low)
	VZEROUPPER()
	Store(low, ReturnIndex(0))
	RET()
}

// adam writes one step of Adam for n weights, given β₁, 1−β₁, β₂, 1−β₂,
// rate/(1−β₁ᵗ), 1/(1−β₂ᵗ) and ε.
func adam(t *target, window Mem) {
	TEXT(t.name("adam"), NOSPLIT, fmt.Sprintf("func(n int, w, m, v, w0, m0, v0, grad *%[1]s, beta1, rest1, beta2, rest2, rate, scale, epsilon %[1]s)", t.typ))
	Doc(t.name("adam") + " computes one step of Adam for n weights, see AdamTo.")
	Pragma("noescape")
	n, s := Load(Param("n"), GP64()), params("w", "m", "v", "w0", "m0", "v0", "grad")
	var c []reg.VecVirtual
	for i, name := range []string{"beta1", "rest1", "beta2", "rest2", "rate", "scale", "epsilon"} {
		c = append(c, t.vec())
		t.broadcast(address(name), c[i])
	}
	t.forEach(n, s, []int{2}, window, func(at vectors, count int) {
		for u := range count {
			at.store(at.load(s[0], u), s[3], u)
			w, m, v, g := at.load(s[0], u), at.load(s[4], u), at.load(s[5], u), at.load(s[6], u)
			t.mul(c[0], m, m)
			t.fma231(c[1], g, m)
			t.mul(g, g, g)
			t.mul(c[2], v, v)
			t.fma231(c[3], g, v)
			t.mul(c[5], v, g)
			t.sqrt(g, g)
			t.add(c[6], g, g)
			step := t.vec()
			t.mul(c[4], m, step)
			t.div(g, step, step)
			t.sub(step, w, w)
			at.store(w, s[0], u)
			at.store(m, s[1], u)
			at.store(v, s[2], u)
		}
	})
}

// sumVectors is how many sums of columnSums are under way together.
const sumVectors = 8

// columnSums adds to s the sums of the n columns of x, each in the order of
// the rows.
func columnSums(t *target, window Mem) {
	TEXT(t.name("columnSums"), NOSPLIT, fmt.Sprintf("func(rows, n int, s, x *%s)", t.typ))
	Doc(t.name("columnSums") + " adds the columns of x (rows, n) to s (n).")
	Pragma("noescape")
	n, s := Load(Param("n"), GP64()), params("s", "x")
	stride := GP64()
	MOVQ(n, stride)
	SHLQ(Imm(t.log2size()), stride)
	t.forEach(n, s, []int{sumVectors}, window, func(at vectors, count int) {
		var sum []reg.VecVirtual
		for u := range count {
			sum = append(sum, at.load(s[0], u))
		}
		rows, x, loop, done := Load(Param("rows"), GP64()), GP64(), unique("rows"), unique("sums")
		MOVQ(s[1], x)
		TESTQ(rows, rows)
		JE(LabelRef(done))
		Label(loop)
		for u, v := range sum {
			if at.part != nil {
				t.add(at.load(x, u), v, v)
			} else {
				t.add(Mem{Base: x}.Offset(u*t.width), v, v)
			}
		}
		ADDQ(stride, x)
		DECQ(rows)
		JNE(LabelRef(loop))
		Label(done)
		for u, v := range sum {
			at.store(v, s[0], u)
		}
	})
}
