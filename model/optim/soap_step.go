package optim

import (
	"slices"
	"sync/atomic"

	"spnode/model/internal/crew"
	"spnode/ops/kernel"
)

// soapTeam does the work of an update matrix by matrix. No two share an element,
// so who takes which is left to chance.
type soapTeam struct {
	*SOAP
	order []int // of the matrices, the largest first
	next  atomic.Int64
	works []*soapWork // of the goroutines
	run   func(i int) // work

	task func(*soapTeam, *soapMatrix, *soapWork)
	rate float64
	w, g []float64
}

// goroutineFrom is the number of operations from which another goroutine pays.
const goroutineFrom = 1 << 20

// each has the task done for every matrix.
func (s *SOAP) each(task func(*soapTeam, *soapMatrix, *soapWork), rate float64, w, g []float64) {
	if s.team == nil || len(s.team.order) != len(s.matrices) {
		s.team = newSOAPTeam(s)
	}
	t := s.team
	t.SOAP, t.task, t.rate, t.w, t.g = s, task, rate, w, g
	t.next.Store(0)
	crew.Do(len(t.works), t.run)
	t.SOAP, t.w, t.g = nil, nil, nil
}

func newSOAPTeam(s *SOAP) *soapTeam {
	t := &soapTeam{works: []*soapWork{{}}}
	t.run = t.work
	cost := func(i int) int { m := s.matrices[i]; return m.rows * m.cols * (m.rows + m.cols) }
	total := 0
	for i := range s.matrices {
		t.order = append(t.order, i)
		total += cost(i)
	}
	slices.SortStableFunc(t.order, func(i, j int) int { return cost(j) - cost(i) })
	if 2*total < goroutineFrom {
		return t
	}
	for len(t.works) < min(s.workers, len(s.matrices)) {
		t.works = append(t.works, &soapWork{})
	}
	return t
}

// work takes one matrix after the other until there is none left.
func (t *soapTeam) work(i int) {
	for {
		k := int(t.next.Add(1)) - 1
		if k >= len(t.order) {
			return
		}
		t.task(t, &t.matrices[t.order[k]], t.works[i])
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
func (k *soapWork) step(t *soapTeam, m *soapMatrix) {
	begin, end := m.begin, m.end()
	d := buffer(&k.d, end-begin)
	clear(d)
	t.moveTo(d, d, k.into(m, t.g[begin:end]), begin, 1)
	d = k.back(m, d)
	if t.rates != nil {
		for i, s := range t.rates[begin:end] {
			d[i] *= s
		}
	}
	kernel.AxpyTo(t.w[begin:end], t.rate, d)
}

// absorb takes the gradient into L and R and renews the bases if it is their
// turn.
func (k *soapWork) absorb(t *soapTeam, m *soapMatrix) {
	begin, end := m.begin, m.end()
	g := t.g[begin:end]
	if m.left.basis != nil {
		kernel.Gemm(false, true, m.rows, m.rows, m.cols, 1-t.config.Decay, g, g, t.config.Decay, m.left.factor, &k.tmp)
	}
	if m.right.basis != nil {
		kernel.Gemm(true, false, m.cols, m.cols, m.rows, 1-t.config.Decay, g, g, t.config.Decay, m.right.factor, &k.tmp)
	}
	if int(t.step[0])%int(t.config.Period) != 0 {
		return
	}
	mean := append(k.d[:0], k.back(m, t.now[0][begin:end])...)
	k.d = mean
	for _, s := range m.sides() {
		k.renew(s)
	}
	copy(t.now[0][begin:end], k.into(m, mean))
}

// renew does one iteration of the power method. (LQ)ᵀ = QᵀL, as L is symmetric,
// so what is orthonormalised are rows.
func (k *soapWork) renew(s side) {
	if s.basis == nil {
		return
	}
	p := buffer(&k.product, s.dim*s.dim)
	kernel.Gemm(false, false, s.dim, s.dim, s.dim, 1, s.basis, s.factor, 0, p, &k.tmp)
	for _, v := range p {
		if !finite(v) {
			return
		}
	}
	k.lq.QTo(s.basis, p, s.dim)
}

// turned reports whether the moments of m are kept as the transpose.
func (m *soapMatrix) turned() bool { return m.cols > m.rows && m.right.basis != nil }

// into returns P_L X P_Rᵀ, or its transpose if m is turned. It may be x itself.
func (k *soapWork) into(m *soapMatrix, x []float64) []float64 {
	r, c := m.rows, m.cols
	a, b := buffer(&k.a, r*c), buffer(&k.b, r*c)
	if m.turned() {
		if m.left.basis != nil {
			kernel.Gemm(false, false, r, c, r, 1, m.left.basis, x, 0, a, &k.tmp)
			x = a
		}
		kernel.Gemm(false, true, c, r, c, 1, m.right.basis, x, 0, b, &k.tmp)
		return b
	}
	if m.right.basis != nil {
		kernel.Gemm(false, true, r, c, c, 1, x, m.right.basis, 0, a, &k.tmp)
		x = a
	}
	if m.left.basis != nil {
		kernel.Gemm(false, false, r, c, r, 1, m.left.basis, x, 0, b, &k.tmp)
		x = b
	}
	return x
}

// back is the inverse of into.
func (k *soapWork) back(m *soapMatrix, x []float64) []float64 {
	r, c := m.rows, m.cols
	a, b := buffer(&k.a, r*c), buffer(&k.b, r*c)
	if m.turned() {
		kernel.Gemm(true, false, r, c, c, 1, x, m.right.basis, 0, a, &k.tmp)
		if m.left.basis == nil {
			return a
		}
		kernel.Gemm(true, false, r, c, r, 1, m.left.basis, a, 0, b, &k.tmp)
		return b
	}
	if m.left.basis != nil {
		kernel.Gemm(true, false, r, c, r, 1, m.left.basis, x, 0, a, &k.tmp)
		x = a
	}
	if m.right.basis != nil {
		kernel.Gemm(false, false, r, c, c, 1, x, m.right.basis, 0, b, &k.tmp)
		x = b
	}
	return x
}
