package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/ops/kernel"
	"spnode/ops/opstest"
)

// soapLayout has matrices of every orientation, sides of length 1 and above
// MaxDim, and vectors before, between and behind.
func soapLayout() (s *SOAP, size int) {
	s = &SOAP{Adam: Adam{AdamConfig: DefaultAdam()}, SOAPConfig: SOAPConfig{Decay: 0.9, Period: 7, MaxDim: 6}}
	size = 3
	for _, shape := range [][2]int{{6, 2}, {2, 6}, {4, 4}, {1, 5}, {5, 1}, {1, 1}, {7, 3}, {3, 7}, {8, 9}} {
		s.Matrices = append(s.Matrices, SOAPMatrix{Begin: size, Rows: shape[0], Cols: shape[1]})
		size += shape[0]*shape[1] + shape[0]%2
	}
	return s, size + 2
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

// clone makes a SOAP of copies of the open state alone.
func (s *SOAP) clone() *SOAP {
	c := &SOAP{Adam: s.Adam, SOAPConfig: s.SOAPConfig, Workers: s.Workers, Pending: slices.Clone(s.Pending)}
	c.Mean, c.Variance = slices.Clone(s.Mean), slices.Clone(s.Variance)
	for _, m := range s.Matrices {
		for _, side := range m.sides() {
			side.Factor, side.Basis = slices.Clone(side.Factor), slices.Clone(side.Basis)
		}
		c.Matrices = append(c.Matrices, m)
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
	s, n := soapLayout()
	a := &Adam{AdamConfig: DefaultAdam()}
	s.Scale = make([]float64, n)
	for i := range s.Scale {
		s.Scale[i] = 1 / float64(1+i%3)
	}
	a.Scale = s.Scale
	w, plain := make([]float64, n), make([]float64, n)
	var direct []*directSOAP
	var want []*mat.Dense
	for _, m := range s.Matrices {
		direct = append(direct, newDirectSOAP(m.Rows, m.Cols))
		want = append(want, mat.NewDense(m.Rows, m.Cols, nil))
	}
	var worst float64
	for step := 1; step <= 40; step++ {
		g := soapGradient(n, step)
		rate := 0.1 / float64(step)
		s.Update(rate, w, g)
		a.Update(rate, plain, g)
		inside := make([]bool, n)
		for k, m := range s.Matrices {
			before := mat.DenseCopyOf(want[k])
			direct[k].update(step, 6, rate, want[k], mat.NewDense(m.Rows, m.Cols, g[m.Begin:m.end()]))
			want[k].Apply(func(i, j int, v float64) float64 {
				return before.At(i, j) + s.Scale[m.Begin+i*m.Cols+j]*(v-before.At(i, j))
			}, want[k])
			for i := range m.Rows {
				for j := range m.Cols {
					at := m.Begin + i*m.Cols + j
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
	s, n := soapLayout()
	a, none := &Adam{AdamConfig: DefaultAdam()}, &SOAP{Adam: Adam{AdamConfig: DefaultAdam()}}
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
	if none.Pending != nil || !slices.Equal(none.Mean, a.Mean) {
		t.Error("without matrices it has more state than Adam, or another")
	}
}

// A SOAP of copies goes on with the same bits from every step, and so does one
// whose last update was taken back and done again.
func TestSOAPContinues(t *testing.T) {
	a, n := soapLayout()
	const steps = 23
	w := slices.Repeat([]float64{1}, n)
	for step := 1; step <= steps; step++ {
		before, u := a.clone(), slices.Clone(w)
		g := soapGradient(n, step)
		a.Update(0.01, w, g)

		before.Update(0.01, u, g)
		if !slices.Equal(w, u) {
			t.Fatalf("step %d: copies give other bits", step)
		}

		// back undoes an update with another gradient at another rate.
		back := before
		for range 2 {
			back = back.clone()
			back.Absorb()
			mean, variance, was := slices.Clone(back.Mean), slices.Clone(back.Variance), slices.Clone(u)
			back.Update(7, u, soapGradient(n, -step))
			copy(back.Mean, mean)
			copy(back.Variance, variance)
			copy(u, was)
			back.Step--
			back.Pending = back.Pending[:0]
		}
		g = soapGradient(n, step+1)
		c, x := a.clone(), slices.Clone(w)
		c.Update(0.01, x, g)
		back.Update(0.01, u, g)
		if !slices.Equal(x, u) || !slices.Equal(c.Mean, back.Mean) || !slices.Equal(c.Variance, back.Variance) {
			t.Fatalf("step %d: an update taken back leaves a trace", step+1)
		}
		for i, m := range c.Matrices {
			b := back.Matrices[i]
			if !slices.Equal(m.Left.Basis, b.Left.Basis) || !slices.Equal(m.Right.Factor, b.Right.Factor) {
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
func ksSOAP(autoencoder bool) (s *SOAP, size int) {
	s = &SOAP{Adam: Adam{AdamConfig: DefaultAdam()}}
	size = 600
	for _, shape := range ksShapes(autoencoder) {
		s.Matrices = append(s.Matrices, SOAPMatrix{Begin: size, Rows: shape[0], Cols: shape[1]})
		size += shape[0]*shape[1] + shape[1]
	}
	return s, size
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
		s, n := ksSOAP(!opstest.Thin())
		s.Workers, s.Period = workers, 2
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
	adam := &Adam{AdamConfig: cfg}
	soap := &SOAP{Adam: Adam{AdamConfig: cfg}, Matrices: []SOAPMatrix{{Rows: r, Cols: c}}}
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
		s, n := soapLayout()
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
		for i, m := range s.Matrices {
			for _, side := range m.sides() {
				if side.Basis == nil {
					continue
				}
				p := mat.NewDense(side.dim, side.dim, side.Basis)
				var e mat.Dense
				e.Mul(p, p.T())
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
	if err := (SOAPConfig{}).Validate(); err != nil {
		t.Error(err)
	}
	if got, want := (SOAPConfig{}).filled(), (SOAPConfig{0.95, 20, 1024}); got != want {
		t.Errorf("the defaults are %+v, want %+v", got, want)
	}
	for _, c := range []SOAPConfig{{Decay: 1}, {Decay: -0.1}, {Decay: math.NaN()}, {Period: -1}, {MaxDim: -1}} {
		if c.Validate() == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	for what, m := range map[string][]SOAPMatrix{
		"behind the end": {{Begin: 3, Rows: 2, Cols: 2}},
		"overlap":        {{Rows: 2, Cols: 2}, {Begin: 3, Rows: 1, Cols: 2}},
		"no rows":        {{Cols: 2}},
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "SOAP.Update: matrix") {
					t.Errorf("%s: got panic %v", what, r)
				}
			}()
			s := &SOAP{Adam: Adam{AdamConfig: DefaultAdam()}, Matrices: m}
			s.Update(0.1, make([]float64, 6), make([]float64, 6))
		}()
	}
}

// An update of the Kuramoto–Sivashinsky model's parameters, its share of the
// renewals included.
func BenchmarkSOAP(b *testing.B) {
	for _, autoencoder := range []bool{false, true} {
		name := map[bool]string{false: "g", true: "autoencoder"}[autoencoder]
		s, n := ksSOAP(autoencoder)
		w, g := make([]float64, n), soapGradient(n, 1)
		b.Run(name+"/adam", func(b *testing.B) {
			b.ReportAllocs()
			a := &Adam{AdamConfig: DefaultAdam()}
			for b.Loop() {
				a.Update(1e-3, w, g)
			}
		})
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/soap/workers=%d", name, workers), func(b *testing.B) {
				b.ReportAllocs()
				s = s.clone()
				s.Workers = workers
				for b.Loop() {
					s.Update(1e-3, w, g)
				}
			})
		}
	}
}
