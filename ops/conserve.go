package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// Project is the node of the inner products of every row of x, (rows, m), with
// the vectors w, (k, m): a matrix (rows, k). Linear is the same by a product of
// matrices, whose roundings are others: here they are those of Conserve, in the
// same order, and of models that were trained with it.
func Project(x *G.Node, w [][]float64) (*G.Node, error) {
	if err := checkVectors("Project", x, w); err != nil {
		return nil, err
	}
	return graph.ByDtype("Project", x,
		func() (*G.Node, error) { return project[float64](x, w) },
		func() (*G.Node, error) { return project[float32](x, w) })
}

func project[T kernel.Float](x *G.Node, w [][]float64) (*G.Node, error) {
	rows, m, k := x.Shape()[0], x.Shape()[1], len(w)
	v := vectors[T](w)
	return graph.Function[T]{
		Name:   "Project",
		Shape:  tensor.Shape{rows, k},
		Inputs: G.Nodes{x},
		Forward: func(out []T, in [][]T) error {
			for r := range rows {
				for i := range k {
					out[r*k+i] = kernel.Dot(in[0][r*m:(r+1)*m], v[i])
				}
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[0])
			for r := range rows {
				for i := range k {
					kernel.AxpyTo(d[0][r*m:(r+1)*m], dOut[r*k+i], v[i])
				}
			}
			return nil
		},
	}.Node()
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
	return graph.ByDtype("Conserve", y,
		func() (*G.Node, error) { return conserve[float64](y, x0, w) },
		func() (*G.Node, error) { return conserve[float32](y, x0, w) })
}

func conserve[T kernel.Float](y, x0 *G.Node, w [][]float64) (*G.Node, error) {
	rows, m, batch := y.Shape()[0], y.Shape()[1], x0.Shape()[0]
	v := vectors[T](w)
	return graph.Function[T]{
		Name:   "Conserve",
		Shape:  y.Shape(),
		Inputs: G.Nodes{y, x0},
		WRT:    []bool{true, false},
		Forward: func(out []T, in [][]T) error {
			copy(out, in[0])
			for r := range rows {
				o, x := out[r*m:(r+1)*m], in[1][r%batch*m:][:m]
				for _, e := range v {
					kernel.AxpyTo(o, kernel.Dot(x, e)-kernel.Dot(o, e), e)
				}
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			copy(d[0], dOut)
			for r := range rows {
				o := d[0][r*m : (r+1)*m]
				for _, e := range v {
					kernel.AxpyTo(o, -kernel.Dot(o, e), e)
				}
			}
			return nil
		},
	}.Node()
}
