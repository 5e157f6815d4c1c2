package optim_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"spnode/data"
	"spnode/data/npz"
	"spnode/model"
	"spnode/model/optim"
	"spnode/model/train"
)

// momentum is the momentum method, v ← beta·v + g, w ← w − rate·v.
type momentum struct {
	beta            float64
	v, lastV, lastW []float64
}

func init() { optim.Register("momentum", newMomentum) }

func newMomentum(s optim.Settings, parameters []optim.Parameter, _ int) (optim.Optimizer, error) {
	m := &momentum{beta: 0.9}
	err := s.Read(map[string]*float64{"beta": &m.beta})
	m.v = make([]float64, optim.Size(parameters))
	return m, err
}

func (m *momentum) Update(rate float64, w, g []float64) {
	m.lastW, m.lastV = append(m.lastW[:0], w...), append(m.lastV[:0], m.v...)
	for i := range w {
		m.v[i] = m.beta*m.v[i] + g[i]
		w[i] -= rate * m.v[i]
	}
}

func (m *momentum) TakeBack(w []float64) {
	copy(w, m.lastW)
	copy(m.v, m.lastV)
}

func (m *momentum) state() optim.Vectors {
	n := len(m.v)
	return optim.Vectors{{Name: "v", Data: &m.v, Size: n},
		{Name: "last/w", Data: &m.lastW, Size: n, Optional: true}, {Name: "last/v", Data: &m.lastV, Size: n, Optional: true}}
}

func (m *momentum) State() []npz.Array              { return m.state().Arrays() }
func (m *momentum) Restore(state []npz.Array) error { return m.state().Restore(state) }

// An optimizer from outside of the package: its file registers it, and the
// configuration of a training names it. The data are a decay from eight states.
func ExampleRegister() {
	cfg := train.DefaultConfig()
	cfg.First.Optimizer = "momentum"
	cfg.First.Settings = optim.Settings{"beta": 0.8}
	cfg.LBFGS.Iterations = 0

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
