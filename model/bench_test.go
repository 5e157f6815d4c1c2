package model_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
)

type training struct {
	name  string
	dim   int
	times []float64
	batch []int
	cfg   model.Config
}

// trainings are the examples of the paper as they are trained, on random
// numbers in place of their data.
var trainings = []training{
	{"transient", 2, []float64{0, 0.3, 0.65, 1.05, 1.5, 2.1}, []int{1000}, model.Config{
		Linear:    dynamics.LinearConfig{Spread: 0.1},
		Nonlinear: dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: []int{100}, Lipschitz: 20, OutputActivation: true},
	}},
	{"robertson", 3, floats.LogSpan(make([]float64, 50), 4e-6, 4e6), []int{20, 100}, model.Config{
		Autoencoder: latent.AutoencoderConfig{Latent: 3, Hidden: []int{100, 100}, UnitStart: true, Start: param.Start{BiasSpread: 1, LastScale: 0.1}, FirstScale: 3},
		Linear:      dynamics.LinearConfig{Rates: []float64{1e3, 1e-2, 4e-6}},
		Nonlinear:   dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: []int{100}, Lipschitz: 1e-3, RateScaled: true, ZeroStart: true, NoOutputBias: true},
	}},
	{"ks20", 64, floats.Span(make([]float64, 9), 0, 8), []int{100, 2000}, model.Config{
		Autoencoder: latent.AutoencoderConfig{Latent: 20, Hidden: []int{200}},
		Linear:      dynamics.LinearConfig{Shift: 0.25, Spread: 0.01},
		Nonlinear:   dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: param.Start{BiasSpread: 0.5}},
	}},
	{"ks20pod", 64, floats.Span(make([]float64, 9), 0, 8), []int{100}, model.Config{
		Autoencoder: latent.AutoencoderConfig{Latent: 20, Skip: &latent.LinearPair{Only: true}},
		Linear:      dynamics.LinearConfig{Shift: 0.25, Spread: 0.01},
		Nonlinear:   dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: param.Start{BiasSpread: 0.5}},
	}},
	{"ks7", 64, floats.Span(make([]float64, 9), 0, 8), []int{100}, model.Config{
		Autoencoder: latent.AutoencoderConfig{Latent: 7, Hidden: []int{200, 200}},
		Linear:      dynamics.LinearConfig{Shift: 0.25, Spread: 0.01},
		Nonlinear:   dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: param.Start{BiasSpread: 0.5}},
	}},
}

// wide is a state that is, where e^{hA} takes much of an iteration.
var wide = training{"wide", 256, floats.Span(make([]float64, 9), 0, 8), []int{2000}, model.Config{
	Linear:    dynamics.LinearConfig{Shift: 0.25, Spread: 0.01},
	Nonlinear: dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: param.Start{BiasSpread: 0.5}},
}}

// benchConfig completes the configuration of a training.
func benchConfig(cfg model.Config, dim int, dtype string) model.Config {
	cfg.Dim, cfg.Integrator, cfg.Substeps, cfg.Dtype = dim, "etd1", 1, dtype
	if s := cfg.Autoencoder.Skip; s != nil {
		rng := rand.New(rand.NewPCG(1, 1))
		draw := func(r, c int) [][]float64 {
			x := make([]float64, r*c)
			param.Normal(0.1)(rng, x)
			return rows(x, c)
		}
		s = &latent.LinearPair{Encode: draw(cfg.Autoencoder.Latent, dim), Decode: draw(dim, cfg.Autoencoder.Latent), Only: s.Only}
		cfg.Autoencoder.Skip = s
	}
	return cfg
}

// benchEvaluation prepares the loss of an example on random numbers, for all
// cores.
func benchEvaluation(b *testing.B, cfg model.Config, times []float64, batch int) *evaluation {
	m, err := model.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	states := modeltest.NormalStates(rand.New(rand.NewPCG(2, 2)), 0.3, len(times), batch, cfg.Dim)
	e, err := newEvaluation(m, runtime.NumCPU(), objective.WeightTime, times, states)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// The loss of a batch and its gradient on all cores, which is an iteration of a
// training but for the update.
func BenchmarkObjective(b *testing.B) {
	for _, c := range append(trainings[:len(trainings):len(trainings)], wide) {
		for _, batch := range c.batch {
			for _, dtype := range []string{"float64", "float32"} {
				b.Run(fmt.Sprintf("%s/batch=%d/%s", c.name, batch, dtype), func(b *testing.B) {
					e := benchEvaluation(b, benchConfig(c.cfg, c.dim, dtype), c.times, batch)
					grad := make([]float64, len(e.Params().Flat))
					for b.Loop() {
						if _, err := e.evaluate(grad); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(b.N), "ms/iteration")
				})
			}
		}
	}
}

// The graphs of a training, their gradients and programs, and one evaluation of each:
// what a training waits for before its first iteration.
func BenchmarkBuild(b *testing.B) {
	for _, c := range trainings {
		for _, times := range [][]float64{c.times, floats.Span(make([]float64, 501), 0, 50)} {
			b.Run(fmt.Sprintf("%s/steps=%d", c.name, len(times)-1), func(b *testing.B) {
				for b.Loop() {
					e := benchEvaluation(b, benchConfig(c.cfg, c.dim, "float64"), times, 20)
					if _, err := e.evaluate(make([]float64, len(e.Params().Flat))); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// Predictions of one step, of one trajectory and of many, decoder included.
func BenchmarkPredict(b *testing.B) {
	for _, c := range trainings {
		for _, size := range []struct{ samples, steps int }{{1, 1}, {1, 2000}, {1000, 200}} {
			for _, dtype := range []string{"float64", "float32"} {
				b.Run(fmt.Sprintf("%s/%dx%d/%s", c.name, size.samples, size.steps, dtype), func(b *testing.B) {
					m, err := model.New(benchConfig(c.cfg, c.dim, dtype))
					if err != nil {
						b.Fatal(err)
					}
					times := make([]float64, size.steps+1)
					for k := range times {
						times[k] = 0.1 * float64(k)
					}
					x := make([]float64, size.samples*c.dim)
					param.Normal(0.3)(rand.New(rand.NewPCG(3, 3)), x)
					for b.Loop() {
						if _, err := m.Predict(rows(x, c.dim), times); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(b.N*size.steps), "µs/step")
				})
			}
		}
	}
}
