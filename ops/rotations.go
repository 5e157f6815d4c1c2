package ops

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// Rotations is the node of the block diagonal matrix of so many rotations and A,
//
//	diag(ωJ, 2ωJ, …, kωJ, A),  J = [0 −1; 1 0],  ω = e^{w/100},
//
// for w of one element, see [LogFrequency], and A (n, n).
func Rotations(w *G.Node, pairs int, a *G.Node) (*G.Node, error) {
	ws, as := w.Shape(), a.Shape()
	if ws.TotalSize() != 1 || ws.Dims() != 1 || pairs < 1 || as.Dims() != 2 || as[0] != as[1] {
		return nil, shapeError("Rotations", "w is %v, A %v and there are %d pairs, want (1), (n, n) and at least 1", ws, as, pairs)
	}
	return graph.ByDtype("Rotations", a,
		func() (*G.Node, error) { return rotations[float64](w, pairs, a) },
		func() (*G.Node, error) { return rotations[float32](w, pairs, a) })
}

// LogFrequency is the w of Rotations for a frequency ω, 100 ln ω: a step of an optimizer
// in w changes ω, of which data tell the first digits, by the hundredth part.
func LogFrequency(omega float64) float64 { return perFrequency * math.Log(omega) }

const perFrequency = 100

func rotations[T kernel.Float](w *G.Node, pairs int, a *G.Node) (*G.Node, error) {
	m := a.Shape()[0]
	n := 2*pairs + m
	// The places of kω in the matrix, and of row i of A.
	upper := func(k int) int { return (2*k-2)*n + 2*k - 1 }
	lower := func(k int) int { return (2*k-1)*n + 2*k - 2 }
	row := func(i int) int { return (2*pairs+i)*n + 2*pairs }
	return graph.Function[T]{
		Name:   "Rotations",
		Shape:  tensor.Shape{n, n},
		Inputs: G.Nodes{w, a},
		Forward: func(out []T, in [][]T) error {
			clear(out)
			omega := T(math.Exp(float64(in[0][0]) / perFrequency))
			for k := 1; k <= pairs; k++ {
				out[upper(k)], out[lower(k)] = -T(k)*omega, T(k)*omega
			}
			for i := range m {
				copy(out[row(i):][:m], in[1][i*m:])
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			omega := T(math.Exp(float64(in[0][0]) / perFrequency))
			d[0][0] = 0
			for k := 1; k <= pairs; k++ {
				d[0][0] += T(k) * omega / perFrequency * (dOut[lower(k)] - dOut[upper(k)])
			}
			for i := range m {
				copy(d[1][i*m:][:m], dOut[row(i):])
			}
			return nil
		},
	}.Node()
}
