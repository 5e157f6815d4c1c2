package main

import (
	"context"
	"io"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/ks"
	"spnode/experiments/driver"
	"spnode/experiments/driver/terminal"
	"spnode/experiments/report"
	"spnode/model"
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
	if long := len(l.long.States()); l.long.Samples() != 2 || long != 41 || l.held.Samples() != 3 || l.starts.Samples() != 7 || len(starts) != 13 {
		t.Errorf("long: %d runs of %d; %d test parts; %d starts of %d", l.long.Samples(), long, l.held.Samples(), l.starts.Samples(), len(starts))
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
	m := recipesNamed("latent64")[0] // without an autoencoder
	m.Model.Nonlinear = model.NonlinearConfig{Kind: model.KindNone}
	m.Model.Linear = model.LinearConfig{Spread: 0.01}
	fitted, err := model.New(m.Model)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.evaluate("linear", fitted)
	if err != nil {
		t.Fatal(err)
	}
	// A is about −I: a state is e⁻¹ of itself after a unit, and so an error of
	// 1 − e⁻¹ = 0.63, the half reached at once, 1 never.
	v := r.test
	if v.Autoencoder != 0 || !(v.Step1 > 0.5 && v.Step1 < 0.8) || v.Agree05 != (quantiles{1, 1, 1}) || v.Agree10.P10 < 12 && v.Agree10.P90 > 12 {
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

func TestMedianAndBounds(t *testing.T) {
	r := &drawn{agree: []float64{9, 2, 5, 30, 4}}
	if s := r.median(); s != 2 {
		t.Errorf("the median start is %d, want 2", s)
	}
	r.agree = r.agree[:4] // of an even number the lower
	if s := r.median(); s != 2 {
		t.Errorf("the median start is %d, want 2", s)
	}
	d := data.Shared([]float64{0, 1}, [][][]float64{{{1}, {1}, {1}, {1}}, {{9}, {-11}, {math.NaN()}, {math.Inf(-1)}}}, nil)
	for s, want := range []bool{true, false, false, false} {
		if bounded(d, s) != want {
			t.Errorf("sample %d is bounded: %v", s, !want)
		}
	}
	if rms, each := pooled([]float64{3, 4}); math.Abs(rms-math.Sqrt(12.5)) > 1e-15 || each != (between{3, 4}) {
		t.Errorf("got %g and %v", rms, each)
	}
}

// A model that ran away is a result: it has a report, figures and a table.
func TestRunaway(t *testing.T) {
	if opstest.Thin() {
		t.Skip("the figures once more")
	}
	l := bench(t)
	m := recipesNamed("latent64")[0]
	m.Model.Integrator = "euler"
	m.Model.Linear = model.LinearConfig{Spread: 3} // rates far above what Euler is stable for
	fitted, err := model.New(m.Model)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.evaluate("runaway", fitted)
	if err != nil {
		t.Fatal(err)
	}
	if r.test.Bounded != 0 || !math.IsNaN(r.test.Lyapunov) || r.test.TV < 0.5 || r.test.Agree10.P90 > 2 {
		t.Errorf("got %+v", r.test)
	}
	ran := named("latent20", r)
	ran.Fitted.Model = fitted
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
	for _, row := range targets([]*trained{ran}).Rows {
		if holds := row[len(row)-1]; holds != "no" && row[1] != "autoencoder_rel" {
			t.Errorf("%v of a model that ran away", row)
		}
	}
}

// named is a model of that name with a test that nobody made.
func named(name string, r *drawn) *trained {
	return &trained{&driver.Tested[*testReport]{Fitted: driver.Fitted{Name: name}, Test: r.test}, r}
}

func TestTargets(t *testing.T) {
	good := &testReport{
		Autoencoder: 0.0009, Step1: 0.01, Step8: 0.018, Agree05: quantiles{Median: 53}, Agree10: quantiles{Median: 66},
		TV: 0.02, TVFloor: 0.012, Bounded: 20, LongRuns: 20, LongRMS: 1.2, TrueRMS: 1.19, LongRate: 0.25, TrueRate: 0.247, Lyapunov: 0.048, TrueLyapunov: 0.048,
	}
	holds := func(name string, r *testReport) (no []string) {
		table := targets([]*trained{named(name, &drawn{test: r})})
		for _, row := range table.Rows {
			if row[len(row)-1] != "yes" {
				no = append(no, row[1])
			}
		}
		return no
	}
	if no := holds("latent20", good); no != nil {
		t.Errorf("%v do not hold", no)
	}
	for want, change := range map[string]func(r *testReport){
		"agree_0.5, median": func(r *testReport) { r.Agree05.Median = 51 },
		"agree_1.0, median": func(r *testReport) { r.Agree10.Median = 65 },
		"pdf_tv":            func(r *testReport) { r.TV = 0.023 },
		"lyapunov":          func(r *testReport) { r.Lyapunov = math.NaN() },
		"autoencoder_rel":   func(r *testReport) { r.Autoencoder = 0.002 },
		"step1_rel":         func(r *testReport) { r.Step1 = 0.013 },
		"step8_rel":         func(r *testReport) { r.Step8 = 0.021 },
		"long_bounded":      func(r *testReport) { r.Bounded = 19 },
		"long_rms":          func(r *testReport) { r.LongRMS = 1.14 },
		"long_rate":         func(r *testReport) { r.LongRate = 0.22 },
	} {
		r := *good
		change(&r)
		if no := holds("latent20", &r); !slices.Equal(no, []string{want}) {
			t.Errorf("%s: %v do not hold", want, no)
		}
	}
	// In 7 dimensions less is asked.
	seven := &testReport{
		Autoencoder: 0.07, Step1: 0.05, Step8: 0.08, Agree05: quantiles{Median: 25}, Agree10: quantiles{Median: 36},
		TV: 0.05, TVFloor: 0.012, Bounded: 20, LongRuns: 20, LongRMS: 1.2, TrueRMS: 1.19, LongRate: 0.25, TrueRate: 0.247, Lyapunov: 0.036, TrueLyapunov: 0.048,
	}
	if no := holds("latent7", seven); no != nil {
		t.Errorf("%v do not hold", no)
	}
	if no := holds("mlp20", good); no != nil {
		t.Errorf("%v are asked of mlp20", no)
	}
}

// The norms are those of the modes that the dimensions have, and the polynomial's
// degree 19, the first m with 1/m! < 2⁻⁵³.
func TestMatrixFree(t *testing.T) {
	for latent, norm := range map[int]float64{64: 6893, 20: 58.4, 7: 0.398} {
		c := cost{Latent: latent, Batch: 3}
		c.matrixFree(ks.DefaultEquation(), 8)
		if math.Abs(c.Norm-norm) > 0.01*norm || c.Products != 19*math.Ceil(c.Norm) || c.MatrixFree <= 0 {
			t.Errorf("latent %d: got %+v, want a norm of %g", latent, c, norm)
		}
	}
}
