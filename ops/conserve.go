package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/kernel"
)

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

// Project is the node of the inner products of every row of x, (rows, m), with
// the vectors w, (k, m): a matrix (rows, k).
func Project(x *G.Node, w [][]float64) (*G.Node, error) {
	if err := checkVectors("Project", x, w); err != nil {
		return nil, err
	}
	return byDtype("Project", x,
		func() (*G.Node, error) { return project[float64](x, w) },
		func() (*G.Node, error) { return project[float32](x, w) })
}

func project[T kernel.Float](x *G.Node, w [][]float64) (*G.Node, error) {
	rows, m, k := x.Shape()[0], x.Shape()[1], len(w)
	v := vectors[T](w)
	return function[T]{
		name:   "Project",
		shape:  tensor.Shape{rows, k},
		inputs: G.Nodes{x},
		forward: func(out []T, in [][]T) error {
			for r := range rows {
				for i := range k {
					out[r*k+i] = kernel.Dot(in[0][r*m:(r+1)*m], v[i])
				}
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[0])
			for r := range rows {
				for i := range k {
					kernel.AxpyTo(d[0][r*m:(r+1)*m], dOut[r*k+i], v[i])
				}
			}
			return nil
		},
	}.node()
}

// Conserve is the node of y, (times·batch, m) with time slowest, moved along the
// orthonormal vectors w, (k, m), such that every state has the inner products
// with them that the initial state x0 of its trajectory has, (batch, m):
//
//	y + Σ_i (w_i·x0 − w_i·y) w_i.
//
// No gradient passes to x0, which is data.
func Conserve(y, x0 *G.Node, w [][]float64) (*G.Node, error) {
	if err := checkVectors("Conserve", y, w); err != nil {
		return nil, err
	}
	ys, xs := y.Shape(), x0.Shape()
	if xs.Dims() != 2 || xs[1] != ys[1] || ys[0]%xs[0] != 0 {
		return nil, shapeError("Conserve", "y is %v and x0 %v, want (times·batch, m) and (batch, m)", ys, xs)
	}
	return byDtype("Conserve", y,
		func() (*G.Node, error) { return conserve[float64](y, x0, w) },
		func() (*G.Node, error) { return conserve[float32](y, x0, w) })
}

func conserve[T kernel.Float](y, x0 *G.Node, w [][]float64) (*G.Node, error) {
	rows, m, batch := y.Shape()[0], y.Shape()[1], x0.Shape()[0]
	v := vectors[T](w)
	return function[T]{
		name:   "Conserve",
		shape:  y.Shape(),
		inputs: G.Nodes{y, x0},
		wrt:    []bool{true, false},
		forward: func(out []T, in [][]T) error {
			copy(out, in[0])
			for r := range rows {
				o, x := out[r*m:(r+1)*m], in[1][r%batch*m:][:m]
				for _, e := range v {
					kernel.AxpyTo(o, kernel.Dot(x, e)-kernel.Dot(o, e), e)
				}
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			copy(d[0], dOut)
			for r := range rows {
				o := d[0][r*m : (r+1)*m]
				for _, e := range v {
					kernel.AxpyTo(o, -kernel.Dot(o, e), e)
				}
			}
			return nil
		},
	}.node()
}

func checkVectors(name string, x *G.Node, w [][]float64) error {
	s := x.Shape()
	for i, v := range w {
		if s.Dims() != 2 || len(v) != s[1] {
			return shapeError(name, "vector %d has %d elements and the states are %v, want as many as columns", i, len(v), s)
		}
	}
	if len(w) == 0 {
		return shapeError(name, "got no vectors")
	}
	return nil
}

func vectors[T kernel.Float](w [][]float64) [][]T {
	v := make([][]T, len(w))
	for i := range w {
		for _, x := range w[i] {
			v[i] = append(v[i], T(x))
		}
	}
	return v
}
