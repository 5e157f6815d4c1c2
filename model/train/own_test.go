package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"spnode/data"
	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/objective"
)

// ownData are trajectories of times, lengths and weights of their own, of two
// components, with gaps if asked for.
func ownData(seed uint64, gaps bool) *data.Dataset {
	rng := rand.New(rand.NewPCG(seed, seed))
	d := &data.Dataset{}
	for s := range 7 {
		tr := data.Trajectory{Weight: []float64{0, 2, 0.5}[s%3]}
		t := 1 + rng.Float64()
		for k := range 3 + s {
			u := []float64{0.5 * rng.NormFloat64(), 0.5 * rng.NormFloat64()}
			for i := range u {
				if gaps && k > 0 && rng.IntN(3) == 0 {
					u[i] = math.NaN()
				}
			}
			if gaps && s == 4 && k == 3 {
				u = []float64{math.NaN(), math.NaN()}
			}
			tr.Times, tr.States = append(tr.Times, t), append(tr.States, u)
			t += 0.1 + rng.Float64()
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	return d
}

func (p training) ofData(t testing.TB, d *data.Dataset, options ...Option) *Trainer {
	t.Helper()
	tr, err := New(modeltest.New(t, p.model), p.train, d, options...)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// resumes has a training take the loss down, and end with the same bits if it is
// stopped after some iterations and resumed. It returns the folder of the last one.
func (p training) resumes(t *testing.T, d *data.Dataset, stops ...int) (dir string) {
	t.Helper()
	whole := p.ofData(t, d)
	before, _ := whole.whole(t)
	if err := whole.Fit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if after := whole.Result().Loss; !(after < before) {
		t.Errorf("%+v: the loss is %g after the training, %g before", p.train.Phases, after, before)
	}
	for _, stop := range stops {
		dir = t.TempDir() + "/run"
		ctx, cancel := context.WithCancel(context.Background())
		seen := 0
		part := p.ofData(t, d, WithCheckpoint(dir, 0), WithHook(func(Metrics) {
			if seen++; seen == stop {
				cancel()
			}
		}))
		if err := part.Fit(ctx); err == nil {
			t.Fatal("the training was not stopped")
		}
		rest, err := Resume(dir, d)
		if err != nil {
			t.Fatal(err)
		}
		if err := rest.Fit(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !modeltest.Same(rest.w, whole.w) {
			t.Errorf("%+v: a training resumed after %d iterations ends with other bits", p.train.Phases, stop)
		}
	}
	return dir
}

// The loss is the mean over the trajectories, by their weights, of the trapezoidal
// rule for each component over the times at which it was measured.
func TestOwnLoss(t *testing.T) {
	for _, gaps := range []bool{false, true} {
		for _, weighting := range []string{objective.WeightTime, objective.WeightLogTime, objective.WeightUniform} {
			p := minibatchTraining()
			p.train.Weighting, p.train.Workers = weighting, 2
			p.train.SetBatch(0)
			d := ownData(11, gaps)
			tr := p.ofData(t, d)
			got, _ := tr.whole(t)
			predicted, err := Predict(tr.Model, d)
			if err != nil {
				t.Fatal(err)
			}
			var want float64
			for s, from := range d.Trajectories {
				weight := from.Weight
				if weight == 0 {
					weight = 1
				}
				for i := range 2 {
					last := -1
					var lastError float64
					for k, u := range from.States {
						if math.IsNaN(u[i]) {
							continue
						}
						e := tr.Model.Scaled(u)[i] - tr.Model.Scaled(predicted.Trajectories[s].States[k])[i]
						if last >= 0 {
							dt := 1.
							switch weighting {
							case objective.WeightTime:
								dt = from.Times[k] - from.Times[last]
							case objective.WeightLogTime:
								dt = math.Log(from.Times[k] / from.Times[last])
							}
							want += weight * dt / 2 * (e*e + lastError*lastError) / float64(len(d.Trajectories))
						}
						last, lastError = k, e
					}
				}
			}
			if weighting == objective.WeightTime { // which counts in the model's unit
				want /= tr.Model.Config().TimeUnit
			}
			if !(math.Abs(got-want) <= 1e-13*want) { // some 80 terms in another order
				t.Errorf("%s, gaps %v: the loss is %.17g, want %.17g", weighting, gaps, got, want)
			}
		}
	}
}

// A time at which nothing was measured is as none; one of gaps alone, and trajectories
// that are on one grid, are what they are without: to the bit where the form is the
// same, and to rounding where it is another.
func TestOwnForms(t *testing.T) {
	p := minibatchTraining()
	p.train.SetBatch(0)
	shared := p.data()
	want, grad := p.ofData(t, shared).whole(t)

	// The same values on times of their own, all but one of which agree.
	own := p.data()
	other := own.Trajectories[1]
	for i := range own.Trajectories {
		own.Trajectories[i] = shared.Trajectories[i]
	}
	other.Times = append([]float64(nil), other.Times...)
	other.Times[1] = math.Nextafter(other.Times[1], 10)
	own.Trajectories[1] = other
	got, g := p.ofData(t, own).whole(t)
	// Propagators and the ladder agree to rounding, here some 2⁻⁵⁰.
	if !(math.Abs(got-want) <= 1e-13*want) || !(modeltest.Relative(g, grad) <= 1e-12) {
		t.Errorf("on times of their own the loss is %.17g, the gradient %.2g off, on one grid %.17g", got, modeltest.Relative(g, grad), want)
	}
}

// Training on them takes the loss down, and a resumed one has its bits.
func TestOwnTraining(t *testing.T) {
	for i, phase := range []Phase{{}, {Batch: 3}, {Window: 2, Batch: 4}, {Span: 1.2, Batch: 4}, {}, {Velocities: 2, Batch: 1}, {Batch: 3}, {Window: 3, Batch: 4}} {
		p := minibatchTraining()
		p.train.Phases = []Phase{phase}
		p.train.LBFGS.Iterations = 0
		if i >= 4 {
			p.train.Grid = GridConfig{Points: 3, Random: 0.5}
		} else if phase.Batch == 0 {
			p.train.LBFGS.Iterations = 5
		}
		d := ownData(12, true)
		dir := p.resumes(t, d, 2)
		_, err := Resume(dir, ownData(12, false))
		modeltest.WantError(t, "other gaps", err, model.ErrData, "SHA-256")
	}
}

func TestOwnRefused(t *testing.T) {
	for what, f := range map[string]func(d *data.Dataset, c *Config){
		"component 1 of trajectory 2 is missing at its first time": func(d *data.Dataset, c *Config) { d.Trajectories[2].States[0][1] = math.NaN() },
		"component 0 of trajectory odd is missing": func(d *data.Dataset, c *Config) {
			d.Trajectories[2].Name, d.Trajectories[2].States[0][0] = "odd", math.NaN()
		},
		"times of trajectory 3: got 1": func(d *data.Dataset, c *Config) {
			d.Trajectories[3].Times, d.Trajectories[3].States = d.Trajectories[3].Times[:1], d.Trajectories[3].States[:1]
		},
		"L-BFGS needs the same": func(d *data.Dataset, c *Config) { c.Grid.Points = 2; c.LBFGS.Iterations = 1 },
		"first time above 0": func(d *data.Dataset, c *Config) {
			c.Weighting = objective.WeightLogTime
			d.Trajectories[5].Times[0] = 0
		},
		"window is 9 steps":          func(d *data.Dataset, c *Config) { c.Phases = []Phase{{Window: 9}} },
		"span is 1 and window 2":     func(d *data.Dataset, c *Config) { c.Phases = []Phase{{Window: 2, Span: 1}} },
		"span is NaN":                func(d *data.Dataset, c *Config) { c.Phases = []Phase{{Span: math.NaN()}} },
		"batch is 8, want at most 7": func(d *data.Dataset, c *Config) { c.SetBatch(8); c.LBFGS.Iterations = 0 },
	} {
		p, d := minibatchTraining(), ownData(13, false)
		p.train.SetBatch(0)
		f(d, &p.train)
		_, err := New(modeltest.New(t, p.model), p.train, d)
		kind := model.ErrData
		if what[:4] == "span" || what[:5] == "first" || what[:6] == "L-BFGS" {
			kind = model.ErrConfig
		}
		if what[:5] == "batch" {
			what = "batch is 8"
		}
		modeltest.WantError(t, what, err, kind, what)
	}
}
