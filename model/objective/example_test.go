package objective_test

import (
	"fmt"
	"log"
	"math"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/objective"
)

// The loss and its gradient are there without a training, here for an optimizer of
// one's own, steepest descent.
func Example() {
	times := []float64{0, 1}
	states := [][][]float64{{{1}, {2}}, {{0.5}, {1}}} // halved in a unit of time
	cfg := model.DefaultConfig(1)
	cfg.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
	m, err := model.New(cfg)
	check(err)
	batch, err := objective.NewBatch(m, objective.WeightTime, times, states)
	check(err)
	o, err := objective.New(m, batch.Rows, len(times), 0)
	check(err)
	w := m.Params().Flat
	grad := make([]float64, len(w))
	for range 500 {
		_, err = o.Evaluate(batch, grad)
		check(err)
		for i, g := range grad {
			w[i] -= 0.1 * g
		}
	}
	fmt.Printf("A = %.4f, −ln 2 = %.4f\n", m.Linear().At(0, 0), -math.Ln2)
	// Output: A = -0.6931, −ln 2 = -0.6931
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
