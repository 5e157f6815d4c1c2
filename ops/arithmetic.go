package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// Row is the node of row k of a matrix, as a vector.
func Row(x *G.Node, k int) (*G.Node, error) {
	if s := x.Shape(); s.Dims() != 2 || k < 0 || k >= s[0] {
		return nil, shapeError("Row", "x is %v and the row %d", s, k)
	}
	return graph.ByDtype("Row", x,
		func() (*G.Node, error) { return row[float64](x, k) },
		func() (*G.Node, error) { return row[float32](x, k) })
}

func row[T kernel.Float](x *G.Node, k int) (*G.Node, error) {
	n := x.Shape()[1]
	return graph.Function[T]{
		Name:   "Row",
		Shape:  tensor.Shape{n},
		Inputs: G.Nodes{x},
		Adds:   []bool{true},
		Forward: func(out []T, in [][]T) error {
			copy(out, in[0][k*n:])
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			kernel.AxpyTo(d[0][k*n:][:n], 1, dOut)
			return nil
		},
	}.Node()
}

// Columns is the node of the columns of x, (batch, n), from lo up to hi.
func Columns(x *G.Node, lo, hi int) (*G.Node, error) {
	if s := x.Shape(); s.Dims() != 2 || lo < 0 || hi <= lo || hi > s[1] {
		return nil, shapeError("Columns", "x is %v and the columns %d up to %d, want a matrix and columns that it has", s, lo, hi)
	}
	return graph.ByDtype("Columns", x,
		func() (*G.Node, error) { return columns[float64](x, lo, hi) },
		func() (*G.Node, error) { return columns[float32](x, lo, hi) })
}

func columns[T kernel.Float](x *G.Node, lo, hi int) (*G.Node, error) {
	rows, n, k := x.Shape()[0], x.Shape()[1], hi-lo
	return graph.Function[T]{
		Name:   "Columns",
		Shape:  tensor.Shape{rows, k},
		Inputs: G.Nodes{x},
		Forward: func(out []T, in [][]T) error {
			for r := range rows {
				copy(out[r*k:(r+1)*k], in[0][r*n+lo:])
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[0])
			for r := range rows {
				copy(d[0][r*n+lo:], dOut[r*k:(r+1)*k])
			}
			return nil
		},
	}.Node()
}

// Stack is the node of matrices of equal width one above the other: the states
// of all times as one batch.
func Stack(xs ...*G.Node) (*G.Node, error) {
	rows := 0
	for i, x := range xs {
		if s := x.Shape(); s.Dims() != 2 || s[1] != xs[0].Shape()[1] {
			return nil, shapeError("Stack", "matrix %d is %v, want the width of the first, %v", i, s, xs[0].Shape())
		}
		rows += x.Shape()[0]
	}
	if len(xs) == 0 {
		return nil, shapeError("Stack", "nothing to stack")
	}
	return graph.ByDtype("Stack", xs[0],
		func() (*G.Node, error) { return stack[float64](rows, xs) },
		func() (*G.Node, error) { return stack[float32](rows, xs) })
}

func stack[T kernel.Float](rows int, xs G.Nodes) (*G.Node, error) {
	return graph.Function[T]{
		Name:   "Stack",
		Shape:  tensor.Shape{rows, xs[0].Shape()[1]},
		Inputs: xs,
		Forward: func(out []T, in [][]T) error {
			for _, x := range in {
				out = out[copy(out, x):]
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			for _, dx := range d {
				dOut = dOut[copy(dx, dOut):]
			}
			return nil
		},
	}.Node()
}

// AppendColumns is the node of u, (times·batch, n), with the columns of q,
// (batch, k), beside it, the same at every time; time is slowest in u.
func AppendColumns(u, q *G.Node) (*G.Node, error) {
	us, qs := u.Shape(), q.Shape()
	if us.Dims() != 2 || qs.Dims() != 2 || us[0]%qs[0] != 0 {
		return nil, shapeError("AppendColumns", "u is %v and q %v, want (times·batch, n) and (batch, k)", us, qs)
	}
	return graph.ByDtype("AppendColumns", u,
		func() (*G.Node, error) { return appendColumns[float64](u, q) },
		func() (*G.Node, error) { return appendColumns[float32](u, q) })
}

func appendColumns[T kernel.Float](u, q *G.Node) (*G.Node, error) {
	n, batch, k := u.Shape()[1], q.Shape()[0], q.Shape()[1]
	rows := u.Shape()[0]
	return graph.Function[T]{
		Name:   "AppendColumns",
		Shape:  tensor.Shape{rows, n + k},
		Inputs: G.Nodes{u, q},
		Forward: func(out []T, in [][]T) error {
			for r := range rows {
				o, b := out[r*(n+k):], r%batch
				copy(o, in[0][r*n:(r+1)*n])
				copy(o[n:], in[1][b*k:(b+1)*k])
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for r := range rows {
				o, b := dOut[r*(n+k):(r+1)*(n+k)], r%batch
				copy(d[0][r*n:], o[:n])
				kernel.AxpyTo(d[1][b*k:(b+1)*k], 1, o[n:])
			}
			return nil
		},
	}.Node()
}

// Scale is the node of cx, for a number c.
func Scale(x *G.Node, c float64) (*G.Node, error) {
	return graph.ByDtype("Scale", x,
		func() (*G.Node, error) { return scale[float64](x, c) },
		func() (*G.Node, error) { return scale[float32](x, c) })
}

func scale[T kernel.Float](x *G.Node, c float64) (*G.Node, error) {
	times := func(y, x []T) {
		for i, v := range x {
			y[i] = T(c) * v
		}
	}
	return graph.Function[T]{
		Name:    "Scale",
		Shape:   x.Shape(),
		Inputs:  G.Nodes{x},
		Forward: func(out []T, in [][]T) error { times(out, in[0]); return nil },
		Adjoint: func(d, in [][]T, out, dOut []T) error { times(d[0], dOut); return nil },
	}.Node()
}

// Affine is the node of x with column j times factor[j] plus offset[j], for x
// (batch, n) and numbers.
func Affine(x *G.Node, factor, offset []float64) (*G.Node, error) {
	if xs := x.Shape(); xs.Dims() != 2 || len(factor) != xs[1] || len(offset) != xs[1] {
		return nil, shapeError("Affine", "x is %v with %d factors and %d offsets, want as many as columns", xs, len(factor), len(offset))
	}
	return graph.ByDtype("Affine", x,
		func() (*G.Node, error) { return affine[float64](x, factor, offset) },
		func() (*G.Node, error) { return affine[float32](x, factor, offset) })
}

func affine[T kernel.Float](x *G.Node, factor, offset []float64) (*G.Node, error) {
	n := len(factor)
	return graph.Function[T]{
		Name:   "Affine",
		Shape:  x.Shape(),
		Inputs: G.Nodes{x},
		Forward: func(out []T, in [][]T) error {
			for i, v := range in[0] {
				out[i] = v*T(factor[i%n]) + T(offset[i%n])
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			for i, v := range dOut {
				d[0][i] = v * T(factor[i%n])
			}
			return nil
		},
	}.Node()
}

// Minus is the node of x − y.
func Minus(x, y *G.Node) (*G.Node, error) {
	if !x.Shape().Eq(y.Shape()) {
		return nil, shapeError("Minus", "x is %v and y %v, want one shape", x.Shape(), y.Shape())
	}
	return graph.ByDtype("Minus", x,
		func() (*G.Node, error) { return minus[float64](x, y) },
		func() (*G.Node, error) { return minus[float32](x, y) })
}

func minus[T kernel.Float](x, y *G.Node) (*G.Node, error) {
	return graph.Function[T]{
		Name:   "Minus",
		Shape:  x.Shape(),
		Inputs: G.Nodes{x, y},
		Forward: func(out []T, in [][]T) error {
			copy(out, in[0])
			kernel.AxpyTo(out, -1, in[1])
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			copy(d[0], dOut)
			for i, v := range dOut {
				d[1][i] = -v
			}
			return nil
		},
	}.Node()
}
