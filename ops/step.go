package ops

import (
	"math"

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

// ScaleExp is the node of x with column j times e^{c d_j}, for x (batch, n) and
// d (n).
func ScaleExp(x, d *G.Node, c float64) (*G.Node, error) {
	if xs, ds := x.Shape(), d.Shape(); xs.Dims() != 2 || ds.Dims() != 1 || ds[0] != xs[1] {
		return nil, shapeError("ScaleExp", "x is %v and d %v, want (batch, n) and (n)", xs, ds)
	}
	return byDtype("ScaleExp", x,
		func() (*G.Node, error) { return scaleExp[float64](x, d, c) },
		func() (*G.Node, error) { return scaleExp[float32](x, d, c) })
}

func scaleExp[T kernel.Float](x, d *G.Node, c float64) (*G.Node, error) {
	n := x.Shape()[1]
	e := make([]T, n)
	factors := func(d []T) {
		for j, v := range d {
			e[j] = T(math.Exp(c * float64(v)))
		}
	}
	return function[T]{
		name:   "ScaleExp",
		shape:  x.Shape(),
		inputs: G.Nodes{x, d},
		forward: func(out []T, in [][]T) error {
			factors(in[1])
			for i, v := range in[0] {
				out[i] = v * e[i%n]
			}
			return nil
		},
		adjoint: func(dIn, in [][]T, out, dOut []T) error {
			factors(in[1])
			clear(dIn[1])
			for i, v := range dOut {
				dIn[0][i] = v * e[i%n]
				dIn[1][i%n] += T(c) * v * in[0][i] * e[i%n]
			}
			return nil
		},
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

// SolveShifted is the node of the implicit Euler solve, (I − hA)y = r for
// every row, for A (n, n), r (batch, n) and h (1) or (batch).
func SolveShifted(a, r, h *G.Node) (*G.Node, error) {
	if err := checkStep("SolveShifted", a, r, h); err != nil {
		return nil, err
	}
	return byDtype("SolveShifted", r,
		func() (*G.Node, error) { return solveShifted[float64](a, r, h) },
		func() (*G.Node, error) { return solveShifted[float32](a, r, h) })
}

func solveShifted[T kernel.Float](a, r, h *G.Node) (*G.Node, error) {
	k := kernel.NewShifted[T](a.Shape()[0])
	var hs []float64
	singular := func(at float64, ok bool) error {
		if ok {
			return nil
		}
		return errSingular("SolveShifted", "I − hA at h = %g", at)
	}
	return function[T]{
		name:   "SolveShifted",
		shape:  r.Shape(),
		inputs: G.Nodes{a, r, h},
		forward: func(y []T, in [][]T) error {
			hs = toFloat64(hs, in[2])
			return singular(k.SolveTo(y, in[0], hs, in[1], false))
		},
		adjoint: func(d, in [][]T, y, dy []T) error {
			clear(d[0])
			clear(d[2])
			return singular(k.Backward(d[1], d[0], d[2], in[0], hs, y, dy))
		},
	}.node()
}
