package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/kernel"
)

// Linear is the node of xMᵀ + plus for x (rows, in), the constant M (out, in)
// and plus (rows, out), nil for zero: M times every row of x. Gradients pass to
// x and to plus. Project is the same without BLAS, for a few vectors.
func Linear(x *G.Node, m [][]float64, plus *G.Node) (*G.Node, error) {
	if err := checkVectors("Linear", x, m); err != nil {
		return nil, err
	}
	if want := (tensor.Shape{x.Shape()[0], len(m)}); plus != nil && !plus.Shape().Eq(want) {
		return nil, shapeError("Linear", "plus is %v, want %v, the rows of x by those of M", plus.Shape(), want)
	}
	return byDtype("Linear", x,
		func() (*G.Node, error) { return linear[float64](x, m, plus) },
		func() (*G.Node, error) { return linear[float32](x, m, plus) })
}

func linear[T kernel.Float](x *G.Node, m [][]float64, plus *G.Node) (*G.Node, error) {
	rows, in, out := x.Shape()[0], x.Shape()[1], len(m)
	// M and its transpose, so that neither product has to transpose.
	a, at := make([]T, out*in), make([]T, in*out)
	for i, row := range vectors[T](m) {
		copy(a[i*in:], row)
		for j, v := range row {
			at[j*out+i] = v
		}
	}
	inputs := G.Nodes{x}
	var beta T
	if plus != nil {
		inputs, beta = append(inputs, plus), 1
	}
	var tmp []T
	return function[T]{
		name:   "Linear",
		shape:  tensor.Shape{rows, out},
		inputs: inputs,
		forward: func(y []T, in_ [][]T) error {
			if plus != nil {
				copy(y, in_[1])
			}
			kernel.Gemm(false, false, rows, out, in, 1, in_[0], at, beta, y, &tmp)
			return nil
		},
		adjoint: func(d, in_ [][]T, y, dy []T) error {
			kernel.Gemm(false, false, rows, in, out, 1, dy, a, 0, d[0], &tmp)
			if plus != nil {
				copy(d[1], dy)
			}
			return nil
		},
	}.node()
}
