package step

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/opstest"
)

const gradTol = 1e-7 // central differences are good to about 1e-9

// stable returns a Hurwitz matrix with rates around 1: a random one less a
// multiple of I, so that steps of 1e6 do not overflow.
func stable(rng *rand.Rand, n int) opstest.Input {
	a := opstest.Normal(rng, "A", 0.7/math.Sqrt(float64(n)), n, n)
	for i := range n {
		a.Data[i*n+i] -= 1.5
	}
	return a
}

var stepSizes = []float64{1e-6, 1e-3, 0.3, 10, 1e3, 1e6}

// steps returns steps of about dt, shared or one for each row. They are
// differenced over a part of the time scale of A, which is 1.
func steps(rng *rand.Rand, dt float64, shape ...int) opstest.Input {
	h := opstest.Normal(rng, "h", 0, shape...)
	h.Step = 1e-2 / (1 + dt)
	for i := range h.Data {
		h.Data[i] = dt * (1 + rng.Float64())
	}
	return h
}

func TestStepGradients(t *testing.T) {
	ops := map[string]func(in G.Nodes) (*G.Node, error){
		"Expmv": func(in G.Nodes) (*G.Node, error) { return Expmv(in[0], in[1], in[2], G.Must(ops.Row(in[3], 1)), 0) },
		"Combine": func(in G.Nodes) (*G.Node, error) {
			return Combine(in[1], G.Must(ops.Row(in[3], 0)), []float64{0.5, -2}, in[2], G.Must(G.Mul(in[1], in[0])))
		},
		"Shifted": func(in G.Nodes) (*G.Node, error) {
			s, err := NewShifted(in[0])
			if err != nil {
				return nil, err
			}
			return s.Solve(G.Must(G.Add(in[1], in[2])), G.Must(ops.Row(in[3], 1)))
		},
		"Ladder": func(in G.Nodes) (*G.Node, error) {
			l, err := NewLadder(in[0], in[3], 3, 0)
			if err != nil {
				return nil, err
			}
			u, err := l.Step(0, 1, in[1], Term{[]float64{1, 0.7, -0.4}, in[2]})
			if err != nil {
				return nil, err
			}
			return l.Step(1, 0.5, u, Term{[]float64{0, 2, -1}, u}, Term{[]float64{1}, in[2]})
		},
		"Propagate": func(in G.Nodes) (*G.Node, error) {
			p, err := Propagators(in[0], in[3], 3, 0)
			if err != nil {
				return nil, err
			}
			u, err := Propagate(p, 0, in[1], Term{[]float64{1, 0.7, -0.4}, in[2]})
			if err != nil {
				return nil, err
			}
			return Propagate(p, 1, u, Term{[]float64{0, 2, -1}, u}, Term{[]float64{1}, in[2]})
		},
	}
	for name, f := range ops {
		t.Run(name, func(t *testing.T) {
			var worst float64
			opstest.Sizes(func(rng *rand.Rand, n, batch int) {
				for _, width := range []int{1, batch} {
					for _, dt := range stepSizes {
						worst = max(worst, opstest.CheckGrad(t, gradTol, f, stable(rng, n),
							opstest.Normal(rng, "u", 1, batch, n), opstest.Normal(rng, "g", 1, batch, n), steps(rng, dt, 2, width)))
					}
				}
			})
			t.Logf("worst relative difference %.2g", worst)
		})
	}
}

func TestInputGradients(t *testing.T) {
	for name, test := range map[string]struct {
		f      func(in G.Nodes) (*G.Node, error)
		inputs func(rng *rand.Rand, n, batch int) []opstest.Input
	}{
		"Driven": {
			func(in G.Nodes) (*G.Node, error) { return Driven(in[0], in[1]) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "A", 1, n, n), opstest.Normal(rng, "K", 1, n, batch)}
			},
		},
		"Slopes, Stretch": {
			func(in G.Nodes) (*G.Node, error) {
				h, err := Stretch(in[0], in[1])
				if err != nil {
					return nil, err
				}
				return Slopes(in[2], G.Must(ops.Row(h, 1)))
			},
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				h, x := steps(rng, 1, 2, batch), opstest.Normal(rng, "x", 1, batch, n)
				if batch > 1 {
					h.Data[2*batch-1] = 0
				}
				h.Const, x.Const = true, true
				return []opstest.Input{h, opstest.Normal(rng, "s", 0.5, batch, 1), x}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			opstest.Sizes(func(rng *rand.Rand, n, batch int) {
				opstest.CheckGrad(t, gradTol, test.f, test.inputs(rng, n, batch)...)
			})
		})
	}
}
