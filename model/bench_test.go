package model

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// trainings are the examples of the paper as they are trained, on random
// numbers in place of their data.
var trainings = []struct {
	name  string
	dim   int
	times []float64
	batch []int
	cfg   Config
}{
	{"transient", 2, []float64{0, 0.3, 0.65, 1.05, 1.5, 2.1}, []int{1000}, Config{
		Linear:    LinearConfig{Spread: 0.1},
		Nonlinear: NonlinearConfig{Kind: KindLipschitz, Hidden: []int{100}, Lipschitz: 20, OutputActivation: true},
	}},
	{"robertson", 3, floats.LogSpan(make([]float64, 50), 4e-6, 4e6), []int{20, 100}, Config{
		Autoencoder: AutoencoderConfig{Latent: 3, Hidden: []int{100, 100}, UnitStart: true, Start: Start{BiasSpread: 1, LastScale: 0.1}, FirstScale: 3},
		Linear:      LinearConfig{Rates: []float64{1e3, 1e-2, 4e-6}},
		Nonlinear:   NonlinearConfig{Kind: KindLipschitz, Hidden: []int{100}, Lipschitz: 1e-3, RateScaled: true, ZeroStart: true, NoOutputBias: true},
	}},
	{"ks20", 64, floats.Span(make([]float64, 9), 0, 8), []int{100, 2000}, Config{
		Autoencoder: AutoencoderConfig{Latent: 20, Hidden: []int{200}},
		Linear:      LinearConfig{Shift: 0.25, Spread: 0.01},
		Nonlinear:   NonlinearConfig{Kind: KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: Start{BiasSpread: 0.5}},
	}},
	{"ks20pod", 64, floats.Span(make([]float64, 9), 0, 8), []int{100}, Config{
		Autoencoder: AutoencoderConfig{Latent: 20, Skip: &LinearPair{Only: true}},
		Linear:      LinearConfig{Shift: 0.25, Spread: 0.01},
		Nonlinear:   NonlinearConfig{Kind: KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: Start{BiasSpread: 0.5}},
	}},
	{"ks7", 64, floats.Span(make([]float64, 9), 0, 8), []int{100}, Config{
		Autoencoder: AutoencoderConfig{Latent: 7, Hidden: []int{200, 200}},
		Linear:      LinearConfig{Shift: 0.25, Spread: 0.01},
		Nonlinear:   NonlinearConfig{Kind: KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: Start{BiasSpread: 0.5}},
	}},
}

// benchConfig completes the configuration of a training.
func benchConfig(cfg Config, dim int, dtype string) Config {
	cfg.Dim, cfg.Integrator, cfg.Substeps, cfg.Dtype = dim, "etd1", 1, dtype
	if s := cfg.Autoencoder.Skip; s != nil {
		rng := rand.New(rand.NewPCG(1, 1))
		draw := func(r, c int) [][]float64 {
			x := make([]float64, r*c)
			Normal(0.1)(rng, x)
			return rows(x, c)
		}
		s = &LinearPair{Encode: draw(cfg.Autoencoder.Latent, dim), Decode: draw(dim, cfg.Autoencoder.Latent), Only: s.Only}
		cfg.Autoencoder.Skip = s
	}
	return cfg
}

// benchEvaluation prepares the loss of an example on random numbers, for all
// cores.
func benchEvaluation(b *testing.B, cfg Config, times []float64, batch int) *evaluation {
	m, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	states := normalStates(rand.New(rand.NewPCG(2, 2)), 0.3, len(times), batch, cfg.Dim)
	e, err := newEvaluation(m, runtime.NumCPU(), WeightTime, times, states)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// The loss of a batch and its gradient on all cores, which is an iteration of a
// training but for the update.
func BenchmarkObjective(b *testing.B) {
	for _, c := range trainings {
		for _, batch := range c.batch {
			for _, dtype := range []string{"float64", "float32"} {
				b.Run(fmt.Sprintf("%s/batch=%d/%s", c.name, batch, dtype), func(b *testing.B) {
					e := benchEvaluation(b, benchConfig(c.cfg, c.dim, dtype), c.times, batch)
					grad := make([]float64, len(e.params.Flat))
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

// The graphs of a training, their gradients and programs: what a training waits
// for before its first iteration.
func BenchmarkBuild(b *testing.B) {
	for _, c := range trainings {
		for _, times := range [][]float64{c.times, floats.Span(make([]float64, 501), 0, 50)} {
			b.Run(fmt.Sprintf("%s/steps=%d", c.name, len(times)-1), func(b *testing.B) {
				var nodes int
				for b.Loop() {
					e, err := benchEvaluation(b, benchConfig(c.cfg, c.dim, "float64"), times, 20).parts[0].block(form{rows: 10, intervals: len(times) - 1, weights: 1})
					if err != nil {
						b.Fatal(err)
					}
					nodes = len(e.g.AllNodes())
				}
				b.ReportMetric(float64(nodes), "nodes")
			})
		}
	}
}

// One step of a rollout, in the latent coordinates.
func BenchmarkStep(b *testing.B) {
	for _, c := range trainings {
		for _, batch := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/batch=%d", c.name, batch), func(b *testing.B) {
				m, err := New(benchConfig(c.cfg, c.dim, "float64"))
				if err != nil {
					b.Fatal(err)
				}
				s, err := m.step(batch, 1)
				if err != nil {
					b.Fatal(err)
				}
				u := make([]float64, batch*m.cfg.LatentDim())
				Normal(0.3)(rand.New(rand.NewPCG(4, 4)), u)
				for b.Loop() {
					if err := s.advance(u, 0.1); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// Predictions of one trajectory and of many, decoder included.
func BenchmarkPredict(b *testing.B) {
	for _, c := range trainings {
		for _, size := range []struct{ samples, steps int }{{1, 2000}, {1000, 200}} {
			for _, dtype := range []string{"float64", "float32"} {
				b.Run(fmt.Sprintf("%s/%dx%d/%s", c.name, size.samples, size.steps, dtype), func(b *testing.B) {
					m, err := New(benchConfig(c.cfg, c.dim, dtype))
					if err != nil {
						b.Fatal(err)
					}
					times := make([]float64, size.steps+1)
					for k := range times {
						times[k] = 0.1 * float64(k)
					}
					x := make([]float64, size.samples*c.dim)
					Normal(0.3)(rand.New(rand.NewPCG(3, 3)), x)
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
