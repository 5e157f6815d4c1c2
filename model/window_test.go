package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// windowTraining has windows of 3 steps of two trajectories of 12 snapshots,
// eighteen in all, and turns them.
func windowTraining() training {
	p := minibatchTraining()
	p.model.Factor = []float64{3, 3}
	p.times = nil
	for k := range 12 {
		p.times = append(p.times, 7+0.25*float64(k))
	}
	p.states = normalStates(rand.New(rand.NewPCG(71, 72)), 0.5, 12, 2, 2)
	p.train.Batch, p.train.Window = 4, 3
	p.train.Augment = AugmentConfig{Shift: true, Reflect: true}
	return p
}

// cutUp is the same training with the windows as samples of a data set.
func (p training) cutUp() training {
	k := p.train.Window
	dt := (p.times[len(p.times)-1] - p.times[0]) / float64(len(p.times)-1)
	times, states := make([]float64, k+1), make([][][]float64, k+1)
	for i := range times {
		times[i] = float64(i) * dt
		for s := range p.states[0] {
			for first := range len(p.times) - k {
				states[i] = append(states[i], p.states[first+i][s])
			}
		}
	}
	p.times, p.states, p.train.Window = times, states, 0
	return p
}

// A training on windows is that on the data set of the windows, to the last bit
// where the multiples of the step are exact.
func TestWindowsAreSamples(t *testing.T) {
	for _, dtype := range []string{"float64", "float32"} {
		for _, grid := range []GridConfig{{}, {Points: 2, Random: 0.5}} {
			p := windowTraining()
			p.model.Dtype = dtype
			p.train.Grid = grid
			p.train.Batch = 3 // of 18: the end is over the same samples
			got, want := p.fit(t), p.cutUp().fit(t)
			if got.samples != 18 || want.samples != 18 {
				t.Fatalf("%d windows, %d in the data set, want 18", got.samples, want.samples)
			}
			wantSameEnd(t, dtype, got, want)
		}
	}

	p := windowTraining()
	for k := range p.times {
		p.times[k] = 0.1 * float64(k)
	}
	got, want := p.trainer(t), p.cutUp().trainer(t)
	for k, w := range got.times {
		if d := math.Abs(want.times[k] - w); d > 1e-15 { // the step to 51 bits
			t.Errorf("time %d of a window is %.17g, want %.17g", k, w, want.times[k])
		}
		if k > 0 && w-got.times[k-1] != got.times[1] {
			t.Errorf("steps of %.17g and %.17g, want equal ones", w-got.times[k-1], got.times[1])
		}
	}

	// All of them at once, with L-BFGS.
	p = windowTraining()
	p.train.Batch, p.train.Augment = 0, AugmentConfig{}
	p.train.LBFGS.Iterations = 3
	wantSameEnd(t, "full batch", p.fit(t), p.cutUp().fit(t))
}

// The loss at the end is over evenly spaced windows, and not all of them.
func TestWindowsEvaluated(t *testing.T) {
	p := windowTraining()
	p.states = normalStates(rand.New(rand.NewPCG(73, 74)), 0.5, 12, 11, 2)
	p.train.Window, p.train.Batch = 1, 2 // 121 windows, 60 batches
	tr := p.trainer(t)
	e := tr.evaluated()
	if len(e) != 40 || e[0] != 0 || e[39] != 117 {
		t.Fatalf("evaluated are %d windows, %v, want 40 from 0 to 117", len(e), e)
	}
	for i := range e[1:] {
		if d := e[i+1] - e[i]; d != 3 && d != 4 {
			t.Errorf("evaluated windows are %d apart, want 3 or 4 of 121 in 40", d)
		}
	}
	got, err := tr.evaluateAll(tr.grad)
	if err != nil {
		t.Fatal(err)
	}
	q := p.cutUp()
	for k := range q.states {
		var part [][]float64
		for _, s := range e {
			part = append(part, q.states[k][s])
		}
		q.states[k] = part
	}
	q.train.Batch, q.train.Augment = 0, AugmentConfig{}
	whole := q.trainer(t)
	want, err := whole.evaluate(whole.grad)
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(got-want) <= 1e-14*want) { // sums in another order
		t.Errorf("the loss is %.17g, want %.17g", got, want)
	}

	p.train.Batch = 121
	if e := p.trainer(t).evaluated(); !slices.Equal(e[:3], []int{0, 1, 2}) || len(e) != 121 {
		t.Errorf("one batch of all windows: evaluated are %v", e)
	}
}

func TestWindowsRefuse(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     func(p *training)
		kind  error
		parts []string
	}{
		{"negative", func(p *training) { p.train.Window = -1 }, ErrConfig, []string{"window is -1"}},
		{"too long", func(p *training) { p.train.Window = 12 }, ErrData, []string{"window is 12 steps", "at most the 11"}},
		{"grid", func(p *training) { p.times[5] += 1e-5 }, ErrData, []string{"uniform", "step 4 from 8 to 8.25001", "want 0.25"}},
		{"batch", func(p *training) { p.train.Batch = 19 }, ErrData, []string{"batch is 19", "18 samples"}},
		{"points", func(p *training) { p.train.Grid.Points = 3 }, ErrData, []string{"3 points from 4 times"}},
		{"weighting", func(p *training) { p.train.Weighting = WeightLogTime }, ErrConfig, []string{"first time above 0"}},
		{"factors", func(p *training) { p.model.Factor[1] = 2 }, ErrConfig, []string{"factor of component 1 is 2 and of component 0 3"}},
		{"offsets", func(p *training) { p.model.Offset = []float64{1, 0} }, ErrConfig, []string{"offset of component 1 is 0"}},
		{"L-BFGS", func(p *training) { p.train.Batch, p.train.LBFGS.Iterations = 0, 1 }, ErrConfig, []string{"L-BFGS", "augment is {Shift:true Reflect:true}"}},
	} {
		p := windowTraining()
		c.f(&p)
		_, err := NewTrainer(mustNew(t, p.model), p.train, p.times, p.states)
		wantError(t, c.name, err, c.kind, c.parts...)
	}
	p := windowTraining()
	p.times[5] += 1e-8 // below a millionth of a step
	p.train.Window = 11
	p.train.Batch = 2
	if tr := p.trainer(t); tr.samples != 2 || tr.starts != 1 {
		t.Errorf("windows of the whole trajectories: %d", tr.samples)
	}
	p.train.Window, p.train.Augment = 0, AugmentConfig{}
	p.model.Factor[1] = 2 // which only turns need to be one
	p.trainer(t)
}
