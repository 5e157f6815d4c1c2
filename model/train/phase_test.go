package train

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/optim"
	"spnode/model/param"
	"spnode/model/train/sample"
)

// phasesTraining goes over to longer windows twice.
func phasesTraining() training {
	p := windowTraining()
	p.train.Phases = []Phase{{Window: 1, Batch: 3}, {From: 0.3, Window: 2, Batch: 2}, {From: 0.6, Window: 3, Batch: 2, First: 4, Decay: 0.2, Saturation: 0.5, Consistency: 0.1}}
	return p
}

// phasesLBFGS ends with L-BFGS, which goes on with the windows of the last phase.
func phasesLBFGS() training {
	p := windowTraining()
	p.train.Phases = []Phase{{Window: 1}, {From: 0.5, Window: 2, First: 3}}
	p.train.First.Iterations, p.train.LBFGS.Iterations = 4, 3
	return p
}

// Every phase begins at its share of the iterations, with its windows, batches
// and weights, and its samples are drawn from their first on.
func TestPhases(t *testing.T) {
	p := phasesTraining()
	p.model.TimeUnit = 1
	total := p.train.First.Iterations
	tr := p.trainer(t)
	for i := range total {
		if _, err := tr.update(); err != nil {
			t.Fatal(err)
		}
		want := 0
		for k, f := range p.train.Phases {
			if float64(i) >= f.From*float64(total) {
				want = k
			}
		}
		now := p.train.Phases[want]
		if tr.phase != want || len(tr.batch.Weights) != now.Window+1 || len(tr.batch.Steps) != now.Window || tr.batch.Rows != now.Batch {
			t.Errorf("iteration %d: phase %d with %d times and %d samples, want phase %d, %+v", i, tr.phase, len(tr.batch.Weights), tr.batch.Rows, want, now)
		}
		if b := tr.cfg.begin(now); i == b || i == b+1 { // its first samples, in their order
			again := p.trainer(t).samplers[want]
			if !modeltest.Same(again.Batch(i-b).State(0, 0), tr.batch.State(0, 0)) {
				t.Errorf("iteration %d does not draw the samples of iteration %d of phase %d", i, i-b, want)
			}
		}
	}
	w, dt := tr.batch.Weights, tr.batch.Steps[0]
	for k, want := range []float64{4 * 0.5 * dt, dt * math.Exp(-0.2*dt), dt * math.Exp(-0.4*dt), 0.5 * dt * math.Exp(-0.6*dt)} {
		if want /= 2; math.Abs(w[k]-want) > 1e-15 {
			t.Errorf("the weight of time %d is %.17g, want %.17g", k, w[k], want)
		}
	}
	if b := tr.cfg.begin(p.train.Phases[2]); b != int(math.Ceil(0.6*float64(total))) {
		t.Errorf("the last phase begins with iteration %d", b)
	}
}

func TestPhasesRefused(t *testing.T) {
	for name, f := range map[string]func(c *Config){
		"order":      func(c *Config) { c.Phases[1].From = 0.7 },
		"from":       func(c *Config) { c.Phases[1].From = 1 },
		"begin":      func(c *Config) { c.Phases[0].From = 0.1 },
		"window":     func(c *Config) { c.Phases[0].Window = -1 },
		"batch":      func(c *Config) { c.Phases[0].Batch = -1 },
		"velocities": func(c *Config) { c.Phases[0].Velocities = 2 },
		"decay":      func(c *Config) { c.Phases[0].Decay = math.NaN() },
		"first":      func(c *Config) { c.Phases[0].First = -1 },
		"consistent": func(c *Config) { c.Phases[0].Consistency = math.Inf(1) },
		"lbfgs":      func(c *Config) { c.LBFGS.Iterations = 1 },
	} {
		p := phasesTraining()
		f(&p.train)
		if err := p.train.Validate(); !errors.Is(err, model.ErrConfig) {
			t.Errorf("%s: got error %v, want model.ErrConfig", name, err)
		}
	}
	p := phasesTraining()
	p.train.Phases[1].Window = 1000
	if _, err := New(modeltest.New(t, p.model), p.train, p.data()); !errors.Is(err, model.ErrData) {
		t.Errorf("a window longer than the data: got error %v, want model.ErrData", err)
	}
}

// A phase that is alone draws from stream 0, where the trainings without phases
// of their own have always drawn; of several, each has its own.
func TestStreams(t *testing.T) {
	c := Config{Phases: []Phase{{}}}
	if got := c.stream(0); got != 0 {
		t.Errorf("alone: got stream %d, want 0", got)
	}
	c.Phases = append(c.Phases, Phase{From: 0.5})
	if a, b := c.stream(0), c.stream(1); a != 1 || b != 2 {
		t.Errorf("of two: got streams %d and %d, want 1 and 2", a, b)
	}
}

// SetBatch changes the phases of one configuration, and not those of a copy.
func TestSetBatch(t *testing.T) {
	c := Config{Phases: []Phase{{Window: 3, Batch: 1}, {From: 0.5, Batch: 2}}}
	d, none := c, Config{}
	d.SetBatch(7)
	none.SetBatch(7)
	if c.Phases[0].Batch != 1 || d.Phases[0] != (Phase{Window: 3, Batch: 7}) || d.Phases[1] != (Phase{From: 0.5, Batch: 7}) {
		t.Errorf("got %+v and %+v", c.Phases, d.Phases)
	}
	if len(none.Phases) != 1 || none.Phases[0] != (Phase{Batch: 7}) {
		t.Errorf("without phases: got %+v", none.Phases)
	}
}

// With consistency the latent state that a model comes to is what its encoder makes of
// the state there, which a training on what is decoded alone does not ask for.
func TestConsistency(t *testing.T) {
	p := minibatchTraining()
	p.model.Autoencoder = latent.AutoencoderConfig{Latent: 3, Hidden: []int{16}, UnitStart: true, FirstScale: 3, Start: param.Start{BiasSpread: 1, LastScale: 0.1}}
	p.model.Nonlinear = dynamics.NonlinearConfig{Kind: "none"}
	p.model.Linear = dynamics.LinearConfig{Spread: 0.1, SkewSpread: 1, Rates: []float64{30, 3, 0.3}}
	p.model.Factor, p.model.TimeUnit = nil, 1
	p.train.Sampler, p.train.Weighting = sample.Anywhere, objective.WeightUniform
	p.train.First = FirstStage{
		Optimizer: "soap", Settings: optim.Settings{"beta2": 0.95}, Iterations: 1500, Clip: 1.5,
		Schedule: optim.Schedule{Kind: optim.ScheduleCosine, Rate: 0.02, Final: 1e-4, Warmup: 40},
	}
	p.times, p.states = nil, nil
	for k := range 24 {
		at := 1e-3 * math.Pow(1e4, float64(k)/23)
		var states [][]float64
		for s := range 8 {
			fast := (1 - float64(s)/4) * math.Exp(-30*at)
			states = append(states, []float64{math.Exp(-at) + fast, math.Exp(-2*at) - fast}) // fast falls to a curve
		}
		p.times, p.states = append(p.times, at), append(p.states, states)
	}
	var off, rms [2]float64
	for i, consistency := range []float64{0, 5e-3} {
		p.train.Phases = []Phase{{Batch: 8, Consistency: consistency}}
		tr := p.fit(t)
		encoded := func(k int) []float64 {
			u, err := tr.Model.PredictLatent(p.states[k], p.times[:1])
			if err != nil {
				t.Fatal(err)
			}
			return u[0]
		}
		for k := range len(p.times) - 1 {
			u, err := tr.Model.PredictLatent(p.states[k], p.times[k:k+2])
			if err != nil {
				t.Fatal(err)
			}
			off[i] = math.Hypot(off[i], floats.Distance(u[1], encoded(k+1), 2)/math.Sqrt(23*8))
		}
		rms[i] = math.Sqrt(tr.Result().Loss)
	}
	t.Logf("off by %.2g without and by %.2g with consistency; roots of the losses %.2g and %.2g", off[0], off[1], rms[0], rms[1])
	if !(off[1] <= off[0]/4) {
		t.Errorf("latent states are off by %.2g with consistency and by %.2g without, want a quarter at most", off[1], off[0])
	}
}
