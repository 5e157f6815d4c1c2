package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/dynamics"
	"spnode/model/modeltest"
	"spnode/model/param"
)

// swing is a problem that a cubic in closed form solves: x” = −x + x³/6, by the
// leapfrog in steps far below the grid's.
func swing() training {
	p := training{model: model.DefaultConfig(2), train: DefaultConfig()}
	p.model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 3}}
	p.train.Workers = 1
	p.train.First.Iterations, p.train.LBFGS.Iterations = 0, 0
	p.train.Phases = []Phase{{Window: 4, Batch: 10}}
	c := closedform.DefaultConfig()
	p.train.ClosedForm = &c
	u := [][]float64{{1, 0}, {0.4, 0}}
	for k := range 40 {
		p.times = append(p.times, 0.2*float64(k))
		var now [][]float64
		for _, v := range u {
			now = append(now, []float64{v[0], v[1]})
			const steps = 200
			for range steps {
				const h = 0.2 / steps
				v[1] += h / 2 * (v[0]*v[0]*v[0]/6 - v[0])
				v[0] += h * v[1]
				v[1] += h / 2 * (v[0]*v[0]*v[0]/6 - v[0])
			}
		}
		p.states = append(p.states, now)
	}
	return p
}

// Alone the stage makes the model; its report and the loss it comes to are kept.
func TestClosedFormAlone(t *testing.T) {
	p := swing()
	dir := t.TempDir() + "/c"
	var seen []Metrics
	tr := p.fit(t, WithCheckpoint(dir, 1e9), WithHook(func(m Metrics) { seen = append(seen, m) }))
	r := tr.Result()
	// The leapfrog's own error at steps of 1e-3 is 1e-7, its square the loss.
	if !(r.Loss < 1e-10) || r.Iterations != 0 || r.ClosedForm == nil || !(r.ClosedForm.Dynamics.Residual < 1e-3) {
		t.Errorf("got %+v", r)
	}
	if want := p.train.ClosedForm.Corrections + 2; len(seen) == 0 || seen[len(seen)-1].Iteration != want || seen[0].Stage != StageClosedForm || seen[0].Total != want {
		t.Errorf("got the metrics %+v, want %d of them at most, to the end", seen, want)
	}
	if s := r.String(); !strings.Contains(s, "condition") || !strings.Contains(s, "20 coefficients") {
		t.Errorf("got %q", s)
	}
	again, err := LoadResult(dir)
	if err != nil || again.ClosedForm == nil || again.ClosedForm.String() != r.ClosedForm.String() {
		t.Errorf("the checkpoint has %v, %v", again.ClosedForm, err)
	}
	// In another unit of time the model is the same.
	far := p
	far.model.TimeUnit = 1
	for _, u := range []*Trainer{tr, far.fit(t)} {
		got, err := u.Model.Predict(p.states[0], p.times)
		if err != nil {
			t.Fatal(err)
		}
		for k := range got {
			if e := math.Abs(got[k][0][0] - p.states[k][0][0]); e > 1e-5 {
				t.Fatalf("off by %g at t = %g", e, p.times[k])
			}
		}
	}
}

// Ahead of the other stages it is their start, and a training that is stopped before
// or after it goes on to the same bits.
func TestClosedFormThenAdam(t *testing.T) {
	p := swing()
	p.train.First.Iterations = 6
	p.train.First.Schedule.Rate = 1e-5
	whole := p.fit(t)
	for _, stop := range []int{0, 1, 8} {
		dir := t.TempDir() + "/c"
		ctx, cancel := context.WithCancel(context.Background())
		hooks := 0
		if stop == 0 {
			cancel()
		}
		tr := p.trainer(t, WithCheckpoint(dir, 1e9), WithHook(func(Metrics) {
			if hooks++; hooks == stop {
				cancel()
			}
		}))
		if err := tr.Fit(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
		tr, err := Resume(dir, p.data())
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Fit(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !modeltest.Same(tr.Model.Params().Flat, whole.Model.Params().Flat) || tr.Result().ClosedForm == nil || tr.Model.Config().Linear.Shift != whole.Model.Config().Linear.Shift {
			t.Errorf("stopped after %d metrics it comes to another end", stop)
		}
	}
}

// States with gaps are left out, and what the stage cannot see is refused.
func TestClosedFormData(t *testing.T) {
	p := swing()
	p.states[20][0][1] = math.NaN()
	if r := p.fit(t).Result(); !(r.Loss < 1e-8) { // a wider stencil over the gap
		t.Errorf("got %v", r)
	}
	p.train.Restarts, p.train.RestartAbove = 1, 1
	_, err := New(modeltest.New(t, p.model), p.train, p.data())
	modeltest.WantError(t, "restarts", err, model.ErrConfig, "restarts is 1")
	p = swing()
	p.train.ClosedForm.Linear = "a"
	_, err = New(modeltest.New(t, p.model), p.train, p.data())
	modeltest.WantError(t, "linear", err, model.ErrConfig, `linear is "a"`)
	p = swing()
	p.model.Nonlinear = model.DefaultConfig(2).Nonlinear
	if err := p.trainer(t).Fit(context.Background()); !errors.Is(err, model.ErrConfig) {
		t.Errorf("a network: got %v", err)
	}
	p = swing()
	p.model.Parameters.Names, p.model.Parameters.Time, p.model.Parameters.TimeOnly = []string{"p"}, true, true
	p.model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
	d := p.data()
	d.Parameters = []string{"p"}
	for i := range d.Trajectories {
		d.Trajectories[i].Parameters = []float64{1}
	}
	_, err = New(modeltest.New(t, p.model), p.train, d)
	modeltest.WantError(t, "parameters", err, model.ErrData, "1 inputs and parameters")
}
