package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

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
	return byDtype("Dense", x,
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
	layer := new(kernel.Dense[T])
	shared := false // with the other layers of this weight, which its op has packed
	if o, ok := w.Op().(*op[T]); ok && o.packed != nil {
		layer, shared = o.packed, true
	}
	return function[T]{
		name:   "Dense",
		shape:  tensor.Shape{batch, out},
		inputs: inputs,
		adds:   []bool{false, true, true}[:len(inputs)],
		lean:   true,
		forward: func(y []T, in_ [][]T) error {
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
		adjoint: func(d, in_ [][]T, y, dy []T) error {
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
	}.node()
}

// TanhTangent is the node of the derivative of tanh in the directions t, of
// shape (directions, n), at the point whose image is y = tanh(x), of shape
// (1, n): every row of t times 1 − y².
func TanhTangent(t, y *G.Node) (*G.Node, error) {
	ts, ys := t.Shape(), y.Shape()
	if ts.Dims() != 2 || ys.Dims() != 2 || ys[0] != 1 || ys[1] != ts[1] {
		return nil, shapeError("TanhTangent", "t is %v and y %v, want (directions, n) and (1, n)", ts, ys)
	}
	return byDtype("TanhTangent", t,
		func() (*G.Node, error) { return tanhTangent[float64](t, y) },
		func() (*G.Node, error) { return tanhTangent[float32](t, y) })
}

func tanhTangent[T kernel.Float](t, y *G.Node) (*G.Node, error) {
	n := t.Shape()[1]
	return function[T]{
		name:   "TanhTangent",
		shape:  t.Shape(),
		inputs: G.Nodes{t, y},
		forward: func(out []T, in [][]T) error {
			for i, v := range in[0] {
				s := in[1][i%n]
				out[i] = v * (1 - s*s)
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[1])
			for i, v := range dOut {
				s := in[1][i%n]
				d[0][i] = v * (1 - s*s)
				d[1][i%n] -= 2 * s * v * in[0][i]
			}
			return nil
		},
	}.node()
}

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
	return byDtype("LipschitzScale", w,
		func() (*G.Node, error) { return lipschitzScale[float64](w, bound, unit) },
		func() (*G.Node, error) { return lipschitzScale[float32](w, bound, unit) })
}

func lipschitzScale[T kernel.Float](w *G.Node, bound float64, unit bool) (*G.Node, error) {
	r, c := w.Shape()[0], w.Shape()[1]
	packed := new(kernel.Dense[T])
	return function[T]{
		name:   "LipschitzScale",
		shape:  w.Shape(),
		inputs: G.Nodes{w},
		packed: packed,
		forward: func(b []T, in [][]T) error {
			kernel.LipschitzScaleTo(b, in[0], r, c, bound, unit)
			packed.Pack(b, r, c)
			return nil
		},
		adjoint: func(d, in [][]T, b, db []T) error {
			clear(d[0])
			kernel.LipschitzScaleGrad(d[0], in[0], db, r, c, bound, unit)
			return nil
		},
	}.node()
}

// Bilinear is the node of the low-rank bilinear form, eq. (6),
//
//	g(u) = Σ_r (C^{(r)}u) ⊙ (D^{(r)}u) + b,
//
// for u (batch, n), C and D (R, n, n), and b (n).
func Bilinear(u, c, d, b *G.Node) (*G.Node, error) {
	us, cs := u.Shape(), c.Shape()
	if us.Dims() != 2 || cs.Dims() != 3 || cs[1] != us[1] || cs[2] != us[1] || !cs.Eq(d.Shape()) ||
		b.Shape().Dims() != 1 || b.Shape()[0] != us[1] {
		return nil, shapeError("Bilinear", "u is %v, C %v, D %v and b %v, want (batch, n), (R, n, n) twice and (n)",
			us, cs, d.Shape(), b.Shape())
	}
	return byDtype("Bilinear", u,
		func() (*G.Node, error) { return bilinear[float64](u, c, d, b) },
		func() (*G.Node, error) { return bilinear[float32](u, c, d, b) })
}

func bilinear[T kernel.Float](u, c, d, b *G.Node) (*G.Node, error) {
	batch, n := u.Shape()[0], u.Shape()[1]
	var k kernel.Bilinear[T]
	return function[T]{
		name:   "Bilinear",
		shape:  u.Shape(),
		inputs: G.Nodes{u, c, d, b},
		forward: func(y []T, in [][]T) error {
			k.ForwardTo(y, in[0], in[1], in[2], in[3], batch, n)
			return nil
		},
		adjoint: func(d, in [][]T, y, dy []T) error {
			k.Backward(d[0], d[1], d[2], d[3], in[0], in[1], in[2], dy, batch, n)
			return nil
		},
	}.node()
}
