package ops

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/opstest"
)

// matrix is a fixed one of independent N(0, 1/columns) elements.
func matrix(rows, cols int) [][]float64 {
	rng := rand.New(rand.NewPCG(uint64(rows), uint64(cols)))
	m := make([][]float64, rows)
	for i := range m {
		m[i] = opstest.Normal(rng, "", 1/math.Sqrt(float64(cols)), cols).Data
	}
	return m
}

// Linear against inner products, in both types of elements, run twice over
// whatever the first run has left.
func TestLinear(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, size := range [][3]int{{1, 1, 1}, {5, 3, 2}, {9, 20, 64}, {100, 64, 20}} {
		rows, in, out := size[0], size[1], size[2]
		m := matrix(out, in)
		x, plus := opstest.Normal(rng, "x", 1, rows, in), opstest.Normal(rng, "plus", 1, rows, out)
		for _, with := range []bool{false, true} {
			want := make([]float64, rows*out)
			for i := range want {
				want[i] = floats.Dot(x.Data[i/out*in:][:in], m[i%out])
				if with {
					want[i] += plus.Data[i]
				}
			}
			for _, dtype := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				g := G.NewGraph()
				node := func(in opstest.Input) *G.Node {
					back := tensor.WithBacking(in.Data)
					if dtype == tensor.Float32 {
						var y []float32
						for _, v := range in.Data {
							y = append(y, float32(v))
						}
						back = tensor.WithBacking(y)
					}
					return G.NewTensor(g, dtype, 2, G.WithShape(in.Shape...), G.WithName(in.Name),
						G.WithValue(tensor.New(tensor.WithShape(in.Shape...), back)))
				}
				var add *G.Node
				if with {
					add = node(plus)
				}
				y, err := Linear(node(x), m, add)
				if err != nil {
					t.Fatal(err)
				}
				vm := G.NewTapeMachine(g)
				defer vm.Close()
				for range 2 {
					vm.Reset()
					if err := vm.RunAll(); err != nil {
						t.Fatal(err)
					}
				}
				// in+1 roundings of a sum whose absolute terms add up to less than 5√in.
				bound := 5 * math.Sqrt(float64(in)) * float64(in+1) * 0x1p-53
				got := make([]float64, len(want))
				switch d := y.Value().Data().(type) {
				case []float64:
					copy(got, d)
				case []float32:
					bound *= 0x1p29
					for i, v := range d {
						got[i] = float64(v)
					}
				}
				if e := floats.Distance(got, want, math.Inf(1)); !(e <= bound) {
					t.Errorf("%v, plus %v, %v: differs by %.2g, want ≤ %.2g", size, with, dtype, e, bound)
				}
			}
		}
	}
}

func TestLinearRefuses(t *testing.T) {
	g := G.NewGraph()
	node := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	x := node("x", 4, 3)
	for _, c := range []struct {
		Name string
		x    *G.Node
		m    [][]float64
		plus *G.Node
		part string
	}{
		{"no rows", x, nil, nil, "no vectors"},
		{"columns", x, [][]float64{{1, 2, 3}, {1, 2}}, nil, "vector 1 has 2 elements and the states are (4, 3)"},
		{"a vector", node("v", 3), [][]float64{{1, 2, 3}}, nil, "(3)"},
		{"plus", x, matrix(2, 3), node("p", 4, 3), "plus is (4, 3), want (4, 2)"},
	} {
		_, err := Linear(c.x, c.m, c.plus)
		if !errors.Is(err, ErrShape) || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: got error %v, want ErrShape with %q", c.Name, err, c.part)
		}
	}
}
