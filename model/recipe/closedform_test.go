package recipe

import (
	"context"
	"math"
	"testing"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/data/ode"
	"spnode/data/problem"
	"spnode/model/latent"
	"spnode/model/train"
)

// A field of one component that is a polynomial, du/dt = u − u³ from both sides of its
// states of rest, is found with its degree, and its far end is right in one jump.
func TestClosedForm(t *testing.T) {
	d := &data.Dataset{}
	for s := range 12 {
		tr := data.Trajectory{}
		x := 0.1 * float64(s+1) * float64(1-2*(s%2))
		for k := range 61 {
			// By its exact solution.
			time := 0.1 * float64(k)
			tr.Times = append(tr.Times, time)
			tr.States = append(tr.States, []float64{x / math.Sqrt(x*x+(1-x*x)*math.Exp(-2*time))})
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	m, p, err := Fit(context.Background(), d, "closed-form", Options{})
	if err != nil {
		t.Fatal(err)
	}
	// The data are exact: a higher degree with coefficients of 0 is as good.
	if p.Model.Nonlinear.Degree < 3 {
		t.Errorf("got degree %d, want at least 3", p.Model.Nonlinear.Degree)
	}
	for _, asked := range []*data.Dataset{d, d.AtTimes(0, 60)} {
		got, err := train.Predict(m, asked)
		if err != nil {
			t.Fatal(err)
		}
		for s, tr := range asked.Trajectories {
			for k, u := range tr.States {
				// Differences of order 6 in steps of 0.1, and steps of 0.025.
				if e := math.Abs(got.Trajectories[s].States[k][0] - u[0]); !(e < 1e-5) {
					t.Fatalf("trajectory %d, t = %g: off by %g, want at most 1e-5", s, tr.Times[k], e)
				}
			}
		}
	}
}

// Of few states too a model is made.
func TestClosedFormOfFew(t *testing.T) {
	d := &data.Dataset{}
	for s := range 5 {
		tr := data.Trajectory{}
		for k := range 13 {
			time := 0.2 * float64(k)
			tr.Times = append(tr.Times, time)
			tr.States = append(tr.States, []float64{float64(s+1) * math.Exp(-time)})
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	if _, _, err := Fit(context.Background(), d, "closed-form", Options{}); err != nil {
		t.Fatal(err)
	}
}

// By its logarithm a concentration that falls over decades, du/dt = −uv and dv/dt = −v,
// is a linear system's, and its small values are found too.
func TestTransform(t *testing.T) {
	d := &data.Dataset{}
	for s := range 9 {
		tr := data.Trajectory{}
		v0 := 6 + 0.5*float64(s)
		for k := range 31 {
			time := 0.1 * float64(k)
			v := v0 * math.Exp(-time)
			tr.Times = append(tr.Times, time)
			tr.States = append(tr.States, []float64{math.Exp(v - v0), v})
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	p, _, err := planOf(t, d, "closed-form", Options{Transforms: []latent.Transform{{Kind: "log"}, {}}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := fit(p, d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := train.Predict(m, d)
	if err != nil {
		t.Fatal(err)
	}
	for s, tr := range d.Trajectories {
		for k, u := range tr.States {
			// Relative to u itself, down to 1e-4; by differences of order 6 and corrections.
			if e := math.Abs(got.Trajectories[s].States[k][0]/u[0] - 1); !(e < 1e-6) {
				t.Fatalf("trajectory %d, t = %g: off by %g of it, want at most 1e-6", s, tr.Times[k], e)
			}
		}
	}
}

func TestClosedFormRefuses(t *testing.T) {
	times := []float64{0}
	for k := range 60 {
		times = append(times, 1e-3*math.Pow(10, float64(k)/10))
	}
	d, _, err := ode.DefaultRadau().Solve(problem.HIRES(), problem.HIRESStates(4, 1), times)
	if err != nil {
		t.Fatal(err)
	}
	f, err := inspect.Look(d)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ByName("closed-form")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Suits(f); !errors.Is(err, ErrNotFor) {
		t.Errorf("got %v, want ErrNotFor for times over six decades", err)
	}
}

// A score has no steps: a little less of the times or a little larger errors are a little
// worse.
func TestScore(t *testing.T) {
	const h = 1e-3
	for rms := 0.0; rms < 0.99; rms += h {
		for within := h; within <= 1; within += h {
			s := Score(rms, within)
			if less := Score(rms, within-h); less < s || less > s+21*h { // 2 over the mixing's width of 0.1, and 1
				t.Fatalf("rms %g: got %g within for %g of the times, and %g for %g", rms, s, within, less, within-h)
			}
			if more := Score(rms+h, within); more < s || more > s+1.1*h {
				t.Fatalf("within for %g: got %g of rms %g, and %g of %g", within, s, rms, more, rms+h)
			}
		}
	}
	for _, c := range [][3]float64{{0.02, 1, 0.02}, {0.02, 0.95, 0.02}, {0.3, 0.8, 1.2}, {1, 1, math.Inf(1)}, {math.NaN(), 1, math.Inf(1)}} {
		if got := Score(c[0], c[1]); got != c[2] {
			t.Errorf("rms %g, within for %g: got %g, want %g", c[0], c[1], got, c[2])
		}
	}
}
