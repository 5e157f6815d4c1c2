package optim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/functions"

	"spnode/data/npz"
)

type objective func(x, grad []float64) (float64, error)

// quadratic is ½ Σ λᵢ (xᵢ−1)² with λ from 1 to condition, spaced evenly in the
// logarithm. The minimum is 0.
func quadratic(n int, condition float64) objective {
	return func(x, g []float64) (float64, error) {
		var f float64
		for i := range x {
			lambda := math.Pow(condition, float64(i)/float64(n-1))
			g[i] = lambda * (x[i] - 1)
			f += g[i] * (x[i] - 1) / 2
		}
		return f, nil
	}
}

func rosenbrock(x, g []float64) (float64, error) {
	functions.ExtendedRosenbrock{}.Grad(g, x)
	return functions.ExtendedRosenbrock{}.Func(x), nil
}

// leastSquares is ‖tanh(Bx) − tanh(Bx*)‖² over 30 equations in 10 unknowns, with
// residual zero at x*.
func leastSquares() objective {
	const m, n = 30, 10
	rng := rand.New(rand.NewPCG(3, 4))
	b := mat.NewDense(m, n, nil)
	for i := range m {
		for j := range n {
			b.Set(i, j, rng.NormFloat64()/math.Sqrt(n))
		}
	}
	target := make([]float64, m)
	for i := range target {
		target[i] = math.Tanh(floats.Sum(b.RawRowView(i)) / 2) // x* = ½ everywhere
	}
	return func(x, g []float64) (float64, error) {
		var f float64
		clear(g)
		for i := range m {
			z := math.Tanh(floats.Dot(b.RawRowView(i), x))
			r := z - target[i]
			f += r * r
			floats.AddScaled(g, 2*r*(1-z*z), b.RawRowView(i))
		}
		return f, nil
	}
}

func minimise(t *testing.T, l *LBFGS, f objective, most int) string {
	t.Helper()
	for range most {
		before := l.F
		done, reason, err := l.Iterate(f)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			return reason
		}
		if l.Iteration > 1 && !(l.F < before) {
			t.Fatalf("iteration %d: the loss went from %g to %g", l.Iteration, before, l.F)
		}
	}
	return "iterations"
}

func constant(n int, x float64) []float64 {
	xs := make([]float64, n)
	floats.AddConst(x, xs)
	return xs
}

func TestLBFGSMinimises(t *testing.T) {
	for _, c := range []struct {
		name       string
		f          objective
		x0         []float64
		memory     int
		iterations int     // about twice what it takes
		loss       float64 // to get below
	}{
		// The error is √F: 1e-13 of an x of 1 in the flattest direction.
		{"quadratic of dimension 50, condition 1e6", quadratic(50, 1e6), constant(50, 0), 50, 100, 1e-26},
		{"quadratic of dimension 200, condition 1e4, short memory", quadratic(200, 1e4), constant(200, 0), 20, 3000, 1e-24},
		{"Rosenbrock of dimension 2", rosenbrock, []float64{-1.2, 1}, 20, 80, 1e-24},
		{"Rosenbrock of dimension 20", rosenbrock, slices.Repeat([]float64{-1.2, 1}, 10), 20, 250, 1e-24},
		{"least squares without residual", leastSquares(), constant(10, 0), 20, 80, 1e-25},
		{"one unknown", quadratic2, []float64{3}, 20, 10, 1e-30},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &LBFGS{LBFGSConfig: LBFGSConfig{Memory: c.memory, LossTol: c.loss}, X: c.x0}
			reason := minimise(t, l, c.f, c.iterations)
			t.Logf("%s after %d iterations and %d evaluations, F = %.1e", reason, l.Iteration, l.Evaluations, l.F)
			if l.F > c.loss {
				t.Errorf("got F = %g, want ≤ %g", l.F, c.loss)
			}
		})
	}
}

func quadratic2(x, g []float64) (float64, error) {
	g[0] = 2 * (x[0] - 0.1)
	return (x[0] - 0.1) * (x[0] - 0.1), nil
}

// TestLBFGSAnswer is to 1e-12 in the unknowns.
func TestLBFGSAnswer(t *testing.T) {
	for _, n := range []int{2, 20} {
		l := &LBFGS{LBFGSConfig: DefaultLBFGS(), X: slices.Repeat([]float64{-1.2, 1}, n/2)}
		reason := minimise(t, l, rosenbrock, 500)
		if d := floats.Distance(l.X, constant(n, 1), math.Inf(1)); d > 1e-12 {
			t.Errorf("n = %d: got max|x−1| = %g (%s after %d iterations), want ≤ 1e-12", n, d, reason, l.Iteration)
		}
	}
}

// TestLBFGSRunsOut goes on without tolerances until nothing is lower, which must
// be told and not be an error, and must be at the level of rounding.
func TestLBFGSRunsOut(t *testing.T) {
	f := leastSquares()
	l := &LBFGS{LBFGSConfig: DefaultLBFGS(), X: constant(10, 0)}
	reason := minimise(t, l, f, 1000)
	t.Logf("%s after %d iterations and %d evaluations, F = %.1e", reason, l.Iteration, l.Evaluations, l.F)
	// 30 residuals of an ulp of 1, 2e-16, make 1e-30.
	if reason == "iterations" || l.F > 1e-30 {
		t.Errorf("got F = %g, %q, want ≤ 1e-30 and a reason", l.F, reason)
	}
}

// TestLBFGSScale: a loss of 1e-20 is minimised as one of 1 is. Powers of two
// keep the bits, beside the first step.
func TestLBFGSScale(t *testing.T) {
	scale := math.Pow(2, -66)
	scaled := func(x, g []float64) (float64, error) {
		f, err := rosenbrock(x, g)
		floats.Scale(scale, g)
		return scale * f, err
	}
	l := &LBFGS{LBFGSConfig: LBFGSConfig{Memory: 20, LossTol: 1e-20 * scale}, X: []float64{-1.2, 1}}
	if reason := minimise(t, l, scaled, 100); reason != "loss tolerance reached" {
		t.Errorf("got F = %g, %q", l.F, reason)
	}
}

// TestLBFGSContinues stops after every iteration, has the state to a file and back,
// and goes on.
func TestLBFGSContinues(t *testing.T) {
	const n, steps = 6, 60
	config := LBFGSConfig{Memory: 5}
	run := func(l *LBFGS, from int) {
		for range steps - from {
			if _, _, err := l.Iterate(rosenbrock); err != nil {
				t.Fatal(err)
			}
		}
	}
	start := func() *LBFGS { return &LBFGS{LBFGSConfig: config, X: slices.Repeat([]float64{-1.2, 1}, n/2)} }
	want := start()
	run(want, 0)
	first := start()
	for k := range steps {
		l := &LBFGS{LBFGSConfig: config}
		b, err := npz.Encode(first.State())
		if err != nil {
			t.Fatal(err)
		}
		arrays, err := npz.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Restore(arrays, n); err != nil {
			t.Fatal(err)
		}
		run(l, k)
		if got, want := state(l), state(want); got != want {
			t.Fatalf("continued after %d: got\n%s\nwant\n%s", k, got, want)
		}
		if _, _, err := first.Iterate(rosenbrock); err != nil {
			t.Fatal(err)
		}
	}
}

// state prints every bit of what is open (%x of a float64 is exact).
func state(l *LBFGS) string {
	return fmt.Sprintf("%d %d %x %x %x %x %x", l.Iteration, l.Evaluations, l.F, l.X, l.G, l.S, l.Y)
}

// TestLBFGSCancel has eval fail at every evaluation in turn: the state must be
// that before the iteration, and going on must give the bits of no failure.
func TestLBFGSCancel(t *testing.T) {
	want := &LBFGS{LBFGSConfig: DefaultLBFGS(), X: []float64{-1.2, 1}}
	minimise(t, want, rosenbrock, 30)
	stop := errors.New("stop")
	for k := range want.Evaluations {
		var calls int
		l := &LBFGS{LBFGSConfig: DefaultLBFGS(), X: []float64{-1.2, 1}}
		failing := func(x, g []float64) (float64, error) {
			if calls++; calls == k+1 {
				return 0, stop
			}
			return rosenbrock(x, g)
		}
		var failures int
		for l.Iteration < 30 {
			before := state(l)
			if done, _, err := l.Iterate(failing); errors.Is(err, stop) {
				failures++
				if after := state(l); l.Iteration > 0 && after != before {
					t.Fatalf("evaluation %d failed: got state\n%s\nwant\n%s", k, after, before)
				}
			} else if done || err != nil {
				break
			}
		}
		if got, want := state(l), state(want); got != want || failures != 1 {
			t.Fatalf("evaluation %d failed, %d times: got\n%s\nwant\n%s", k, failures, got, want)
		}
	}
}

// TestLBFGSWalls has values that are not finite within reach of the first steps.
func TestLBFGSWalls(t *testing.T) {
	for name, bad := range map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)} {
		var hits int
		f := func(x, g []float64) (float64, error) { // −log x + x: minimum 1 at x = 1
			g[0] = 1 - 1/x[0]
			if x[0] <= 0 || x[0] > 1.05 {
				hits++
				return bad, nil
			}
			return x[0] - math.Log(x[0]), nil
		}
		l := &LBFGS{LBFGSConfig: LBFGSConfig{Memory: 3, GradTol: 1e-7}, X: []float64{0.1}}
		reason := minimise(t, l, f, 100)
		// A gradient of 1e-7 where the second derivative is 1.
		if math.Abs(l.X[0]-1) > 1.1e-7 || hits == 0 {
			t.Errorf("%s: got x = %g after %d bad values (%s), want 1", name, l.X[0], hits, reason)
		}
	}
}

func TestLBFGSStarts(t *testing.T) {
	l := &LBFGS{LBFGSConfig: DefaultLBFGS(), X: []float64{1, 1}}
	if done, reason, err := l.Iterate(rosenbrock); !done || reason != "gradient tolerance reached" || err != nil {
		t.Errorf("at the minimum: got %v, %q, %v", done, reason, err)
	}
	l = &LBFGS{LBFGSConfig: DefaultLBFGS(), X: []float64{math.NaN(), 1}}
	if _, _, err := l.Iterate(rosenbrock); err == nil {
		t.Error("a start that is not finite was accepted")
	}
	for _, c := range []LBFGSConfig{{}, {1, -1, 0}, {1, 0, math.NaN()}} {
		if c.Validate() == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
