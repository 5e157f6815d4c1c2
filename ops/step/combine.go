package step

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

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
	return graph.ByDtype("Combine", u,
		func() (*G.Node, error) { return combine[float64](u, h, c, k) },
		func() (*G.Node, error) { return combine[float32](u, h, c, k) })
}

func combine[T kernel.Float](u, h *G.Node, c []float64, k G.Nodes) (*G.Node, error) {
	n := u.Shape()[1]
	return graph.Function[T]{
		Name:   "Combine",
		Shape:  u.Shape(),
		Inputs: append(G.Nodes{u, h}, k...),
		Forward: func(y []T, in [][]T) error {
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
		Adjoint: func(d, in [][]T, y, dy []T) error {
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
	}.Node()
}
