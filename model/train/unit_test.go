package train

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/optim"
)

// inUnit is (a e^{−s}, b e^{−3s}) at 11 times t = s·unit, from four states.
func inUnit(unit float64) training {
	p := training{model: model.DefaultConfig(2), train: DefaultConfig()}
	for k := range 11 {
		s := float64(k) / 5
		p.times = append(p.times, s*unit)
		var at [][]float64
		for _, ab := range [][2]float64{{1, 0.5}, {0.3, 1}, {-0.7, 0.4}, {0.2, -1}} {
			at = append(at, []float64{ab[0] * math.Exp(-s), ab[1] * math.Exp(-3*s)})
		}
		p.states = append(p.states, at)
	}
	return p
}

// worst is the largest error of predictions from the first states.
func (p training) worst(t *testing.T, m *model.Model) (e float64) {
	t.Helper()
	got, err := m.Predict(p.states[0], p.times)
	if err != nil {
		t.Fatal(err)
	}
	for k, at := range p.states {
		for s, x := range at {
			for i, v := range x {
				e = max(e, math.Abs(got[k][s][i]-v))
			}
		}
	}
	return e
}

// The result does not depend on the unit of time: the error is as small in all,
// and to the last bit where they differ by powers of two.
func TestUnitOfTime(t *testing.T) {
	for _, unit := range []float64{1, 1e-9, 1e3, 1e6, 3600, 1e12} {
		p := inUnit(unit)
		tr := p.fit(t)
		e := p.worst(t, tr.Model)
		t.Logf("unit %g: error %.3g, loss %.3g", unit, e, tr.Result().Loss)
		// The same problem in the unit 1 comes to 1e-7; what rounds differently leads
		// L-BFGS to other last digits.
		if e > 1e-5 {
			t.Errorf("unit %g: error %g, want at most 1e-5", unit, e)
		}
	}
}

func TestUnitOfTimeToTheBit(t *testing.T) {
	for name, change := range map[string]func(p *training){
		"defaults": func(*training) {},
		"float32":  func(p *training) { p.model.Dtype = "float32" },
		"rates, shift and log-time": func(p *training) {
			p.model.Linear.Rates, p.model.Linear.Shift = []float64{1, 4}, 0.125
			p.train.Weighting = objective.WeightLogTime
			p.times, p.states = p.times[1:], p.states[1:]
		},
		"damping and SOAP": func(p *training) {
			p.model.Linear.Damping = 2
			p.train.First.Optimizer = "soap"
		},
		"windows": func(p *training) {
			p.train.Phases = []Phase{{Window: 3, Batch: 8}}
			p.train.LBFGS.Iterations = 0
		},
		"starts anywhere": func(p *training) {
			p.train.Sampler = "anywhere"
			p.train.Grid = GridConfig{Points: 4, Random: 0.5}
			p.train.LBFGS.Iterations = 0
		},
		"a phase": func(p *training) {
			p.model.Autoencoder.Latent, p.model.Autoencoder.Hidden, p.model.Autoencoder.Harmonics = 3, []int{4}, 2
			p.model.Linear.Rotations, p.model.Linear.Frequency = 1, 1
		},
		"times drawn by jumps": func(p *training) {
			p.train.Sampler, p.train.Weighting = "anywhere", objective.WeightUniform
			p.train.Grid = GridConfig{Points: 4, Jumps: 0.5}
			p.train.LBFGS.Iterations = 0
		},
		"velocities": func(p *training) {
			p.train.Phases = []Phase{{Velocities: 4, Batch: 5}, {From: 0.5, Window: 5, Batch: 5}}
			p.train.LBFGS.Iterations = 0
		},
		"uniform weights, times drawn": func(p *training) {
			p.train.Weighting = objective.WeightUniform
			p.train.Grid = GridConfig{Points: 3, Random: 0.5}
			p.train.LBFGS.Iterations = 0
		},
	} {
		p := inUnit(1)
		change(&p)
		p.train.First.Iterations, p.train.LBFGS.Iterations = 20, min(p.train.LBFGS.Iterations, 20)
		p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleCosine, Rate: 0.02}
		want := p.fit(t)
		initial := p.states[0]
		predicted, err := want.Model.Predict(initial, []float64{0, 0.3, 1.7})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []int{-30, -1, 1, 20, 300} {
			scale := math.Ldexp(1, k)
			q := p
			q.times = slices.Clone(p.times)
			for i := range q.times {
				q.times[i] *= scale
			}
			q.model.Linear.Rates = slices.Clone(p.model.Linear.Rates)
			for i := range q.model.Linear.Rates {
				q.model.Linear.Rates[i] /= scale
			}
			q.model.Linear.Shift /= scale
			q.model.Linear.Damping /= scale
			q.model.Linear.Frequency /= scale
			got := q.fit(t)
			if !modeltest.Same(got.Model.Params().Flat, want.Model.Params().Flat) || got.Result().Loss != want.Result().Loss {
				t.Errorf("%s, times 2^%d: loss %g, want the bits of %g", name, k, got.Result().Loss, want.Result().Loss)
			}
			again, err := got.Model.Predict(initial, []float64{0, 0.3 * scale, 1.7 * scale})
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(again) != fmt.Sprint(predicted) {
				t.Errorf("%s, times 2^%d: predictions differ", name, k)
			}
			a, b := got.Model.Linear(), want.Model.Linear()
			b.Scale(1/scale, b)
			if !modeltest.Same(a.RawMatrix().Data, b.RawMatrix().Data) {
				t.Errorf("%s, times 2^%d: A is %v, want %v", name, k, a.RawMatrix().Data, b.RawMatrix().Data)
			}
		}
	}
}

// A model that has a unit keeps it, as does one that was saved before there were
// others; one with parameters of its own is in the data's.
func TestUnitKept(t *testing.T) {
	p := inUnit(64)
	p.train.First.Iterations, p.train.LBFGS.Iterations = 1, 0
	unit := func(m *model.Model) float64 { return p.on(t, m).Model.Config().TimeUnit }
	if got := unit(modeltest.New(t, p.model)); got != 128 {
		t.Errorf("a new model counts in %g, want the span of the data, 128", got)
	}
	p.model.TimeUnit = 3
	if got := unit(modeltest.New(t, p.model)); got != 3 {
		t.Errorf("a model in 3 counts in %g", got)
	}
	p.model.TimeUnit = 0
	m := modeltest.New(t, p.model)
	m.Params().Flat[0]++
	if got := unit(m); got != 1 {
		t.Errorf("a model with parameters of its own counts in %g, want 1", got)
	}
	tr := p.fit(t)
	dir := t.TempDir() + "/run"
	if err := tr.Save(dir); err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Config().TimeUnit; got != 128 || p.worst(t, m) != p.worst(t, tr.Model) {
		t.Errorf("loaded it counts in %g and errs by %g, want 128 and %g", got, p.worst(t, m), p.worst(t, tr.Model))
	}

	// A model made of it before the training goes with it, whichever of them is trained.
	for _, first := range []bool{true, false} {
		one := modeltest.New(t, p.model)
		two, err := one.WithIntegrator("etd1", 2)
		if err != nil {
			t.Fatal(err)
		}
		if !first {
			one, two = two, one
		}
		if err := p.on(t, one).Fit(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := two.Config()
		after, err := one.WithIntegrator(c.Integrator, c.Substeps)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.worst(t, two), p.worst(t, after); got != want || unit(two) != 128 {
			t.Errorf("a model of another integrator counts in %g and errs by %g, want 128 and %g", unit(two), got, want)
		}
	}
}
