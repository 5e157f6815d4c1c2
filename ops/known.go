package ops

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/kernel"
)

// Columns is the node of the columns of x, (batch, n), from lo up to hi.
func Columns(x *G.Node, lo, hi int) (*G.Node, error) {
	if s := x.Shape(); s.Dims() != 2 || lo < 0 || hi <= lo || hi > s[1] {
		return nil, shapeError("Columns", "x is %v and the columns %d up to %d, want a matrix and columns that it has", s, lo, hi)
	}
	return byDtype("Columns", x,
		func() (*G.Node, error) { return columns[float64](x, lo, hi) },
		func() (*G.Node, error) { return columns[float32](x, lo, hi) })
}

func columns[T kernel.Float](x *G.Node, lo, hi int) (*G.Node, error) {
	rows, n, k := x.Shape()[0], x.Shape()[1], hi-lo
	return function[T]{
		name:   "Columns",
		shape:  tensor.Shape{rows, k},
		inputs: G.Nodes{x},
		forward: func(out []T, in [][]T) error {
			for r := range rows {
				copy(out[r*k:(r+1)*k], in[0][r*n+lo:])
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[0])
			for r := range rows {
				copy(d[0][r*n+lo:], dOut[r*k:(r+1)*k])
			}
			return nil
		},
	}.node()
}

// Driven is the node of the matrix of a linear system with inputs that are linear
// in time,
//
//	d/dt (u, w, v) = (Au + Bw, v, 0),   [A B 0; 0 0 I; 0 0 0],
//
// for A (n, n) and B (n, q): its exponential over a step has hφ_1(hA)B and
// h²φ_2(hA)B beside e^{hA}, so that a method for du/dt = Au takes the inputs
// exactly.
func Driven(a, b *G.Node) (*G.Node, error) {
	as, bs := a.Shape(), b.Shape()
	if as.Dims() != 2 || as[0] != as[1] || bs.Dims() != 2 || bs[0] != as[0] {
		return nil, shapeError("Driven", "A is %v and B %v, want (n, n) and (n, q)", as, bs)
	}
	return byDtype("Driven", a,
		func() (*G.Node, error) { return driven[float64](a, b) },
		func() (*G.Node, error) { return driven[float32](a, b) })
}

func driven[T kernel.Float](a, b *G.Node) (*G.Node, error) {
	n, q := b.Shape()[0], b.Shape()[1]
	width := n + 2*q
	return function[T]{
		name:   "Driven",
		shape:  tensor.Shape{width, width},
		inputs: G.Nodes{a, b},
		forward: func(out []T, in [][]T) error {
			clear(out)
			for i := range n {
				copy(out[i*width:], in[0][i*n:(i+1)*n])
				copy(out[i*width+n:], in[1][i*q:(i+1)*q])
			}
			for i := range q {
				out[(n+i)*width+n+q+i] = 1
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			for i := range n {
				copy(d[0][i*n:(i+1)*n], dOut[i*width:])
				copy(d[1][i*q:(i+1)*q], dOut[i*width+n:])
			}
			return nil
		},
	}.node()
}

// Slopes is the node of x/h row by row, for x (batch, n) and h (1) or (batch): the
// slopes of what changes by x over a step. Over a step of 0 they are 0. x is data:
// gradients pass to h alone.
func Slopes(x, h *G.Node) (*G.Node, error) {
	xs, hs := x.Shape(), h.Shape()
	if xs.Dims() != 2 || hs.Dims() != 1 || hs[0] != 1 && hs[0] != xs[0] {
		return nil, shapeError("Slopes", "x is %v and h %v, want (batch, n) and (1) or (batch)", xs, hs)
	}
	return byDtype("Slopes", x,
		func() (*G.Node, error) { return slopes[float64](x, h) },
		func() (*G.Node, error) { return slopes[float32](x, h) })
}

func slopes[T kernel.Float](x, h *G.Node) (*G.Node, error) {
	n, steps := x.Shape()[1], h.Shape()[0]
	return function[T]{
		name:   "Slopes",
		shape:  x.Shape(),
		inputs: G.Nodes{x, h},
		wrt:    []bool{false, true},
		forward: func(out []T, in [][]T) error {
			for i, v := range in[0] {
				if out[i] = 0; in[1][i/n%steps] != 0 {
					out[i] = v / in[1][i/n%steps]
				}
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for i, v := range out {
				if r := i / n % steps; in[1][r] != 0 {
					d[1][r] -= dOut[i] * v / in[1][r]
				}
			}
			return nil
		},
	}.node()
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
	return byDtype("Stretch", steps,
		func() (*G.Node, error) { return stretch[float64](steps, s) },
		func() (*G.Node, error) { return stretch[float32](steps, s) })
}

func stretch[T kernel.Float](steps, s *G.Node) (*G.Node, error) {
	intervals, own, batch := steps.Shape()[0], steps.Shape()[1], s.Shape()[0]
	return function[T]{
		name:   "Stretch",
		shape:  tensor.Shape{intervals, batch},
		inputs: G.Nodes{steps, s},
		wrt:    []bool{false, true},
		forward: func(out []T, in [][]T) error {
			for r, v := range in[1] {
				e := T(math.Exp(float64(v)))
				for k := range intervals {
					out[k*batch+r] = e * in[0][k*own+r%own]
				}
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for i, v := range out {
				d[1][i%batch] += dOut[i] * v
			}
			return nil
		},
	}.node()
}
