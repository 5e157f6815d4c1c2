package dynamics_test

import (
	"context"
	"fmt"
	"log"
	"math"

	G "gorgonia.org/gorgonia"

	"spnode/data"
	"spnode/integrator"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/param"
	"spnode/model/train"
)

// quadratic is g_i(u) = q_i·u_i², a form of g of one's own.
func quadratic(_ dynamics.NonlinearConfig, n int) (dynamics.Nonlinear, error) {
	return dynamics.Nonlinear{
		Text:       "quadratic in each component",
		Parameters: []param.Declaration{{Name: "g/q", Shape: []int{1, n}, Start: param.Normal(0.1)}},
		Build: func(g *param.Graph) (integrator.Nonlinear, error) {
			q := g.Param("g/q")
			return func(u *G.Node) (*G.Node, error) {
				square, err := G.Square(u)
				if err != nil {
					return nil, err
				}
				return G.BroadcastHadamardProd(square, q, nil, []byte{0})
			}, nil
		},
	}, nil
}

// A form of g that the package does not have is registered under a name, which a
// configuration then takes. Here two populations grow logistically,
// du/dt = u − u², which has the form A u + g(u) with A = I and q = −1.
func ExampleRegisterNonlinear() {
	dynamics.RegisterNonlinear("quadratic", quadratic)
	cfg := model.DefaultConfig(2)
	cfg.Linear.Shift = 2 // A may have eigenvalues up to 2
	cfg.Nonlinear = dynamics.NonlinearConfig{Kind: "quadratic"}
	m, err := model.New(cfg)
	check(err)

	state := func(x, t float64) float64 { return x / (x + (1-x)*math.Exp(-t)) }
	times := []float64{0, 0.5, 1, 1.5, 2}
	states := make([][][]float64, len(times)) // by time, sample and component
	for k, t := range times {
		states[k] = [][]float64{{state(0.1, t), state(0.5, t)}, {state(0.3, t), state(1.4, t)}, {state(0.8, t), state(0.2, t)}}
	}
	t, err := train.New(m, train.DefaultConfig(), data.Shared(times, states, nil))
	check(err)
	check(t.Fit(context.Background()))
	q, _ := m.Params().Get("g/q")
	fmt.Printf("g_i(u) = %.1f u_i² and %.1f u_i²\n", q.Data[0], q.Data[1])
	// Output: g_i(u) = -1.0 u_i² and -1.0 u_i²
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
