package optim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/data/npz"
	"spnode/ops/kernel"
	"spnode/ops/opstest"
)

// soapLayout has matrices of every orientation, sides of length 1 and above
// MaxDim, and vectors before, between and behind.
func soapLayout() (p []Parameter, size int) {
	p = flat(3)
	for i, shape := range [][]int{{6, 2}, {2, 6}, {4, 4}, {1, 5}, {5, 1}, {1, 1}, {7, 3}, {3, 7}, {8, 9}} {
		p = append(p, Parameter{Name: fmt.Sprint("m", i), Shape: shape}, Parameter{Name: fmt.Sprint("b", i), Shape: []int{shape[0] % 2}})
	}
	p = append(p, Parameter{Name: "end", Shape: []int{2}})
	for _, q := range p {
		size += q.size()
	}
	return p, size
}

// soapSettings renew often.
func soapSettings() SOAPConfig {
	return SOAPConfig{AdamConfig: DefaultAdam(), Decay: 0.9, Period: 7, MaxDim: 6}
}

// soapGradient is a gradient of a step: of each matrix full, with singular values
// of several sizes.
func soapGradient(size, step int) []float64 {
	rng := rand.New(rand.NewPCG(61, uint64(step)))
	g := make([]float64, size)
	for i := range g {
		g[i] = rng.NormFloat64() * math.Pow(3, float64(i%4))
	}
	return g
}

// clone makes a SOAP of its state alone.
func clone(t testing.TB, s *SOAP, p []Parameter) *SOAP {
	t.Helper()
	b, err := npz.Encode(s.State())
	if err != nil {
		t.Fatal(err)
	}
	state, err := npz.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	c := NewSOAP(s.config, p, s.workers)
	if err := c.Restore(state); err != nil {
		t.Fatal(err)
	}
	return c
}

// directSOAP is one matrix by the definition: bases as columns, gonum's QR, the
// mean in the original basis.
type directSOAP struct {
	l, r, ql, qr, m, v *mat.Dense
}

func newDirectSOAP(r, c int) *directSOAP {
	eye := func(n int) *mat.Dense {
		d := mat.NewDense(n, n, nil)
		for i := range n {
			d.Set(i, i, 1)
		}
		return d
	}
	return &directSOAP{mat.NewDense(r, r, nil), mat.NewDense(c, c, nil), eye(r), eye(c), mat.NewDense(r, c, nil), mat.NewDense(r, c, nil)}
}

func (d *directSOAP) update(step, maxDim int, rate float64, w, g *mat.Dense) {
	// average is a ← decay a + (1−decay) b.
	average := func(a *mat.Dense, decay float64, b mat.Matrix) {
		a.Apply(func(i, j int, v float64) float64 { return decay*v + (1-decay)*b.At(i, j) }, a)
	}
	var gg, turned, squares, mean, delta mat.Dense
	average(d.m, 0.9, g)
	turned.Product(d.ql.T(), g, d.qr)
	squares.MulElem(&turned, &turned)
	average(d.v, 0.999, &squares)
	mean.Product(d.ql.T(), d.m, d.qr)
	c1, c2 := 1-math.Pow(0.9, float64(step)), 1-math.Pow(0.999, float64(step))
	mean.Apply(func(i, j int, m float64) float64 { return m / c1 / (math.Sqrt(d.v.At(i, j)/c2) + 1e-8) }, &mean)
	delta.Product(d.ql, &mean, d.qr.T())
	delta.Scale(rate, &delta)
	w.Sub(w, &delta)

	gg.Mul(g, g.T())
	average(d.l, 0.9, &gg)
	gg.Reset()
	gg.Mul(g.T(), g)
	average(d.r, 0.9, &gg)
	if step%7 == 0 {
		for _, s := range [][2]*mat.Dense{{d.l, d.ql}, {d.r, d.qr}} {
			if n, _ := s[0].Dims(); n <= maxDim {
				var qr mat.QR
				var lq mat.Dense
				lq.Mul(s[0], s[1])
				qr.Factorize(&lq)
				qr.QTo(s[1])
			}
		}
	}
}

// TestSOAPReference follows updates over several renewals of the bases beside a
// direct implementation; what is in no matrix is Adam's.
func TestSOAPReference(t *testing.T) {
	p, n := soapLayout()
	for i := range p {
		p[i].Rate = 1 / float64(1+i%3)
	}
	s, a := NewSOAP(soapSettings(), p, 1), NewAdam(DefaultAdam(), p)
	w, plain := make([]float64, n), make([]float64, n)
	var direct []*directSOAP
	var want []*mat.Dense
	for _, m := range s.matrices {
		direct = append(direct, newDirectSOAP(m.rows, m.cols))
		want = append(want, mat.NewDense(m.rows, m.cols, nil))
	}
	var worst float64
	for step := 1; step <= 40; step++ {
		g := soapGradient(n, step)
		rate := 0.1 / float64(step)
		s.Update(rate, w, g)
		a.Update(rate, plain, g)
		inside := make([]bool, n)
		for k, m := range s.matrices {
			before := mat.DenseCopyOf(want[k])
			direct[k].update(step, 6, rate, want[k], mat.NewDense(m.rows, m.cols, g[m.begin:m.end()]))
			want[k].Apply(func(i, j int, v float64) float64 {
				return before.At(i, j) + s.rates[m.begin+i*m.cols+j]*(v-before.At(i, j))
			}, want[k])
			for i := range m.rows {
				for j := range m.cols {
					at := m.begin + i*m.cols + j
					inside[at] = true
					worst = max(worst, math.Abs(w[at]-want[k].At(i, j)))
				}
			}
		}
		for i := range w {
			if !inside[i] && w[i] != plain[i] {
				t.Fatalf("step %d: component %d is in no matrix and %v, want %v", step, i, w[i], plain[i])
			}
		}
		// A few roundings of parameters of size 0.3, and of bases of well
		// conditioned averages; a wrong term would be seen in the third digit.
		if !(worst <= 1e-14) {
			t.Fatalf("step %d: differs by %.2g", step, worst)
		}
	}
	t.Logf("differs by at most %.2g", worst)
}

// Until the bases are renewed, and without matrices, it is Adam.
func TestSOAPBeginsAsAdam(t *testing.T) {
	p, n := soapLayout()
	s, a, none := NewSOAP(soapSettings(), p, 1), newAdam(n), NewSOAP(soapSettings(), flat(n), 1)
	w, u, v := make([]float64, n), make([]float64, n), make([]float64, n)
	for step := 1; step <= 8; step++ {
		g := soapGradient(n, step)
		s.Update(0.01, w, g)
		a.Update(0.01, u, g)
		none.Update(0.01, v, g)
		// The steps sum to 0.08, and each has a few roundings.
		if d := floats.Distance(w, u, math.Inf(1)); step <= 7 && !(d <= 1e-16) || step == 8 && !(d > 1e-3) {
			t.Errorf("step %d: differs from Adam by %.2g", step, d)
		}
		if !slices.Equal(v, u) {
			t.Errorf("step %d: without matrices it is not Adam", step)
		}
	}
	if len(none.State()) != len(a.State()) || !slices.Equal(none.now[0], a.now[0]) {
		t.Error("without matrices it has more state than Adam, or another")
	}
}

// A SOAP of copies goes on with the same bits from every step, and so does one
// whose last update was taken back and done again.
func TestSOAPContinues(t *testing.T) {
	p, n := soapLayout()
	a := NewSOAP(soapSettings(), p, 1)
	const steps = 23
	w := slices.Repeat([]float64{1}, n)
	for step := 1; step <= steps; step++ {
		before, u := clone(t, a, p), slices.Clone(w)
		g := soapGradient(n, step)
		a.Update(0.01, w, g)

		before.Update(0.01, u, g)
		if !slices.Equal(w, u) {
			t.Fatalf("step %d: copies give other bits", step)
		}

		// back undoes an update with another gradient at another rate.
		back := before
		for range 2 {
			back = clone(t, back, p)
			back.Update(7, u, soapGradient(n, -step))
			back = clone(t, back, p)
			back.TakeBack(u)
		}
		g = soapGradient(n, step+1)
		c, x := clone(t, a, p), slices.Clone(w)
		c.Update(0.01, x, g)
		back.Update(0.01, u, g)
		if !slices.Equal(x, u) || !slices.Equal(c.now[0], back.now[0]) || !slices.Equal(c.now[1], back.now[1]) {
			t.Fatalf("step %d: an update taken back leaves a trace", step+1)
		}
		for i, m := range c.matrices {
			b := back.matrices[i]
			if !slices.Equal(m.left.basis, b.left.basis) || !slices.Equal(m.right.factor, b.right.factor) {
				t.Fatalf("step %d: an update taken back leaves a trace in matrix %d", step+1, i)
			}
		}
	}
}

// ksShapes are the layers of a model of the Kuramoto–Sivashinsky equation: g, and
// with an autoencoder the encoder and the decoder.
func ksShapes(autoencoder bool) [][2]int {
	s := [][2]int{{20, 200}, {200, 20}}
	if autoencoder {
		s = append(s, [][2]int{{64, 200}, {200, 20}, {20, 200}, {200, 64}}...)
	}
	return s
}

// ksSOAP has 600 vector components, of A, and a bias for each layer.
func ksSOAP(autoencoder bool) (p []Parameter, size int) {
	p, size = flat(600), 600
	for i, shape := range ksShapes(autoencoder) {
		p = append(p, Parameter{Name: fmt.Sprint(i, "/W"), Shape: shape[:]}, Parameter{Name: fmt.Sprint(i, "/b"), Shape: shape[1:]})
		size += shape[0]*shape[1] + shape[1]
	}
	return p, size
}

// gemmAllocations is how often a product allocates: those of gonum, which the
// portable path takes, do.
func gemmAllocations() float64 {
	const n = 200
	x, y := make([]float64, 2*n*n), make([]float64, n*n)
	var tmp []float64
	return testing.AllocsPerRun(2, func() { kernel.Gemm(false, false, n, n, n, 1, x[:n*n], x[n*n:], 0, y, &tmp) })
}

// The bits do not depend on the goroutines, nor does a steady update allocate.
func TestSOAPWorkers(t *testing.T) {
	var want []float64
	for workers := range 4 {
		p, n := ksSOAP(!opstest.Thin())
		c := DefaultSOAP()
		c.Period = 2
		s := NewSOAP(c, p, workers)
		w := make([]float64, n)
		for step := range 5 {
			s.Update(0.01, w, soapGradient(n, step))
		}
		if want == nil {
			want = slices.Clone(w)
		}
		if !slices.Equal(w, want) {
			t.Errorf("%d workers give other bits than one", workers)
		}
		if k := len(s.team.works); k != max(1, workers) && !opstest.Thin() {
			t.Errorf("%d goroutines, want %d", k, workers)
		}
		g := soapGradient(n, 5)
		k := math.Inf(1)
		for range 5 { // what else the process does now and then is counted, too
			k = min(k, testing.AllocsPerRun(4, func() { s.Update(0.1, w, g) }))
		}
		if k != 0 && gemmAllocations() == 0 {
			t.Errorf("%d workers: got %g allocations an update, want none", workers, k)
		}
	}
}

// ‖AXB − C‖² with A and B of condition 100 whose singular vectors are no axes.
// Its gradient has no noise and shrinks by decades, hence a short memory of its
// squares, for both.
func TestSOAPMinimises(t *testing.T) {
	const r, c, rate, steps = 20, 12, 0.02, 1000
	rng := rand.New(rand.NewPCG(63, 64))
	skewed := func(n int) *mat.Dense {
		var x mat.Dense
		var svd mat.SVD
		x.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, mat.NewDense(n, n, nil))
		svd.Factorize(&x, mat.SVDFull)
		var u, v mat.Dense
		svd.UTo(&u)
		svd.VTo(&v)
		s := mat.NewDiagDense(n, nil)
		for i := range n {
			s.SetDiag(i, math.Pow(100, -float64(i)/float64(n-1)))
		}
		x.Product(&u, s, v.T())
		return &x
	}
	a, b := skewed(r), skewed(c)
	var target mat.Dense
	target.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, mat.NewDense(r, c, nil))
	train := func(update func(rate float64, w, g []float64)) float64 {
		w := make([]float64, r*c)
		var e, g mat.Dense
		for k := 0; ; k++ {
			e.Sub(mat.NewDense(r, c, w), &target)
			e.Product(a, &e, b)
			if k == steps {
				return floats.Dot(e.RawMatrix().Data, e.RawMatrix().Data)
			}
			g.Product(a.T(), &e, b.T())
			update(rate*(1-float64(k)/steps), w, g.RawMatrix().Data)
		}
	}
	cfg := DefaultAdam()
	cfg.Beta2 = 0.95
	p := []Parameter{{Name: "W", Shape: []int{r, c}}}
	soaped := DefaultSOAP()
	soaped.AdamConfig = cfg
	adam, soap := NewAdam(cfg, p), NewSOAP(soaped, p, 1)
	start := train(func(float64, []float64, []float64) {})
	l1, l2 := train(adam.Update), train(soap.Update)
	t.Logf("loss %.3g at the start, after %d updates %.3g by Adam, %.3g by SOAP", start, steps, l1, l2)
	if !(l2 < l1/1000) { // 1e5 as measured
		t.Errorf("loss is %.3g by SOAP and %.3g by Adam, want a thousandth", l2, l1)
	}
}

// A gradient whose squares overflow makes its matrix stand still, as with Adam,
// and no more; one whose squares vanish leaves the bases orthonormal.
func TestSOAPExtremeGradients(t *testing.T) {
	for _, scale := range []float64{1e200, 1e-200, 0} {
		p, n := soapLayout()
		s := NewSOAP(soapSettings(), p, 1)
		w := make([]float64, n)
		for step := 1; step <= 20; step++ {
			g := soapGradient(n, step)
			if step == 3 || scale < 1 {
				floats.Scale(scale, g)
			}
			s.Update(0.01, w, g)
		}
		if !finite(floats.Sum(w)) {
			t.Errorf("scale %g: parameters are %v", scale, w)
		}
		for i, m := range s.matrices {
			for _, side := range m.sides() {
				if side.basis == nil {
					continue
				}
				q := mat.NewDense(side.dim, side.dim, side.basis)
				var e mat.Dense
				e.Mul(q, q.T())
				for k := range side.dim {
					e.Set(k, k, e.At(k, k)-1)
				}
				if d := mat.Max(&e); !(d <= 1e-14) { // roundings of six reflectors
					t.Errorf("scale %g: a basis of matrix %d is orthonormal to %.2g", scale, i, d)
				}
			}
		}
	}
}

func TestSOAPValidate(t *testing.T) {
	if err := DefaultSOAP().Validate(); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string][]float64{
		"decay": {0, 1, -0.1, math.NaN()}, "period": {0, -1, 2.5, math.Inf(1)}, "max_dim": {0, 0.5, math.NaN()}, "beta1": {1}, "more": {1},
	} {
		for _, x := range bad {
			if _, err := New("soap", Settings{name: x}, nil, 1); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %g: got error %v, want one about it", name, x, err)
			}
		}
	}
}

// An update of the Kuramoto–Sivashinsky model's parameters, its share of the
// renewals included.
func BenchmarkSOAP(b *testing.B) {
	for _, autoencoder := range []bool{false, true} {
		name := map[bool]string{false: "g", true: "autoencoder"}[autoencoder]
		p, n := ksSOAP(autoencoder)
		w, g := make([]float64, n), soapGradient(n, 1)
		b.Run(name+"/adam", func(b *testing.B) {
			b.ReportAllocs()
			a := newAdam(n)
			for b.Loop() {
				a.Update(1e-3, w, g)
			}
		})
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/soap/workers=%d", name, workers), func(b *testing.B) {
				b.ReportAllocs()
				s := NewSOAP(DefaultSOAP(), p, workers)
				for b.Loop() {
					s.Update(1e-3, w, g)
				}
			})
		}
	}
}
