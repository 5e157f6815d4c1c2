package ode

import (
	"context"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
)

var names = strings.Fields("u1 u2 u3 u4 u5 u6 u7 u8")

// system is a StiffProblem for tests.
type system struct {
	n   int
	f   func(dst, u []float64)
	jac func(u []float64) []float64 // row-major
}

func (system) Name() string                           { return "system" }
func (p system) Dim() int                             { return p.n }
func (p system) Components() []string                 { return names[:p.n] }
func (p system) RHS(dst, u []float64)                 { p.f(dst, u) }
func (p system) Jacobian(dst *mat.Dense, u []float64) { dst.Copy(mat.NewDense(p.n, p.n, p.jac(u))) }
func scalarSystem(f, df func(u float64) float64) system {
	return system{1, func(dst, u []float64) { dst[0] = f(u[0]) }, func(u []float64) []float64 { return []float64{df(u[0])} }}
}

var logisticSystem = scalarSystem(logistic, func(u float64) float64 { return 1 - 2*u })

// squareSystem has the solution u/(1 − u t), which blows up.
var squareSystem = scalarSystem(func(u float64) float64 { return u * u }, func(u float64) float64 { return 2 * u })

// vanDerPol is the oscillator u″ = ((1 − u²) u′ − u)/10⁻⁶ of Hairer and Wanner,
// IV.10.
var vanDerPol = system{2,
	func(dst, u []float64) { dst[0], dst[1] = u[1], ((1-u[0]*u[0])*u[1]-u[0])/1e-6 },
	func(u []float64) []float64 { return []float64{0, 1, (-2*u[0]*u[1] - 1) / 1e-6, (1 - u[0]*u[0]) / 1e-6} },
}

// hires is the reaction of eight species of Schäfer (1975); Hairer and Wanner,
// IV.10.
var hires = system{8,
	func(d, y []float64) {
		d[0] = -1.71*y[0] + 0.43*y[1] + 8.32*y[2] + 0.0007
		d[1] = 1.71*y[0] - 8.75*y[1]
		d[2] = -10.03*y[2] + 0.43*y[3] + 0.035*y[4]
		d[3] = 8.32*y[1] + 1.71*y[2] - 1.12*y[3]
		d[4] = -1.745*y[4] + 0.43*y[5] + 0.43*y[6]
		d[5] = -280*y[5]*y[7] + 0.69*y[3] + 1.71*y[4] - 0.43*y[5] + 0.69*y[6]
		d[6] = 280*y[5]*y[7] - 1.81*y[6]
		d[7] = -d[6]
	},
	func(y []float64) []float64 {
		a, b := 280*y[7], 280*y[5]
		return []float64{
			-1.71, 0.43, 8.32, 0, 0, 0, 0, 0,
			1.71, -8.75, 0, 0, 0, 0, 0, 0,
			0, 0, -10.03, 0.43, 0.035, 0, 0, 0,
			0, 8.32, 1.71, -1.12, 0, 0, 0, 0,
			0, 0, 0, 0, -1.745, 0.43, 0.43, 0,
			0, 0, 0, 0.69, 1.71, -a - 0.43, 0.69, -b,
			0, 0, 0, 0, 0, a, -1.81, b,
			0, 0, 0, 0, 0, -a, 1.81, -b,
		}
	},
}

// protheroRobinson is x′ = −λ(x − cos t) − sin t with the clock as two more
// components; its solution from x = 1 is cos t for every λ.
func protheroRobinson(lambda float64) system {
	return system{3,
		func(dst, u []float64) { dst[0], dst[1], dst[2] = -lambda*(u[0]-u[1])-u[2], -u[2], u[1] },
		func([]float64) []float64 { return []float64{-lambda, lambda, -1, 0, 0, -1, 0, 1, 0} },
	}
}

// TestRadauTableau checks the simplifying assumptions that define the method,
// C(3) and B(5), and that radauGamma is an eigenvalue.
func TestRadauTableau(t *testing.T) {
	for q := 1.; q <= 5; q++ {
		sum := 0.
		for j, b := range radauA[2] {
			sum += b * math.Pow(radauC[j], q-1)
		}
		if math.Abs(sum-1/q) > 1e-15 {
			t.Errorf("Σ b c^%g: got %g, want %g", q-1, sum, 1/q)
		}
		for i, a := range radauA {
			sum := 0.
			for j, c := range radauC {
				sum += a[j] * math.Pow(c, q-1)
			}
			if want := math.Pow(radauC[i], q) / q; q <= 3 && math.Abs(sum-want) > 1e-15 {
				t.Errorf("Σ a c^%g, stage %d: got %g, want %g", q-1, i, sum, want)
			}
		}
	}
	a := mat.NewDense(3, 3, slices.Concat(radauA[0][:], radauA[1][:], radauA[2][:]))
	for i := range 3 {
		a.Set(i, i, a.At(i, i)-radauGamma)
	}
	if det := mat.Det(a); math.Abs(det) > 1e-16 {
		t.Errorf("det(A − γ): got %g, want 0", det)
	}
}

// TestRadauOrder measures the orders with fixed steps: 5 for the solution, and 4
// for the estimate of a step, whose formula is of order 3.
func TestRadauOrder(t *testing.T) {
	m := Radau{RelTol: 1e-13, AbsTol: 1e-13, MaxSteps: 1000}
	var logH, logErr, logEst []float64
	for _, n := range []int{8, 16, 32, 64} {
		r := newRadauRun(m, logisticSystem)
		if err := r.start([]float64{0.3}, 0); err != nil {
			t.Fatal(err)
		}
		h := 2 / float64(n)
		for i := range n {
			if k, _ := r.stage(h); k == 0 {
				t.Fatalf("step %d of %g: no convergence", i, h)
			}
			if e, _ := r.estimate(h, false); i == 0 {
				logEst = append(logEst, math.Log(e))
			}
			r.lastH = h
			r.accept()
			if err := r.prepare(); err != nil {
				t.Fatal(err)
			}
		}
		logH = append(logH, math.Log(h))
		logErr = append(logErr, math.Log(math.Abs(r.y[0]-logisticAt(2, 0.3))))
	}
	for _, c := range []struct {
		name  string
		y     []float64
		order float64
	}{{"solution", logErr, 5}, {"estimate", logEst, 4}} {
		// The next order shows in the second digit at the largest step, h = 1/4.
		if _, slope := stat.LinearRegression(logH, c.y, nil, false); math.Abs(slope-c.order) > 0.15 {
			t.Errorf("%s: got order %.3f, want %g ± 0.15", c.name, slope, c.order)
		}
	}
}

// TestRadauStandard compares with the reference solutions that the Test Set for
// IVP Solvers (Mazzia and Magherini, 2008) gives with 16 digits.
func TestRadauStandard(t *testing.T) {
	for _, c := range []struct {
		name     string
		p        StiffProblem
		u0       []float64
		end      float64
		want     []float64
		maxSteps int // 2600 and 600 are seen
	}{
		{"van der Pol", vanDerPol, []float64{2, 0}, 2, []float64{0.1706167732170483e1, -0.8928097010247975}, 3000},
		{"hires", hires, []float64{1, 0, 0, 0, 0, 0, 0, 0.0057}, 321.8122, []float64{
			0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
			0.2386356198831331e-2, 0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2}, 700},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := DefaultRadau()
			m.AbsTol = 1e-14 // species go down to 6e-5
			d, stats, err := m.Solve(c.p, [][]float64{c.u0}, []float64{0, c.end})
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.
			for j, want := range c.want {
				worst = max(worst, math.Abs(d.Trajectories[0].States[1][j]-want)/math.Abs(want))
			}
			t.Logf("relative error %.1e, %+v", worst, stats)
			if worst > 1e-8 {
				t.Errorf("got relative error %g, want at most 1e-8", worst)
			}
			if stats.Accepted > c.maxSteps {
				t.Errorf("got %d steps, want at most %d", stats.Accepted, c.maxSteps)
			}
		})
	}
}

// TestRadauStiff has a rate of 10⁶ and a solution of rate 1: from off the
// solution it is reached, and then the steps are those of the cosine.
func TestRadauStiff(t *testing.T) {
	times := grid(20, 0.5)
	for _, x0 := range []float64{1, 2} {
		d, stats, err := DefaultRadau().Solve(protheroRobinson(1e6), [][]float64{{x0, 1, 0}}, times)
		if err != nil {
			t.Fatal(err)
		}
		for i, at := range times[1:] {
			if diff := math.Abs(d.Trajectories[0].States[i+1][0] - math.Cos(at)); diff > 1e-9 { // ten tolerances
				t.Errorf("x0=%g, t=%g: got error %g, want at most 1e-9", x0, at, diff)
			}
		}
		// An explicit method is held to steps of 3e-6, which is 3 million.
		if most := 400; stats.Accepted > most {
			t.Errorf("x0=%g: got %+v, want at most %d steps", x0, stats, most)
		}
	}
}

// TestRadauLStability takes one step of λh = 10¹²: the stability function
// vanishes at infinity like 1/(λh), so that nothing is left of where x began.
func TestRadauLStability(t *testing.T) {
	r := newRadauRun(DefaultRadau(), protheroRobinson(1e13))
	var end [2]float64
	for i, x0 := range []float64{1, 1000} {
		if err := r.start([]float64{x0, 1, 0}, 0); err != nil {
			t.Fatal(err)
		}
		if k, _ := r.stage(0.1); k == 0 {
			t.Fatal("no convergence")
		}
		end[i] = x0 + r.z[6]
	}
	// 1000·9/10¹², and the roundings of 1000.
	if diff := math.Abs(end[1] - end[0]); diff > 1e-8+1e-12 {
		t.Errorf("from 1000 and from 1: got ends that differ by %g, want about 1e-8", diff)
	}
	if diff := math.Abs(end[0] - math.Cos(0.1)); diff > 1e-8 { // of order 5 in h = 0.1
		t.Errorf("got error %g, want at most 1e-8", diff)
	}
}

// TestRadauAlone checks that a sample has the same bits alone, beside others, and
// on any number of cores.
func TestRadauAlone(t *testing.T) {
	u0, times := uniform(12, 2, -2, 2, 5), []float64{0, 1e-6, 0.1, 1, 2}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first *data.Dataset
	var firstStats StiffStats
	for _, cores := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(cores)
		d, stats, err := DefaultRadau().Solve(vanDerPol, u0, times)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first, firstStats = d, stats
		}
		if !reflect.DeepEqual(d, first) || stats != firstStats {
			t.Errorf("%d cores: the result differs from that of one core", cores)
		}
	}
	var sum StiffStats
	for s := range u0 {
		d, stats, err := DefaultRadau().Solve(vanDerPol, u0[s:s+1], times)
		if err != nil {
			t.Fatal(err)
		}
		sum.add(stats)
		if !reflect.DeepEqual(d.States(), first.Batch(s).States()) {
			t.Errorf("sample %d differs alone", s)
		}
	}
	if sum != firstStats {
		t.Errorf("got %+v, want the sum of the samples, %+v", firstStats, sum)
	}
}

// TestRadauTimes asks for times of very different distances, from a time before
// them.
func TestRadauTimes(t *testing.T) {
	u0 := [][]float64{{0.3}, {0.9}}
	times := []float64{-1, -0.9, -0.9 + 1e-9, 0.1, 0.1 + 1e-12, 1. / 3, 2, math.Nextafter(2, 3), 3}
	d, stats, err := DefaultRadau().SolveFrom(context.Background(), logisticSystem, u0, -2, times)
	if err != nil {
		t.Fatal(err)
	}
	_, free, err := DefaultRadau().SolveFrom(context.Background(), logisticSystem, u0, -2, []float64{3})
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range times {
		for s, u := range d.States()[i] {
			if diff := math.Abs(u[0] - logisticAt(at+2, u0[s][0])); d.Trajectories[0].Times[i] != at || diff > 1e-9 { // ten tolerances
				t.Errorf("t=%v: got t=%v and error %g", at, d.Trajectories[0].Times[i], diff)
			}
		}
	}
	// A landing costs a step or two, for each sample.
	if most := free.Accepted + 2*2*len(times); stats.Accepted > most {
		t.Errorf("got %d steps with landings, %d without, want at most %d", stats.Accepted, free.Accepted, most)
	}
	// Times that begin at t0 begin with u0, also alone.
	for _, times := range [][]float64{{-2}, {-2, 0}} {
		d, _, err := DefaultRadau().SolveFrom(context.Background(), logisticSystem, u0, -2, times)
		if err != nil || !reflect.DeepEqual(d.States()[0], u0) {
			t.Errorf("times %v: got %v, %v, want %v first", times, d, err, u0)
		}
	}
}

// TestRadauNewtonFailures begins with a step for which the iteration does not
// converge.
func TestRadauNewtonFailures(t *testing.T) {
	m := DefaultRadau()
	m.FirstStep = 1e6
	times := []float64{0, 0.85} // beyond the first fast passage
	d, stats, err := m.Solve(vanDerPol, [][]float64{{2, 0}}, times)
	if err != nil {
		t.Fatal(err)
	}
	if stats.NewtonFailures == 0 || stats.Decompositions != stats.Accepted+stats.Rejected+stats.NewtonFailures {
		t.Errorf("got %+v, want Newton failures and a decomposition for each step tried", stats)
	}
	want, _, err := DefaultRadau().Solve(vanDerPol, [][]float64{{2, 0}}, times)
	if err != nil {
		t.Fatal(err)
	}
	for j, w := range want.Trajectories[0].States[1] {
		if got := d.Trajectories[0].States[1][j]; math.Abs(got-w) > 1e-8*math.Abs(w) { // tolerances, and what the passage makes of them
			t.Errorf("component %d: got %v, want %v", j, got, w)
		}
	}
}

func TestRadauTolerances(t *testing.T) {
	u0, times := [][]float64{{2, 1, 0}}, []float64{0, 1}
	plain, _, err := DefaultRadau().Solve(protheroRobinson(100), u0, times)
	if err != nil {
		t.Fatal(err)
	}
	m := DefaultRadau()
	m.AbsTol, m.AbsTolEach = 0, []float64{1e-10, 1e-10, 1e-10}
	each, _, err := m.Solve(protheroRobinson(100), u0, times)
	if err != nil || !reflect.DeepEqual(each, plain) {
		t.Errorf("the same for each: got %v, %v, want %v", each, err, plain)
	}
	m.AbsTolEach = []float64{1e-3, 1e-10, 1e-10}
	if other, _, err := m.Solve(protheroRobinson(100), u0, times); err != nil || reflect.DeepEqual(other, plain) {
		t.Errorf("others: got %v, %v, want another result", other, err)
	}
	for _, first := range []float64{1e-12, 1e6} {
		m := DefaultRadau()
		m.FirstStep = first
		d, _, err := m.Solve(protheroRobinson(100), [][]float64{{1, 1, 0}}, times)
		if err != nil || math.Abs(d.Trajectories[0].States[1][0]-math.Cos(1)) > 1e-9 { // ten tolerances
			t.Errorf("first step %g: got %v, %v", first, d, err)
		}
	}
	// A fixed point gives the step control nothing to go by.
	d, stats, err := DefaultRadau().Solve(logisticSystem, [][]float64{{0}}, []float64{0, 1e6})
	if err != nil || d.Trajectories[0].States[1][0] != 0 || stats.Accepted > 100 {
		t.Errorf("fixed point: got %v, %+v, %v", d, stats, err)
	}
}

func TestRadauProgress(t *testing.T) {
	var got []int
	m := DefaultRadau()
	m.Progress = func(done, total int) {
		if total != 5 {
			t.Errorf("got total %d, want 5", total)
		}
		got = append(got, done)
	}
	u0 := uniform(5, 1, 0.1, 0.9, 1)
	if _, _, err := m.Solve(logisticSystem, u0, grid(1, 1)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []int{1, 2, 3, 4, 5}) {
		t.Errorf("got %v, want 1 … 5", got)
	}

	ctx, cancel := context.WithCancel(context.Background())
	m.Progress = func(done, total int) { cancel() }
	if _, _, err := m.SolveFrom(ctx, logisticSystem, uniform(100, 1, 0.1, 0.9, 1), 0, grid(10, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: got %v, want %v", err, context.Canceled)
	}
}

func TestRadauErrors(t *testing.T) {
	ok, u1 := DefaultRadau(), [][]float64{{1}}
	few := ok
	few.MaxSteps = 3
	with := func(change func(m *Radau)) Radau {
		m := ok
		change(&m)
		return m
	}
	wrong := scalarSystem(logistic, func(u float64) float64 { return math.NaN() })
	for _, c := range []struct {
		name  string
		m     Radau
		p     StiffProblem
		u0    [][]float64
		times []float64
		is    error
		text  string
	}{
		{"zero value", Radau{}, squareSystem, u1, grid(1, 1), nil, "RelTol is 0"},
		{"RelTol", with(func(m *Radau) { m.RelTol = math.NaN() }), squareSystem, u1, grid(1, 1), nil, "RelTol is NaN"},
		{"RelTol small", with(func(m *Radau) { m.RelTol = 1e-15 }), squareSystem, u1, grid(1, 1), nil, "RelTol is 1e-15"},
		{"AbsTol", with(func(m *Radau) { m.AbsTol = 0 }), squareSystem, u1, grid(1, 1), nil, "AbsTol is 0"},
		{"AbsTolEach", with(func(m *Radau) { m.AbsTolEach = []float64{-1} }), squareSystem, u1, grid(1, 1), nil, "AbsTolEach, component 0 is -1"},
		{"AbsTolEach length", with(func(m *Radau) { m.AbsTolEach = []float64{1, 1} }), squareSystem, u1, grid(1, 1), data.ErrShape, "AbsTolEach has 2 tolerances, want 1"},
		{"FirstStep", with(func(m *Radau) { m.FirstStep = -1 }), squareSystem, u1, grid(1, 1), nil, "FirstStep is -1"},
		{"MaxSteps", with(func(m *Radau) { m.MaxSteps = 0 }), squareSystem, u1, grid(1, 1), nil, "MaxSteps is 0"},
		{"nil problem", ok, nil, u1, grid(1, 1), nil, "problem is nil"},
		{"no times", ok, squareSystem, u1, nil, data.ErrShape, "times"},
		{"times fall", ok, squareSystem, u1, []float64{0, 2, 1}, nil, "time 2 is 1 after 2"},
		{"NaN time", ok, squareSystem, u1, []float64{0, math.NaN()}, data.ErrNotFinite, "time 1 is NaN"},
		{"no states", ok, squareSystem, nil, grid(1, 1), data.ErrShape, "0 samples"},
		{"wrong dim", ok, squareSystem, [][]float64{{1}, {1, 2}}, grid(1, 1), data.ErrShape, "sample 1 has 2 components, want 1"},
		{"NaN state", ok, squareSystem, [][]float64{{1}, {math.NaN()}}, grid(1, 1), data.ErrNotFinite, "sample 1, component 0 is NaN"},
		{"blow-up", ok, squareSystem, [][]float64{{0.1}, {1}, {2}}, grid(1, 2), ErrStep, "sample 1: step lost"},
		{"too many steps", few, squareSystem, [][]float64{{0.1}}, grid(1, 5), ErrStep, "raise MaxSteps"},
		{"f not finite", ok, scalarSystem(func(u float64) float64 { return 1 / (u - 1) }, func(float64) float64 { return 0 }), u1, grid(1, 1), data.ErrNotFinite, "t=0, component u1 is +Inf"},
		{"f ends", ok, scalarSystem(func(u float64) float64 { return -math.Sqrt(u) - 1 }, func(u float64) float64 { return -0.5 / math.Sqrt(u) }), u1, grid(1, 5), ErrStep, "sample 0"},
		{"Jacobian not finite", ok, wrong, u1, grid(1, 1), data.ErrNotFinite, "Jacobian of system at t=0, row 0, column 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := c.m.Solve(c.p, c.u0, c.times)
			if err == nil || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("got %v, want %v", err, c.is)
			}
			if !strings.HasPrefix(err.Error(), "ode: Radau.Solve: ") || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %q, want it to say %q", err, c.text)
			}
		})
	}
	for _, t0 := range []float64{0.5, math.Inf(-1), math.NaN()} {
		if _, _, err := ok.SolveFrom(context.Background(), squareSystem, u1, t0, grid(1, 1)); err == nil || !strings.Contains(err.Error(), "SolveFrom: t0 is") {
			t.Errorf("t0 = %g: got %v", t0, err)
		}
	}
}
