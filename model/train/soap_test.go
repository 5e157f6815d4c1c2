package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/optim"
)

// An update that is taken back, after any iteration, leaves no trace but the
// halved rate; and a training of a SOAP that is never renewed is one of Adam.
func TestSOAPTakeBack(t *testing.T) {
	p := soapTraining()
	iterate := func(tr *Trainer, n int) {
		for range n {
			if _, err := tr.update(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for k := 1; k < p.train.First.Iterations; k++ {
		tr, want := p.trainer(t), p.trainer(t)
		iterate(tr, k)
		floats.Scale(3, tr.Model.Params().Flat) // as good as lost
		if err := tr.takeBack(math.NaN(), 1); err != nil {
			t.Fatal(err)
		}
		iterate(tr, 3)
		iterate(want, k-1)
		want.now.Backoffs = 1
		iterate(want, 3)
		wantSameEnd(t, fmt.Sprintf("iteration %d taken back", k), tr, want)
	}

	p.train.First.Settings = optim.Settings{"max_dim": 1}
	still := p.fit(t)
	p.train.First.Optimizer, p.train.First.Settings = "adam", nil
	if adam := p.fit(t); !(modeltest.Relative(still.Model.Params().Flat, adam.Model.Params().Flat) <= 1e-12) { // roundings of nine updates, and what gradients make of them
		t.Errorf("without bases it differs from Adam by %.2g", modeltest.Relative(still.Model.Params().Flat, adam.Model.Params().Flat))
	}
}

// The stage is called soap in the metrics, in errors and in the log that is read
// back; all matrices of the networks are turned, and L-BFGS goes on from there.
func TestSOAPStage(t *testing.T) {
	p := soapDivergingTraining()
	p.train.First.Schedule.Rate = 0.01
	tr := p.fit(t)
	for i, m := range tr.Result().Log {
		if want := map[bool]string{true: "soap", false: "lbfgs"}[i < 5]; m.Stage != want {
			t.Errorf("iteration %d is of %q, want %q", i, m.Stage, want)
		}
	}
	log := tr.Result().Log
	if r := tr.Result(); r.Iterations != 6 || len(log) != 6 || !(r.Loss < log[4].Loss) {
		t.Errorf("got %d iterations to the loss %g, want 6 of which L-BFGS goes below %g", r.Iterations, r.Loss, log[4].Loss)
	}
	var names []string
	for _, a := range p.trainer(t).state().Optimizer {
		if name, ok := strings.CutSuffix(a.Name, "/left/basis"); ok {
			names = append(names, name)
		}
	}
	if got, want := strings.Join(names, " "), "encoder/0/W encoder/1/W decoder/0/W decoder/1/W"; got != want {
		t.Errorf("the matrices are %s, want %s", got, want)
	}
	if s := tr.state(); s.Optimizer != nil || s.LBFGS != nil {
		t.Errorf("the state has %d and %d arrays of optimizers after the end, want none", len(s.Optimizer), len(s.LBFGS))
	}

	tr = p.trainer(t)
	err := tr.Fit(cancelAfter(3))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped before iteration 4 of soap") {
		t.Errorf("cancelled: %v", err)
	}
	p.train.Backoffs = 0
	p.train.First.Schedule.Rate = 1e78
	err = p.trainer(t).Fit(context.Background())
	var diverged *DivergedError
	if !errors.As(err, &diverged) || diverged.Stage != "soap" {
		t.Errorf("diverged: %v", err)
	}
}

// The parameters of A move at their own rate, with either optimizer.
func TestLinearRate(t *testing.T) {
	for _, optimizer := range []string{"adam", "soap"} {
		p := smallTraining()
		p.train.First.Optimizer = optimizer
		p.train.First.Iterations, p.train.LBFGS.Iterations = 1, 0
		start := slices.Clone(p.trainer(t).Model.Params().Flat)
		one := p.fit(t)
		p.train.First.LinearRate = 1
		if got := p.fit(t); !modeltest.Same(got.Model.Params().Flat, one.Model.Params().Flat) {
			t.Errorf("%s: linear_rate 1 gives other bits than none", optimizer)
		}
		p.train.First.LinearRate = 0.125
		got := p.fit(t)
		linear, begin := 0, 0
		for k, q := range got.Model.Params().List {
			factor := 1.
			if strings.HasPrefix(q.Name, "linear/") {
				factor = 0.125
				linear++
			}
			for i, v := range q.Data {
				before := start[begin+i]
				want := before + factor*(one.Model.Params().List[k].Data[i]-before)
				if math.Abs(v-want) > 1e-15*(1+math.Abs(want)) { // roundings of the difference
					t.Errorf("%s: %s moves from %v to %v, want %v", optimizer, q.Name, before, v, want)
				}
			}
			begin += len(q.Data)
		}
		if linear != 3 {
			t.Errorf("%d parameters of A, want LG, LS and Ls", linear)
		}
	}
}

// What is wrong with the first stage is said.
func TestFirstStageRefused(t *testing.T) {
	for _, c := range []struct {
		change func(f *FirstStage)
		parts  []string
	}{
		{func(f *FirstStage) { f.Optimizer = "sgd" }, []string{`optimizer is "sgd"`, "adam", "soap"}},
		{func(f *FirstStage) { f.LinearRate = -0.1 }, []string{"linear_rate is -0.1"}},
		{func(f *FirstStage) { f.LinearRate = math.NaN() }, []string{"linear_rate is NaN"}},
		{func(f *FirstStage) { f.Settings = optim.Settings{"beta2": 1} }, []string{"beta2", "got 1"}},
		{func(f *FirstStage) { f.Settings = optim.Settings{"decay": 0.9} }, []string{`"decay"`, "beta1, beta2, epsilon"}},
	} {
		cfg := DefaultConfig()
		c.change(&cfg.First)
		modeltest.WantError(t, c.parts[0], cfg.Validate(), model.ErrConfig, c.parts...)
	}
}
