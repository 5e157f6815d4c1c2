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

func onlyX(rng *rand.Rand, n, batch int) []opstest.Input {
	return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n)}
}

func stackedError(saturation float64) func(in G.Nodes) (*G.Node, error) {
	return func(in G.Nodes) (*G.Node, error) {
		y, err := Stack(in[0], in[1], in[0])
		if err != nil {
			return nil, err
		}
		return SquaredError(y, in[2], in[3], saturation)
	}
}

func stackedInputs(rng *rand.Rand, n, batch int) []opstest.Input {
	u, w := opstest.Normal(rng, "U", 1, 3*batch, n), opstest.Normal(rng, "w", 1, 3)
	u.Const, w.Const = true, true
	return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n), opstest.Normal(rng, "y", 1, batch, n), u, w}
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
				return []opstest.Input{opstest.Normal(rng, "u", 1, batch, n+2), opstest.Normal(rng, "C", 1, 2, n, n+2), opstest.Normal(rng, "D", 1, 2, n, n+2), opstest.Normal(rng, "b", 1, n)}
			},
		},
		"Stack, SquaredError":            {stackedError(0), stackedInputs},
		"Stack, SquaredError, saturated": {stackedError(0.5), stackedInputs},
		"Stack, SquaredError, own weights": {
			stackedError(0.5),
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				in := stackedInputs(rng, n, batch)
				u, w := in[2], opstest.Normal(rng, "w", 0, 3, batch, n)
				for i := range w.Data {
					if w.Data[i] = max(0, rng.Float64()-0.3); w.Data[i] == 0 {
						u.Data[i] = math.NaN() // is not looked at
					}
				}
				w.Const = true
				in[3] = w
				return in
			},
		},
		"Columns": {
			func(in G.Nodes) (*G.Node, error) { return Columns(in[0], 1, 3) },
			func(rng *rand.Rand, n, batch int) []opstest.Input {
				return []opstest.Input{opstest.Normal(rng, "x", 1, batch, n+2)}
			},
		},
		"Linear": {
			func(in G.Nodes) (*G.Node, error) { return Linear(in[0], matrix(3, in[0].Shape()[1]), nil) }, onlyX,
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
			onlyX,
		},
		"Scale": {
			func(in G.Nodes) (*G.Node, error) { return Scale(in[0], -1.5) }, onlyX,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var worst float64
			opstest.Sizes(func(rng *rand.Rand, n, batch int) {
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
	opstest.Sizes(func(rng *rand.Rand, n, batch int) {
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

// A phase and its harmonics. The rows are away from the origin, where Circle turns fast.
func TestPhaseGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	u := opstest.Normal(rng, "u", 1, 6, 4)
	for name, f := range map[string]func(in G.Nodes) (*G.Node, error){
		"Circle":    func(in G.Nodes) (*G.Node, error) { return Circle(in[0]) },
		"Harmonics": func(in G.Nodes) (*G.Node, error) { return Harmonics(in[0], 4) },
	} {
		t.Logf("%s: worst relative difference %.2g", name, opstest.CheckGrad(t, gradTol, f, u))
	}
	out, err := opstest.Eval(func(in G.Nodes) (*G.Node, error) { return Harmonics(G.Must(Circle(in[0])), 3) },
		opstest.Input{Name: "u", Shape: []int{2, 3}, Data: []float64{2 * math.Cos(0.3), 2 * math.Sin(0.3), 5, 0, 0, 7}})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{math.Cos(0.3), math.Sin(0.3), math.Cos(0.6) / 2, math.Sin(0.6) / 2, math.Cos(1.2) / 4, math.Sin(1.2) / 4, 5, 1, 0, 1. / 2, 0, 1. / 4, 0, 7}
	if !floats.EqualApprox(out, want, 1e-15) { // roundings
		t.Errorf("got %v, want %v", out, want)
	}
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
			if math.Abs(got-want) > 4*0x1p-53*floats.Norm(x0.Data, 1) {
				t.Errorf("row %d: w_%d·y is %.17g, want %.17g", r, i, got, want)
			}
		}
	}
}
