package sample_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"spnode/data/ode"
	"spnode/data/problem"
	"spnode/model"
	"spnode/model/objective"
	"spnode/model/train"
	"spnode/model/train/sample"
)

// bootstrap draws the trajectories of a batch with replacement, at all their times.
type bootstrap struct{ sample.Sampling }

func init() { sample.Register("bootstrap", newBootstrap) }

func newBootstrap(s sample.Sampling) (sample.Sampler, error) { return bootstrap{s}, nil }

func (b bootstrap) Shape() (rows, times int) { return b.Phase.Batch, len(b.Trajectories[0].Times) }
func (b bootstrap) Epoch() int               { return len(b.Trajectories) / b.Phase.Batch }

func (b bootstrap) Batch(iteration int) objective.Batch {
	rng := rand.New(rand.NewPCG(b.Seed, b.Stream<<48|uint64(iteration)))
	return b.batch(func(int) int { return rng.IntN(len(b.Trajectories)) })
}

func (b bootstrap) Whole() []objective.Batch {
	return []objective.Batch{b.batch(func(row int) int { return row })}
}

func (b bootstrap) batch(trajectory func(row int) int) objective.Batch {
	rows, times := b.Shape()
	pieces := make([]sample.Piece, rows)
	for row := range pieces {
		pieces[row].Trajectory = trajectory(row)
		for k := range times {
			pieces[row].Times = append(pieces[row].Times, k)
		}
	}
	batch, _ := b.Join(pieces, times) // weights by time suit all data
	return batch
}

// A sampler from outside of the package, which the configuration names.
func ExampleRegister() {
	cfg := train.DefaultConfig()
	cfg.Sampler, cfg.Phases = "bootstrap", []sample.Phase{{Batch: 4}}
	cfg.LBFGS.Iterations = 0 // which needs the same batch every time

	d, _, err := ode.DefaultRKF45().Solve(problem.Transient{}, problem.UniformStates(8, 2, -1, 1, 1), []float64{0, 0.5, 1, 2})
	check(err)
	m, err := model.New(model.DefaultConfig(2))
	check(err)
	t, err := train.New(m, cfg, d)
	check(err)
	check(t.Fit(context.Background()))
	fmt.Println("loss below 0.02:", t.Result().Loss < 0.02)
	// Output: loss below 0.02: true
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
