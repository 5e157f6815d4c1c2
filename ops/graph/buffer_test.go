package graph_test

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops"
	"spnode/ops/graph"
	"spnode/ops/opstest"
)

// What is set in a buffer of either type is read again, to its roundoff, and
// nothing beside it; a node over it has its memory.
func TestBuffer(t *testing.T) {
	x := opstest.Normal(rand.New(rand.NewPCG(1, 1)), "", 1, 5).Data
	for dtype, roundoff := range map[tensor.Dtype]float64{tensor.Float64: 0, tensor.Float32: 0x1p-24} {
		b := graph.NewBuffer(dtype, 6)
		g := G.NewGraph()
		double, err := ops.Scale(b.Node(g, "x", 2, 3), 2)
		if err != nil {
			t.Fatal(err)
		}
		p, err := graph.Compile(double)
		if err != nil {
			t.Fatal(err)
		}
		b.Set(1, x)
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		got, sum := make([]float64, 6), []float64{1, 1, 1, 1, 1, 1}
		b.Get(got)
		b.AddTo(sum)
		if got[0] != 0 || p.Data(double).At(0) != 0 {
			t.Errorf("%v: element 0 is %v, want 0", dtype, got[0])
		}
		for i, v := range x {
			y := got[i+1]
			if math.Abs(y-v) > roundoff*math.Abs(v) || b.At(i+1) != y || sum[i+1] != 1+y || p.Data(double).At(i+1) != 2*y {
				t.Errorf("%v: set %v, got %v, by At %v, 1 plus it %v, twice it %v", dtype, v, y, b.At(i+1), sum[i+1], p.Data(double).At(i+1))
			}
		}
	}
	graph.BufferOf(x).Set(0, []float64{3})
	if x[0] != 3 {
		t.Errorf("set 3 in the buffer of a slice, which has %v", x[0])
	}
}
