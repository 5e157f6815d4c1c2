package leastsq

import (
	"math"

	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
	"spnode/ops/kernel/poly"
)

// field is du/dt = Au + p(u), whose steps of one length ETDRK4 makes, see
// integrator.ETDRK4: they are repeated here on slices, for there is no graph.
type field struct {
	n              int
	e, half        []float64 // e^{hA} and e^{hA/2}
	q, f1, f2, f3  []float64 // of the stages, and of the step
	work           *poly.Work[float64]
	c              []float64
	gu, ga, gb, gc []float64
	a, b, tmp      []float64
}

// newField returns a field with the coefficients c of p, to be advanced by h.
func newField(p *poly.Polynomial, a, c []float64, h float64) *field {
	n := p.In()
	tol := kernel.UnitRoundoff[float64]()
	f := &field{n: n, work: poly.NewWork[float64](p), c: c}
	whole, half := funm.NewPhi[float64](n, 3, tol), funm.NewPhi[float64](n, 1, tol)
	whole.ForwardOnly(a, h)
	half.ForwardOnly(a, h/2)
	f.e, f.half, f.q = whole.E(), half.E(), half.P(1)
	p1, p2, p3 := whole.P(1), whole.P(2), whole.P(3)
	for i := range p1 {
		f.f1 = append(f.f1, p1[i]-3*p2[i]+4*p3[i])
		f.f2 = append(f.f2, 2*p2[i]-4*p3[i])
		f.f3 = append(f.f3, 4*p3[i]-p2[i])
	}
	return f
}

// fresh returns the field with work space of its own.
func (f *field) fresh() *field {
	g := *f
	g.work = poly.NewWork[float64](f.work.Polynomial)
	g.gu, g.ga, g.gb, g.gc, g.a, g.b, g.tmp = nil, nil, nil, nil, nil, nil, nil
	return &g
}

// mul adds x Mᵀ to y, or writes it there.
func (f *field) mul(y, x, m []float64, rows int, add float64) {
	kernel.Gemm(false, true, rows, f.n, f.n, 1, x, m, add, y, &f.tmp)
}

// step advances the rows of u.
func (f *field) step(u []float64) {
	size := len(u)
	rows := size / f.n
	for _, s := range []*[]float64{&f.gu, &f.ga, &f.gb, &f.gc, &f.a, &f.b} {
		if len(*s) < size {
			*s = make([]float64, size)
		}
	}
	gu, ga, gb, gc, a, b := f.gu[:size], f.ga[:size], f.gb[:size], f.gc[:size], f.a[:size], f.b[:size]
	f.work.ForwardTo(gu, u, f.c, rows)
	f.mul(a, u, f.half, rows, 0)
	copy(b, a)
	f.mul(a, gu, f.q, rows, 1)
	f.work.ForwardTo(ga, a, f.c, rows)
	f.mul(b, ga, f.q, rows, 1)
	f.work.ForwardTo(gb, b, f.c, rows)
	for i, v := range gu {
		b[i] = 2*gb[i] - v
		ga[i] += gb[i]
	}
	f.mul(gb, a, f.half, rows, 0)
	f.mul(gb, b, f.q, rows, 1)
	f.work.ForwardTo(gc, gb, f.c, rows)
	f.mul(a, u, f.e, rows, 0)
	f.mul(a, gu, f.f1, rows, 1)
	f.mul(a, ga, f.f2, rows, 1)
	f.mul(a, gc, f.f3, rows, 1)
	copy(u, a)
}

// pathWeights returns w_j = ∫₀ʰ e^{λ(h−s)} ℓ_j(s) ds for the k+1 equidistant nodes j of
// [0, h]: what a change of the field at the nodes of a path does to its end, in a
// component of rate λ. ℓ_j are the polynomials of Lagrange on pieces of the path, of
// as high a degree as divides k, up to 5. For k = 0 it is the one weight hφ₁(hλ).
func pathWeights(lambda, h float64, k int) []float64 {
	degree := 0
	for d := 1; d <= min(k, 5); d++ {
		if k%d == 0 {
			degree = d
		}
	}
	pieces := k / max(degree, 1)
	h /= float64(max(pieces, 1))
	local := pieceWeights(lambda, h, degree)
	w := make([]float64, k+1)
	for p := range max(pieces, 1) {
		decay := math.Exp(lambda * h * float64(max(pieces, 1)-1-p))
		for i, v := range local {
			w[p*degree+i] += decay * v
		}
	}
	return w
}

// pieceWeights are pathWeights of one piece. With ℓ_j = Σ_i a_i (s/h)^i and
// ∫₀¹ e^{z(1−s)} s^i ds = i! φ_{i+1}(z) there is no quadrature that could miss the
// boundary layer of a large −z.
func pieceWeights(lambda, h float64, degree int) []float64 {
	phi := funm.NewPhi[float64](1, degree+1, kernel.UnitRoundoff[float64]())
	phi.ForwardOnly([]float64{lambda}, h)
	w := make([]float64, degree+1)
	for j := range w {
		a := []float64{1} // Π_{m≠j} (x − m)/(j − m) for x = degree·s/h, lowest power first
		for m := range degree + 1 {
			if m == j {
				continue
			}
			next := make([]float64, len(a)+1)
			for i, v := range a {
				next[i] -= v * float64(m) / float64(j-m)
				next[i+1] += v * float64(degree) / float64(j-m)
			}
			a = next
		}
		factorial := 1.
		for i, v := range a {
			w[j] += v * factorial * phi.P(i + 1)[0]
			factorial *= float64(i + 1)
		}
	}
	return w
}
