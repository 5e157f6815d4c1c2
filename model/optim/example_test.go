package optim_test

import (
	"context"
	"fmt"
	"log"

	"spnode/data/ode"
	"spnode/data/problem"
	"spnode/model"
	"spnode/model/optim"
	"spnode/model/train"
)

// momentum is the momentum method, v ← beta·v + g, w ← w − rate·v.
type momentum struct {
	optim.Moments // v, with TakeBack, State and Restore
	beta          float64
}

func init() { optim.Register("momentum", newMomentum) }

func newMomentum(s optim.Settings, parameters []optim.Parameter, _ int) (optim.Optimizer, error) {
	m := &momentum{optim.NewMoments(parameters, "v"), 0.9}
	return m, s.Read(map[string]*float64{"beta": &m.beta})
}

func (m *momentum) Update(rate float64, w, g []float64) {
	v := m.Keep(w, g)[0]
	for i := range w {
		v[i] = m.beta*v[i] + g[i]
		w[i] -= rate * v[i]
	}
}

// An optimizer from outside of the package: its file registers it, and the
// configuration of a training names it.
func ExampleRegister() {
	cfg := train.DefaultConfig()
	cfg.First.Optimizer = "momentum"
	cfg.First.Settings = optim.Settings{"beta": 0.8}
	cfg.LBFGS.Iterations = 0

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
