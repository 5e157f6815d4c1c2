package model

import (
	"errors"
	"math"
	"testing"
)

// phasesTraining goes over to longer windows twice.
func phasesTraining() training {
	p := windowTraining()
	p.train.Window, p.train.Batch = 1, 3
	p.train.Phases = []Phase{{From: 0.3, Window: 2, Batch: 2}, {From: 0.6, Window: 3, Batch: 2, First: 4, Decay: 0.2, Saturation: 0.5}}
	return p
}

// Every phase begins at its share of the iterations, with its windows, batches
// and weights, and its samples are drawn from their first on.
func TestPhases(t *testing.T) {
	p := phasesTraining()
	total := p.train.Adam.Iterations
	tr := p.trainer(t)
	for i := range total {
		if _, err := tr.adamIteration(); err != nil {
			t.Fatal(err)
		}
		want := 0
		for k, f := range p.train.Phases {
			if float64(i) >= f.From*float64(total) {
				want = k + 1
			}
		}
		now := p.train.phases()[want]
		if tr.phase != want || len(tr.times) != now.Window+1 || len(tr.seen.samples) != now.Batch || len(tr.seen.grid) != now.Window+1 {
			t.Errorf("iteration %d: phase %d with %d times and %d samples, want phase %d, %+v", i, tr.phase, len(tr.times), len(tr.seen.samples), want, now)
		}
	}
	w, dt := tr.seen.weights, tr.times[1]
	for k, want := range []float64{4 * 0.5 * dt, dt * math.Exp(-0.2*dt), dt * math.Exp(-0.4*dt), 0.5 * dt * math.Exp(-0.6*dt)} {
		if want /= 2; math.Abs(w[k]-want) > 1e-15 {
			t.Errorf("the weight of time %d is %.17g, want %.17g", k, w[k], want)
		}
	}
	if tr.begin != int(math.Ceil(0.6*float64(total))) {
		t.Errorf("the last phase begins with iteration %d", tr.begin)
	}
}

func TestPhasesRefused(t *testing.T) {
	for name, f := range map[string]func(c *TrainConfig){
		"order":     func(c *TrainConfig) { c.Phases[1].From = 0.1 },
		"from":      func(c *TrainConfig) { c.Phases[1].From = 1 },
		"window":    func(c *TrainConfig) { c.Phases[0].Window = 0 },
		"batch":     func(c *TrainConfig) { c.Phases[0].Batch = 0 },
		"decay":     func(c *TrainConfig) { c.Phases[0].Decay = math.NaN() },
		"first":     func(c *TrainConfig) { c.Phases[0].First = -1 },
		"no window": func(c *TrainConfig) { c.Window = 0 },
	} {
		p := phasesTraining()
		f(&p.train)
		if err := p.train.Validate(); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: got error %v, want ErrConfig", name, err)
		}
	}
	p := phasesTraining()
	p.train.Phases[1].Window = 1000
	if _, err := NewTrainer(mustNew(t, p.model), p.train, p.times, p.states); !errors.Is(err, ErrData) {
		t.Errorf("a window longer than the data: got error %v, want ErrData", err)
	}
}
