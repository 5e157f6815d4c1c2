package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/kernel"
)

// Row is the node of row k of a matrix, as a vector.
func Row(x *G.Node, k int) (*G.Node, error) {
	if s := x.Shape(); s.Dims() != 2 || k < 0 || k >= s[0] {
		return nil, shapeError("Row", "x is %v and the row %d", s, k)
	}
	return byDtype("Row", x,
		func() (*G.Node, error) { return row[float64](x, k) },
		func() (*G.Node, error) { return row[float32](x, k) })
}

func row[T kernel.Float](x *G.Node, k int) (*G.Node, error) {
	n := x.Shape()[1]
	return function[T]{
		name:   "Row",
		shape:  tensor.Shape{n},
		inputs: G.Nodes{x},
		adds:   []bool{true},
		forward: func(out []T, in [][]T) error {
			copy(out, in[0][k*n:])
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			kernel.AxpyTo(d[0][k*n:][:n], 1, dOut)
			return nil
		},
	}.node()
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
	return byDtype("Stack", xs[0],
		func() (*G.Node, error) { return stack[float64](rows, xs) },
		func() (*G.Node, error) { return stack[float32](rows, xs) })
}

func stack[T kernel.Float](rows int, xs G.Nodes) (*G.Node, error) {
	return function[T]{
		name:   "Stack",
		shape:  tensor.Shape{rows, xs[0].Shape()[1]},
		inputs: xs,
		forward: func(out []T, in [][]T) error {
			for _, x := range in {
				out = out[copy(out, x):]
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			for _, dx := range d {
				dOut = dOut[copy(dx, dOut):]
			}
			return nil
		},
	}.node()
}

// AppendColumns is the node of u, (times·batch, n), with the columns of q,
// (batch, k), beside it, the same at every time; time is slowest in u.
func AppendColumns(u, q *G.Node) (*G.Node, error) {
	us, qs := u.Shape(), q.Shape()
	if us.Dims() != 2 || qs.Dims() != 2 || us[0]%qs[0] != 0 {
		return nil, shapeError("AppendColumns", "u is %v and q %v, want (times·batch, n) and (batch, k)", us, qs)
	}
	return byDtype("AppendColumns", u,
		func() (*G.Node, error) { return appendColumns[float64](u, q) },
		func() (*G.Node, error) { return appendColumns[float32](u, q) })
}

func appendColumns[T kernel.Float](u, q *G.Node) (*G.Node, error) {
	n, batch, k := u.Shape()[1], q.Shape()[0], q.Shape()[1]
	rows := u.Shape()[0]
	return function[T]{
		name:   "AppendColumns",
		shape:  tensor.Shape{rows, n + k},
		inputs: G.Nodes{u, q},
		forward: func(out []T, in [][]T) error {
			for r := range rows {
				o, b := out[r*(n+k):], r%batch
				copy(o, in[0][r*n:(r+1)*n])
				copy(o[n:], in[1][b*k:(b+1)*k])
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for r := range rows {
				o, b := dOut[r*(n+k):(r+1)*(n+k)], r%batch
				copy(d[0][r*n:], o[:n])
				kernel.AxpyTo(d[1][b*k:(b+1)*k], 1, o[n:])
			}
			return nil
		},
	}.node()
}

// Scale is the node of cx, for a number c.
func Scale(x *G.Node, c float64) (*G.Node, error) {
	return byDtype("Scale", x,
		func() (*G.Node, error) { return scale[float64](x, c) },
		func() (*G.Node, error) { return scale[float32](x, c) })
}

func scale[T kernel.Float](x *G.Node, c float64) (*G.Node, error) {
	times := func(y, x []T) {
		for i, v := range x {
			y[i] = T(c) * v
		}
	}
	return function[T]{
		name:    "Scale",
		shape:   x.Shape(),
		inputs:  G.Nodes{x},
		forward: func(out []T, in [][]T) error { times(out, in[0]); return nil },
		adjoint: func(d, in [][]T, out, dOut []T) error { times(d[0], dOut); return nil },
	}.node()
}

// Affine is the node of x with column j times factor[j] plus offset[j], for x
// (batch, n) and numbers.
func Affine(x *G.Node, factor, offset []float64) (*G.Node, error) {
	if xs := x.Shape(); xs.Dims() != 2 || len(factor) != xs[1] || len(offset) != xs[1] {
		return nil, shapeError("Affine", "x is %v with %d factors and %d offsets, want as many as columns", xs, len(factor), len(offset))
	}
	return byDtype("Affine", x,
		func() (*G.Node, error) { return affine[float64](x, factor, offset) },
		func() (*G.Node, error) { return affine[float32](x, factor, offset) })
}

func affine[T kernel.Float](x *G.Node, factor, offset []float64) (*G.Node, error) {
	n := len(factor)
	return function[T]{
		name:   "Affine",
		shape:  x.Shape(),
		inputs: G.Nodes{x},
		forward: func(out []T, in [][]T) error {
			for i, v := range in[0] {
				out[i] = v*T(factor[i%n]) + T(offset[i%n])
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			for i, v := range dOut {
				d[0][i] = v * T(factor[i%n])
			}
			return nil
		},
	}.node()
}

// Minus is the node of x − y.
func Minus(x, y *G.Node) (*G.Node, error) {
	if !x.Shape().Eq(y.Shape()) {
		return nil, shapeError("Minus", "x is %v and y %v, want one shape", x.Shape(), y.Shape())
	}
	return byDtype("Minus", x,
		func() (*G.Node, error) { return minus[float64](x, y) },
		func() (*G.Node, error) { return minus[float32](x, y) })
}

func minus[T kernel.Float](x, y *G.Node) (*G.Node, error) {
	return function[T]{
		name:   "Minus",
		shape:  x.Shape(),
		inputs: G.Nodes{x, y},
		forward: func(out []T, in [][]T) error {
			copy(out, in[0])
			kernel.AxpyTo(out, -1, in[1])
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			copy(d[0], dOut)
			for i, v := range dOut {
				d[1][i] = -v
			}
			return nil
		},
	}.node()
}

// Combine is the node of the last line of an explicit method,
//
//	y = u + h Σ_i c_i k_i,
//
// for u and every k_i (batch, n), and h (1) or (batch).
func Combine(u, h *G.Node, c []float64, k ...*G.Node) (*G.Node, error) {
	us, hs := u.Shape(), h.Shape()
	if us.Dims() != 2 || hs.Dims() != 1 || hs[0] != 1 && hs[0] != us[0] || len(c) != len(k) {
		return nil, shapeError("Combine", "u is %v, h %v, with %d coefficients of %d slopes; want (batch, n) and (1) or (batch)", us, hs, len(c), len(k))
	}
	for i, ki := range k {
		if !ki.Shape().Eq(us) {
			return nil, shapeError("Combine", "slope %d is %v, want %v as u", i, ki.Shape(), us)
		}
	}
	return byDtype("Combine", u,
		func() (*G.Node, error) { return combine[float64](u, h, c, k) },
		func() (*G.Node, error) { return combine[float32](u, h, c, k) })
}

func combine[T kernel.Float](u, h *G.Node, c []float64, k G.Nodes) (*G.Node, error) {
	n := u.Shape()[1]
	return function[T]{
		name:   "Combine",
		shape:  u.Shape(),
		inputs: append(G.Nodes{u, h}, k...),
		forward: func(y []T, in [][]T) error {
			copy(y, in[0])
			for i, ki := range in[2:] {
				for r := 0; r*n < len(y); r++ {
					hr := in[1][r%len(in[1])]
					if hr == 0 { // the row keeps its bits, also those of −0
						continue
					}
					kernel.AxpyTo(y[r*n:(r+1)*n], T(c[i])*hr, ki[r*n:(r+1)*n])
				}
			}
			return nil
		},
		adjoint: func(d, in [][]T, y, dy []T) error {
			copy(d[0], dy)
			clear(d[1])
			for i, ki := range in[2:] {
				for j, v := range dy {
					r := j / n % len(in[1])
					d[2+i][j] = T(c[i]) * in[1][r] * v
					d[1][r] += T(c[i]) * ki[j] * v
				}
			}
			return nil
		},
	}.node()
}
