package ks

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/internal/stack"
	"spnode/ops/opstest"
)

// TestSolverCases compares with another program for the example of Kassam and
// Trefethen.
func TestSolverCases(t *testing.T) {
	var file struct {
		L       string
		N       int
		X, U0   string
		Times   []float64
		U       [][]float64
		Quarter [][]float64 `json:"u_etdrk4_h_quarter"`
		Self    []float64   `json:"self_agreement"`
	}
	opstest.LoadCases(t, "ks_kassam_trefethen.json", &file)
	var inPi float64
	if _, err := fmt.Sscanf(file.L, "%g*pi", &inPi); err != nil || file.X != "L*(1..N)/N" || file.U0 != "cos(x/16)*(1+sin(x/16))" {
		t.Fatalf("got L=%q, x=%q, u0=%q, which this test does not know", file.L, file.X, file.U0)
	}
	if len(file.Times) == 0 || len(file.U) != len(file.Times) || len(file.Quarter) != len(file.Times) || len(file.Self) != len(file.Times) {
		t.Fatalf("got %d times with %d, %d and %d entries", len(file.Times), len(file.U), len(file.Quarter), len(file.Self))
	}
	p := Equation{Length: inPi * math.Pi, Points: file.N}
	u0 := stack.New(1, file.N)
	for i := range u0[0] {
		x := p.Length * float64(i+1) / float64(file.N)
		u0[0][i] = math.Cos(x/16) * (1 + math.Sin(x/16))
	}
	// The solver wants a uniform grid: from 0 in steps that have all the times.
	times := grid(int(file.Times[len(file.Times)-1]/5), 5)
	for _, c := range []struct {
		step float64
		want [][]float64
		tol  func(i int) float64
	}{
		// The same method: the same numbers, but for roundings, which the chaos has
		// made 1e-12 at t = 50.
		{1. / 4, file.Quarter, func(int) float64 { return 1e-10 }},
		// The file's own doubt, and the same again for ours.
		{1. / 512, file.U, func(i int) float64 { return 2 * file.Self[i] }},
	} {
		d, err := Solver{Problem: p, Step: c.step}.Solve(context.Background(), u0, times)
		if err != nil {
			t.Fatal(err)
		}
		for i, at := range file.Times {
			got := d.Trajectories[0].States[int(at/5)]
			diff := floats.Distance(got, c.want[i], math.Inf(1))
			t.Logf("h=%g, t=%g: difference %.2g", c.step, at, diff)
			if tol := c.tol(i); !(diff <= tol) {
				t.Errorf("h=%g, t=%g: got a difference of %g, want at most %g", c.step, at, diff, tol)
			}
		}
	}
}

// TestSolverOrder measures the order on the attractor. It is 4 where the steps
// resolve the rates of the modes that matter, of some 10²; the steps of 0.1 do not,
// and halving those divides the error by 8.
func TestSolverOrder(t *testing.T) {
	ctx := context.Background()
	start, err := DefaultSolver().Runs(ctx, 2, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	solve := func(inverse float64) *data.Dataset {
		d, err := Solver{Problem: DefaultEquation(), Step: 1 / inverse}.Solve(ctx, start.States()[0], grid(5, 1))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := solve(2048)
	errorsAt := func(inverse float64, i int) float64 {
		got, sum := solve(inverse), 0.
		for s, u := range got.States()[i] {
			sum += floats.Distance(u, want.Trajectories[s].States[i], 2) / floats.Norm(want.Trajectories[s].States[i], 2)
		}
		return sum / float64(got.Samples())
	}
	var logH, logErr []float64
	for _, inverse := range []float64{64, 128, 256} {
		logH = append(logH, -math.Log(inverse))
		logErr = append(logErr, math.Log(errorsAt(inverse, 5)))
	}
	_, slope := stat.LinearRegression(logH, logErr, nil, false)
	t.Logf("order %.3f", slope)
	if math.Abs(slope-4) > 0.25 { // 3.7 to 3.9 between neighbours, and rising
		t.Errorf("got order %.3f, want 4 ± 0.25", slope)
	}
	// What DefaultSolver says; from other starts 1e-6 to 5e-6 is seen.
	if e := errorsAt(10, 1); !(e < 1e-5) {
		t.Errorf("steps of 0.1: got a relative error of %g in one unit, want 3e-6", e)
	}
}

// phiBig returns φ₀(z) … φ₃(z) of exact z by their power series.
func phiBig(z float64) (phi [4]*big.Float) {
	prec := uint(200 + 3*math.Abs(z)) // the terms reach e^|z|, and the sum may be e^−|z|
	x := new(big.Float).SetPrec(prec).SetFloat64(z)
	for k := range phi {
		sum, term := new(big.Float).SetPrec(prec), new(big.Float).SetPrec(prec).SetInt64(1)
		for i := 1; i <= k; i++ {
			term.Quo(term, big.NewFloat(float64(i)))
		}
		for j := k + 1; ; j++ {
			sum.Add(sum, term)
			term.Mul(term, x).Quo(term, big.NewFloat(float64(j)))
			if term.Sign() == 0 || float64(j) > math.Abs(z) && term.MantExp(nil) < -int(prec) {
				break
			}
		}
		phi[k] = sum
	}
	return phi
}

// TestSolverWeights compares the means over circles with power series in as many
// digits as they need, at the modes of the paper's equation and around the places
// where the formulas cancel.
func TestSolverWeights(t *testing.T) {
	zs := []float64{0, 1e-300, 1e-9, -1e-9, 1e-3, -1e-3, 0.3, -0.3, -0.499, -0.501, 0.99, -0.99, 1, -1, -1.01, -1.499, -1.501, -2, -3, 5}
	for _, h := range []float64{0.1, 0.01} {
		for _, rate := range DefaultEquation().GrowthRates() {
			zs = append(zs, h*rate)
		}
	}
	worst := 0.
	for _, z := range zs {
		phi := phiBig(z)
		half := phiBig(z / 2)
		sum := func(a, b, c float64) float64 {
			s := new(big.Float).SetPrec(phi[1].Prec())
			for k, w := range []float64{a, b, c} {
				s.Add(s, new(big.Float).SetPrec(s.Prec()).Mul(big.NewFloat(w), phi[k+1]))
			}
			v, _ := s.Float64()
			return v
		}
		phi1Half, _ := half[1].Float64()
		q, f1, f2, f3 := weights(z)
		for _, c := range []struct {
			name             string
			got, want, terms float64
		}{
			{"Q", q, phi1Half / 2, phi1Half / 2},
			{"f1", f1, sum(1, -3, 4), sum(1, 3, 4)},
			{"f2", f2, sum(0, 1, -2), sum(0, 1, 2)},
			{"f3", f3, sum(0, -1, 4), sum(0, 1, 4)},
		} {
			e := math.Abs(c.got-c.want) / c.terms
			worst = max(worst, e)
			// A few roundings, enlarged by what the formulas cancel at a distance of ½ from 0.
			if !(e <= 1e-14) {
				t.Errorf("z=%g: %s, got %v, want %v, to 1e-14 of its terms, not %.2g", z, c.name, c.got, c.want, e)
			}
		}
	}
	t.Logf("worst %.2g of the terms", worst)
}

// TestSolverMean asks that the mean stays put while the field moves.
func TestSolverMean(t *testing.T) {
	u0 := DefaultEquation().States(3, 5)
	for s, row := range u0 {
		floats.AddConst(0.3*float64(s), row)
	}
	d, err := DefaultSolver().Solve(context.Background(), u0, grid(100, 5))
	if err != nil {
		t.Fatal(err)
	}
	drift, change := 0., 0.
	for _, u := range d.States() {
		for s, row := range u {
			drift = max(drift, math.Abs(stat.Mean(row, nil)-stat.Mean(u0[s], nil)))
			change = max(change, floats.Distance(row, u0[s], math.Inf(1)))
		}
	}
	// Roundings of numbers up to 4 in the transform to the points and in the sums.
	if !(drift <= 2e-15) {
		t.Errorf("the mean drifts by %g, want at most 2e-15", drift)
	}
	if change < 1 {
		t.Errorf("the field changed by %g, want more than 1", change)
	}
}

// shift is the field u(x + j·h), a symmetry of the equation.
func shift(dst, u []float64, j int) {
	for i := range u {
		dst[i] = u[(i+j+len(u))%len(u)]
	}
}

// mirror is the field −u(−x), likewise.
func mirror(dst, u []float64) {
	for i := range u {
		dst[i] = -u[(len(u)-i)%len(u)]
	}
}

// TestSolverSymmetry asks that solutions through shifted and reflected states are
// the shifted and reflected solutions.
func TestSolverSymmetry(t *testing.T) {
	p := DefaultEquation()
	start := p.States(1, 9)[0]
	floats.AddConst(0.1, start)
	for _, c := range []struct {
		name string
		act  func(dst, u []float64)
	}{
		{"shift by 1", func(dst, u []float64) { shift(dst, u, 1) }},
		{"shift by -27", func(dst, u []float64) { shift(dst, u, -27) }},
		{"reflection", mirror},
	} {
		moved := make([]float64, p.Points)
		c.act(moved, start)
		d, err := DefaultSolver().Solve(context.Background(), [][]float64{start, moved}, grid(20, 1))
		if err != nil {
			t.Fatal(err)
		}
		want, worst := make([]float64, p.Points), 0.
		for _, u := range d.States() {
			c.act(want, u[0])
			worst = max(worst, floats.Distance(u[1], want, math.Inf(1)))
		}
		// Roundings, which the growth from outside the attractor makes 1e-14 in 20 units.
		if !(worst <= 1e-12) {
			t.Errorf("%s: got a difference of %g, want at most 1e-12", c.name, worst)
		}
	}
}

// TestSolverRHS compares differences of the solution in time with RHS, which does
// not use the solver's transforms.
func TestSolverRHS(t *testing.T) {
	const h = 1. / 2048
	p := DefaultEquation()
	start, err := DefaultSolver().Runs(context.Background(), 3, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	u0 := start.States()[0]
	floats.AddConst(0.5, u0[2])
	d, err := Solver{Problem: p, Step: h}.Solve(context.Background(), u0, grid(4, h))
	if err != nil {
		t.Fatal(err)
	}
	f := make([]float64, p.Points)
	for s := range u0 {
		p.RHS(f, d.Trajectories[s].States[2])
		for i, want := range f {
			got := (8*(d.Trajectories[s].States[3][i]-d.Trajectories[s].States[1][i]) - (d.Trajectories[s].States[4][i] - d.Trajectories[s].States[0][i])) / (12 * h)
			// The differences and the solver both err by a multiple of h⁴: 7e-9 is seen, and
			// 6e-8 at 2h.
			if math.Abs(got-want) > 1e-7 {
				t.Fatalf("sample %d, point %d: got %g, want %g ± 1e-7", s, i, got, want)
			}
		}
	}
}

func TestSolverRuns(t *testing.T) {
	ctx := context.Background()
	m := DefaultSolver()
	m.Transient = 50
	var calls [][2]int
	m.Progress = func(done, total int) { calls = append(calls, [2]int{done, total}) }
	d, err := m.Runs(ctx, 3, 20, 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(d.Trajectories[0].Times) != 20 || d.Trajectories[0].Times[0] != 0 || d.Trajectories[0].Times[19] != 19 || d.Samples() != 3 || d.Dim() != 64 {
		t.Errorf("got times %v, %d samples of %d components", d.Trajectories[0].Times, d.Samples(), d.Dim())
	}
	if want := [][2]int{{1, 3}, {2, 3}, {3, 3}}; !reflect.DeepEqual(calls, want) {
		t.Errorf("progress: got %v, want %v", calls, want)
	}

	// The transient is a solution like another.
	whole, err := m.Solve(ctx, DefaultEquation().States(3, 7), grid(69, 1))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(whole.States()[50:], d.States()) {
		t.Error("got other states than Solve from the start")
	}
	fewer, err := m.Runs(ctx, 2, 5, 7)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fewer.States(), d.AtTimes(0, 1, 2, 3, 4).Batch(0, 1).States()) {
		t.Error("fewer, shorter runs: got other states than the first ones")
	}
	other, err := m.Runs(ctx, 2, 5, 8)
	if err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(fewer.States(), other.States()) {
		t.Error("another seed gave the same states")
	}

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, cores := range []int{1, 2, 3} {
		runtime.GOMAXPROCS(cores)
		again, err := m.Runs(ctx, 3, 20, 7)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again, d) {
			t.Errorf("on %d cores: got other bits", cores)
		}
	}
}

// TestSolverKey asks that the solver as a key of Cached tells all that determines
// the data, and nothing else.
func TestSolverKey(t *testing.T) {
	m := DefaultSolver()
	m.Progress = func(int, int) {}
	got, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"problem":{"length":22,"points":64},"step":0.1,"transient":500}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var back Solver
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	m.Progress = nil
	if !reflect.DeepEqual(back, m) {
		t.Errorf("read back: got %+v, want %+v", back, m)
	}
}

func TestSolverErrors(t *testing.T) {
	ctx := context.Background()
	good := DefaultSolver()
	u0 := DefaultEquation().States(2, 1)
	bad := DefaultEquation().States(2, 1)
	bad[1][3] = math.NaN()
	huge := DefaultEquation().States(3, 1)
	floats.Scale(1e200, huge[1])
	for name, c := range map[string]struct {
		change func(m *Solver)
		u0     [][]float64
		times  []float64
		is     error
		says   string
	}{
		"length":       {change: func(m *Solver) { m.Problem.Length = math.NaN() }, says: "Length is NaN"},
		"points":       {change: func(m *Solver) { m.Problem.Points = 48 }, says: "Points is 48"},
		"few points":   {change: func(m *Solver) { m.Problem.Points = 8 }, says: "Points is 8"},
		"step":         {change: func(m *Solver) { m.Step = 0 }, says: "Step is 0"},
		"infinite":     {change: func(m *Solver) { m.Step = math.Inf(1) }, says: "Step is +Inf"},
		"transient":    {change: func(m *Solver) { m.Transient = -1 }, says: "Transient is -1"},
		"not steps":    {change: func(m *Solver) { m.Transient = 0.25 }, says: "Transient: the time is 0.25"},
		"no samples":   {u0: [][]float64{}, is: data.ErrShape, says: "0 samples"},
		"short state":  {u0: stack.New(1, 63), is: data.ErrShape, says: "has 63 components, want 64"},
		"not finite":   {u0: bad, is: data.ErrNotFinite, says: "sample 1, component 3"},
		"no times":     {times: []float64{}, is: data.ErrShape, says: "there are no times"},
		"times down":   {times: []float64{1, 0}, says: "time 1 is 0 after 1"},
		"off the grid": {times: []float64{0, 0.25, 0.5}, says: "spacing of times: the time is 0.25, want a whole number of steps of 0.1"},
		"not uniform":  {times: []float64{0, 1, 3}, says: "time 1 is 1, want 1.5"},
		"uneven":       {times: []float64{0, 1, 2.1, 3}, says: "time 2 is 2.1, want 2"},
		"too close":    {times: []float64{0, 1e-9}, says: "spacing of times is 1e-09, want at least a step of 0.1"},
		"overflow":     {u0: huge, is: data.ErrNotFinite, says: "sample 1: t=1, component 0 is NaN, want a finite number; try a shorter step"},
	} {
		t.Run(name, func(t *testing.T) {
			m := good
			if c.change != nil {
				c.change(&m)
				if m.Validate() == nil {
					t.Error("Validate: got no error")
				}
				if _, err := m.Runs(ctx, 1, 1, 1); err == nil {
					t.Error("Runs: got no error")
				}
			}
			if c.u0 == nil {
				c.u0 = u0
			}
			if c.times == nil {
				c.times = []float64{0, 1, 2}
			}
			_, err := m.Solve(ctx, c.u0, c.times)
			if err == nil {
				t.Fatal("got no error")
			}
			if c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q, want %v and %q", err, c.is, c.says)
			}
		})
	}
	for _, c := range [][2]int{{0, 1}, {1, 0}} {
		if _, err := good.Runs(ctx, c[0], c[1], 1); err == nil {
			t.Errorf("%v runs and snapshots: got no error", c)
		}
	}
	good.Step = 0.3 // 1 is not a multiple of it
	good.Transient = 30
	if _, err := good.Runs(ctx, 1, 2, 1); err == nil || !strings.Contains(err.Error(), "want a whole number of steps of 0.3") {
		t.Errorf("got %v, want an error about the steps of 0.3", err)
	}
}

// TestSolverCancel has a context that is done before the start, and one that ends
// after the first sample; the samples that are left would take half
// a minute.
func TestSolverCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	m := DefaultSolver()
	m.Progress = func(int, int) { cancel() }
	if _, err := m.Solve(ctx, DefaultEquation().States(2000, 1), grid(1, 500)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if _, err := m.Solve(ctx, DefaultEquation().States(1, 1), grid(1, 500)); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "sample 0: stopped before t=500") {
		t.Errorf("done before: got %v, want %v", err, context.Canceled)
	}
}

func TestSolverStepAllocates(t *testing.T) {
	r := newRun(newCoefficients(DefaultEquation(), 0.1))
	r.fft.Coefficients(r.v, DefaultEquation().States(1, 1)[0])
	if n := testing.AllocsPerRun(10, r.step); n != 0 {
		t.Errorf("got %g allocations in a step, want none", n)
	}
}

func TestSolverCached(t *testing.T) {
	type key struct {
		Solver    Solver
		Runs      int
		Snapshots int
		Seed      uint64
	}
	dir := t.TempDir()
	k := key{DefaultSolver(), 2, 3, 1}
	k.Solver.Transient = 10
	get := func(k key) (*data.Dataset, bool) {
		d, found, err := data.Cached(dir, k, func() (*data.Dataset, error) {
			return k.Solver.Runs(context.Background(), k.Runs, k.Snapshots, k.Seed)
		})
		if err != nil {
			t.Fatal(err)
		}
		return d, found
	}
	made, _ := get(k)
	kept, found := get(k)
	if !found || !reflect.DeepEqual(made, kept) {
		t.Errorf("found %v, and other data than were made", found)
	}
	k.Solver.Transient = 11
	if _, found := get(k); found {
		t.Error("another transient: found")
	}
}

func BenchmarkSolverStep(b *testing.B) {
	r := newRun(newCoefficients(DefaultEquation(), 0.1))
	r.fft.Coefficients(r.v, DefaultEquation().States(1, 1)[0])
	b.ReportAllocs()
	for b.Loop() {
		r.step()
	}
}

// BenchmarkSolverRuns is a tenth of the data of section 5.3.
func BenchmarkSolverRuns(b *testing.B) {
	for b.Loop() {
		if _, err := DefaultSolver().Runs(context.Background(), 2, 7600, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// grid returns 0, dt, …, n·dt.
func grid(n int, dt float64) []float64 {
	t := make([]float64, n+1)
	for i := range t {
		t[i] = float64(i) * dt
	}
	return t
}
