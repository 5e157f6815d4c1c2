package step_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/step"
)

// One ETD1 step in a graph, and the gradient of its first component by A.
func ExamplePropagate() {
	g := G.NewGraph()
	input := func(name string, shape tensor.Shape, data ...float64) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name),
			G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
	}
	a := input("A", tensor.Shape{1, 1}, -2)
	u, f := input("u", tensor.Shape{1, 1}, 1), input("g", tensor.Shape{1, 1}, 0)
	steps := input("steps", tensor.Shape{1, 1}, 0.5)

	p, err := step.Propagators(a, steps, 1, 0)
	if err != nil {
		log.Fatal(err)
	}
	y, err := step.Propagate(p, 0, u, step.Term{Coef: []float64{1}, G: f})
	if err != nil {
		log.Fatal(err)
	}
	grads, err := G.Grad(G.Must(G.Sum(y)), a)
	if err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("e^(-1) = %.6f, d/dA = %.6f\n", y.Value().Data(), grads[0].Value().Data())
	// Output:
	// e^(-1) = [0.367879], d/dA = [0.183940]
}
