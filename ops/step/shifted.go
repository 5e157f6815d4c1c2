package step

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops/graph"
	"spnode/ops/internal/fault"
	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
)

// Shifted makes the implicit Euler solves with one A, whose Hessenberg form they
// share where every row has a step of its own.
type Shifted struct {
	a   *G.Node
	f64 *funm.Shifted[float64]
	f32 *funm.Shifted[float32]
}

// NewShifted returns the solves with A (n, n).
func NewShifted(a *G.Node) (*Shifted, error) {
	s := a.Shape()
	if s.Dims() != 2 || s[0] != s[1] {
		return nil, shapeError("NewShifted", "A is %v, want (n, n)", s)
	}
	return &Shifted{a, funm.NewShifted[float64](s[0]), funm.NewShifted[float32](s[0])}, nil
}

// Solve is the node of y, (I − hA)y = r for every row, for r (batch, n) and h (1)
// or (batch).
func (s *Shifted) Solve(r, h *G.Node) (*G.Node, error) {
	if err := checkStep("Shifted.Solve", s.a, r, h); err != nil {
		return nil, err
	}
	return graph.ByDtype("Shifted.Solve", r,
		func() (*G.Node, error) { return solveShifted(s.f64, s.a, r, h) },
		func() (*G.Node, error) { return solveShifted(s.f32, s.a, r, h) })
}

func solveShifted[T kernel.Float](k *funm.Shifted[T], a, r, h *G.Node) (*G.Node, error) {
	var hs []float64
	singular := func(at float64, ok bool) error {
		if ok {
			return nil
		}
		return fault.Singular("step: Shifted.Solve", "I − hA at h = %g", at)
	}
	return graph.Function[T]{
		Name:   "Shifted.Solve",
		Shape:  r.Shape(),
		Inputs: G.Nodes{a, r, h},
		Forward: func(y []T, in [][]T) error {
			hs = toFloat64(hs, in[2])
			return singular(k.SolveTo(y, in[0], hs, in[1], false))
		},
		Adjoint: func(d, in [][]T, y, dy []T) error {
			hs = toFloat64(hs, in[2])
			clear(d[0])
			clear(d[2])
			return singular(k.Backward(d[1], d[0], d[2], in[0], hs, y, dy))
		},
	}.Node()
}
