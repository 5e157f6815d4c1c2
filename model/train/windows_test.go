package train

import (
	"math"
	"math/rand/v2"
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
			if a, b := got.samplers[0].Epoch(), want.samplers[0].Epoch(); a != 6 || b != 6 {
				t.Fatalf("%d batches of windows, %d of the data set, want 6 of 3", a, b)
			}
			wantSameEnd(t, dtype, got, want)
		}
	}

	p := windowTraining()
	for k := range p.times {
		p.times[k] = 0.1 * float64(k)
	}
	got, want := p.trainer(t).samplers[0].Batch(0).Steps, p.cutUp().trainer(t).samplers[0].Batch(0).Steps
	for k, h := range got {
		if d := math.Abs(want[k] - h); d > 1e-15 { // the step to 51 bits
			t.Errorf("step %d of a window is %.17g, want %.17g", k, h, want[k])
		}
		if h != got[0] {
			t.Errorf("steps of %.17g and %.17g, want equal ones", h, got[0])
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
	got, _ := p.trainer(t).whole(t)
	q := p.cutUp()
	for k := range q.states {
		var part [][]float64
		for i := range 40 { // 20 batches
			part = append(part, q.states[k][i*121/40])
		}
		q.states[k] = part
	}
	q.train.SetBatch(0)
	want, _ := q.trainer(t).whole(t)
	if !(math.Abs(got-want) <= 1e-14*want) { // sums in another order
		t.Errorf("the loss is %.17g, want %.17g", got, want)
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
		{"of the largest number of steps there is", func(p *training) { p.train.Phases[0].Window = math.MaxInt }, model.ErrData, []string{"at most the 11"}},
		{"too long", func(p *training) { p.train.Phases[0].Window = 12 }, model.ErrData, []string{"window is 12 steps", "at most the 11"}},
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
	if s := p.trainer(t).samplers[0]; s.Epoch() != 1 || len(s.Batch(0).Steps) != 11 {
		t.Errorf("windows of the whole trajectories: %d batches of steps %v, want one of 11 that all share", s.Epoch(), s.Batch(0).Steps)
	}
}
