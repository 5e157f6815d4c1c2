package model

import (
	"slices"
	"sync"
	"sync/atomic"

	"spnode/ops/kernel"
)

// soapTeam does the work of an update matrix by matrix. No two share an element,
// so who takes which is left to chance.
type soapTeam struct {
	*SOAP
	order []int // of the matrices, the largest first
	next  atomic.Int64
	wait  sync.WaitGroup
	run   []func() // one for each goroutine but the caller's, so that go allocates nothing
	works []*soapWork

	task func(*soapTeam, *SOAPMatrix, *soapWork)
	rate float64
	w, g []float64
}

// goroutineFrom is the number of operations from which another goroutine pays.
const goroutineFrom = 1 << 20

// each has the task done for every matrix.
func (s *SOAP) each(task func(*soapTeam, *SOAPMatrix, *soapWork), rate float64, w, g []float64) {
	if s.team == nil || len(s.team.order) != len(s.Matrices) {
		s.team = newSOAPTeam(s)
	}
	t := s.team
	t.SOAP, t.task, t.rate, t.w, t.g = s, task, rate, w, g
	t.next.Store(0)
	t.wait.Add(len(t.run))
	for _, f := range t.run {
		go f()
	}
	t.work(t.works[0])
	t.wait.Wait()
	t.SOAP, t.w, t.g = nil, nil, nil
}

func newSOAPTeam(s *SOAP) *soapTeam {
	t := &soapTeam{works: []*soapWork{{}}}
	cost := func(i int) int { m := s.Matrices[i]; return m.Rows * m.Cols * (m.Rows + m.Cols) }
	total := 0
	for i := range s.Matrices {
		t.order = append(t.order, i)
		total += cost(i)
	}
	slices.SortStableFunc(t.order, func(i, j int) int { return cost(j) - cost(i) })
	if 2*total < goroutineFrom {
		return t
	}
	for len(t.works) < min(s.Workers, len(s.Matrices)) {
		work := &soapWork{}
		t.works = append(t.works, work)
		t.run = append(t.run, func() { defer t.wait.Done(); t.work(work) })
	}
	return t
}

// work takes one matrix after the other until there is none left.
func (t *soapTeam) work(work *soapWork) {
	for {
		k := int(t.next.Add(1)) - 1
		if k >= len(t.order) {
			return
		}
		t.task(t, &t.Matrices[t.order[k]], work)
	}
}

// soapWork is the work space of one goroutine.
type soapWork struct {
	a, b, d []float64 // of a matrix
	product []float64 // of a side
	lq      kernel.LQ
	tmp     []float64
}

func buffer(x *[]float64, n int) []float64 {
	*x = slices.Grow((*x)[:0], n)[:n]
	return *x
}

// step moves a matrix, see SOAP: Adam's step in the rotated basis, from 0, is
// what is turned back.
func (k *soapWork) step(t *soapTeam, m *SOAPMatrix) {
	begin, end := m.Begin, m.end()
	mean, variance, w := t.Mean[begin:end], t.Variance[begin:end], t.w[begin:end]
	d := buffer(&k.d, end-begin)
	clear(d)
	kernel.AdamTo(d, mean, variance, k.into(m, t.g[begin:end]), 1, t.Beta1, t.Beta2, t.Epsilon, t.Step)
	d = k.back(m, d)
	if t.Scale != nil {
		for i, s := range t.Scale[begin:end] {
			d[i] *= s
		}
	}
	kernel.AxpyTo(w, t.rate, d)
}

// absorb takes the gradient into L and R and renews the bases if it is their
// turn.
func (k *soapWork) absorb(t *soapTeam, m *SOAPMatrix) {
	c := t.filled()
	begin, end := m.Begin, m.end()
	g := t.g[begin:end]
	if m.Left.Basis != nil {
		kernel.Gemm(false, true, m.Rows, m.Rows, m.Cols, 1-c.Decay, g, g, c.Decay, m.Left.Factor, &k.tmp)
	}
	if m.Right.Basis != nil {
		kernel.Gemm(true, false, m.Cols, m.Cols, m.Rows, 1-c.Decay, g, g, c.Decay, m.Right.Factor, &k.tmp)
	}
	if t.Step%c.Period != 0 {
		return
	}
	mean := append(k.d[:0], k.back(m, t.Mean[begin:end])...)
	k.d = mean
	for _, s := range m.sides() {
		k.renew(s)
	}
	copy(t.Mean[begin:end], k.into(m, mean))
}

// renew does one iteration of the power method. (LQ)ᵀ = QᵀL, as L is symmetric,
// so what is orthonormalised are rows.
func (k *soapWork) renew(s side) {
	if s.Basis == nil {
		return
	}
	p := buffer(&k.product, s.dim*s.dim)
	kernel.Gemm(false, false, s.dim, s.dim, s.dim, 1, s.Basis, s.Factor, 0, p, &k.tmp)
	for _, v := range p {
		if !finite(v) {
			return
		}
	}
	k.lq.QTo(s.Basis, p, s.dim)
}

// turned reports whether the moments of m are kept as the transpose.
func (m *SOAPMatrix) turned() bool { return m.Cols > m.Rows && m.Right.Basis != nil }

// into returns P_L X P_Rᵀ, or its transpose if m is turned. It may be x itself.
func (k *soapWork) into(m *SOAPMatrix, x []float64) []float64 {
	r, c := m.Rows, m.Cols
	a, b := buffer(&k.a, r*c), buffer(&k.b, r*c)
	if m.turned() {
		if m.Left.Basis != nil {
			kernel.Gemm(false, false, r, c, r, 1, m.Left.Basis, x, 0, a, &k.tmp)
			x = a
		}
		kernel.Gemm(false, true, c, r, c, 1, m.Right.Basis, x, 0, b, &k.tmp)
		return b
	}
	if m.Right.Basis != nil {
		kernel.Gemm(false, true, r, c, c, 1, x, m.Right.Basis, 0, a, &k.tmp)
		x = a
	}
	if m.Left.Basis != nil {
		kernel.Gemm(false, false, r, c, r, 1, m.Left.Basis, x, 0, b, &k.tmp)
		x = b
	}
	return x
}

// back is the inverse of into.
func (k *soapWork) back(m *SOAPMatrix, x []float64) []float64 {
	r, c := m.Rows, m.Cols
	a, b := buffer(&k.a, r*c), buffer(&k.b, r*c)
	if m.turned() {
		kernel.Gemm(true, false, r, c, c, 1, x, m.Right.Basis, 0, a, &k.tmp)
		if m.Left.Basis == nil {
			return a
		}
		kernel.Gemm(true, false, r, c, r, 1, m.Left.Basis, a, 0, b, &k.tmp)
		return b
	}
	if m.Left.Basis != nil {
		kernel.Gemm(true, false, r, c, r, 1, m.Left.Basis, x, 0, a, &k.tmp)
		x = a
	}
	if m.Right.Basis != nil {
		kernel.Gemm(false, false, r, c, c, 1, x, m.Right.Basis, 0, b, &k.tmp)
		x = b
	}
	return x
}
