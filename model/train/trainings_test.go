package train

import (
	"context"
	"math/rand/v2"
	"testing"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/optim"
)

// smallTraining is Adam and L-BFGS on all five samples, for two workers.
func smallTraining() training {
	p := training{model: model.DefaultConfig(2), train: DefaultConfig(), times: []float64{0, 0.5, 1.5}}
	p.model.Integrator = "etd1"
	p.model.Seed = 3
	p.model.Factor = []float64{3, 0.7}
	p.model.Nonlinear.Hidden = []int{3}
	p.states = modeltest.NormalStates(rand.New(rand.NewPCG(31, 32)), 0.5, 3, 5, 2)
	p.train.Workers = 2
	p.train.First.Iterations = 6
	p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleCosine, Rate: 0.05, Warmup: 2}
	p.train.First.Clip = 0.5
	p.train.LBFGS.Iterations = 5
	p.train.LBFGS.Memory = 3
	return p
}

func minibatchTraining() training {
	p := smallTraining()
	p.train.SetBatch(2)
	p.train.First.Iterations = 9
	p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleExponentialEpoch, Rate: 0.05, Decay: 0.8}
	p.train.LBFGS.Iterations = 0
	return p
}

// gridTraining draws its times and its samples.
func gridTraining() training {
	p := minibatchTraining()
	p.times = nil
	for i := range 13 {
		p.times = append(p.times, 0.1*float64(i*i+1))
	}
	p.states = modeltest.NormalStates(rand.New(rand.NewPCG(33, 34)), 0.5, 13, 5, 2)
	p.train.Grid = GridConfig{Points: 4, Random: 0.5}
	p.train.Weighting = objective.WeightLogTime
	return p
}

// restartTraining makes three attempts.
func restartTraining() training {
	p := smallTraining()
	p.train.First.Iterations, p.train.LBFGS.Iterations = 2, 2
	p.train.RestartAbove, p.train.Restarts = 1e-9, 2
	return p
}

// divergingTraining is an explicit method over so many steps that a bilinear
// form overflows after an update at the rate that is asked for.
func divergingTraining() training {
	p := smallTraining()
	p.model.Integrator = "euler"
	p.model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 2}
	p.times = nil
	for k := range 16 {
		p.times = append(p.times, 0.3*float64(k))
	}
	p.states = modeltest.NormalStates(rand.New(rand.NewPCG(33, 34)), 0.5, 16, 3, 2)
	p.train.First.Iterations, p.train.LBFGS.Iterations = 4, 3
	p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleConstant, Rate: 8}
	p.train.First.Clip = 0
	return p
}

// soapTraining renews its bases in every third iteration, of matrices that are
// wide, tall and square.
func soapTraining() training {
	p := minibatchTraining()
	p.model.Nonlinear.Hidden = []int{3, 3}
	p.model.Autoencoder = latent.AutoencoderConfig{Latent: 1, Hidden: []int{3}}
	p.train.First.Optimizer = "soap"
	p.train.First.Settings = optim.Settings{"decay": 0.8, "period": 3}
	p.train.First.LinearRate = 0.5
	return p
}

// soapDivergingTraining takes updates back, of which some follow a renewal, and
// ends with L-BFGS.
func soapDivergingTraining() training {
	p := divergingTraining()
	p.model.Autoencoder = latent.AutoencoderConfig{Latent: 2, Hidden: []int{4}}
	p.train.First.Optimizer = "soap"
	p.train.First.Settings = optim.Settings{"period": 2}
	p.train.First.Iterations, p.train.LBFGS.Iterations = 5, 1
	p.times, p.states = p.times[:9], p.states[:9]
	return p
}

// looks is a context that is cancelled at the n-th look at it.
type looks struct {
	context.Context
	n *int
}

func (l looks) Err() error {
	if *l.n--; *l.n < 0 {
		return context.Canceled
	}
	return nil
}

func cancelAfter(n int) context.Context { return looks{context.Background(), &n} }

// wantSameEnd fails unless two trainings have come to the same bits in all but
// the time they took.
func wantSameEnd(t *testing.T, what string, got, want *Trainer) {
	t.Helper()
	a, b := got.state().Encode(got.cfg.limits()), want.state().Encode(want.cfg.limits())
	if len(a) != len(b) {
		t.Fatalf("%s: state of %d arrays, want %d", what, len(a), len(b))
	}
	for i := range a {
		if a[i].Name == "seconds" {
			continue
		}
		if a[i].Name != b[i].Name || !modeltest.Same(a[i].Data, b[i].Data) {
			t.Errorf("%s: %s is %v, want %s %v", what, a[i].Name, a[i].Data, b[i].Name, b[i].Data)
		}
	}
	if !modeltest.Same(got.Model.Params().Flat, want.Model.Params().Flat) {
		t.Errorf("%s: parameters are %v, want %v", what, got.Model.Params().Flat, want.Model.Params().Flat)
	}
	if len(got.log) != len(want.log) {
		t.Fatalf("%s: log of %d iterations, want %d", what, len(got.log), len(want.log))
	}
	for i := range got.log {
		x, y := got.log[i], want.log[i]
		x.Seconds, y.Seconds = 0, 0
		if x != y {
			t.Errorf("%s: log %d is %+v, want %+v", what, i, x, y)
		}
	}
}
