package stability

import (
	"encoding/xml"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// draw is a random A = (G_s + G_u)S + μI by eqs. (3)–(5).
type draw struct {
	a, s, gs *mat.Dense
	shift    float64
}

// hurwitz draws triangles of scales 0.1 … 10, diagonals away from zero.
func hurwitz(rng *rand.Rand, n int, shift float64) draw {
	triangle := func() *mat.Dense {
		scale := math.Pow(10, 2*rng.Float64()-1)
		l := mat.NewDense(n, n, nil)
		for i := range n {
			for j := range i {
				l.Set(i, j, scale*rng.NormFloat64())
			}
			l.Set(i, i, scale*(0.1+rng.Float64()))
		}
		return l
	}
	d := draw{new(mat.Dense), new(mat.Dense), new(mat.Dense), shift}
	ls, lg, lu := triangle(), triangle(), triangle()
	d.s.Mul(ls, ls.T())
	d.gs.Mul(lg, lg.T())
	d.gs.Scale(-1, d.gs)
	var g mat.Dense
	g.Sub(lu, lu.T())
	g.Add(&g, d.gs)
	d.a.Mul(&g, d.s)
	for i := range n {
		d.a.Set(i, i, d.a.At(i, i)+shift)
	}
	return d
}

func (d draw) analyse(t *testing.T, lipschitz, gBound float64, layers ...*mat.Dense) *Report {
	t.Helper()
	r, err := Analyse(System{d.a, d.s, d.gs, d.shift, lipschitz, gBound, layers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func identity(n int) *mat.Dense {
	m := mat.NewDense(n, n, nil)
	for i := range n {
		m.Set(i, i, 1)
	}
	return m
}

// upper is A = [−2 c; 0 −2] in the form (3) with S = I: A_decay of eq. (23) for
// c = 1, where G_s is definite.
func upper(c float64) draw {
	return draw{mat.NewDense(2, 2, []float64{-2, c, 0, -2}), identity(2), mat.NewDense(2, 2, []float64{-2, c / 2, c / 2, -2}), 0}
}

// TestPaper has the matrices of eq. (23).
func TestPaper(t *testing.T) {
	for _, c := range []struct {
		name  string
		a     draw
		gamma float64
	}{
		{"A_bump", upper(10), 3},    // −2 + 10/2
		{"A_decay", upper(1), -1.5}, // −2 + 1/2
	} {
		r := c.a.analyse(t, 0.1, math.Inf(1))
		// Rounding of numbers up to 10.
		if math.Abs(r.SpectralAbscissa+2) > 1e-14 || math.Abs(r.NumericalAbscissa-c.gamma) > 1e-14 {
			t.Errorf("%s: got α = %v, γ = %v, want −2, %v", c.name, r.SpectralAbscissa, r.NumericalAbscissa, c.gamma)
		}
		if !math.IsInf(r.ConditionNumber, 1) || r.Theorem3Bound != 0 {
			t.Errorf("%s, a Jordan block: got κ = %g and the bound %g, want +Inf and 0", c.name, r.ConditionNumber, r.Theorem3Bound)
		}
	}
	// V = ‖u‖² proves A_decay stable for L < 1.5, and nothing of A_bump.
	if r := upper(1).analyse(t, 1.4, 3); math.Abs(r.Certificate-1.5) > 1e-14 || !r.Certified || math.Abs(r.BoundRadius-2) > 1e-14 {
		t.Errorf("A_decay: got certificate %v (%v) and radius %v, want 1.5 (true) and 3/1.5", r.Certificate, r.Certified, r.BoundRadius)
	}
	if r := upper(10).analyse(t, 0, 3); r.Certificate != 0 || r.Certified || !math.IsInf(r.BoundRadius, 1) {
		t.Errorf("A_bump with S = I: got certificate %v (%v) and radius %v, want 0 (false) and +Inf", r.Certificate, r.Certified, r.BoundRadius)
	}
}

// TestTurnedJordan is a Jordan block that rounding makes diagonalisable:
// the eigenvalue splits by about √ε = 1e-8, and so κ is of the order 1e8.
func TestTurnedJordan(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	d := upper(10)
	q := orthogonal(rng, 2)
	d.a.Product(q, d.a, q.T())
	r := d.analyse(t, 0, 0)
	if r.ConditionNumber < 1e6 || r.Theorem3Bound > 2e-6 {
		t.Errorf("got κ = %g and the bound %g, want ≥ 1e6 and 0 or nearly", r.ConditionNumber, r.Theorem3Bound)
	}
}

// TestNormal is [−1 2; −2 −1]: eigenvalues −1 ± 2i, orthogonal vectors.
func TestNormal(t *testing.T) {
	d := draw{mat.NewDense(2, 2, []float64{-1, 2, -2, -1}), identity(2), mat.NewDense(2, 2, []float64{-1, 0, 0, -1}), 0}
	r := d.analyse(t, 0.5, 2, mat.NewDense(1, 2, []float64{3, 4}))
	want := [][2]float64{{-1, 2}, {-1, -2}}
	for i := range want {
		if !floats.EqualApprox(r.Spectrum[i][:], want[i][:], 1e-14) {
			t.Errorf("got spectrum %v, want %v", r.Spectrum, want)
		}
	}
	got := []float64{r.ConditionNumber, r.Theorem3Bound, r.Certificate, r.BoundRadius, r.Norm, r.LayerNorms[0]}
	if !floats.EqualApprox(got, []float64{1, 1, 1, 2, math.Sqrt(5), 5}, 1e-13) {
		t.Errorf("got κ, bounds, radius, norms %v, want 1, 1, 1, 2, √5, 5", got)
	}
}

func orthogonal(rng *rand.Rand, n int) *mat.Dense {
	m := mat.NewDense(n, n, nil)
	m.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, m)
	var qr mat.QR
	qr.Factorize(m)
	var q mat.Dense
	qr.QTo(&q)
	return &q
}

// TestDraws: the spectrum lies left of μ, and Theorem 3 and the
// certificate are sound: g(u) = 0.99 L Q u with Q orthogonal is L-Lipschitz, so
// A + 0.99 L Q must be Hurwitz.
func TestDraws(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var positive, larger int
	for k := range 1000 {
		n := 1 + k%6
		shift := []float64{0, -1, 0.05}[k/6%3] * rng.Float64()
		d := hurwitz(rng, n, shift)
		r := d.analyse(t, 0, 1)
		// Each of the n(n+1)/2 products in A rounds, and a defective eigenvalue
		// would feel that more; the draws have none.
		if margin := 1e-12 * r.Norm; r.SpectralAbscissa > shift+margin || r.SpectralAbscissa > r.NumericalAbscissa+margin {
			t.Errorf("draw %d: got α = %g, want ≤ μ = %g and ≤ γ = %g", k, r.SpectralAbscissa, shift, r.NumericalAbscissa)
		}
		if low := closedForm(t, d); r.Certificate < low*(1-1e-6)-1e-12*r.Norm {
			t.Errorf("draw %d: got certificate %g, want at least the closed form %g", k, r.Certificate, low)
		} else if r.Certificate > 2*low {
			larger++
		}
		for _, bound := range []float64{r.Theorem3Bound, r.Certificate} {
			if bound == 0 {
				continue
			}
			positive++
			var b mat.Dense
			b.Scale(0.99*bound, orthogonal(rng, n))
			b.Add(&b, d.a)
			if alpha := spectralAbscissa(t, &b); alpha >= 0 {
				t.Errorf("draw %d: A + 0.99·%g·Q has α = %g, want < 0", k, bound, alpha)
			}
		}
	}
	t.Logf("%d bounds were positive; %d certificates were twice the closed form or more", positive, larger)
	if positive < 1000 {
		t.Errorf("only %d of 2000 bounds were positive: the draws show little", positive)
	}
}

func spectralAbscissa(t *testing.T, a *mat.Dense) float64 {
	t.Helper()
	var e mat.Eigen
	if !e.Factorize(a, mat.EigenNone) {
		t.Fatal("eigenvalues did not converge")
	}
	alpha := math.Inf(-1)
	for _, v := range e.Values(nil) {
		alpha = max(alpha, real(v))
	}
	return alpha
}

// closedForm is λ_min(S)(λ_min(−G_s) − μc), see certificate.
func closedForm(t *testing.T, d draw) float64 {
	t.Helper()
	s, err := eigenvalues(symmetrised(1, d.s))
	if err != nil {
		t.Fatal(err)
	}
	g, err := eigenvalues(symmetrised(-1, d.gs))
	if err != nil {
		t.Fatal(err)
	}
	c := 1 / s[0]
	if d.shift < 0 {
		c = 1 / s[len(s)-1]
	}
	return max(0, s[0]*(g[0]-d.shift*c))
}

// TestCertificateIsLargest: in the plane, the least of uᵀQu/(‖Su‖‖u‖) over all
// directions, which is the L where V' can be 0, is found by looking at them.
func TestCertificateIsLargest(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for k := range 30 {
		d := hurwitz(rng, 2, []float64{0, -1, 0.01}[k%3])
		want := math.Inf(1)
		const directions = 200_000
		for i := range directions {
			sin, cos := math.Sincos(math.Pi * float64(i) / directions)
			su := apply(d.s, [2]float64{cos, sin})
			gsu := apply(d.gs, su)
			dissipated := -su[0]*gsu[0] - su[1]*gsu[1] - d.shift*(cos*su[0]+sin*su[1])
			want = min(want, dissipated/math.Hypot(su[0], su[1]))
		}
		r := d.analyse(t, 0, 1)
		// The section stops at 1e-4 in log t, and log L changes no faster; the
		// directions are 1.6e-5 apart at a smooth minimum.
		if want = max(0, want); math.Abs(r.Certificate-want) > 1e-4*want {
			t.Errorf("draw %d: got certificate %g, want %g", k, r.Certificate, want)
		}
	}
}

func apply(m *mat.Dense, v [2]float64) [2]float64 {
	return [2]float64{m.At(0, 0)*v[0] + m.At(0, 1)*v[1], m.At(1, 0)*v[0] + m.At(1, 1)*v[1]}
}

// TestBoundRadius rolls out ETD1 with steps from 1e-3 to 1e6 from outside and from
// inside of the ball, g of length M pointing where it pushes V most, along Su.
func TestBoundRadius(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for k := range 100 {
		n := 1 + k%4
		d := hurwitz(rng, n, []float64{0, -0.5}[k%2])
		const m = 3
		radius := d.analyse(t, math.Inf(1), m).BoundRadius
		if math.IsInf(radius, 1) || !(radius > 0) {
			t.Fatalf("draw %d: got radius %g, want a finite one for μ ≤ 0", k, radius)
		}
		u := mat.NewVecDense(n, nil)
		for i := range n {
			u.SetVec(i, rng.NormFloat64())
		}
		norm := func() float64 { return math.Sqrt(mat.Inner(u, d.s, u)) }
		u.ScaleVec([]float64{0.5, 1, 20}[k%3]*radius/norm(), u)
		for step := range 40 {
			before := norm()
			h := math.Pow(10, 9*rng.Float64()-3)
			if step == 39 {
				h = 1e6
			}
			var g mat.VecDense
			g.MulVec(d.s, u)
			g.ScaleVec(m/mat.Norm(&g, 2), &g)
			etd1(u, d.a, &g, h)
			after := norm()
			// The exponential of ‖hA‖ up to 1e9 is good to 1e-7 of the result.
			if limit := max(before, radius); after > limit*(1+1e-6) {
				t.Errorf("draw %d, step %d of %g: the norm went from %g to %g, want ≤ %g", k, step, h, before, after, limit)
			}
		}
		if r := norm(); r > radius*(1+1e-6) {
			t.Errorf("draw %d: ended at %g, want within %g", k, r, radius)
		}
	}
}

// etd1 steps u by the exponential of [hA hg; 0 0], eq. (17).
func etd1(u *mat.VecDense, a *mat.Dense, g *mat.VecDense, h float64) {
	n := u.Len()
	w := mat.NewDense(n+1, n+1, nil)
	for i := range n {
		for j := range n {
			w.Set(i, j, h*a.At(i, j))
		}
		w.Set(i, n, h*g.AtVec(i))
	}
	var e mat.Dense
	e.Exp(w)
	var next mat.VecDense
	next.MulVec(e.Slice(0, n, 0, n), u)
	next.AddVec(&next, e.Slice(0, n, n, n+1).(*mat.Dense).ColView(0))
	u.CopyVec(&next)
}

func TestErrorBound(t *testing.T) {
	for _, c := range []struct {
		name                  string
		norm, lipschitz       float64
		rho, dA, dg, v, t, is float64
	}{
		{"the start", 3, 1, 0.5, 1, 1, 1, 0, 0.5},
		{"the start, no L", 3, math.Inf(1), 0.5, 1, 1, 1, 0, 0.5},
		{"no error", 3, math.Inf(1), 0, 0, 0, 1, 1, 0},
		{"initial error", 1, 1, 0.5, 0, 0, 1, 1, 0.5 * math.E * math.E},
		{"model error", 1, 1, 0, 0.1, 0.2, 2, 1, 0.3 * (math.E*math.E - 1)},
		{"k = 0", 0, 0, 0.5, 0.1, 0.2, 2, 3, 0.5 + 0.6*3},
		{"k near 0", 1e-12, 0, 0.5, 0.1, 0.2, 2, 3, 0.5 + 0.6*3}, // to k t = 3e-12
		{"k nearer 0", 5e-324, 0, 0.5, 0.1, 0.2, 2, 0.1, 0.5 + 0.6*0.1},
		{"overflow", 1000, 0, 0, 0.1, 0, 1, 1, math.Inf(1)},
		{"no L", 1, math.Inf(1), 0, 0.1, 0, 1, 1, math.Inf(1)},
	} {
		r := Report{Norm: c.norm, Lipschitz: c.lipschitz}
		got := r.ErrorBound(c.rho, c.dA, c.dg, c.v, c.t)
		if got != c.is && !(math.Abs(got-c.is) <= 1e-11*c.is) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.is)
		}
	}
}

// TestErrorBoundHolds compares with two linear systems, solved by exponentials.
func TestErrorBoundHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 50 {
		truth := hurwitz(rng, 3, 0).a
		var model, diff mat.Dense
		diff.Scale(0.1, orthogonal(rng, 3))
		model.Add(truth, &diff)
		u0 := mat.NewVecDense(3, []float64{1, -1, 2})
		r := Report{Norm: mat.Norm(&model, 2)}
		v := 0.0 // bounds the truth up to t
		for k := range 20 {
			time := float64(k) * 0.05
			end := func(a *mat.Dense) *mat.VecDense {
				var e mat.Dense
				e.Scale(time, a)
				e.Exp(&e)
				var u mat.VecDense
				u.MulVec(&e, u0)
				return &u
			}
			u, w := end(truth), end(&model)
			v = max(v, 1.5*mat.Norm(u, 2)) // and between the times looked at
			w.SubVec(w, u)
			if got, bound := mat.Norm(w, 2), r.ErrorBound(0, 0.1, 0, v, time); got > bound*(1+1e-12) {
				t.Errorf("t = %g: got error %g beyond the bound %g", time, got, bound)
			}
		}
	}
}

func TestReport(t *testing.T) {
	r := upper(10).analyse(t, math.Inf(1), math.Inf(1), mat.NewDense(2, 1, []float64{3, 4}))
	t.Logf("\n%v", r)
	for _, want := range []string{"spectral abscissa", "-2", "+Inf", "no proof", "layer norms ‖B_i‖₂     5"} {
		if !strings.Contains(r.String(), want) {
			t.Errorf("the report lacks %q:\n%v", want, r)
		}
	}

	// What it says of Theorem 4 is ErrorBound's growth, where L is finite.
	if strings.Contains(r.String(), "Theorem 4") {
		t.Errorf("Theorem 4 without L:\n%v", r)
	}
	r = &Report{Norm: 3, Lipschitz: 1}
	if want := "Theorem 4                         4  k = ‖A‖₂ + L: errors grow no faster than e^(kt), tenfold in 0.576"; !strings.Contains(r.String(), want) {
		t.Errorf("the report lacks %q:\n%v", want, r)
	}
	if got := r.ErrorBound(1, 0, 0, 1, 0.576); math.Abs(got-10) > 0.02 { // the rounding of the time
		t.Errorf("after that time the bound is %g, want 10", got)
	}
}

func TestRefuses(t *testing.T) {
	good := upper(1)
	nan := mat.NewDense(2, 2, []float64{math.NaN(), 0, 0, 1})
	for name, f := range map[string]func() (*Report, error){
		"shape of S":  func() (*Report, error) { return Analyse(System{good.a, identity(3), good.gs, 0, 1, 1, nil}) },
		"norm of A":   func() (*Report, error) { return Analyse(System{nan, good.s, good.gs, 0, 1, 1, nil}) },
		"norm of G_s": func() (*Report, error) { return Analyse(System{good.a, good.s, nan, 0, 1, 1, nil}) },
		"layer 0":     func() (*Report, error) { return Analyse(System{good.a, good.s, good.gs, 0, 1, 1, []*mat.Dense{nan}}) },
		"Lipschitz":   func() (*Report, error) { return Analyse(System{good.a, good.s, good.gs, 0, math.NaN(), 1, nil}) },
		"bound":       func() (*Report, error) { return Analyse(System{good.a, good.s, good.gs, 0, 1, -1, nil}) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got error %v, want one about it", name, err)
		}
	}
}

// wellFormed reports what is wrong with a fragment of HTML whose tags are all
// closed.
func wellFormed(fragment string) error {
	d := xml.NewDecoder(strings.NewReader("<div>" + fragment + "</div>"))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// The HTML of a report says every row of its text, whatever the numbers are.
func TestHTML(t *testing.T) {
	for _, r := range []Report{
		{Spectrum: [][2]float64{{-1, 2}, {-1, -2}}, SpectralAbscissa: -1, Certified: true, LayerNorms: []float64{0.5}},
		{Spectrum: [][2]float64{{0, 0}}, ConditionNumber: math.Inf(1), Lipschitz: math.NaN()},
	} {
		got, text := r.HTML(), r.String()
		if err := wellFormed(got); err != nil {
			t.Errorf("%v in\n%s", err, got)
		}
		for _, l := range r.rows() {
			for _, want := range []string{l.name, l.value, strings.ReplaceAll(l.meaning, "<", "&lt;")} {
				if !strings.Contains(got, want) {
					t.Errorf("got no %q in\n%s", want, got)
				}
			}
			if !strings.Contains(text, l.name) || !strings.Contains(text, l.value) {
				t.Errorf("got no row %v in\n%s", l, text)
			}
		}
	}
}

// Rates that LAPACK would have to scale, and gonum's routines panic about.
func TestExtremeRates(t *testing.T) {
	for _, r := range [][]float64{{1e-68}, {1e-127}, {1e-68, 1}, {1e-127, 1}, {1, 1e-300}, {1e-300, 1e-200}, {1e100, 1e-100}, {1e150, 1e150}, {5e-324, 1}, {1e300, 1}} {
		n := len(r)
		a, gs := mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
		s := mat.NewDense(n, n, nil)
		for i, v := range r {
			a.Set(i, i, -v)
			s.Set(i, i, v)
			gs.Set(i, i, -1)
		}
		rep, err := Analyse(System{a, s, gs, 0, 1, 1, nil})
		if err != nil {
			t.Errorf("%g: %v", r, err)
			continue
		}
		least, largest := slices.Min(r), slices.Max(r)
		// Both are diagonal, and of such matrices LAPACK's are right to rounding.
		if math.Abs(rep.SpectralAbscissa+least) > 1e-14*least || math.Abs(rep.Norm-largest) > 1e-14*largest {
			t.Errorf("%g: got α = %g and ‖A‖ = %g, want %g and %g", r, rep.SpectralAbscissa, rep.Norm, -least, largest)
		}
		if rep.Certificate > least {
			t.Errorf("%g: certificate %g, want at most %g", r, rep.Certificate, least)
		}
	}
	var none *Report
	if got := none.String() + none.HTML() + new(Report).String() + new(Report).HTML(); !strings.Contains(got, "<nil>&lt;nil&gt;") {
		t.Errorf("got %q", got)
	}
}
