package ops

import (
	"math"

	G "gorgonia.org/gorgonia"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// LipschitzScale is the node of a matrix B with ‖B‖₂ ≤ bound made from the
// free matrix W, eq. (8):
//
//	B = bound·W / max(1, √(‖W‖_∞‖W‖₁))        if unit, the paper's form,
//	B = W / max(1, √(‖W‖_∞‖W‖₁)/bound)        otherwise.
//
// The second is the first with bound·W as what is trained. The matrices that
// can be reached are the same, but the first starts at the full bound, which
// a large one turns into saturated layers that do not train.
func LipschitzScale(w *G.Node, bound float64, unit bool) (*G.Node, error) {
	if w.Shape().Dims() != 2 {
		return nil, shapeError("LipschitzScale", "W is %v, want (in, out)", w.Shape())
	}
	return graph.ByDtype("LipschitzScale", w,
		func() (*G.Node, error) { return lipschitzScale[float64](w, bound, unit) },
		func() (*G.Node, error) { return lipschitzScale[float32](w, bound, unit) })
}

func lipschitzScale[T kernel.Float](w *G.Node, bound float64, unit bool) (*G.Node, error) {
	r, c := w.Shape()[0], w.Shape()[1]
	packed := new(kernel.Dense[T])
	return graph.Function[T]{
		Name:   "LipschitzScale",
		Packed: packed,
		Shape:  w.Shape(),
		Inputs: G.Nodes{w},
		Forward: func(b []T, in [][]T) error {
			kernel.LipschitzScaleTo(b, in[0], r, c, bound, unit)
			packed.Pack(b, r, c)
			return nil
		},
		Adjoint: func(d, in [][]T, b, db []T) error {
			clear(d[0])
			kernel.LipschitzScaleGrad(d[0], in[0], db, r, c, bound, unit)
			return nil
		},
	}.Node()
}

// TanhTangent is the node of the derivative of tanh in the directions t, of
// shape (directions, n), at the point whose image is y = tanh(x), of shape
// (1, n): every row of t times 1 − y².
func TanhTangent(t, y *G.Node) (*G.Node, error) {
	ts, ys := t.Shape(), y.Shape()
	if ts.Dims() != 2 || ys.Dims() != 2 || ys[0] != 1 || ys[1] != ts[1] {
		return nil, shapeError("TanhTangent", "t is %v and y %v, want (directions, n) and (1, n)", ts, ys)
	}
	return graph.ByDtype("TanhTangent", t,
		func() (*G.Node, error) { return tanhTangent[float64](t, y) },
		func() (*G.Node, error) { return tanhTangent[float32](t, y) })
}

func tanhTangent[T kernel.Float](t, y *G.Node) (*G.Node, error) {
	n := t.Shape()[1]
	return graph.Function[T]{
		Name:   "TanhTangent",
		Shape:  t.Shape(),
		Inputs: G.Nodes{t, y},
		Forward: func(out []T, in [][]T) error {
			for i, v := range in[0] {
				s := in[1][i%n]
				out[i] = v * (1 - s*s)
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for i, v := range dOut {
				s := in[1][i%n]
				d[0][i] = v * (1 - s*s)
				d[1][i%n] -= 2 * s * v * in[0][i]
			}
			return nil
		},
	}.Node()
}

// ScaleExp is the node of x with column j times e^{c d_j}, for x (batch, n) and
// d (n).
func ScaleExp(x, d *G.Node, c float64) (*G.Node, error) {
	if xs, ds := x.Shape(), d.Shape(); xs.Dims() != 2 || ds.Dims() != 1 || ds[0] != xs[1] {
		return nil, shapeError("ScaleExp", "x is %v and d %v, want (batch, n) and (n)", xs, ds)
	}
	return graph.ByDtype("ScaleExp", x,
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
	return graph.Function[T]{
		Name:   "ScaleExp",
		Shape:  x.Shape(),
		Inputs: G.Nodes{x, d},
		Forward: func(out []T, in [][]T) error {
			factors(in[1])
			for i, v := range in[0] {
				out[i] = v * e[i%n]
			}
			return nil
		},
		Adjoint: func(dIn, in [][]T, out, dOut []T) error {
			factors(in[1])
			clear(dIn[1])
			for i, v := range dOut {
				dIn[0][i] = v * e[i%n]
				dIn[1][i%n] += T(c) * v * in[0][i] * e[i%n]
			}
			return nil
		},
	}.Node()
}
