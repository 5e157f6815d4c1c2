package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/model"
	"spnode/model/train"
)

// flow is a data set of the exact flow of du/dt = Au.
func flow(a *mat.Dense, times ...float64) *data.Dataset {
	r := rand.New(rand.NewPCG(5, 6))
	var all [][][]float64
	x := mat.NewDense(2, 20, nil)
	for i := range 2 {
		for j := range 20 {
			x.Set(i, j, 2*r.Float64()-1)
		}
	}
	for _, t := range times {
		var e, u mat.Dense
		e.Scale(t-times[0], a)
		e.Exp(&e)
		u.Mul(&e, x)
		states := make([][]float64, 20)
		for s := range states {
			states[s] = []float64{u.At(0, s), u.At(1, s)}
		}
		all = append(all, states)
	}
	return data.Shared(times, all, nil)
}

// Of data that A makes the floor is the distance of A from A_bump, to its square: the
// second derivative of e^{TA} over the first, the smallest of which is e^{−2T}T = 0.04 at
// T = 2, is within 100 here. Exact data carry roundings of 1e-16 over that.
func TestFloor(t *testing.T) {
	for _, c := range []struct {
		name string
		off  [4]float64 // A − A_bump
		want float64
	}{
		{"A_bump", [4]float64{}, 0},
		{"one decays faster", [4]float64{-3e-6, 0, 0, 0}, 3e-6},
		{"the other", [4]float64{0, 0, 0, 2e-6}, 2e-6},
		{"the growth", [4]float64{0, -2e-4, 0, 0}, 2e-4},
		{"real pair", [4]float64{0, 0, 1e-7, 0}, 1e-7},     // −2 ± 0.001
		{"rotation", [4]float64{0, 0, -1e-7, 0}, 1e-7},     // −2 ± 0.001i
		{"all", [4]float64{1e-6, 2e-6, 1e-7, -4e-6}, 4e-6}, // two real
	} {
		a := problem.ABump()
		for i, v := range c.off {
			a.Set(i/2, i%2, a.At(i/2, i%2)+v)
		}
		for _, times := range [][]float64{{0, 2}, {0, 0.3, 2}, {3, 4.5}} {
			t.Run(fmt.Sprint(c.name, " ", times), func(t *testing.T) {
				if got := floor(flow(a, times...)); !(math.Abs(got-c.want) <= 1e-12+100*c.want*c.want) {
					t.Errorf("got %.12g, want %.12g", got, c.want)
				}
			})
		}
	}
}

// What the floor is for: data with errors of 1e-6 allow no better than about
// that over e^{−2T}T; and no A is determined by less than two states.
func TestFloorOfNoise(t *testing.T) {
	d := flow(problem.ABump(), 0, 2)
	exact := floor(d)
	r := rand.New(rand.NewPCG(7, 8))
	for _, x := range d.States()[1] {
		x[0] += 1e-6 * r.NormFloat64()
		x[1] += 1e-6 * r.NormFloat64()
	}
	if noisy := floor(d); !(noisy > 1e-6 && noisy < 1e-2 && noisy > 1e3*exact) {
		t.Errorf("with noise got %g, without %g", noisy, exact)
	}
	if got := floor(d.Batch(0)); got < 1 {
		t.Errorf("of one state got %g, want what is not a small number", got)
	}
}

// fake is a model with the errors of a test that nobody made.
func fake(name string, train, coarse, fine float64) *trained {
	t := &trained{Test: &testReport{truth: new(truth)}}
	t.Name = name
	fmt.Sscanf(name, "eps%g-", &t.Test.truth.epsilon)
	t.Test.TrainGrid.Relative, t.Test.Coarse.Relative, t.Test.Fine.Relative = train, coarse, fine
	t.Result.Loss, t.Test.Linear.MaxAbsError, t.Test.Linear.Floor = 0.125, 4.5, 0.0625
	return t
}

// Every statement has a verdict for and one against it, by the numbers that it
// shows; a rollout that ran away is the worst there is.
func TestStatements(t *testing.T) {
	nan := math.NaN()
	const (
		learns  = "ε = 0: ETD1 learns the dynamics from a single step"
		unable  = "ε = 0: IMEX is unable to capture them"
		better  = "ε = 1: ETD1 is more accurate than IMEX at Δt 0.2"
		more    = "the difference is more pronounced at ε = 1"
		deploys = "eps1-etdrk4 deploys at other steps than it was trained on"
	)
	e := func(name string, coarse float64) *trained { return fake(name, 0.01, coarse, coarse) }
	for _, c := range []struct {
		models []*trained
		text   string
		holds  string
		says   []string
	}{
		{[]*trained{e("eps0-etd1", 1e-4)}, learns, "yes", []string{"rel 1.0e-04", "off by 4.5", "allow 0.0625"}},
		{[]*trained{e("eps0-etd1", 0.25)}, learns, "no", []string{"rel 0.25"}},
		{[]*trained{e("eps0-etd1", nan)}, learns, "no", []string{"NaN"}},
		{[]*trained{e("eps0-imex", 0.75)}, unable, "yes", []string{"loss 0.125", "rel 0.75", "off by 4.5"}},
		{[]*trained{e("eps0-imex", nan)}, unable, "yes", []string{"NaN"}},
		{[]*trained{e("eps0-imex", 0.02)}, unable, "no", []string{"rel 0.02"}},
		{[]*trained{e("eps1-etd1", 0.25), e("eps1-imex", 0.5)}, better, "yes", []string{"0.25 against 0.5"}},
		{[]*trained{e("eps1-etd1", 0.25), e("eps1-imex", nan)}, better, "yes", []string{"0.25 against NaN"}},
		{[]*trained{e("eps1-etd1", 0.5), e("eps1-imex", 0.25)}, better, "no", []string{"0.5 against 0.25"}},
		{[]*trained{e("eps1-etd1", nan), e("eps1-imex", 0.25)}, better, "no", []string{"NaN against 0.25"}},
		{[]*trained{e("eps0-etd1", 0.5), e("eps0-imex", 1), e("eps1-etd1", 0.25), e("eps1-imex", 1)}, more, "yes", []string{"4 at ε = 1, 2 at ε = 0"}},
		{[]*trained{e("eps0-etd1", 0.125), e("eps0-imex", 1), e("eps1-etd1", 0.25), e("eps1-imex", 1)}, more, "no", []string{"4 at ε = 1, 8 at ε = 0"}},
		{[]*trained{fake("eps1-etdrk4", 0.125, 0.25, 0.3)}, deploys, "yes", []string{"0.125 on", "0.25 and 0.3"}},
		{[]*trained{fake("eps1-etdrk4", 0.125, 0.25, 0.5)}, deploys, "no", []string{"0.25 and 0.5"}},
		{[]*trained{fake("eps1-etdrk4", 0.125, 0.5, 0.25)}, deploys, "no", []string{"0.5 and 0.25"}},
		{[]*trained{fake("eps1-etdrk4", 0.125, 0.25, nan)}, deploys, "no", []string{"0.25 and NaN"}},
	} {
		table := statements(c.models)
		i := slices.IndexFunc(table.Rows, func(row []string) bool { return row[0] == c.text })
		if i < 0 {
			t.Errorf("%s: not said of %d models", c.text, len(c.models))
			continue
		}
		if row := table.Rows[i]; row[1] != c.holds {
			t.Errorf("%s: %q by %q, want %q", c.text, row[1], row[2], c.holds)
		} else {
			for _, s := range c.says {
				if !strings.Contains(row[2], s) {
					t.Errorf("%s: measured %q, want it to say %q", c.text, row[2], s)
				}
			}
		}
	}
	// Nothing is said of models that are not there.
	if table := statements([]*trained{e("eps1-imex", 0.5)}); len(table.Rows) != 1 || !strings.HasPrefix(table.Rows[0][0], "eps1-imex deploys") {
		t.Errorf("of IMEX at ε = 1 alone it says %v", table.Rows)
	}
}

// The tests of a model against its own predictions have no error, on grids of
// the sizes that they are named after.
func TestEvaluateAgainstItself(t *testing.T) {
	m, err := model.New(model.DefaultConfig(2))
	if err != nil {
		t.Fatal(err)
	}
	c := defaultConfig()
	c.Data.Samples, c.Data.HeldOut = 2, 2
	self, err := c.truth(c.Models[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range self.grids {
		if self.grids[name], err = train.Predict(m, d); err != nil {
			t.Fatal(err)
		}
	}
	times, _ := self.grids[fine].Grid()
	if n, k := len(self.grids[coarse].States()), len(times); n != 51 || k != 501 {
		t.Errorf("the grids have %d and %d times, want 51 and 501", n, k)
	}
	if last := times[500]; math.Abs(last-10) > 1e-14 {
		t.Errorf("the fine grid ends at %v", last)
	}
	for _, eps := range []float64{0, 1} {
		self.epsilon = eps
		r, err := self.test(driver.Fitted{Model: m})
		if err != nil {
			t.Fatal(err)
		}
		if r.TrainGrid.MaxAbs != 0 || r.Coarse.MaxAbs != 0 || r.Fine.MaxAbs != 0 {
			t.Errorf("got %+v", r)
		}
		if len(r.predictions) != 3 || len(r.predictions[fine].States()) != 501 {
			t.Errorf("got %d predictions", len(r.predictions))
		}
		want := 0.0
		for i, v := range []float64{-2 + eps, 10, 0, -2 + eps} {
			want = max(want, math.Abs(m.Linear().At(i/2, i%2)-v))
		}
		if r.Linear.MaxAbsError != want {
			t.Errorf("ε = %g: A is off by %g, want %g", eps, r.Linear.MaxAbsError, want)
		}
	}
	// One grid that is off shows there, and there alone.
	self.grids[fine].States()[500][1][0] += 0.5
	r, err := self.test(driver.Fitted{Model: m})
	if err != nil {
		t.Fatal(err)
	}
	if r.TrainGrid.MaxAbs != 0 || r.Coarse.MaxAbs != 0 || r.Fine.MaxAbs != 0.5 {
		t.Errorf("got %+v", r)
	}
}
