package ode

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/internal/stack"
)

// scalar is du/dt = f(u) for tests.
type scalar func(u float64) float64

func (scalar) Name() string            { return "scalar" }
func (scalar) Dim() int                { return 1 }
func (scalar) Components() []string    { return []string{"u"} }
func (f scalar) RHS(dst, u []float64)  { dst[0] = f(u[0]) }
func logistic(u float64) float64       { return u * (1 - u) }
func logisticAt(t, u0 float64) float64 { return u0 / (u0 + (1-u0)*math.Exp(-t)) }

// growth is the transient growth of section 5.1 with its ε.
type growth struct{ epsilon float64 }

func (growth) Name() string         { return "growth" }
func (growth) Dim() int             { return 2 }
func (growth) Components() []string { return []string{"x1", "x2"} }
func (p growth) RHS(dst, u []float64) {
	dst[0] = -2*u[0] + 10*u[1] + p.epsilon*math.Sin(u[0])
	dst[1] = -2*u[1] + p.epsilon*math.Sin(u[1])
}

// uniform returns n random states of components from lo to hi.
func uniform(n, dim int, lo, hi float64, seed uint64) [][]float64 {
	rnd, u := rand.New(rand.NewPCG(seed, 0)), stack.New(n, dim)
	for _, row := range u {
		for j := range row {
			row[j] = lo + (hi-lo)*rnd.Float64()
		}
	}
	return u
}

// bumpAt is exp(t A_bump) u.
func bumpAt(t float64, u []float64) []float64 {
	return []float64{math.Exp(-2*t) * (u[0] + 10*t*u[1]), math.Exp(-2*t) * u[1]}
}

// bumpError is the largest error of a Dataset of growth{} that began at t = 0.
func bumpError(d *data.Dataset) float64 {
	most := 0.
	for i, u := range d.States() {
		for s, row := range u {
			for j, want := range bumpAt(d.Trajectories[0].Times[i], d.Trajectories[s].States[0]) {
				most = max(most, math.Abs(row[j]-want))
			}
		}
	}
	return most
}

func grid(n int, dt float64) []float64 {
	t := make([]float64, n+1)
	for i := range t {
		t[i] = float64(i) * dt
	}
	return t
}

// TestRKF45Tableau checks the nodes and the quadrature conditions of both formulas,
// which a wrong digit breaks; what they leave open shows in TestRKF45Order.
func TestRKF45Tableau(t *testing.T) {
	var c [6]float64
	for i, a := range fehlbergA {
		for _, v := range a {
			c[i] += v
		}
	}
	for i, want := range []float64{0, 1. / 4, 3. / 8, 12. / 13, 1, 1. / 2} {
		if math.Abs(c[i]-want) > 1e-15*10 { // roundings of coefficients up to 8
			t.Errorf("row sum %d: got %g, want %g", i, c[i], want)
		}
	}
	for q := 0.; q < 5; q++ { // Σ b c^q = 1/(q+1)
		b, e := 0., 0.
		for i := range c {
			b += fehlbergB[i] * math.Pow(c[i], q)
			e += fehlbergE[i] * math.Pow(c[i], q)
		}
		if math.Abs(b-1/(q+1)) > 1e-15 {
			t.Errorf("order %g: got Σ b c^%g = %g, want %g", q+1, q, b, 1/(q+1))
		}
		if q < 4 && math.Abs(e) > 1e-15 {
			t.Errorf("order %g of the embedded formula: got Σ e c^%g = %g, want 0", q+1, q, e)
		}
	}
}

// TestRKF45Order measures the order of the fixed step: 5 for the solution that is
// carried, and 5 for the error estimate, which is that of the method of order 4.
func TestRKF45Order(t *testing.T) {
	var logH, logErr, logEst []float64
	for _, n := range []int{8, 16, 32, 64} {
		s, err := DefaultRKF45().start(scalar(logistic), [][]float64{{0.3}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		h := 1 / float64(n)
		r, _ := s.try(h)
		logEst = append(logEst, math.Log(r))
		for range n {
			s.try(h)
			s.x, s.y = s.y, s.x
			s.rhs(s.k[0], s.x)
		}
		logH = append(logH, math.Log(h))
		logErr = append(logErr, math.Log(math.Abs(s.x[0]-logisticAt(1, 0.3))))
	}
	for _, c := range []struct {
		name string
		y    []float64
	}{{"solution", logErr}, {"estimate", logEst}} {
		// The next order shows in the second digit at the largest step, h = 1/8.
		if _, slope := stat.LinearRegression(logH, c.y, nil, false); math.Abs(slope-5) > 0.1 {
			t.Errorf("%s: got order %.3f, want 5 ± 0.1", c.name, slope)
		}
	}
}

// TestRKF45Tolerance compares with the closed form at ε = 0 and asks that the
// error follow the tolerance.
func TestRKF45Tolerance(t *testing.T) {
	u0 := uniform(50, 2, -1, 1, 1)
	var logTol, logErr []float64
	for _, tol := range []float64{1e-6, 1e-8, 1e-10, 1e-12} {
		m := RKF45{RelTol: tol, AbsTol: tol, MaxSteps: 100000}
		d, _, err := m.Solve(growth{}, u0, grid(50, 0.2))
		if err != nil {
			t.Fatal(err)
		}
		got := bumpError(d)
		// The error of a step is at most tol (1 + |u|), with |u| ≤ 2.5, and most
		// of what came before has decayed.
		if got > 10*tol {
			t.Errorf("tolerance %g: got error %g, want at most 10 times as much", tol, got)
		}
		logTol, logErr = append(logTol, math.Log(tol)), append(logErr, math.Log(got))
	}
	// With the solution of order 5 carried and the error of order 4 controlled,
	// the slope would be 1 for error per step; 0.15 for constants and landings.
	if _, slope := stat.LinearRegression(logTol, logErr, nil, false); math.Abs(slope-1) > 0.15 {
		t.Errorf("slope of error over tolerance: got %.2f, want 1 ± 0.15", slope)
	}
}

// TestRKF45EverySample puts the only sample that moves last, and its only
// component with a start last: an error that saw less would be 0.
func TestRKF45EverySample(t *testing.T) {
	u0 := [][]float64{{0, 0}, {0, 0}, {0, 1}}
	d, _, err := DefaultRKF45().Solve(growth{}, u0, []float64{0, 0.5, 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := bumpError(d); got > 1e-7 { // as in TestRKF45Tolerance
		t.Errorf("got error %g, want at most 1e-7", got)
	}
}

// TestRKF45SampleAlone checks that the stack is advanced sample by sample: a
// sample has the same solution alone, to the tolerance.
func TestRKF45SampleAlone(t *testing.T) {
	u0, times := uniform(5, 2, -1, 1, 3), grid(10, 0.3)
	m := RKF45{RelTol: 1e-10, AbsTol: 1e-10, MaxSteps: 100000}
	all, _, err := m.Solve(growth{1}, u0, times)
	if err != nil {
		t.Fatal(err)
	}
	for s := range u0 {
		one, _, err := m.Solve(growth{1}, u0[s:s+1], times)
		if err != nil {
			t.Fatal(err)
		}
		for i := range times {
			for j := range 2 {
				if diff := math.Abs(one.Trajectories[0].States[i][j] - all.Trajectories[s].States[i][j]); diff > 2e-9 { // 10 tolerances each
					t.Errorf("sample %d, time %d, component %d: differs by %g alone", s, i, j, diff)
				}
			}
		}
	}
}

// TestRKF45Steps is the data of section 5.1. The references are those of an
// independent NumPy program with another generator, so that the third digit of
// T is the sample's.
func TestRKF45Steps(t *testing.T) {
	for _, c := range []struct{ eps, end float64 }{{0, 1.862}, {1, 2.111}} {
		m := DefaultRKF45()
		m.FirstStep = 0.01 // theirs
		d, stats, err := m.Steps(growth{c.eps}, uniform(1000, 2, -1, 1, 1), 50)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Validate(); err != nil {
			t.Error(err)
		}
		if len(d.Trajectories[0].Times) != 51 || stats.Accepted != 50 || d.Samples() != 1000 || d.Dim() != 2 {
			t.Errorf("ε=%g: got %d times, %d accepted, %d samples, %d components", c.eps, len(d.Trajectories[0].Times), stats.Accepted, d.Samples(), d.Dim())
		}
		// One at u0; f(x) is kept when a step is rejected.
		if want := 1 + 6*stats.Accepted + 5*stats.Rejected; stats.Evaluations != want {
			t.Errorf("ε=%g: got %d evaluations, want %d", c.eps, stats.Evaluations, want)
		}
		if got := d.Trajectories[0].Times[50]; math.Abs(got-c.end) > 0.01 {
			t.Errorf("ε=%g: got T=%.4f, want %g ± 0.01", c.eps, got, c.end)
		}
		if c.eps == 0 {
			if got := bumpError(d); got > 1e-7 { // as in TestRKF45Tolerance
				t.Errorf("got error %g, want at most 1e-7", got)
			}
		}
	}
}

// TestRKF45StepsEach checks that every trajectory is that of its state alone.
func TestRKF45StepsEach(t *testing.T) {
	m, u0 := DefaultRKF45(), uniform(20, 2, -1, 1, 1)
	d, stats, err := m.StepsEach(growth{1}, u0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, shared := d.Grid(); shared || d.Samples() != 20 || stats.Accepted != 200 || d.Validate() != nil {
		t.Errorf("got %v, %+v, shared %v, want 20 trajectories of 10 steps of their own", d, stats, shared)
	}
	for s := range u0 {
		alone, _, err := m.Steps(growth{1}, u0[s:s+1], 10)
		if err != nil {
			t.Fatal(err)
		}
		if want, got := alone.Trajectories[0], d.Trajectories[s]; fmt.Sprint(want) != fmt.Sprint(got) {
			t.Errorf("sample %d: got %v, want %v", s, got, want)
		}
	}
	for what, f := range map[string]func() error{
		"0 samples":     func() error { _, _, err := m.StepsEach(growth{1}, nil, 1); return err },
		"at least 0":    func() error { _, _, err := m.StepsEach(growth{1}, u0, -1); return err },
		"sample 0: ode": func() error { _, _, err := m.StepsEach(growth{1}, [][]float64{{math.NaN(), 0}}, 1); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got error %v, want %q in it", err, what)
		}
	}
}

// TestRKF45Landing asks for times of very different distances: each is hit to
// the bit, and steps cut short for a pair of close times cost little.
func TestRKF45Landing(t *testing.T) {
	u0 := uniform(10, 2, -1, 1, 1)
	m := DefaultRKF45()
	free, plain, err := m.Solve(growth{1}, u0, []float64{-1, 3})
	if err != nil {
		t.Fatal(err)
	}
	times := []float64{-1, -0.9, -0.9 + 1e-9, 0.1, 0.1 + 1e-12, 1. / 3, 2, math.Nextafter(2, 3), 3}
	d, stats, err := m.Solve(growth{1}, u0, times)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range times {
		if d.Trajectories[0].Times[i] != want {
			t.Errorf("time %d: got %v, want %v", i, d.Trajectories[0].Times[i], want)
		}
	}
	// A landing splits a step in two at most, and each tiny interval is a step;
	// growth from 1e-12 by factors of 4 would take 17 steps after each of three.
	if most := plain.Accepted + 2*len(times); stats.Accepted > most {
		t.Errorf("got %d steps with landings, %d without, want at most %d", stats.Accepted, plain.Accepted, most)
	}
	for s := range u0 {
		for j := range 2 {
			if diff := math.Abs(free.Trajectories[s].States[1][j] - d.Trajectories[s].States[8][j]); diff > 2e-7 { // 10 tolerances each
				t.Errorf("sample %d, component %d: landings change the end by %g", s, j, diff)
			}
		}
	}
}

// TestRKF45LandingTime checks that the time inside is the time asked for, also
// where t + (target − t) is not: so it is for about a fifth of the pairs here.
func TestRKF45LandingTime(t *testing.T) {
	m := DefaultRKF45()
	m.FirstStep = 10 // a fixed point takes any step
	for _, v := range uniform(100, 2, 0, 1, 1) {
		from, target := -v[0], v[1]
		s, err := m.start(growth{}, [][]float64{{0, 0}}, from)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.advance(target); err != nil || s.t != target {
			t.Errorf("from t=%v: got t=%v, %v, want %v", from, s.t, err, target)
		}
	}
}

func TestRKF45FirstStep(t *testing.T) {
	for _, first := range []float64{0, 1e-9, 1e6} {
		m := DefaultRKF45()
		m.FirstStep = first
		d, stats, err := m.Solve(growth{}, [][]float64{{1, 1}}, []float64{0, 2})
		if err != nil {
			t.Fatal(err)
		}
		if got := bumpError(d); got > 1e-7 { // as in TestRKF45Tolerance
			t.Errorf("first step %g: got error %g, want at most 1e-7", first, got)
		}
		if first == 0 && stats.Rejected > 2 { // a guess that is about right
			t.Errorf("first step chosen: got %d rejections, want at most 2", stats.Rejected)
		}
	}
	// A fixed point gives a guess nothing to go by.
	d, _, err := DefaultRKF45().Solve(growth{}, [][]float64{{0, 0}}, []float64{0, 1000})
	if err != nil || d.Trajectories[0].States[1][0] != 0 {
		t.Errorf("fixed point: got %v, %v", d, err)
	}
}

func TestRKF45Errors(t *testing.T) {
	ok, u1 := DefaultRKF45(), [][]float64{{1}}
	few := RKF45{RelTol: 1e-8, AbsTol: 1e-8, MaxSteps: 3}
	square := scalar(func(u float64) float64 { return u * u }) // u = 1/(1 − t) blows up at 1
	for _, c := range []struct {
		name  string
		m     RKF45
		p     Problem
		u0    [][]float64
		times []float64
		is    error
		text  string
	}{
		{"zero value", RKF45{}, square, u1, grid(1, 1), nil, "AbsTol is 0"},
		{"nil problem", ok, nil, u1, grid(1, 1), nil, "problem is nil"},
		{"no times", ok, square, u1, nil, data.ErrShape, "times"},
		{"times fall", ok, square, u1, []float64{0, 2, 1}, nil, "time 2 is 1 after 2"},
		{"NaN time", ok, square, u1, []float64{0, math.NaN()}, data.ErrNotFinite, "time 1 is NaN"},
		{"no states", ok, square, nil, grid(1, 1), data.ErrShape, "0 samples"},
		{"wrong dim", ok, square, [][]float64{{1}, {1, 2}}, grid(1, 1), data.ErrShape, "sample 1 has 2 components, want 1"},
		{"NaN state", ok, square, [][]float64{{1}, {math.NaN()}}, grid(1, 1), data.ErrNotFinite, "sample 1, component 0 is NaN"},
		{"blow-up", ok, square, [][]float64{{0.1}, {1}}, grid(1, 2), ErrStep, "sample 1 has u="},
		{"too many steps", few, square, [][]float64{{0.1}}, grid(1, 5), ErrStep, "raise MaxSteps"},
		{"f not finite", ok, scalar(func(u float64) float64 { return 1 / (u - 1) }), u1, grid(1, 1), data.ErrNotFinite, "t=0, sample 0, component u is +Inf"},
		{"f ends", ok, scalar(func(u float64) float64 { return -math.Sqrt(u) - 1 }), u1, grid(1, 5), ErrStep, "sample 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := c.m.Solve(c.p, c.u0, c.times)
			if err == nil || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("got %v, want %v", err, c.is)
			}
			if !strings.HasPrefix(err.Error(), "ode: RKF45.Solve: ") || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %q, want it to say %q", err, c.text)
			}
		})
	}
	if _, _, err := ok.Steps(square, u1, -1); err == nil {
		t.Error("Steps: got no error for -1 steps")
	}
	if _, _, err := ok.Steps(square, u1, 100000); !errors.Is(err, ErrStep) {
		t.Errorf("Steps: got %v for a blow-up, want %v", err, ErrStep)
	}
}

func BenchmarkRKF45Steps(b *testing.B) {
	for _, eps := range []float64{0, 1} {
		b.Run(fmt.Sprintf("eps=%g/samples=1000/steps=50", eps), func(b *testing.B) {
			u0 := uniform(1000, 2, -1, 1, 1)
			for b.Loop() {
				if _, _, err := DefaultRKF45().Steps(growth{eps}, u0, 50); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRKF45Solve(b *testing.B) {
	b.Run("eps=1/samples=200/times=501", func(b *testing.B) {
		u0 := uniform(200, 2, -1, 1, 2)
		m := RKF45{RelTol: 1e-10, AbsTol: 1e-10, MaxSteps: 100000}
		for b.Loop() {
			if _, _, err := m.Solve(growth{1}, u0, grid(500, 0.02)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
