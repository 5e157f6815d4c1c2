package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// Bilinear is the node of the low-rank bilinear form, eq. (6),
//
//	g(u) = Σ_r (C^{(r)}u) ⊙ (D^{(r)}u) + b,
//
// for u (batch, m), C and D (R, n, m), and b (n).
func Bilinear(u, c, d, b *G.Node) (*G.Node, error) {
	us, cs := u.Shape(), c.Shape()
	if us.Dims() != 2 || cs.Dims() != 3 || cs[2] != us[1] || !cs.Eq(d.Shape()) ||
		b.Shape().Dims() != 1 || b.Shape()[0] != cs[1] {
		return nil, shapeError("Bilinear", "u is %v, C %v, D %v and b %v, want (batch, m), (R, n, m) twice and (n)",
			us, cs, d.Shape(), b.Shape())
	}
	return graph.ByDtype("Bilinear", u,
		func() (*G.Node, error) { return bilinear[float64](u, c, d, b) },
		func() (*G.Node, error) { return bilinear[float32](u, c, d, b) })
}

func bilinear[T kernel.Float](u, c, d, b *G.Node) (*G.Node, error) {
	batch, n, m := u.Shape()[0], c.Shape()[1], u.Shape()[1]
	var k kernel.Bilinear[T]
	return graph.Function[T]{
		Name:   "Bilinear",
		Shape:  tensor.Shape{batch, n},
		Inputs: G.Nodes{u, c, d, b},
		Forward: func(y []T, in [][]T) error {
			k.ForwardTo(y, in[0], in[1], in[2], in[3], batch, n, m)
			return nil
		},
		Adjoint: func(d, in [][]T, y, dy []T) error {
			k.Backward(d[0], d[1], d[2], d[3], in[0], in[1], in[2], dy, batch, n, m)
			return nil
		},
	}.Node()
}
