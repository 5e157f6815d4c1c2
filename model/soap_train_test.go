package model

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data/npz"
)

// An update that is taken back, after any iteration, leaves no trace but the
// halved rate; and a training of a SOAP that is never renewed is one of Adam.
func TestSOAPTakeBack(t *testing.T) {
	p := soapTraining()
	iterate := func(tr *Trainer, n int) {
		for range n {
			if _, err := tr.adamIteration(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for k := 1; k < p.train.Adam.Iterations; k++ {
		tr, want := p.trainer(t), p.trainer(t)
		iterate(tr, k)
		floats.Scale(3, tr.Model.params.Flat) // as good as lost
		if err := tr.takeBack(math.NaN(), 1); err != nil {
			t.Fatal(err)
		}
		iterate(tr, 3)
		iterate(want, k-1)
		want.backoffs = 1
		iterate(want, 3)
		wantSameEnd(t, fmt.Sprintf("iteration %d taken back", k), tr, want)
	}

	p.train.Adam.SOAP.MaxDim = 1
	still := p.fit(t)
	p.train.Adam.Optimizer = OptimizerAdam
	if adam := p.fit(t); !(relative(still.Model.params.Flat, adam.Model.params.Flat) <= 1e-12) { // roundings of nine updates, and what gradients make of them
		t.Errorf("without bases it differs from Adam by %.2g", relative(still.Model.params.Flat, adam.Model.params.Flat))
	}
}

// The stage is called soap in the metrics, in errors and in the log that is read
// back; all matrices of the networks are turned, and L-BFGS goes on from there.
func TestSOAPStage(t *testing.T) {
	p := soapDivergingTraining()
	p.train.Adam.Schedule.Rate = 0.01
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
	for _, m := range tr.optimizer.Matrices {
		for k, q := range tr.Model.params.List {
			if tr.Model.params.begin[k] == m.Begin && slices.Equal(q.Shape, []int{m.Rows, m.Cols}) {
				names = append(names, q.Name)
			}
		}
	}
	if got, want := strings.Join(names, " "), "encoder/0/W encoder/1/W decoder/0/W decoder/1/W"; got != want {
		t.Errorf("the matrices are %s, want %s", got, want)
	}
	for _, a := range tr.state() {
		if strings.HasPrefix(a.Name, "soap/") && len(a.Data) != 0 {
			t.Errorf("%s has %d elements after the end, want none", a.Name, len(a.Data))
		}
	}

	tr = p.trainer(t)
	err := tr.Fit(cancelAfter(3))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped before iteration 4 of soap") {
		t.Errorf("cancelled: %v", err)
	}
	p.train.Backoffs = 0
	p.train.Adam.Schedule.Rate = 1e78
	err = p.trainer(t).Fit(context.Background())
	var diverged *DivergedError
	if !errors.As(err, &diverged) || diverged.Stage != "soap" {
		t.Errorf("diverged: %v", err)
	}
}

// The parameters of A move at their own rate, with either optimizer.
func TestLinearRate(t *testing.T) {
	for _, optimizer := range []string{"", OptimizerAdam, OptimizerSOAP} {
		p := smallTraining()
		p.train.Adam.Optimizer = optimizer
		p.train.Adam.Iterations, p.train.LBFGS.Iterations = 1, 0
		start := slices.Clone(p.trainer(t).Model.params.Flat)
		one := p.fit(t)
		p.train.Adam.LinearRate = 1
		if got := p.fit(t); !same(got.Model.params.Flat, one.Model.params.Flat) {
			t.Errorf("%s: linear_rate 1 gives other bits than none", optimizer)
		}
		p.train.Adam.LinearRate = 0.125
		got := p.fit(t)
		linear := 0
		for k, q := range got.Model.params.List {
			factor := 1.
			if strings.HasPrefix(q.Name, "linear/") {
				factor = 0.125
				linear++
			}
			for i, v := range q.Data {
				before := start[got.Model.params.begin[k]+i]
				want := before + factor*(one.Model.params.List[k].Data[i]-before)
				if math.Abs(v-want) > 1e-15*(1+math.Abs(want)) { // roundings of the difference
					t.Errorf("%s: %s moves from %v to %v, want %v", optimizer, q.Name, before, v, want)
				}
			}
		}
		if linear != 3 {
			t.Errorf("%d parameters of A, want LG, LS and Ls", linear)
		}
	}
}

func TestSOAPConfigRefused(t *testing.T) {
	for _, c := range []struct {
		change func(a *AdamStage)
		parts  []string
	}{
		{func(a *AdamStage) { a.Optimizer = "sgd" }, []string{`optimizer is "sgd"`, "adam", "soap"}},
		{func(a *AdamStage) { a.LinearRate = -0.1 }, []string{"linear_rate is -0.1"}},
		{func(a *AdamStage) { a.LinearRate = math.NaN() }, []string{"linear_rate is NaN"}},
		{func(a *AdamStage) { a.SOAP.Decay = 1.5 }, []string{"decay", "1.5"}},
		{func(a *AdamStage) { a.SOAP.Period = -3 }, []string{"period", "-3"}},
		{func(a *AdamStage) { a.SOAP.MaxDim = -2 }, []string{"max_dim", "-2"}},
	} {
		cfg := DefaultTrainConfig()
		c.change(&cfg.Adam)
		wantError(t, c.parts[0], cfg.Validate(), ErrConfig, c.parts...)
	}
}

// State that no training with SOAP can have left.
func TestSOAPStateRefused(t *testing.T) {
	p := soapTraining()
	tr := p.trainer(t)
	if err := tr.Fit(cancelAfter(4)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		name   string
		change func(a *npz.Array)
		part   string
	}{
		{"unchanged", "counters", func(*npz.Array) {}, ""},
		{"no factor", "soap/g/0/W/right/factor", func(a *npz.Array) { a.Data = nil }, "in part"},
		{"no pending gradient", "soap/pending", func(a *npz.Array) { a.Data = nil }, "in part"},
		{"another size", "soap/encoder/0/W/left/basis", func(a *npz.Array) { a.Data = a.Data[:3] }, "3 elements, want 4"},
		{"NaN", "soap/g/1/W/left/basis", func(a *npz.Array) { a.Data = append([]float64{math.NaN()}, a.Data[1:]...) }, "NaN"},
		{"another matrix", "soap/g/1/W/left/basis", func(a *npz.Array) { a.Name = "soap/g/b/left/basis" }, "soap/g/1/W/left/basis is missing"},
	} {
		state := tr.state()
		i := slices.IndexFunc(state, func(a npz.Array) bool { return a.Name == c.name })
		if i < 0 {
			t.Fatalf("no array %s", c.name)
		}
		c.change(&state[i])
		err := p.trainer(t).setState(state)
		if c.part == "" && err != nil || c.part != "" && (err == nil || !strings.Contains(err.Error(), c.part)) {
			t.Errorf("%s: got error %v, want %q in it", c.what, err, c.part)
		}
	}
	p.train.Adam.Optimizer = ""
	if err := p.trainer(t).setState(tr.state()); err == nil || !strings.Contains(err.Error(), "soap/") {
		t.Errorf("Adam takes the state of SOAP: %v", err)
	}
}
