package ops

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops/kernel"
)

// SolveShifted is the node of the implicit Euler solve, (I − hA)y = r for
// every row, for A (n, n), r (batch, n) and h (1) or (batch).
func SolveShifted(a, r, h *G.Node) (*G.Node, error) {
	if err := checkStep("SolveShifted", a, r, h); err != nil {
		return nil, err
	}
	return byDtype("SolveShifted", r,
		func() (*G.Node, error) { return solveShifted[float64](a, r, h) },
		func() (*G.Node, error) { return solveShifted[float32](a, r, h) })
}

func solveShifted[T kernel.Float](a, r, h *G.Node) (*G.Node, error) {
	k := kernel.NewShifted[T](a.Shape()[0])
	var hs []float64
	singular := func(at float64, ok bool) error {
		if ok {
			return nil
		}
		return errSingular("SolveShifted", "I − hA at h = %g", at)
	}
	return function[T]{
		name:   "SolveShifted",
		shape:  r.Shape(),
		inputs: G.Nodes{a, r, h},
		forward: func(y []T, in [][]T) error {
			hs = toFloat64(hs, in[2])
			return singular(k.SolveTo(y, in[0], hs, in[1], false))
		},
		adjoint: func(d, in [][]T, y, dy []T) error {
			clear(d[0])
			clear(d[2])
			return singular(k.Backward(d[1], d[0], d[2], in[0], hs, y, dy))
		},
	}.node()
}
