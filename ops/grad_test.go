package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/ops/opstest"
)

// gradTol bounds the difference between a symbolic gradient and central
// differences, relative to the largest element; the differences themselves
// are good to about 1e-9.
const gradTol = 1e-7

// sizes calls f for seeded random draws of every size that the ops must take.
func sizes(f func(rng *rand.Rand, n, batch int)) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 7, 20} {
		for _, batch := range []int{1, 2, 5} {
			if n == 20 && opstest.Thin() {
				continue
			}
			f(rng, n, batch)
		}
	}
}

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
		"Expmv": func(in G.Nodes) (*G.Node, error) { return Expmv(in[0], in[1], in[2], G.Must(Row(in[3], 1)), 0) },
		"Combine": func(in G.Nodes) (*G.Node, error) {
			return Combine(in[1], G.Must(Row(in[3], 0)), []float64{0.5, -2}, in[2], G.Must(G.Mul(in[1], in[0])))
		},
		"Shifted": func(in G.Nodes) (*G.Node, error) {
			s, err := NewShifted(in[0])
			if err != nil {
				return nil, err
			}
			return s.Solve(G.Must(G.Add(in[1], in[2])), G.Must(Row(in[3], 1)))
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
			sizes(func(rng *rand.Rand, n, batch int) {
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

func TestLayerGradients(t *testing.T) {
	for name, test := range map[string]struct {
		f      func(in G.Nodes) (*G.Node, error)
		inputs func(rng *rand.Rand, n, batch int) []opstest.Input
	}{
		"Dense": {
			func(in G.Nodes) (*G.Node, error) { return Dense(in[0], in[1], in[2], true) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n), opstest.Normal(rng, "W", 0.5, n, n+3), opstest.Normal(rng, "b", 1, n+3)}
			},
		},
		"Dense linear, to 2": {
			func(in G.Nodes) (*G.Node, error) { return Dense(in[0], in[1], nil, false) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, 5*n), opstest.Normal(rng, "W", 1, 5*n, 2)}
			},
		},
		"TanhTangent": {
			func(in G.Nodes) (*G.Node, error) { return TanhTangent(in[0], in[1]) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "t", 1, batch, n), opstest.Normal(rng, "y", 0.5, 1, n)}
			},
		},
		"Bilinear": {
			func(in G.Nodes) (*G.Node, error) { return Bilinear(in[0], in[1], in[2], in[3]) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "u", 1, batch, n), opstest.Normal(rng, "C", 1, 2, n, n), opstest.Normal(rng, "D", 1, 2, n, n), opstest.Normal(rng, "b", 1, n)}
			},
		},
		"Stack, SquaredError": {
			func(in G.Nodes) (*G.Node, error) {
				y, err := Stack(in[0], in[1], in[0])
				if err != nil {
					return nil, err
				}
				return SquaredError(y, in[2], in[3], 0)
			},
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				u, w := opstest.Normal(rng, "U", 1, 3*batch, n), opstest.Normal(rng, "w", 1, 3)
				u.Const, w.Const = true, true
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n), opstest.Normal(rng, "y", 1, batch, n), u, w}
			},
		},
		"Stack, SquaredError, saturated": {
			func(in G.Nodes) (*G.Node, error) {
				y, err := Stack(in[0], in[1], in[0])
				if err != nil {
					return nil, err
				}
				return SquaredError(y, in[2], in[3], 0.5)
			},
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				u, w := opstest.Normal(rng, "U", 1, 3*batch, n), opstest.Normal(rng, "w", 1, 3)
				u.Const, w.Const = true, true
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n), opstest.Normal(rng, "y", 1, batch, n), u, w}
			},
		},
		"Stack, SquaredError, own weights": {
			func(in G.Nodes) (*G.Node, error) {
				y, err := Stack(in[0], in[1], in[0])
				if err != nil {
					return nil, err
				}
				return SquaredError(y, in[2], in[3], 0.5)
			},
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				u, w := opstest.Normal(rng, "U", 1, 3*batch, n), opstest.Normal(rng, "w", 0, 3, batch, n)
				for i := range w.Data {
					if w.Data[i] = max(0, rng.Float64()-0.3); w.Data[i] == 0 {
						u.Data[i] = math.NaN() // is not looked at
					}
				}
				u.Const, w.Const = true, true
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n), opstest.Normal(rng, "y", 1, batch, n), u, w}
			},
		},
		"Columns": {
			func(in G.Nodes) (*G.Node, error) { return Columns(in[0], 1, 3) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n+2)}
			},
		},
		"Driven": {
			func(in G.Nodes) (*G.Node, error) { return Driven(in[0], in[1]) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "A", 1, n, n), opstest.Normal(rng, "B", 1, n, batch)}
			},
		},
		"Slopes, Stretch": {
			func(in G.Nodes) (*G.Node, error) {
				h, err := Stretch(in[0], in[1])
				if err != nil {
					return nil, err
				}
				return Slopes(in[2], G.Must(Row(h, 1)))
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
		"Linear": {
			func(in G.Nodes) (*G.Node, error) { return Linear(in[0], matrix(3, in[0].Shape()[1]), nil) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n)}
			},
		},
		"Linear plus": {
			func(in G.Nodes) (*G.Node, error) {
				return Linear(in[0], matrix(in[1].Shape()[1], in[0].Shape()[1]), in[1])
			},
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n), opstest.Normal(rng, "plus", 1, batch, 2*n+1)}
			},
		},
		"ScaleExp": {
			func(in G.Nodes) (*G.Node, error) { return ScaleExp(in[0], in[1], 2) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n), opstest.Normal(rng, "d", 1, n)}
			},
		},
		"Affine": {
			func(in G.Nodes) (*G.Node, error) {
				n := in[0].Shape()[1]
				return Affine(in[0], floats.Span(make([]float64, n+1), 1, 2)[:n], floats.Span(make([]float64, n+1), 0, 1)[:n])
			},
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n)}
			},
		},
		"Scale": {
			func(in G.Nodes) (*G.Node, error) { return Scale(in[0], -1.5) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n)}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var worst float64
			sizes(func(rng *rand.Rand, n, batch int) {
				worst = max(worst, opstest.CheckGrad(t, gradTol, test.f, test.inputs(rng, n, batch)...))
			})
			t.Logf("worst relative difference %.2g", worst)
		})
	}
}

// The norm of eq. (8) has a kink where two rows or columns tie: a small step
// of the differences keeps to one side, at the price of digits, 1e-16/1e-5.
func TestLipschitzScaleGradient(t *testing.T) {
	var worst float64
	sizes(func(rng *rand.Rand, n, batch int) {
		for _, bound := range []float64{0.3, 4, 100} {
			for _, unit := range []bool{true, false} {
				w := opstest.Normal(rng, "W", 1, n, batch+n)
				w.Step = 1e-5
				e, _, err := opstest.GradError(func(in G.Nodes) (*G.Node, error) {
					return LipschitzScale(in[0], bound, unit)
				}, w)
				if err != nil || !(e <= gradTol) {
					t.Errorf("%d×%d, bound %g, unit %v: relative difference %.2g, error %v", n, batch+n, bound, unit, e, err)
				}
				worst = max(worst, e)
			}
		}
	})
	t.Logf("worst relative difference %.2g", worst)
}

func TestHurwitzGradient(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 20} {
		for name, triangle := range map[string]func(in G.Nodes) (*G.Node, error){
			"Tril":    func(in G.Nodes) (*G.Node, error) { return Tril(in[0], n, false) },
			"LogTril": func(in G.Nodes) (*G.Node, error) { return LogTril(in[1], in[3], n) },
		} {
			t.Run(fmt.Sprintf("n=%d/%s", n, name), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(3, uint64(n)))
				in := []opstest.Input{
					opstest.Normal(rng, "LS", 1, TrilSize(n, false)), opstest.Normal(rng, "d", 1, n),
					opstest.Normal(rng, "LG", 1, TrilSize(n, false)),
				}
				in[0].Const, in[1].Const = name != "Tril", name != "LogTril"
				for _, strict := range []string{"N", "Ls"} {
					p := opstest.Normal(rng, strict, 1, max(1, TrilSize(n, true)))
					p.Const = n == 1 || strict == "N" && name == "Tril"
					in = append(in, p)
				}
				worst := opstest.CheckGrad(t, gradTol, func(in G.Nodes) (*G.Node, error) {
					ls, err := triangle(in)
					if err != nil {
						return nil, err
					}
					var skew *G.Node
					if n > 1 {
						skew = G.Must(Tril(in[4], n, true))
					}
					return Hurwitz(ls, G.Must(Tril(in[2], n, false)), skew, 0.3)
				}, in...)
				t.Logf("worst relative difference %.2g", worst)
			})
		}
	}
}

func TestRotationsGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	worst := opstest.CheckGrad(t, gradTol, func(in G.Nodes) (*G.Node, error) { return Rotations(in[0], 3, in[1]) },
		opstest.Normal(rng, "w", 1, 1), opstest.Normal(rng, "A", 1, 4, 4))
	t.Logf("worst relative difference %.2g", worst)
}

// The invariants: what the decoder is told, and what its output is moved by.
func TestConserveGradients(t *testing.T) {
	w := [][]float64{{0.6, 0, 0.8}, {0, 1, 0}}
	for name, f := range map[string]func(in G.Nodes) (*G.Node, error){
		"Project":       func(in G.Nodes) (*G.Node, error) { return Project(in[0], w) },
		"AppendColumns": func(in G.Nodes) (*G.Node, error) { return AppendColumns(in[0], in[1]) },
	} {
		rng := rand.New(rand.NewPCG(5, 5))
		inputs := []opstest.Input{opstest.Normal(rng, "u", 1, 6, 3), opstest.Normal(rng, "q", 1, 2, 2)}
		inputs[1].Const = name == "Project"
		t.Logf("%s: worst relative difference %.2g", name, opstest.CheckGrad(t, gradTol, f, inputs...))
	}
	rng := rand.New(rand.NewPCG(6, 6))
	y, x0 := opstest.Normal(rng, "y", 1, 6, 3), opstest.Normal(rng, "x0", 1, 2, 3)
	x0.Const = true
	conserve := func(in G.Nodes) (*G.Node, error) { return Conserve(in[0], in[1], w) }
	t.Logf("Conserve: worst relative difference %.2g", opstest.CheckGrad(t, gradTol, conserve, y, x0))
	out, err := opstest.Eval(conserve, y, x0)
	if err != nil {
		t.Fatal(err)
	}
	for r := range 6 {
		for i, v := range w {
			got, want := floats.Dot(out[3*r:3*r+3], v), floats.Dot(x0.Data[r%2*3:][:3], v)
			if math.Abs(got-want) > 4*unitRoundoff*floats.Norm(x0.Data, 1) {
				t.Errorf("row %d: w_%d·y is %.17g, want %.17g", r, i, got, want)
			}
		}
	}
}
