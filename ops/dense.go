package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// Dense is the node of a layer, y = σ(xW + b), for x (batch, in), W (in, out)
// and b (out), where σ is tanh if activate is set, and the identity otherwise.
// A nil b is zero.
func Dense(x, w, b *G.Node, activate bool) (*G.Node, error) {
	xs, ws := x.Shape(), w.Shape()
	if xs.Dims() != 2 || ws.Dims() != 2 || xs[1] != ws[0] {
		return nil, shapeError("Dense", "x is %v and W %v, want (batch, in) and (in, out)", xs, ws)
	}
	if b != nil && (b.Shape().Dims() != 1 || b.Shape()[0] != ws[1]) {
		return nil, shapeError("Dense", "b is %v, want (%d), the columns of W", b.Shape(), ws[1])
	}
	return graph.ByDtype("Dense", x,
		func() (*G.Node, error) { return dense[float64](x, w, b, activate) },
		func() (*G.Node, error) { return dense[float32](x, w, b, activate) })
}

func dense[T kernel.Float](x, w, b *G.Node, activate bool) (*G.Node, error) {
	batch, in, out := x.Shape()[0], w.Shape()[0], w.Shape()[1]
	inputs := G.Nodes{x, w}
	zero, dzero := make([]T, out), make([]T, out)
	var dwzero []T // for weights whose gradient nobody wants
	if b != nil {
		inputs = append(inputs, b)
	}
	layer := graph.Packed[T](w) // with the other layers of this weight, whose op packs it
	shared := layer != nil
	if !shared {
		layer = new(kernel.Dense[T])
	}
	return graph.Function[T]{
		Name:   "Dense",
		Shape:  tensor.Shape{batch, out},
		Inputs: inputs,
		Adds:   []bool{false, true, true}[:len(inputs)],
		Lean:   true,
		Forward: func(y []T, in_ [][]T) error {
			bias := zero
			if b != nil {
				bias = in_[2]
			}
			if !shared {
				layer.Pack(in_[1], in, out)
			}
			layer.ForwardTo(y, in_[0], bias, batch, activate)
			return nil
		},
		Adjoint: func(d, in_ [][]T, y, dy []T) error {
			dw, db := d[1], dzero
			if dw == nil {
				if dwzero == nil {
					dwzero = make([]T, in*out)
				}
				dw = dwzero
			}
			if b != nil && d[2] != nil {
				db = d[2]
			}
			layer.AddBackward(d[0], dw, db, in_[0], y, dy, batch, activate)
			return nil
		},
	}.Node()
}

// Weights is the node of W (in, out) itself, laid out once for all layers that it enters.
func Weights(w *G.Node) (*G.Node, error) {
	if w.Shape().Dims() != 2 {
		return nil, shapeError("Weights", "W is %v, want (in, out)", w.Shape())
	}
	return graph.ByDtype("Weights", w,
		func() (*G.Node, error) { return weights[float64](w) },
		func() (*G.Node, error) { return weights[float32](w) })
}

func weights[T kernel.Float](w *G.Node) (*G.Node, error) {
	r, c := w.Shape()[0], w.Shape()[1]
	packed := new(kernel.Dense[T])
	return graph.Function[T]{
		Name:   "Weights",
		Shape:  w.Shape(),
		Inputs: G.Nodes{w},
		Same:   true,
		Packed: packed,
		Forward: func(out []T, in [][]T) error {
			if &out[0] != &in[0][0] { // which others may be reading
				copy(out, in[0])
			}
			packed.Pack(out, r, c)
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			copy(d[0], dOut)
			return nil
		},
	}.Node()
}

// Linear is the node of xMᵀ + plus for x (rows, in), the constant M (out, in)
// and plus (rows, out), nil for zero: M times every row of x. Gradients pass to
// x and to plus. Project is the same by inner products.
func Linear(x *G.Node, m [][]float64, plus *G.Node) (*G.Node, error) {
	if err := checkVectors("Linear", x, m); err != nil {
		return nil, err
	}
	if want := (tensor.Shape{x.Shape()[0], len(m)}); plus != nil && !plus.Shape().Eq(want) {
		return nil, shapeError("Linear", "plus is %v, want %v, the rows of x by those of M", plus.Shape(), want)
	}
	return graph.ByDtype("Linear", x,
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
	return graph.Function[T]{
		Name:   "Linear",
		Shape:  tensor.Shape{rows, out},
		Inputs: inputs,
		Forward: func(y []T, in_ [][]T) error {
			if plus != nil {
				copy(y, in_[1])
			}
			kernel.Gemm(false, false, rows, out, in, 1, in_[0], at, beta, y, &tmp)
			return nil
		},
		Adjoint: func(d, in_ [][]T, y, dy []T) error {
			kernel.Gemm(false, false, rows, in, out, 1, dy, a, 0, d[0], &tmp)
			if plus != nil {
				copy(d[1], dy)
			}
			return nil
		},
	}.Node()
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
