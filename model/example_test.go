package model_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"

	"spnode/data"
	"spnode/model"
	"spnode/model/train"
)

// A model is trained on arrays of measured states, here those of a damped
// oscillation from four positions, saved, and loaded to predict the motion from a
// position that it has not seen to times that it has not seen.
func Example() {
	state := func(x, t float64) []float64 { // position and velocity
		x *= math.Exp(-0.2 * t)
		return []float64{x * math.Cos(t), -x * (0.2*math.Cos(t) + math.Sin(t))}
	}
	times := []float64{0, 0.5, 1, 1.5, 2}
	states := make([][][]float64, len(times)) // by time, sample and component
	for k, t := range times {
		states[k] = [][]float64{state(-1, t), state(-0.5, t), state(0.25, t), state(0.75, t)}
	}

	m, err := model.New(model.DefaultConfig(2))
	check(err)
	trainer, err := train.New(m, train.DefaultConfig(), data.Shared(times, states, nil))
	check(err)
	check(trainer.Fit(context.Background()))
	dir, err := os.MkdirTemp("", "spnode")
	check(err)
	defer os.RemoveAll(dir)
	check(trainer.Save(dir))

	m, err = model.Load(dir)
	check(err)
	u, err := m.Predict([][]float64{state(0.6, 0)}, []float64{0, 0.1, 0.7, 1.9})
	check(err)
	fmt.Println("error below 1e-3:", math.Abs(u[3][0][0]-state(0.6, 1.9)[0]) < 1e-3)
	// Output: error below 1e-3: true
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
