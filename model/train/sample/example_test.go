package sample_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"spnode/data"
	"spnode/model"
	"spnode/model/objective"
	"spnode/model/train"
	"spnode/model/train/sample"
)

// bootstrap draws the trajectories of a batch with replacement, at all their
// times.
type bootstrap struct {
	sample.Sampling
	steps, weights []float64
}

func init() { sample.Register("bootstrap", newBootstrap) }

func newBootstrap(s sample.Sampling) (sample.Sampler, error) {
	times := s.Trajectories[0].Times
	weights, err := s.Weights(times, s.Phase.Batch)
	return &bootstrap{s, sample.Steps(times), weights}, err
}

func (b *bootstrap) batch(rows int, sample func(row int) int) objective.Batch {
	return objective.Batch{Rows: rows, Steps: b.steps, Weights: b.weights, State: func(row, time int) []float64 {
		return b.Trajectories[sample(row)].States[time]
	}}
}

func (b *bootstrap) Batch(iteration int) objective.Batch {
	rng := rand.New(rand.NewPCG(b.Seed, b.Stream<<48|uint64(iteration)))
	drawn := make([]int, b.Phase.Batch)
	for i := range drawn {
		drawn[i] = rng.IntN(len(b.Trajectories))
	}
	return b.batch(len(drawn), func(row int) int { return drawn[row] })
}

func (b *bootstrap) Whole() (whole []objective.Batch) {
	for lo := 0; lo+b.Phase.Batch <= len(b.Trajectories); lo += b.Phase.Batch {
		whole = append(whole, b.batch(b.Phase.Batch, func(row int) int { return lo + row }))
	}
	return whole
}

func (b *bootstrap) Shape() (rows, times int) { return b.Phase.Batch, len(b.weights) }
func (b *bootstrap) Epoch() int               { return len(b.Trajectories) / b.Phase.Batch }

// A sampler from outside of the package: its file registers it, and the
// configuration names it. The data are a decay from eight states.
func ExampleRegister() {
	cfg := train.DefaultConfig()
	cfg.Sampler = "bootstrap"
	cfg.Phases = []sample.Phase{{Batch: 4}}
	cfg.LBFGS.Iterations = 0 // which needs the same batch every time

	times := []float64{0, 0.5, 1, 2}
	states := make([][][]float64, len(times)) // by time, sample and component
	for k, t := range times {
		for s := range 8 {
			states[k] = append(states[k], []float64{float64(s-4) / 4 * math.Exp(-t)})
		}
	}
	m, err := model.New(model.DefaultConfig(1))
	check(err)
	t, err := train.New(m, cfg, data.Shared(times, states, nil))
	check(err)
	check(t.Fit(context.Background()))
	fmt.Println("loss below 1e-3:", t.Result().Loss < 1e-3)
	// Output: loss below 1e-3: true
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
