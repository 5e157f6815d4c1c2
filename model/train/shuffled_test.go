package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/objective"
)

// windowTraining has windows of 3 steps of two trajectories of 12 states,
// eighteen in all.
func windowTraining() training {
	p := minibatchTraining()
	p.times = nil
	for k := range 12 {
		p.times = append(p.times, 7+0.25*float64(k))
	}
	p.states = modeltest.NormalStates(rand.New(rand.NewPCG(71, 72)), 0.5, 12, 2, 2)
	p.train.Phases = []Phase{{Window: 3, Batch: 4}}
	return p
}

// cutUp is the same training with the windows as samples of a data set.
func (p training) cutUp() training {
	k := p.train.Phases[0].Window
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
	p.times, p.states = times, states
	p.train.Phases = []Phase{{Batch: p.train.Phases[0].Batch}}
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
			p.train.SetBatch(3) // of 18: the end is over the same samples
			got, want := p.fit(t), p.cutUp().fit(t)
			if a, b := len(got.samplers[0].(*shuffled).samples), len(want.samplers[0].(*shuffled).samples); a != 18 || b != 18 {
				t.Fatalf("%d windows, %d in the data set, want 18", a, b)
			}
			wantSameEnd(t, dtype, got, want)
		}
	}

	p := windowTraining()
	for k := range p.times {
		p.times[k] = 0.1 * float64(k)
	}
	got, want := p.trainer(t).samplers[0].(*shuffled), p.cutUp().trainer(t).samplers[0].(*shuffled)
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
	p.train.SetBatch(0)
	p.train.LBFGS.Iterations = 3
	wantSameEnd(t, "full batch", p.fit(t), p.cutUp().fit(t))
}

// The loss at the end is over evenly spaced windows, and not all of them.
func TestWindowsEvaluated(t *testing.T) {
	p := windowTraining()
	p.states = modeltest.NormalStates(rand.New(rand.NewPCG(73, 74)), 0.5, 12, 11, 2)
	p.train.Phases = []Phase{{Window: 1, Batch: 2}} // 121 windows, 60 batches
	tr := p.trainer(t)
	e := tr.samplers[0].(*shuffled).evaluated()
	if len(e) != 40 || e[0] != 0 || e[39] != 117 {
		t.Fatalf("evaluated are %d windows, %v, want 40 from 0 to 117", len(e), e)
	}
	for i := range e[1:] {
		if d := e[i+1] - e[i]; d != 3 && d != 4 {
			t.Errorf("evaluated windows are %d apart, want 3 or 4 of 121 in 40", d)
		}
	}
	got, _ := tr.whole(t)
	q := p.cutUp()
	for k := range q.states {
		var part [][]float64
		for _, s := range e {
			part = append(part, q.states[k][s])
		}
		q.states[k] = part
	}
	q.train.SetBatch(0)
	want, _ := q.trainer(t).whole(t)
	if !(math.Abs(got-want) <= 1e-14*want) { // sums in another order
		t.Errorf("the loss is %.17g, want %.17g", got, want)
	}

	p.train.SetBatch(121)
	if e := p.trainer(t).samplers[0].(*shuffled).evaluated(); !slices.Equal(e[:3], []int{0, 1, 2}) || len(e) != 121 {
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
		{"negative", func(p *training) { p.train.Phases[0].Window = -1 }, model.ErrConfig, []string{"window is -1"}},
		{"too long", func(p *training) { p.train.Phases[0].Window = 12 }, model.ErrData, []string{"window is 12 steps", "at most the 11"}},
		{"grid", func(p *training) { p.times[5] += 1e-5; p.train.Grid.Points = 4 }, model.ErrData, []string{"points is 4", "times of their own"}},
		{"batch", func(p *training) { p.train.SetBatch(19) }, model.ErrData, []string{"batch is 19", "18 samples"}},
		{"points", func(p *training) { p.train.Grid.Points = 3 }, model.ErrData, []string{"3 points from 4 times"}},
		{"weighting", func(p *training) { p.train.Weighting = objective.WeightLogTime }, model.ErrConfig, []string{"first time above 0"}},
	} {
		p := windowTraining()
		c.f(&p)
		_, err := New(modeltest.New(t, p.model), p.train, p.data())
		modeltest.WantError(t, c.name, err, c.kind, c.parts...)
	}
	p := windowTraining()
	p.times[5] += 1e-8 // below a millionth of a step
	p.train.Phases[0].Window = 11
	p.train.SetBatch(2)
	if sh := p.trainer(t).samplers[0].(*shuffled); len(sh.samples) != 2 || sh.times == nil {
		t.Errorf("windows of the whole trajectories: %d", len(sh.samples))
	}
}

// Every sample once an epoch, and no sample more than once where the batch does
// not divide; another order in every epoch and for every seed.
func TestDrawCoversEpochs(t *testing.T) {
	for _, batch := range []int{1, 2, 3, 5} {
		p := minibatchTraining()
		p.states = modeltest.NormalStates(rand.New(rand.NewPCG(1, 1)), 1, 3, 6, 2)
		p.train.SetBatch(batch)
		tr := p.trainer(t)
		sh := tr.samplers[0].(*shuffled)
		per := sh.Epoch()
		if per != 6/batch {
			t.Errorf("batch %d: %d iterations an epoch, want %d", batch, per, 6/batch)
		}
		orders := map[string]bool{}
		var sum [6]int
		const epochs = 40
		for epoch := range epochs {
			var all []int
			for k := range per {
				all = append(all, sh.draw(epoch*per+k)...)
			}
			orders[fmt.Sprint(all)] = true
			for _, s := range all {
				sum[s]++
			}
			slices.Sort(all)
			if n := len(all); n != per*batch || len(slices.Compact(all)) != n {
				t.Errorf("batch %d, epoch %d: samples %v, want %d different ones", batch, epoch, all, per*batch)
			}
		}
		if len(orders) < epochs/2 {
			t.Errorf("batch %d: %d orders in %d epochs", batch, len(orders), epochs)
		}
		for s, n := range sum {
			if n == 0 {
				t.Errorf("batch %d: sample %d never comes", batch, s)
			}
		}
		// It has no state but its place.
		again := p.trainer(t).samplers[0].(*shuffled)
		at := 17 * per
		if want, got := slices.Clone(sh.draw(at)), again.draw(at); !slices.Equal(got, want) {
			t.Errorf("batch %d: iteration %d draws %v from afresh, %v before", batch, at, got, want)
		}
	}
}
