package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/kernel"
)

// Packed returns the number of parameters of an n×n lower triangle, packed row
// by row: with the diagonal, or without it if strict.
func Packed(n int, strict bool) int {
	if strict {
		return n * (n - 1) / 2
	}
	return n * (n + 1) / 2
}

// Tril is the node of the lower triangular n×n matrix whose elements, row by
// row, are the vector p; strict leaves the diagonal zero.
func Tril(p *G.Node, n int, strict bool) (*G.Node, error) {
	if s := p.Shape(); s.Dims() != 1 || s[0] != Packed(n, strict) {
		return nil, shapeError("Tril", "p is %v, want (%d), a packed triangle of %d rows", s, Packed(n, strict), n)
	}
	return byDtype("Tril", p,
		func() (*G.Node, error) { return tril[float64](p, n, strict) },
		func() (*G.Node, error) { return tril[float32](p, n, strict) })
}

func tril[T kernel.Float](p *G.Node, n int, strict bool) (*G.Node, error) {
	cols := func(i int) int { // of row i
		if strict {
			return i
		}
		return i + 1
	}
	return function[T]{
		name:   "Tril",
		shape:  tensor.Shape{n, n},
		inputs: G.Nodes{p},
		forward: func(out []T, in [][]T) error {
			clear(out)
			for i, k := 0, 0; i < n; i++ {
				k += copy(out[i*n:][:cols(i)], in[0][k:])
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			for i, k := 0, 0; i < n; i++ {
				k += copy(d[0][k:], dOut[i*n:][:cols(i)])
			}
			return nil
		},
	}.node()
}

// Hurwitz is the node of the paper's matrix, eqs. (3)–(5),
//
//	A = (−L^G L^Gᵀ + L_s − L_sᵀ) L^S L^Sᵀ + μI,
//
// whose spectrum lies left of μ for any parameters with non-singular L^S and
// L^G. ls and lg are lower triangles with their diagonals, packed as Tril
// takes them, and skew is the strict triangle L_s, nil where n = 1. The
// gradient is Gorgonia's own.
func Hurwitz(ls, lg, skew *G.Node, n int, shift float64) (*G.Node, error) {
	var c Calc
	s := c.Do(Tril(ls, n, false))
	g := c.Do(Tril(lg, n, false))
	s = c.Mul(s, c.T(s))
	h := c.Mul(g, c.T(g))
	if n > 1 {
		k := c.Do(Tril(skew, n, true))
		h = c.Sub(c.Sub(h, k), c.Neg(c.T(k)))
	}
	a := c.Neg(c.Mul(h, s))
	if shift != 0 {
		a = c.Do(Shift(a, shift))
	}
	return a, c.Err("ops: Hurwitz")
}

// Shift is the node of A + μI.
func Shift(a *G.Node, mu float64) (*G.Node, error) {
	if s := a.Shape(); s.Dims() != 2 || s[0] != s[1] {
		return nil, shapeError("Shift", "A is %v, want a square matrix", s)
	}
	return byDtype("Shift", a,
		func() (*G.Node, error) { return shift[float64](a, mu) },
		func() (*G.Node, error) { return shift[float32](a, mu) })
}

func shift[T kernel.Float](a *G.Node, mu float64) (*G.Node, error) {
	n := a.Shape()[0]
	return function[T]{
		name:   "Shift",
		shape:  a.Shape(),
		inputs: G.Nodes{a},
		forward: func(out []T, in [][]T) error {
			copy(out, in[0])
			for i := range n {
				out[i*n+i] += T(mu)
			}
			return nil
		},
		adjoint: func(d, in [][]T, out, dOut []T) error {
			copy(d[0], dOut)
			return nil
		},
	}.node()
}
