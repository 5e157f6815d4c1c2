package problem

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/ops/opstest"
)

// TestRobertsonCases compares with reference values of 22 digits.
func TestRobertsonCases(t *testing.T) {
	var file struct {
		T     []float64
		Cases []struct {
			Name, Convention string
			Y0               []float64
			Y                [][]float64
		}
	}
	opstest.LoadCases(t, "robertson.json", &file)
	if len(file.Cases) == 0 {
		t.Fatal("no cases in the file")
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var t0 float64
			switch c.Convention {
			case "t0=0":
			case "t0=4e-6":
				t0 = file.T[0]
			default:
				t.Fatalf("unknown convention %q", c.Convention)
			}
			if len(c.Y) != len(file.T) {
				t.Fatalf("got %d states in the file, want %d", len(c.Y), len(file.T))
			}
			d, stats, err := RobertsonRadau().SolveFrom(context.Background(), Robertson{}, [][]float64{c.Y0}, t0, file.T)
			if err != nil {
				t.Fatal(err)
			}
			var worst [3]float64
			drift := 0.
			for i := range d.Trajectories[0].Times {
				y := d.Trajectories[0].States[i]
				drift = max(drift, math.Abs(mass(y)-mass(c.Y0)))
				for j, want := range c.Y[i] {
					if y[j] != want { // zeros are exact
						worst[j] = max(worst[j], math.Abs(y[j]-want)/math.Abs(want))
					}
				}
			}
			t.Logf("relative errors %.1e, mass drift %.1e, %+v", worst, drift, stats)
			// What the data must be right to; 1e-10 is seen, see also TestRobertsonTolerance.
			if most := slices.Max(worst[:]); !(most <= 1e-8) {
				t.Errorf("got relative errors %.2g, want at most 1e-8", worst)
			}
			// A few roundings of the sum itself.
			if most := 1e-15 * max(1, mass(c.Y0)); !(drift <= most) {
				t.Errorf("mass drifts by %g, want at most %g", drift, most)
			}
			// 900 are seen from states near (1, 0, 0), 1250 from (0, 1e-3, 0).
			if stats.Accepted > 1500 || stats.Rejected > 20 || stats.NewtonFailures > 20 || stats.Evaluations > 9*stats.Accepted {
				t.Errorf("got %+v, want at most 1500 steps, 20 of each failure, and 9 evaluations a step", stats)
			}
		})
	}
}

func mass(y []float64) float64 { return y[0] + y[1] + y[2] }

// TestRobertsonMass follows perturbed states, whose masses differ, over the
// twelve decades.
func TestRobertsonMass(t *testing.T) {
	states := DefaultRobertsonStates(50, 3)
	states.MassMin, states.MassMax = 0.95, 1.05
	u0, err := states.Draw()
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := RobertsonRadau().SolveFrom(context.Background(), Robertson{}, u0, 0, RobertsonTimes(50))
	if err != nil {
		t.Fatal(err)
	}
	drift, least := 0., math.Inf(1)
	for i := range d.Trajectories[0].Times {
		for s, y := range d.States()[i] {
			drift = max(drift, math.Abs(mass(y)-mass(u0[s])))
			least = min(least, slices.Min(y))
		}
	}
	if drift > 1e-15 { // a few roundings of the sum itself
		t.Errorf("mass drifts by %g, want at most 1e-15", drift)
	}
	if least <= 0 {
		t.Errorf("got a concentration of %g, want more than 0", least)
	}
}

// TestRobertsonTolerance asks that errors follow the tolerance, by comparison
// with one that is far smaller.
func TestRobertsonTolerance(t *testing.T) {
	solve := func(tol float64) *data.Dataset {
		m := RobertsonRadau()
		m.RelTol = tol
		d, _, err := m.SolveFrom(context.Background(), Robertson{}, [][]float64{{1, 0, 0}}, 0, RobertsonTimes(50))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := solve(1e-12)
	for _, tol := range []float64{1e-6, 1e-8, 1e-10} {
		got := solve(tol)
		worst := 0.
		for i, u := range want.States() {
			for j, v := range u[0] {
				worst = max(worst, math.Abs(got.Trajectories[0].States[i][j]/v-1))
			}
		}
		// Seen: 0.1 to 0.3 of the tolerance.
		if worst > tol {
			t.Errorf("tolerance %g: got relative error %g", tol, worst)
		}
	}
}

// TestRobertsonTimes has what section 5.2 says of the steps.
func TestRobertsonTimes(t *testing.T) {
	times := RobertsonTimes(50)
	if len(times) != 50 || times[0] != 4e-6 || times[49] != 4e6 {
		t.Errorf("got %d times from %v to %v", len(times), times[0], times[len(times)-1])
	}
	var steps []float64
	for i, v := range times[1:] {
		steps = append(steps, v-times[i])
	}
	// To the paper's three digits.
	if lo, hi := slices.Min(steps), slices.Max(steps); math.Abs(lo-3.03e-6) > 5e-9 || math.Abs(hi-1.72e6) > 5e3 {
		t.Errorf("got steps of %g to %g, want 3.03e-6 to 1.72e6", lo, hi)
	}
}

func TestRobertsonDerivatives(t *testing.T) {
	p := Robertson{}
	jac, want := mat.NewDense(3, 3, nil), mat.NewDense(3, 3, nil)
	for _, u := range [][]float64{{1, 0, 0}, {0.9, 3e-5, 0.1}, {1e-3, 2e-9, 1}} {
		f := make([]float64, 3)
		p.RHS(f, u)
		for i, w := range []float64{
			-0.04*u[0] + 1e4*u[1]*u[2],
			0.04*u[0] - 1e4*u[1]*u[2] - 3e7*u[1]*u[1],
			3e7 * u[1] * u[1],
		} {
			if math.Abs(f[i]-w) > 1e-16 { // some roundings of numbers below 0.1
				t.Errorf("u=%v: got f[%d]=%g, want %g", u, i, f[i], w)
			}
		}
		if sum := f[0] + f[1] + f[2]; math.Abs(sum) > 0x1p-53*math.Abs(f[1]) {
			t.Errorf("u=%v: the rates sum to %g, want 0", u, sum)
		}
		// f is quadratic: central differences are exact but for rounding, which
		// the step of 1e-3 keeps below 1e-16·1e5/1e-3.
		fd.Jacobian(want, p.RHS, u, &fd.JacobianSettings{Formula: fd.Central, Step: 1e-3})
		p.Jacobian(jac, u)
		if !mat.EqualApprox(jac, want, 1e-7) {
			t.Errorf("u=%v: got\n%v\nwant\n%v", u, mat.Formatted(jac), mat.Formatted(want))
		}
	}
}

func TestRobertsonStates(t *testing.T) {
	const n = 20000
	config := DefaultRobertsonStates(n, 7)
	u, err := config.Draw()
	if err != nil {
		t.Fatal(err)
	}
	var mean2, mean3 float64
	for _, y := range u {
		if math.Abs(mass(y)-1) > 4e-16 || slices.Min(y) < 0 { // roundings of the sum
			t.Fatalf("got %v of mass %v, want 1 and nothing negative", y, mass(y))
		}
		mean2 += y[1] / n
		mean3 += y[2] / n
	}
	// E|N| = √(2/π); four standard errors, with deviation √(1 − 2/π).
	want, tol := 0.01*math.Sqrt(2/math.Pi), 4*0.01*math.Sqrt((1-2/math.Pi)/n)
	if math.Abs(1e4*mean2-want) > tol || math.Abs(mean3-want) > tol {
		t.Errorf("got means %g, %g, want 1e-4 and 1 times %g", mean2, mean3, want)
	}

	config.Samples = 10
	few, err := config.Draw()
	if err != nil || !reflect.DeepEqual(few, u[:10]) {
		t.Errorf("fewer: got %v, %v, want the first ones", few, err)
	}
	config.MassMin, config.MassMax = 0.95, 1.05
	other, err := config.Draw()
	if err != nil {
		t.Fatal(err)
	}
	for i, y := range other {
		m := mass(y)
		if m < 0.95 || m > 1.05 || m == 1 || math.Abs(y[2]/m-few[i][2]) > 1e-15 {
			t.Errorf("got %v of mass %v, want 0.95 … 1.05 times %v", y, m, few[i])
		}
	}
	config.Seed++
	if again, _ := config.Draw(); reflect.DeepEqual(again, other) {
		t.Error("another seed gave the same states")
	}

	for _, bad := range []RobertsonStates{
		{},
		DefaultRobertsonStates(0, 1),
		{Samples: 1, Scale: -1, MassMin: 1, MassMax: 1},
		{Samples: 1, Scale: 0.2, MassMin: 1, MassMax: 1},
		{Samples: 1, MassMin: 1.1, MassMax: 1},
		{Samples: 1, MassMin: 1, MassMax: math.Inf(1)},
		{Samples: 1, MassMin: math.NaN(), MassMax: 1},
	} {
		if _, err := bad.Draw(); err == nil || bad.Validate() == nil {
			t.Errorf("%+v: got no error", bad)
		}
	}
}

// BenchmarkRobertson is the data of section 5.2: with the paper's times, and
// with the grid twenty times finer.
func BenchmarkRobertson(b *testing.B) {
	u0, err := DefaultRobertsonStates(1000, 1).Draw()
	if err != nil {
		b.Fatal(err)
	}
	for name, times := range map[string][]float64{"samples=1000/times=50": RobertsonTimes(50), "samples=1000/times=981": RobertsonTimes(981)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, stats, err := RobertsonRadau().SolveFrom(context.Background(), Robertson{}, u0, 0, times)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(stats.Accepted)/1000, "steps/sample")
			}
		})
	}
}
