package train

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/optim"
	"spnode/model/param"
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

// An update after which the loss is not finite is taken back, and its rate
// halved, until it is finite.
func TestDivergenceIsTakenBack(t *testing.T) {
	p := divergingTraining()
	var seen []Metrics
	tr := p.fit(t, WithHook(func(m Metrics) { seen = append(seen, m) }))
	adam := slices.DeleteFunc(slices.Clone(seen), func(m Metrics) bool { return m.Stage != "adam" })
	last := adam[len(adam)-1]
	t.Logf("%d updates taken back, last rate %g, loss %g", tr.now.Backoffs, last.Rate, tr.Result().Loss)
	if tr.now.Backoffs == 0 {
		t.Fatal("the case shows nothing")
	}
	for _, m := range seen {
		if !param.Finite(m.Loss) || !param.Finite(m.GradientNorm) {
			t.Errorf("a hook saw %+v", m)
		}
	}
	if want := math.Ldexp(8, -tr.now.Backoffs); last.Rate != want || last.Iteration != 4 || tr.now.Iterations < 4 {
		t.Errorf("got %+v after %d updates taken back, want iteration 4 at rate %g", last, tr.now.Backoffs, want)
	}

	// The last update, after which Adam does not look again.
	p.train.First.Iterations, p.train.LBFGS.Iterations = 1, 0
	if tr = p.fit(t); tr.now.Backoffs == 0 || !param.Finite(tr.Result().Loss) || tr.now.Iterations != 1 {
		t.Errorf("after one update: %d taken back, loss %g, %d done", tr.now.Backoffs, tr.Result().Loss, tr.now.Iterations)
	}

	// As often as allowed.
	p = divergingTraining()
	p.train.Backoffs = 1
	tr = p.trainer(t)
	err := tr.Fit(context.Background())
	var diverged *DivergedError
	if !errors.As(err, &diverged) {
		t.Fatalf("got error %v, want a DivergedError", err)
	}
	if param.Finite(diverged.Loss) && param.Finite(diverged.Norm) || diverged.Iteration != 1 || diverged.Stage != "adam" || diverged.Rate != 4 || diverged.Halved != 1 {
		t.Errorf("got %+v", diverged)
	}
	for _, part := range []string{"after 1 iterations of adam", "rate 4", "halved 1 times", "try a lower rate"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want %q in it", err, part)
		}
	}
}

// Parameters so large that A overflows, which step.Propagators refuses, are a
// loss that is not finite and no other error; and from the start they are a
// DivergedError at once, with L-BFGS alone too.
func TestOverflowIsDivergence(t *testing.T) {
	for _, name := range []string{"etd1", "etdrk4", "imex", "rk4"} {
		p := smallTraining()
		p.model.Integrator = name
		p.train.First.Iterations, p.train.LBFGS.Iterations = 1, 0
		p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleConstant, Rate: 1e78}
		p.train.Backoffs = 400
		tr := p.fit(t)
		if tr.now.Backoffs < 2 || !param.Finite(tr.Result().Loss) {
			t.Errorf("%s: %d updates taken back, loss %g", name, tr.now.Backoffs, tr.Result().Loss)
		}
		// What was taken back has left no trace: a training that begins with the
		// rate that this one has come to has the same bits.
		q := p
		q.train.First.Schedule.Rate = math.Ldexp(p.train.First.Schedule.Rate, -tr.now.Backoffs)
		if again := q.fit(t); again.now.Backoffs != 0 || !modeltest.Same(again.Model.Params().Flat, tr.Model.Params().Flat) {
			t.Errorf("%s: another result after %d updates taken back: %v, want %v", name, tr.now.Backoffs, tr.Model.Params().Flat, again.Model.Params().Flat)
		}

		for _, adam := range []int{0, 3} {
			p.train.First.Iterations, p.train.LBFGS.Iterations = adam, 2
			tr = p.trainer(t)
			floats.Scale(1e200, tr.Model.Params().Flat)
			err := tr.Fit(context.Background())
			var diverged *DivergedError
			if !errors.As(err, &diverged) || diverged.Iteration != 0 || diverged.Halved != 0 {
				t.Errorf("%s: got error %v, want a DivergedError of iteration 0", name, err)
			}
		}
	}
}
