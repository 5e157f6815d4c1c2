package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// SquaredError is the node of the weighted loss, eq. (20),
//
//	L = Σ_k w_k Σ_r ρ(‖y_kr − U_kr‖²),
//
// for predictions y and targets U (times·batch, m), stacked with time slowest,
// and the weights w: (times), which the batch shares, or (times, batch), each
// trajectory its own, or (times, batch, m), of each component. With w the weights of
// the trapezoidal rule over the size of the batch it is the mean over the batch
// of (20). The targets and the weights are data: no gradient passes to them. What has
// the weight 0 is not looked at: its target may be NaN, and its gradient is 0.
//
// ρ(e) = e if half is 0; otherwise ρ(e) = e/(1 + e/half), which a state that has
// left its target altogether does not govern (Geman and McClure, Bulletin of the
// International Statistical Institute 52 (1987)). Of weights w_i of components,
// w is the largest and e = Σ_i (w_i/w)(y_i − U_i)².
func SquaredError(y, target, w *G.Node, half float64) (*G.Node, error) {
	ys, ws := y.Shape(), w.Shape()
	ok := ys.Dims() == 2 && ys.Eq(target.Shape()) && half >= 0
	switch ws.Dims() {
	case 1:
		ok = ok && ys[0]%ws[0] == 0
	case 2:
		ok = ok && ys[0] == ws[0]*ws[1]
	case 3:
		ok = ok && ys[0] == ws[0]*ws[1] && ys[1] == ws[2]
	default:
		ok = false
	}
	if !ok {
		return nil, shapeError("SquaredError", "y is %v, the target %v, w %v and half %g, want (times·batch, m) twice, (times), (times, batch) or (times, batch, m), and a number that is not negative", ys, target.Shape(), ws, half)
	}
	if ws.Dims() > 1 {
		return graph.ByDtype("SquaredError", y,
			func() (*G.Node, error) { return ownSquaredError[float64](y, target, w, half) },
			func() (*G.Node, error) { return ownSquaredError[float32](y, target, w, half) })
	}
	return graph.ByDtype("SquaredError", y,
		func() (*G.Node, error) { return squaredError[float64](y, target, w, half) },
		func() (*G.Node, error) { return squaredError[float32](y, target, w, half) })
}

func squaredError[T kernel.Float](y, target, w *G.Node, half float64) (*G.Node, error) {
	rows, m := y.Shape()[0], y.Shape()[1]
	batch := rows / w.Shape()[0]
	square := func(in [][]T, lo, hi int) float64 {
		return kernel.SquaredDistance(in[0][lo*m:hi*m], in[1][lo*m:hi*m])
	}
	return graph.Function[T]{
		Name:   "SquaredError",
		Shape:  tensor.ScalarShape(),
		Inputs: G.Nodes{y, target, w},
		WRT:    []bool{true, false, false},
		Forward: func(out []T, in [][]T) error {
			var sum float64
			for k, wk := range in[2] {
				if wk == 0 {
					continue
				}
				lo, hi := k*batch, (k+1)*batch
				var s float64
				if half > 0 {
					for r := lo; r < hi; r++ {
						e := square(in, r, r+1)
						s += e / (1 + e/half)
					}
				} else {
					s = square(in, lo, hi)
				}
				sum += float64(wk) * s
			}
			out[0] = T(sum)
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			for k, wk := range in[2] {
				f, lo, hi := 2*wk*dOut[0], k*batch, (k+1)*batch
				if f == 0 {
					clear(d[0][lo*m : hi*m])
					continue
				}
				residual := func(f T, lo, hi int) {
					kernel.ResidualTo(d[0][lo*m:hi*m], f, in[0][lo*m:hi*m], in[1][lo*m:hi*m])
				}
				if half == 0 {
					residual(f, lo, hi)
					continue
				}
				for r := lo; r < hi; r++ {
					s := 1 + square(in, r, r+1)/half
					residual(f/T(s*s), r, r+1)
				}
			}
			return nil
		},
	}.Node()
}

// ownSquaredError is squaredError for weights of each trajectory or component.
func ownSquaredError[T kernel.Float](y, target, w *G.Node, half float64) (*G.Node, error) {
	rows, m := y.Shape()[0], y.Shape()[1]
	each := w.Shape().TotalSize() / rows // 1 or m
	// square returns the weight of a row and its error.
	square := func(in [][]T, r int) (largest T, e float64) {
		of := in[2][r*each : (r+1)*each]
		for _, v := range of {
			largest = max(largest, v)
		}
		if largest == 0 {
			return 0, 0
		}
		target := in[1][r*m : (r+1)*m]
		for i, v := range in[0][r*m : (r+1)*m] {
			if wi := of[i%each]; wi != 0 {
				d := float64(v) - float64(target[i])
				e += float64(wi/largest) * (d * d)
			}
		}
		return largest, e
	}
	return graph.Function[T]{
		Name:   "SquaredError",
		Shape:  tensor.ScalarShape(),
		Inputs: G.Nodes{y, target, w},
		WRT:    []bool{true, false, false},
		Forward: func(out []T, in [][]T) error {
			var sum float64
			for r := range rows {
				wr, e := square(in, r)
				if half > 0 {
					e /= 1 + e/half
				}
				sum += float64(wr) * e
			}
			out[0] = T(sum)
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[0])
			for r := range rows {
				f := 2 * dOut[0]
				if half > 0 {
					_, e := square(in, r)
					s := 1 + e/half
					f /= T(s * s)
				}
				of, target, dr := in[2][r*each:(r+1)*each], in[1][r*m:(r+1)*m], d[0][r*m:(r+1)*m]
				for i, v := range in[0][r*m : (r+1)*m] {
					if wi := of[i%each]; wi != 0 {
						dr[i] = f * wi * (v - target[i])
					}
				}
			}
			return nil
		},
	}.Node()
}

// Continued is the node of a cost to which what comes after the state u adds more, of
// which the gradient λ by u is known and no more: its value is that of cost, a scalar,
// and λ is added to the gradient by u, of whose shape it is.
func Continued(cost, u, lambda *G.Node) (*G.Node, error) {
	if !cost.IsScalar() || !lambda.Shape().Eq(u.Shape()) {
		return nil, shapeError("Continued", "the cost is %v, u %v and λ %v, want a scalar and one shape", cost.Shape(), u.Shape(), lambda.Shape())
	}
	return graph.ByDtype("Continued", u,
		func() (*G.Node, error) { return continued[float64](cost, u, lambda) },
		func() (*G.Node, error) { return continued[float32](cost, u, lambda) })
}

func continued[T kernel.Float](cost, u, lambda *G.Node) (*G.Node, error) {
	return graph.Function[T]{
		Name:    "Continued",
		Shape:   tensor.ScalarShape(),
		Inputs:  G.Nodes{cost, u, lambda},
		WRT:     []bool{true, true, false},
		Forward: func(out []T, in [][]T) error { out[0] = in[0][0]; return nil },
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			d[0][0] = dOut[0]
			for i, v := range in[2] {
				d[1][i] = dOut[0] * v
			}
			return nil
		},
	}.Node()
}
