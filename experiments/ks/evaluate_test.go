package main

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/data/ks"
	"spnode/data/measure"
	"spnode/experiments/driver"
	"spnode/experiments/driver/terminal"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/ops/opstest"
)

// bench is a laboratory of the tiny configuration.
func bench(t *testing.T) *laboratory {
	t.Helper()
	l := &laboratory{Config: tiny(), Session: &driver.Session{
		Context: context.Background(), Dir: t.TempDir(), Report: report.New("ks", nil), Progress: terminal.NewProgress(os.Stderr, true), Stdout: io.Discard,
	}}
	if err := l.makeTruth(); err != nil {
		t.Fatal(err)
	}
	return l
}

// The held-out states are spread over the test parts, each once, and are followed
// by the truth.
func TestTruth(t *testing.T) {
	l := bench(t)
	train, test, starts := l.training.States(), l.held.States(), l.starts.States()
	if times, _ := l.held.Grid(); len(train) != 40 || len(times) != 41 || times[0] != 0 || times[40] != 40 {
		t.Errorf("the parts have %d snapshots and the times %v", len(train), times)
	}
	if long := l.longStates(); len(long) != 2 || !slices.Equal(long[1], test[0][1]) || l.held.Samples() != 3 || l.starts.Samples() != 7 || len(starts) != 13 {
		t.Errorf("%d long runs; %d test parts; %d starts of %d", len(long), l.held.Samples(), l.starts.Samples(), len(starts))
	}
	found := map[[2]int]bool{}
	for s := range l.starts.Samples() {
		for r := range l.held.Samples() {
			for k := range test {
				if slices.Equal(test[k][r], starts[0][s]) {
					found[[2]int{r, k}] = true
					if !slices.Equal(test[k+12][r], starts[12][s]) {
						t.Errorf("start %d is not followed by the truth", s)
					}
				}
			}
		}
	}
	// 3 runs, 3 places in each: the first, the middle and the last that leaves 12.
	for _, at := range [][2]int{{0, 0}, {1, 0}, {2, 0}, {0, 14}, {1, 14}, {2, 14}, {0, 28}} {
		if !found[at] {
			t.Errorf("no start at run and time %v: %v", at, found)
		}
	}
	if len(found) != 7 {
		t.Errorf("%d starts, want 7", len(found))
	}
	one := train[39][0]
	if next := test[0][0]; floats.Distance(one, next, 2) < 1e-3 {
		t.Error("the test part follows the training's without a gap")
	}
}

// Rolled out from itself the truth has no error, and what it cannot keep up with
// shows.
func TestEvaluateLinearModel(t *testing.T) {
	l := bench(t)
	m := recipeNamed("latent64") // without an autoencoder
	m.Model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
	m.Model.Linear = dynamics.LinearConfig{Spread: 0.01}
	fitted, err := model.New(m.Model)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.test("linear", fitted)
	if err != nil {
		t.Fatal(err)
	}
	// A is about −I: a state is e⁻¹ of itself after a unit, and so an error of
	// 1 − e⁻¹ = 0.63, the half reached at once, 1 never.
	v := *r
	if v.Autoencoder != 0 || !(v.Step1 > 0.5 && v.Step1 < 0.8) || v.Agree05 != (measure.Spread{Median: 1, P10: 1, P90: 1}) || v.Agree10.P10 < 12 && v.Agree10.P90 > 12 {
		t.Errorf("got %+v", v)
	}
	if v.HalfAgree05 != v.Agree05 || v.QuarterAgree05 != v.Agree05 {
		t.Errorf("an exponential step is exact at any dt, got %+v", v)
	}
	if v.Bounded != 2 || v.LongRMS > 1e-8 || v.LongRateEach.Largest > 1e-8 || v.TrueRMS < 0.5 || v.TV < 0.8 || v.TVFloor > 0.5 {
		t.Errorf("of a model that dies out got %+v", v)
	}
	// A twin turns into the direction that decays most slowly. What is left of the
	// others after 100 units is e⁻¹⁰⁰ᵟ for the gap δ to the next, some 1e-3.
	s, err := fitted.Stability()
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(v.Lyapunov-s.SpectralAbscissa) > 0.02 || v.TrueLyapunov != l.lyapunov {
		t.Errorf("the exponent is %g, want %g", v.Lyapunov, s.SpectralAbscissa)
	}
}

// The flow of the latent states is that of the model between its encoder and its
// decoder.
func TestLatentFlow(t *testing.T) {
	c := tiny().Models[1].Model
	c.Integrator = "etdrk4"
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	times := []float64{0, 1, 2, 3}
	want, err := m.PredictLatent(ks.DefaultEquation().States(2, 9), times)
	if err != nil {
		t.Fatal(err)
	}
	flow, err := m.Latent()
	if err != nil {
		t.Fatal(err)
	}
	got, err := flow.Predict([][]float64{want[0][:7], want[0][7:]}, times)
	if err != nil {
		t.Fatal(err)
	}
	for k := range times {
		if u := slices.Concat(got[k]...); !floats.EqualApprox(u, want[k], 1e-13) { // roundings of a few steps
			t.Errorf("time %g: got %v, want %v", times[k], u, want[k])
		}
	}
}

// A model that ran away is a result: it has a report, figures and a table.
func TestRunaway(t *testing.T) {
	if opstest.Thin() {
		t.Skip("the figures once more")
	}
	l := bench(t)
	m := recipeNamed("latent64")
	m.Model.Integrator = "euler"
	m.Model.Linear = dynamics.LinearConfig{Spread: 3} // rates far above what Euler is stable for
	fitted, err := model.New(m.Model)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.test("runaway", fitted)
	if err != nil {
		t.Fatal(err)
	}
	if r.Bounded != 0 || !math.IsNaN(r.Lyapunov) || r.TV < 0.5 || r.Agree10.P90 > 2 {
		t.Errorf("got %+v", r)
	}
	ran := &trained{Fitted: driver.Fitted{Name: "latent20", Model: fitted}, Test: r}
	if ran.Stability, err = fitted.Stability(); err != nil {
		t.Fatal(err)
	}
	l.Report.Models = append(l.Report.Models, ran.Report(l.Session))
	page, err := l.page([]*trained{ran}, nil)
	if err != nil {
		t.Fatal(err)
	}
	page.Report = l.Report
	if err := page.Publish(t.TempDir(), io.Discard); err != nil {
		t.Fatal(err)
	}
}

// The norms are those of the modes that the dimensions have.
func TestCosts(t *testing.T) {
	l := bench(t)
	costs, err := l.costs()
	if err != nil {
		t.Fatal(err)
	}
	for i, norm := range []float64{6893, 58.4, 58.4, 0.398} {
		if c := costs[i]; math.Abs(c.Norm-norm) > 0.01*norm || c.Batch != 4 || !(c.Milliseconds > 0 && c.Faster > 0) || i == 0 && c.Faster != 1 {
			t.Errorf("got %+v, want a norm of %g", c, norm)
		}
	}
}

// What the committed runs are to hold: a run that replaces one and is worse is seen
// here. NaN: nothing is asked.
func TestReference(t *testing.T) {
	none := math.NaN()
	for _, want := range []struct {
		run, model                                     string
		agree, deployed, tv, decoded, exponent, longer float64 // at Δt = 1, at ½ and ¼; the last two are the least and the largest exponent
	}{
		{"reference", "bilinear20", 140, 130, 0.016, 1e-3, 0.047, 0.051},
		{"reference", "manifold8", 90, 90, 0.013, 6e-4, none, none},
		{"reference", "latent8", 60, none, none, none, 0.047, none},
		{"reference-20", "latent20", 52, none, 0.022, 1e-3, 0.045, 0.051},
		{"reference-7", "latent7", 25, none, 0.055, 0.075, 0.035, 0.06},
	} {
		text, err := os.ReadFile(filepath.Join("../../checkpoints/ks", want.run, "report.json"))
		if err != nil {
			t.Fatal(err)
		}
		var stored struct {
			Models []struct {
				Name string
				Test testReport
			}
		}
		if err := json.Unmarshal(text, &stored); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, m := range stored.Models {
			if m.Name != want.model {
				continue
			}
			found = true
			r := m.Test
			if r.Agree05.Median < want.agree || min(r.HalfAgree05.Median, r.QuarterAgree05.Median) < want.deployed || r.TV > want.tv || r.Autoencoder > want.decoded ||
				r.Lyapunov < want.exponent || r.Lyapunov > want.longer || r.Bounded != r.LongRuns ||
				math.Abs(r.LongRMS-r.TrueRMS) > 0.04*r.TrueRMS || math.Abs(r.LongRate-r.TrueRate) > 0.08*r.TrueRate || r.Ball != nil && r.Ball.Left > 0 {
				t.Errorf("%s: got %+v, want %+v", m.Name, r, want)
			}
		}
		if !found {
			t.Errorf("%s has no %s", want.run, want.model)
		}
	}
}
