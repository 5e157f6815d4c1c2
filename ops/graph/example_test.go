package graph_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
)

// A node of one's own, y = x², and the program of its sum and gradient.
func ExampleFunction() {
	x := graph.BufferOf([]float64{1, 2, 3})
	node := x.Node(G.NewGraph(), "x", 3)
	y, err := graph.Function[float64]{
		Name:   "Square",
		Shape:  tensor.Shape{3},
		Inputs: G.Nodes{node},
		Forward: func(y []float64, in [][]float64) error {
			for i, v := range in[0] {
				y[i] = v * v
			}
			return nil
		},
		Adjoint: func(d, in [][]float64, y, dy []float64) error {
			for i, v := range in[0] {
				d[0][i] = 2 * v * dy[i]
			}
			return nil
		},
	}.Node()
	if err != nil {
		log.Fatal(err)
	}
	sum := G.Must(G.Sum(y))
	grads, err := G.Grad(sum, node)
	if err != nil {
		log.Fatal(err)
	}
	p, err := graph.Compile(sum, grads[0])
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Run(); err != nil {
		log.Fatal(err)
	}
	gradient := make([]float64, 3)
	p.Data(grads[0]).Get(gradient)
	fmt.Println(p.Data(sum).At(0), gradient)
	// Output: 14 [2 4 6]
}
