package integrator_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/integrator"
	"spnode/ops"
)

// A fast component, of rate 1e6, that runs after a slow one, over steps from a
// tenth of the fast time scale to 1e7 times it.
func Example() {
	g := G.NewGraph()
	matrix := func(name string, rows, cols int, x ...float64) *G.Node {
		return G.NewMatrix(g, G.Float64, G.WithName(name), G.WithShape(rows, cols),
			G.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(x))))
	}
	system := integrator.System{
		A: matrix("A", 2, 2,
			-1e6, 1e6,
			0, -1),
		G: func(u *G.Node) (*G.Node, error) { return G.Tanh(u) },
	}
	h := []float64{1e-7, 1e-6, 1e-5, 0.1, 1, 10}

	m, err := integrator.ByName("etd1")
	if err != nil {
		log.Fatal(err)
	}
	states, err := integrator.Rollout(m, system, matrix("u0", 1, 2, 1, 0.5), matrix("steps", len(h), 1, h...), 1)
	if err != nil {
		log.Fatal(err)
	}
	all, err := ops.Stack(states...)
	if err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}

	u := all.Value().Data().([]float64)
	var t float64
	for k := range states {
		if k > 0 {
			t += h[k-1]
		}
		fmt.Printf("t = %-8.4g u = (%.6f, %.6f)\n", t, u[2*k], u[2*k+1])
	}
	// Output:
	// t = 0        u = (1.000000, 0.500000)
	// t = 1e-07    u = (0.952419, 0.500000)
	// t = 1.1e-06  u = (0.666436, 0.500000)
	// t = 1.11e-05 u = (0.500008, 0.500000)
	// t = 0.1      u = (0.496395, 0.496395)
	// t = 1.1      u = (0.472932, 0.472932)
	// t = 11.1     u = (0.440567, 0.440567)
}
