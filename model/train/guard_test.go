package train

import (
	"context"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/optim"
)

// slowDecay is e^{−t/2e5} at 40 log-spaced times, for which a network that acts
// over the whole span at the rate of an ordinary problem explodes.
func slowDecay() training {
	p := training{model: model.DefaultConfig(1), train: DefaultConfig()}
	p.model.Linear.Rates = []float64{1e-5}
	p.model.Seed = 1
	p.train.Weighting = objective.WeightUniform
	for k := range 40 {
		t := math.Pow(10, -3+9*float64(k)/39)
		p.times = append(p.times, t)
		p.states = append(p.states, [][]float64{{math.Exp(-t / 2e5)}})
	}
	return p
}

// A training whose losses stay finite and grow by orders is not a success.
func TestNeverAboveTheBest(t *testing.T) {
	rough := func(rate float64, change func(p *training)) training {
		p := smallTraining()
		p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleConstant, Rate: rate}
		p.train.First.Clip = 0
		p.train.First.Iterations = 30
		if change != nil {
			change(&p)
		}
		return p
	}
	for name, p := range map[string]training{
		"a slow decay":           slowDecay(),
		"and in the data's unit": func() training { p := slowDecay(); p.model.TimeUnit = 1; return p }(),
		"a high rate":            rough(3, nil),
		"and no L-BFGS":          rough(3, func(p *training) { p.train.LBFGS.Iterations = 0 }),
		"an unstable method":     rough(1, func(p *training) { p.model.Integrator = "euler"; p.train.LBFGS.Iterations = 0 }),
		"SOAP":                   rough(1, func(p *training) { p.train.First.Optimizer = "soap"; p.train.LBFGS.Iterations = 0 }),
		"batches":                rough(2, func(p *training) { p.train.SetBatch(2); p.train.LBFGS.Iterations = 0 }),
		"and again from others":  rough(3, func(p *training) { p.train.RestartAbove, p.train.Restarts = 1e-9, 2 }),
	} {
		first, _ := p.trainer(t).whole(t)
		least := first
		tr := p.trainer(t, WithHook(func(m Metrics) { least = min(least, m.Loss) }))
		err := tr.Fit(context.Background())
		var diverged *DivergedError
		if err != nil && !errors.As(err, &diverged) {
			t.Fatal(err)
		}
		end, _ := p.on(t, tr.Model).whole(t)
		t.Logf("%s: loss %.3g, least seen %.3g, at the end %.3g, %d updates taken back, %v", name, first, least, end, tr.now.Backoffs, err)
		bound := least
		if !tr.steady() { // the loss of a batch is not that of all
			bound = margin * first
		}
		if !(end <= bound*(1+1e-12)) {
			t.Errorf("%s: ends at %g, want at most %g", name, end, bound)
		}
		if got := tr.Result().Loss; err == nil && !(math.Abs(got-end) <= 1e-12*end) {
			t.Errorf("%s: the result says %g, the parameters have %g", name, got, end)
		}
	}
}

// One hard sample among many is not a blow-up, though its loss is orders above the
// others', and nothing is taken back for it.
func TestHardSample(t *testing.T) {
	p := minibatchTraining()
	p.train.SetBatch(1)
	p.train.First.Iterations = 40
	p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleConstant, Rate: 1e-3}
	for k := range p.states {
		for s := range p.states[k] {
			if s != 3 {
				floats.Scale(1e-3, p.states[k][s])
			}
		}
	}
	var worst, least float64 = 0, math.Inf(1)
	tr := p.fit(t, WithHook(func(m Metrics) { worst, least = max(worst, m.Loss), min(least, m.Loss) }))
	if tr.now.Backoffs != 0 || worst < blowUp*least {
		t.Errorf("%d updates taken back, want none; losses from %g to %g", tr.now.Backoffs, least, worst)
	}
}

// Gradients whose squares overflow would stop Adam for good.
func TestGradientTooLarge(t *testing.T) {
	for _, name := range []string{"adam", "soap"} {
		p := smallTraining()
		p.train.First.Optimizer = name
		p.train.First.Clip = 0
		p.train.LBFGS.Iterations = 0
		// The loss is about 1e300, and so is the gradient.
		for k := range p.states {
			for s := range p.states[k] {
				floats.Scale(1e150, p.states[k][s])
			}
		}
		tr := p.trainer(t)
		start := append([]float64(nil), tr.Model.Params().Flat...)
		err := tr.Fit(context.Background())
		var diverged *DivergedError
		if !errors.As(err, &diverged) || !(diverged.Norm > largestGradient) {
			t.Errorf("%s: got error %v, want a DivergedError with the gradient's norm", name, err)
		}
		if !modeltest.Same(start, tr.Model.Params().Flat) {
			t.Errorf("%s: the parameters are not those of the start", name)
		}
		p.train.First.Clip = 1
		if tr := p.fit(t); modeltest.Same(start, tr.Model.Params().Flat) {
			t.Errorf("%s: a clipped gradient has moved nothing", name)
		}
		p.train.LBFGS.Iterations = 2 // which nothing clips
		if err := p.trainer(t).Fit(context.Background()); !errors.As(err, &diverged) || !(diverged.Norm > largestGradient) {
			t.Errorf("%s: before L-BFGS: got error %v, want a DivergedError with the gradient's norm", name, err)
		}
	}
}

// After a DivergedError the model, and the checkpoint, are at the last good
// parameters, and a second Fit says the same.
func TestDivergedKeepsGood(t *testing.T) {
	p := divergingTraining()
	p.train.Backoffs = 1
	first, _ := p.trainer(t).whole(t)
	dir := filepath.Join(t.TempDir(), "run")
	tr := p.trainer(t, WithCheckpoint(dir, time.Hour))
	var diverged *DivergedError
	if err := tr.Fit(context.Background()); !errors.As(err, &diverged) {
		t.Fatalf("got error %v, want a DivergedError", err)
	}
	m, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !modeltest.Same(m.Params().Flat, tr.Model.Params().Flat) {
		t.Error("the checkpoint has other parameters than the model")
	}
	if end, _ := p.on(t, m).whole(t); !(end <= first) {
		t.Errorf("the loss is %g, want at most the first, %g", end, first)
	}
	resumed, err := Resume(dir, p.data())
	if err != nil {
		t.Fatal(err)
	}
	if err := resumed.Fit(context.Background()); !errors.As(err, &diverged) {
		t.Errorf("resumed: got error %v, want a DivergedError", err)
	}
}
