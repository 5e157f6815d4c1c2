package leastsq

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"spnode/model/modeltest"
	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
	"spnode/ops/kernel/poly"
)

func TestWeights(t *testing.T) {
	for _, c := range []struct {
		nodes, want []float64
		order       int
	}{
		{[]float64{-1, 0, 1}, []float64{-.5, 0, .5}, 1},
		{[]float64{-2, -1, 0, 1, 2}, []float64{1. / 12, -2. / 3, 0, 2. / 3, -1. / 12}, 1},
		{[]float64{0, 1, 2}, []float64{-1.5, 2, -.5}, 1}, // one-sided
		{[]float64{-1, 0, 1}, []float64{1, -2, 1}, 2},
	} {
		modeltest.Near(t, fmt.Sprint(c.nodes), Weights(0, c.nodes, c.order), c.want, 1e-15)
	}
	// Exact on polynomials of degree below the number of nodes, wherever these are.
	rng := rand.New(rand.NewPCG(1, 1))
	for m := 2; m <= 9; m++ {
		nodes := modeltest.Normal(rng, m)
		slices.Sort(nodes)
		x := rng.NormFloat64()
		w := Weights(x, nodes, 1)
		for q := range m {
			var got, size float64
			for i, v := range nodes {
				got += w[i] * math.Pow(v, float64(q))
				size += math.Abs(w[i] * math.Pow(v, float64(q)))
			}
			want := 0.
			if q > 0 {
				want = float64(q) * math.Pow(x, float64(q-1))
			}
			// Nodes that lie together have large weights, whose roundings are divided by
			// small differences.
			if math.Abs(got-want) > 1e-11*size {
				t.Errorf("%d nodes, degree %d: got %v, want %v", m, q, got, want)
			}
		}
	}
}

func TestStencils(t *testing.T) {
	times := []float64{0, 0.1, 0.3, 0.6, 1, 1.1, 1.5}
	states := make([][]float64, len(times))
	for k, x := range times {
		states[k] = []float64{x * x * x * x, 2 - x}
	}
	s, err := stencils(times, 4, true)
	if err != nil {
		t.Fatal(err)
	}
	for k, x := range times {
		got := make([]float64, 2)
		s[k].at(got, states)
		modeltest.Near(t, fmt.Sprint("time ", x), got, []float64{4 * x * x * x, -1}, 1e-12) // of weights of some 10
	}
	if s, err = stencils(times, 4, false); err != nil || s[1].weights != nil || s[2].weights == nil || s[5].weights != nil {
		t.Errorf("without ends: got %v, %v", s, err)
	}
	if _, err := stencils(times, 7, true); err == nil {
		t.Error("7 times have no differences of order 7")
	}
}

// ∫₀ʰ e^{λ(h−s)} s^i ds, which the weights have exactly for powers within their degree.
func TestPathWeights(t *testing.T) {
	for _, k := range []int{0, 1, 2, 4, 5, 7, 8} {
		for _, z := range []float64{-3000, -30, -2, -1e-9, 0.7} {
			const h = 0.8
			w := pathWeights(z/h, h, k)
			degree := min(k, 1)
			if k == 2 || k == 4 || k == 5 || k == 8 {
				degree = 2 // of pieces; 7 has none but 1
			}
			for i := range degree + 1 {
				var got float64
				for j, v := range w {
					s := 0.
					if k > 0 {
						s = h * float64(j) / float64(k)
					}
					got += v * math.Pow(s, float64(i))
				}
				// = hⁱ i! hφ_{i+1}(λh).
				phi := funm.NewPhi[float64](1, 3, 0x1p-53)
				phi.ForwardOnly([]float64{z / h}, h)
				want := phi.P(i + 1)[0] * math.Pow(h, float64(i)) * math.Gamma(float64(i+1))
				if math.Abs(got-want) > 1e-13*h {
					t.Errorf("k = %d, λh = %g, power %d: got %v, want %v", k, z, i, got, want)
				}
			}
		}
	}
}

// lorenz is u' = Au + p(u) of Lorenz's system, in units of 10: p's features without
// the linear ones are 1, xx, xy, xz, yy, yz, zz.
func lorenz() (a, c []float64) {
	a = []float64{-10, 10, 0, 28, -1, 0, 0, 0, -8. / 3}
	c = make([]float64, 7*3)
	c[3*3+1] = -10
	c[2*3+2] = 10
	return a, c
}

// simulate rolls out by many steps of ETDRK4 an interval.
func simulate(p *poly.Polynomial, a, c, u0, times []float64) Trajectory {
	u := slices.Clone(u0)
	d := Trajectory{Times: times, States: [][]float64{slices.Clone(u)}}
	for k := 1; k < len(times); k++ {
		const steps = 64
		f := newField(p, a, c, (times[k]-times[k-1])/steps)
		for range steps {
			f.step(u)
		}
		d.States = append(d.States, slices.Clone(u))
	}
	return d
}

func grid(n int, dt float64) []float64 {
	t := make([]float64, n)
	for k := range t {
		t[k] = float64(k) * dt
	}
	return t
}

// A known field comes back, from differences to their order and, with corrections, to
// what is left of ETDRK4's error.
func TestFitRecoversLorenz(t *testing.T) {
	a, c := lorenz()
	rest, p := poly.New(3, 3, 2, false), poly.New(3, 3, 2, true)
	d := []Trajectory{simulate(rest, a, c, []float64{1, 0.5, 2}, grid(800, 0.05))}
	cfg := DefaultConfig()
	cfg.Order, cfg.Corrections, cfg.Ridge = 8, 0, 0
	last := 28. // the largest coefficient
	for _, corrections := range []int{0, 2, 5} {
		cfg.Corrections = corrections
		r, err := Fit(p, nil, d, cfg)
		if err != nil {
			t.Fatal(err)
		}
		var off float64
		for i, v := range slices.Concat(a, c) {
			off = max(off, math.Abs(slices.Concat(r.A, r.C)[i]-v))
		}
		t.Logf("%d corrections: off by %.2g, steps %.2g", corrections, off, r.Steps)
		if off > last/4 {
			t.Errorf("%d corrections: off by %g, before %g", corrections, off, last)
		}
		last = off
	}
	// Coefficients of up to 28; ETDRK4 in steps of 0.0125 errs by some 1e-5 of the
	// velocities.
	if last > 5e-3 {
		t.Errorf("off by %g, want at most 5e-3", last)
	}
}

// Where steps are of all lengths, A is given, and the truth is ETD1's, the integral form
// gives the coefficients back to rounding.
func TestFitETD1IsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n = 3
	a := []float64{-1, 2, 0, -2, -1, 0.5, 0, 0.1, -300}
	p := poly.New(n, n, 3, false)
	c := modeltest.Normal(rng, p.Coefficients())
	for i := range c {
		c[i] *= 0.05
	}
	w := poly.NewWork[float64](p)
	var d []Trajectory
	for range 60 {
		u := modeltest.Normal(rng, n)
		tr := Trajectory{Times: []float64{0}, States: [][]float64{u}}
		for range 3 {
			h := math.Pow(10, -2+2*rng.Float64())
			phi := funm.NewPhi[float64](n, 1, 0x1p-53)
			phi.ForwardOnly(a, h)
			g, next := make([]float64, n), make([]float64, n)
			w.ForwardTo(g, u, c, 1)
			for i := range next {
				next[i] = kernel.Dot(phi.E()[i*n:(i+1)*n], u) + kernel.Dot(phi.P(1)[i*n:(i+1)*n], g)
			}
			u = next
			tr.Times, tr.States = append(tr.Times, tr.Times[len(tr.Times)-1]+h), append(tr.States, u)
		}
		d = append(d, tr)
	}
	r, err := Fit(p, a, d, Config{Form: ETD1})
	if err != nil {
		t.Fatal(err)
	}
	// Roundings of states of size 1, over φ₁ and the square of the condition.
	modeltest.Near(t, "coefficients", r.C, c, 1e-8)
	if r.Residual > 1e-6 {
		t.Errorf("residual is %g", r.Residual)
	}
}

// A time that was measured twice, to a rounding, changes nothing of a fit, whatever its noise.
func TestTwins(t *testing.T) {
	p := poly.New(1, 1, 2, true)
	rng := rand.New(rand.NewPCG(4, 4))
	var once, twice Trajectory
	for k := range 40 {
		s := 0.1 * float64(k)
		u := []float64{math.Exp(-s) + 1e-3*rng.NormFloat64()}
		once.Times, once.States = append(once.Times, s), append(once.States, u)
		twice.Times, twice.States = append(twice.Times, s), append(twice.States, u)
		if k%7 == 0 {
			twice.Times, twice.States = append(twice.Times, s+1e-9), append(twice.States, []float64{u[0] + 1e-3*rng.NormFloat64()})
		}
	}
	var c [2][]float64
	for i, d := range []Trajectory{once, twice} {
		r, err := Fit(p, nil, []Trajectory{d}, Config{Form: Differences, Order: 4, Ends: true})
		if err != nil {
			t.Fatal(err)
		}
		c[i] = r.C
	}
	if !slices.Equal(c[0], c[1]) {
		t.Errorf("with twins: got %v, want %v", c[1], c[0])
	}
	if pair := (Trajectory{Times: []float64{0, 1e-9}, States: [][]float64{{1}, {2}}}); len(pair.apart().Times) != 2 {
		t.Error("two times alone have no others around them to be near by")
	}
}

// An equivariant field is found from its trajectories, and one core gives the bits of
// two.
func TestFitPeriodic(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const pairs = 2
	rest, p := poly.NewPeriodic(pairs, 1, pairs, 3, false), poly.NewPeriodic(pairs, 1, pairs, 3, true)
	a := make([]float64, 16)
	for i, v := range []float64{0.3, 0.3, -0.5, -0.5} {
		a[5*i] = v
	}
	c := make([]float64, rest.Coefficients())
	for g, group := range rest.Groups() {
		for i := range group.Features {
			c[group.At+i] = 0.3 * rng.NormFloat64()
			if vs := rest.Factors(g, i); len(vs) == 3 {
				c[group.At+i] = -0.3 - 0.2*rng.Float64() // keeps it bounded
			}
		}
	}
	var d []Trajectory
	for range 8 {
		d = append(d, simulate(rest, a, c, modeltest.Normal(rng, 4), grid(60, 0.1)))
	}
	cfg := DefaultConfig()
	cfg.Order, cfg.Ridge = 8, 1e-14
	r, err := Fit(p, nil, d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("steps %.2g", r.Steps)
	modeltest.Near(t, "A", r.A, a, 1e-4) // as above
	modeltest.Near(t, "coefficients", r.C, c, 1e-4)

	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	again, err := Fit(p, nil, d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.C, r.C) || !slices.Equal(again.A, r.A) {
		t.Error("another number of cores gives other bits")
	}
}

// States on a plane leave directions open: the ridge chooses, and the report says so.
func TestFitReportsOpenDirections(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var x, y [][]float64
	for range 200 {
		u := modeltest.Normal(rng, 2)
		x, y = append(x, []float64{u[0], u[1], u[0] + u[1]}), append(y, []float64{u[0] - u[1]})
	}
	p := poly.New(3, 1, 1, true)
	c := DefaultConfig()
	c.Ridge = 0
	if _, _, err := Map(p, x, y, c); err == nil {
		t.Error("a singular matrix without ridge was solved")
	}
	c.Ridge = 1e-8
	_, r, err := Map(p, x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Open) != 1 || r.Residual > 1e-3 {
		t.Fatalf("got %d open directions, want 1, and the residual %g", len(r.Open), r.Residual)
	}
	got := slices.Clone(r.Open[0].Features[:3])
	slices.Sort(got)
	if !slices.Equal(got, []int{0, 1, 2}) || r.Open[0].Size > 1e-3 {
		t.Errorf("the open direction is %+v, want u1, u2 and u3", r.Open[0])
	}
}

// Outputs that no monomial of the degree enters, as those of high wave numbers, stay 0,
// and their targets are residual.
func TestMapWithoutFeatures(t *testing.T) {
	p := poly.NewPeriodic(1, 2, 3, 2, true) // of one pair, whose square is k = 2
	rng := rand.New(rand.NewPCG(7, 8))
	var x, y [][]float64
	for range 50 {
		c, s := rng.NormFloat64(), rng.NormFloat64()
		x = append(x, []float64{c, s})
		// b₁² with b = s + ic is (s² − c²) + 2isc: the sine of k = 2 and its cosine.
		y = append(y, []float64{3 * 2 * s * c, 3 * (s*s - c*c), 1, 1})
	}
	c, r, err := Map(p, x, y, Config{Form: Differences, Order: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(c) != 1 || math.Abs(c[0]-3) > 1e-12 || !(r.Residual > 0.1 && r.Residual < 1) {
		t.Errorf("got %v, %+v, want the coefficient 3", c, r)
	}
}
