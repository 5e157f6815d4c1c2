package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/objective"
)

// Every array that cannot be used is refused with what is wrong and where.
func TestWrongData(t *testing.T) {
	p := smallTraining()
	change := func(f func(p *training)) error {
		q := p
		q.times = slices.Clone(p.times)
		q.states = nil
		for _, s := range p.states {
			var at [][]float64
			for _, row := range s {
				at = append(at, slices.Clone(row))
			}
			q.states = append(q.states, at)
		}
		f(&q)
		_, err := New(modeltest.New(t, q.model), q.train, q.data())
		return err
	}
	for _, c := range []struct {
		name  string
		f     func(p *training)
		kind  error
		parts []string
	}{
		{"NaN", func(p *training) { p.states[0][3][0] = math.NaN() }, model.ErrData, []string{"component 0 of trajectory 3", "first time, 0"}},
		{"Inf", func(p *training) { p.states[2][0][1] = math.Inf(-1) }, model.ErrData, []string{"time 2", "-Inf"}},
		{"repeated time", func(p *training) { p.times[1] = 0 }, model.ErrData, []string{"time 1 is 0 after 0", "increase"}},
		{"NaN time", func(p *training) { p.times[2] = math.NaN() }, model.ErrData, []string{"time", "NaN"}},
		{"one time", func(p *training) { p.times, p.states = p.times[:1], p.states[:1] }, model.ErrData, []string{"times", "got 1", "at least 2"}},
		{"times and states disagree", func(p *training) { p.states = p.states[:2] }, model.ErrData, []string{"have 2 times", "want 3"}},
		{"ragged row", func(p *training) { p.states[1][2] = p.states[1][2][:1] }, model.ErrData, []string{"time 1", "has 1 components, want 2"}},
		{"wrong dimension", func(p *training) { p.model = model.DefaultConfig(3) }, model.ErrData, []string{"got 2 components, want 3"}},
		{"batch", func(p *training) { p.train.SetBatch(6); p.train.LBFGS.Iterations = 0 }, model.ErrData, []string{"batch is 6", "5 samples"}},
		{"batch of L-BFGS", func(p *training) { p.train.SetBatch(2) }, model.ErrConfig, []string{"L-BFGS", "batch of phase 0 is 2, want 0"}},
		{"jumps", func(p *training) { p.train.Grid, p.train.LBFGS.Iterations = GridConfig{Points: 2, Jumps: 0.5}, 0 }, model.ErrConfig, []string{"grid.jumps is 0.5", "anywhere"}},
		{"sampler", func(p *training) { p.train.Sampler = "sorted" }, model.ErrConfig, []string{`"sorted"`, "shuffled"}},
		{"weighting", func(p *training) { p.train.Weighting = "linear" }, model.ErrConfig, []string{`"linear"`, objective.WeightLogTime}},
		{"log-time from 0", func(p *training) { p.train.Weighting = objective.WeightLogTime }, model.ErrConfig, []string{"first time above 0", "got 0"}},
		{"rate", func(p *training) { p.train.First.Schedule.Rate = -1 }, model.ErrConfig, []string{"rate", "-1"}},
		{"restart_above", func(p *training) { p.train.RestartAbove = math.Inf(1) }, model.ErrConfig, []string{"+Inf"}},
		{"a setting that nothing looks at", func(p *training) { p.train.First.Schedule.Decay = math.NaN() }, model.ErrConfig, []string{"NaN"}},
	} {
		modeltest.WantError(t, c.name, change(c.f), c.kind, c.parts...)
	}

	// Resumed on other data.
	dir := t.TempDir() + "/run"
	if err := p.fit(t).Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(dir, p.data()); err != nil {
		t.Fatal(err)
	}
	other := modeltest.NormalStates(rand.New(rand.NewPCG(31, 32)), 0.5, 3, 5, 2)
	other[2][4][1] = math.Nextafter(other[2][4][1], 1)
	q := p
	q.states = other
	_, err := Resume(dir, q.data())
	modeltest.WantError(t, "another last bit", err, model.ErrData, dir, "SHA-256")
	q = p
	q.times = []float64{0, 0.5, 1.25}
	_, err = Resume(dir, q.data())
	modeltest.WantError(t, "other times", err, model.ErrData, dir, "SHA-256")
	q.times, q.states = p.times[:2], p.states[:2]
	_, err = Resume(dir, q.data())
	modeltest.WantError(t, "fewer times", err, model.ErrData, dir, "SHA-256")
}
