package step

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// Driven is the node of the matrix of a linear system with inputs that are linear
// in time,
//
//	d/dt (u, w, v) = (A(u − Kw), v, 0),   [A B 0; 0 0 I; 0 0 0],  B = −AK,
//
// for A (n, n) and K (n, q): its exponential over a step has hφ_1(hA)B and
// h²φ_2(hA)B beside e^{hA}, so that a method for du/dt = Au takes the inputs
// exactly.
func Driven(a, k *G.Node) (*G.Node, error) {
	as, ks := a.Shape(), k.Shape()
	if as.Dims() != 2 || as[0] != as[1] || ks.Dims() != 2 || ks[0] != as[0] {
		return nil, shapeError("Driven", "A is %v and K %v, want (n, n) and (n, q)", as, ks)
	}
	return graph.ByDtype("Driven", a,
		func() (*G.Node, error) { return driven[float64](a, k) },
		func() (*G.Node, error) { return driven[float32](a, k) })
}

func driven[T kernel.Float](a, k *G.Node) (*G.Node, error) {
	n, q := k.Shape()[0], k.Shape()[1]
	width := n + 2*q
	return graph.Function[T]{
		Name:   "Driven",
		Shape:  tensor.Shape{width, width},
		Inputs: G.Nodes{a, k},
		Forward: func(out []T, in [][]T) error {
			clear(out)
			for i := range n {
				row := out[i*width:]
				copy(row, in[0][i*n:(i+1)*n])
				for j, a := range row[:n] {
					for l, k := range in[1][j*q : (j+1)*q] {
						row[n+l] -= a * k
					}
				}
			}
			for i := range q {
				out[(n+i)*width+n+q+i] = 1
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for i := range n {
				copy(d[0][i*n:(i+1)*n], dOut[i*width:])
				dB := dOut[i*width+n:][:q]
				for j := range n {
					for l, k := range in[1][j*q : (j+1)*q] {
						d[0][i*n+j] -= dB[l] * k
						d[1][j*q+l] -= dB[l] * in[0][i*n+j]
					}
				}
			}
			return nil
		},
	}.Node()
}

// Slopes is the node of x/h row by row, for x (batch, n) and h (1) or (batch): the
// slopes of what changes by x over a step. Over a step of 0 they are 0. x is data:
// gradients pass to h alone.
func Slopes(x, h *G.Node) (*G.Node, error) {
	xs, hs := x.Shape(), h.Shape()
	if xs.Dims() != 2 || hs.Dims() != 1 || hs[0] != 1 && hs[0] != xs[0] {
		return nil, shapeError("Slopes", "x is %v and h %v, want (batch, n) and (1) or (batch)", xs, hs)
	}
	return graph.ByDtype("Slopes", x,
		func() (*G.Node, error) { return slopes[float64](x, h) },
		func() (*G.Node, error) { return slopes[float32](x, h) })
}

func slopes[T kernel.Float](x, h *G.Node) (*G.Node, error) {
	n, steps := x.Shape()[1], h.Shape()[0]
	return graph.Function[T]{
		Name:   "Slopes",
		Shape:  x.Shape(),
		Inputs: G.Nodes{x, h},
		WRT:    []bool{false, true},
		Forward: func(out []T, in [][]T) error {
			for i, v := range in[0] {
				if out[i] = 0; in[1][i/n%steps] != 0 {
					out[i] = v / in[1][i/n%steps]
				}
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for i, v := range out {
				if r := i / n % steps; in[1][r] != 0 {
					d[1][r] -= dOut[i] * v / in[1][r]
				}
			}
			return nil
		},
	}.Node()
}

// Stretch is the node of the steps of rows whose time is scaled, (intervals, batch),
//
//	h_kr e^{s_r},
//
// for steps (intervals, 1 or batch) and s (batch, 1). The steps are data: gradients
// pass to s alone.
func Stretch(steps, s *G.Node) (*G.Node, error) {
	hs, ss := steps.Shape(), s.Shape()
	if hs.Dims() != 2 || ss.Dims() != 2 || ss[1] != 1 || hs[1] != 1 && hs[1] != ss[0] {
		return nil, shapeError("Stretch", "the steps are %v and s %v, want (intervals, 1 or batch) and (batch, 1)", hs, ss)
	}
	return graph.ByDtype("Stretch", steps,
		func() (*G.Node, error) { return stretch[float64](steps, s) },
		func() (*G.Node, error) { return stretch[float32](steps, s) })
}

func stretch[T kernel.Float](steps, s *G.Node) (*G.Node, error) {
	intervals, own, batch := steps.Shape()[0], steps.Shape()[1], s.Shape()[0]
	return graph.Function[T]{
		Name:   "Stretch",
		Shape:  tensor.Shape{intervals, batch},
		Inputs: G.Nodes{steps, s},
		WRT:    []bool{false, true},
		Forward: func(out []T, in [][]T) error {
			for r, v := range in[1] {
				e := T(math.Exp(float64(v)))
				for k := range intervals {
					out[k*batch+r] = e * in[0][k*own+r%own]
				}
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for i, v := range out {
				d[1][i%batch] += dOut[i] * v
			}
			return nil
		},
	}.Node()
}
