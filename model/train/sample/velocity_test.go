package sample

import (
	"errors"
	"math"
	"testing"

	"spnode/data"
	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/objective"
)

// The samples of velocities are steps of a smooth motion from the times of the data that
// have enough others, all measured, around them; on a uniform grid they share their step.
func TestVelocities(t *testing.T) {
	const degree, times = 6, 20
	for _, uniform := range []bool{true, false} {
		d := &data.Dataset{}
		for s := range 3 {
			tr := data.Trajectory{}
			for k := range times {
				at := 0.1 * float64(k)
				if !uniform {
					at += 0.02 * math.Sin(float64(k*(s+1)))
				}
				tr.Times, tr.States = append(tr.Times, at), append(tr.States, []float64{math.Cos(at + float64(s)), math.Sin(at + float64(s))})
			}
			d.Trajectories = append(d.Trajectories, tr)
		}
		d.Trajectories[1].States[9][1] = math.NaN()
		sampler := read(t, d, Sampling{Phase: Phase{Velocities: degree}, Weighting: objective.WeightTime})
		b := sampler.Batch(0)
		// Of each trajectory all but six at the ends, of one but those near the gap.
		if want := 3*(times-degree) - (degree + 1); b.Rows != want {
			t.Errorf("uniform %v: got %d samples, want %d", uniform, b.Rows, want)
		}
		if own := len(b.Steps) > 1; own == uniform {
			t.Errorf("uniform %v: steps %v", uniform, b.Steps)
		}
		for r := range b.Rows {
			h := b.Steps[r%len(b.Steps)]
			if !(h > 0.05/8 && h < 0.15/8) {
				t.Errorf("uniform %v: a step of %g", uniform, h)
			}
			x, y := b.State(r, 0), b.State(r, 1)
			c, s := math.Cos(h), math.Sin(h)
			// The first term left out has h times (6 · 0.1)⁶/7!, at most 1e-7.
			if e := math.Hypot(y[0]-(c*x[0]-s*x[1]), y[1]-(c*x[1]+s*x[0])); !(e <= 1e-7*h) {
				t.Errorf("uniform %v, sample %d: the end is off by %.2g of its step", uniform, r, e/h)
			}
		}
	}
	m := modeltest.New(t, model.DefaultConfig(2))
	all, _, err := Read(m, data.Zeros([]float64{0, 1, 2}, 2, []string{"u", "v"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Shuffled, Sampling{Trajectories: all, Phase: Phase{Velocities: 3}, Weighting: objective.WeightTime}); !errors.Is(err, model.ErrData) {
		t.Errorf("three times for a degree of three: got error %v, want ErrData", err)
	}
}
