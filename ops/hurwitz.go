package ops

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// TrilSize returns the number of elements of an n×n lower triangle, with the
// diagonal or, if strict, without it.
func TrilSize(n int, strict bool) int {
	if strict {
		return n * (n - 1) / 2
	}
	return n * (n + 1) / 2
}

// Tril is the node of the lower triangular n×n matrix whose elements, row by
// row, are the vector p; strict leaves the diagonal zero.
func Tril(p *G.Node, n int, strict bool) (*G.Node, error) {
	if s := p.Shape(); s.Dims() != 1 || s[0] != TrilSize(n, strict) {
		return nil, shapeError("Tril", "p is %v, want (%d), a triangle of %d rows", s, TrilSize(n, strict), n)
	}
	return graph.ByDtype("Tril", p,
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
	return graph.Function[T]{
		Name:   "Tril",
		Shape:  tensor.Shape{n, n},
		Inputs: G.Nodes{p},
		Forward: func(out []T, in [][]T) error {
			clear(out)
			for i, k := 0, 0; i < n; i++ {
				k += copy(out[i*n:][:cols(i)], in[0][k:])
			}
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			for i, k := 0, 0; i < n; i++ {
				k += copy(d[0][k:], dOut[i*n:][:cols(i)])
			}
			return nil
		},
	}.Node()
}

// LogTril is the node of the lower triangular n×n matrix diag(e^d)(I + N), for
// d (n) and the strict triangle N as Tril takes it, nil where n = 1. An
// optimizer's step in d is a relative change of a row, at every scale.
func LogTril(d, strict *G.Node, n int) (*G.Node, error) {
	if s := d.Shape(); s.Dims() != 1 || s[0] != n {
		return nil, shapeError("LogTril", "d is %v, want (%d)", s, n)
	}
	if n > 1 && (strict == nil || strict.Shape().Dims() != 1 || strict.Shape()[0] != TrilSize(n, true)) {
		return nil, shapeError("LogTril", "want N to be a strict triangle of %d rows, (%d)", n, TrilSize(n, true))
	}
	return graph.ByDtype("LogTril", d,
		func() (*G.Node, error) { return logTril[float64](d, strict, n) },
		func() (*G.Node, error) { return logTril[float32](d, strict, n) })
}

func logTril[T kernel.Float](d, strict *G.Node, n int) (*G.Node, error) {
	inputs := G.Nodes{d}
	if n > 1 {
		inputs = append(inputs, strict)
	}
	return graph.Function[T]{
		Name:   "LogTril",
		Shape:  tensor.Shape{n, n},
		Inputs: inputs,
		Forward: func(out []T, in [][]T) error {
			clear(out)
			for i, k := 0, 0; i < n; i++ {
				e := T(math.Exp(float64(in[0][i])))
				for j := range i {
					out[i*n+j] = e * in[1][k]
					k++
				}
				out[i*n+i] = e
			}
			return nil
		},
		Adjoint: func(dIn, in [][]T, out, dOut []T) error {
			for i, k := 0, 0; i < n; i++ {
				e := out[i*n+i]
				dIn[0][i] = dOut[i*n+i] * e
				for j := range i {
					dIn[0][i] += dOut[i*n+j] * e * in[1][k]
					dIn[1][k] = dOut[i*n+j] * e
					k++
				}
			}
			return nil
		},
	}.Node()
}

// Hurwitz is the node of the paper's matrix, eqs. (3)–(5),
//
//	A = (−L^G L^Gᵀ + L_s − L_sᵀ) L^S L^Sᵀ + μI,
//
// whose spectrum lies left of μ for any non-singular L^S and L^G. ls and lg are
// lower triangular, n×n, and skew is the strictly lower L_s, nil where n = 1.
func Hurwitz(ls, lg, skew *G.Node, shift float64) (*G.Node, error) {
	s := ls.Shape()
	if s.Dims() != 2 || s[0] != s[1] || !lg.Shape().Eq(s) || skew != nil && !skew.Shape().Eq(s) {
		return nil, shapeError("Hurwitz", "L^S is %v, L^G %v and L_s %v, want one square shape", s, lg, skew)
	}
	return graph.ByDtype("Hurwitz", ls,
		func() (*G.Node, error) { return hurwitz[float64](ls, lg, skew, shift) },
		func() (*G.Node, error) { return hurwitz[float32](ls, lg, skew, shift) })
}

// hurwitz is A = HS + μI for H = −L^G L^Gᵀ + L_s − L_sᵀ and S = L^S L^Sᵀ, with
//
//	dH = dA S,  dS = Hᵀ dA,  dL^S = (dS + dSᵀ)L^S,  dL^G = −(dH + dHᵀ)L^G,  dL_s = dH − dHᵀ.
func hurwitz[T kernel.Float](ls, lg, skew *G.Node, shift float64) (*G.Node, error) {
	n := ls.Shape()[0]
	inputs := G.Nodes{ls, lg}
	if skew != nil {
		inputs = append(inputs, skew)
	}
	s, h, ds, dh := make([]T, n*n), make([]T, n*n), make([]T, n*n), make([]T, n*n)
	var tmp []T
	mul := func(tA, tB bool, alpha T, a, b []T, beta T, c []T) {
		kernel.Gemm(tA, tB, n, n, n, alpha, a, b, beta, c, &tmp)
	}
	// plus adds sign times its transpose to a matrix.
	plus := func(x []T, sign T) {
		for i := range n {
			for j := range i {
				a, b := x[i*n+j], x[j*n+i]
				x[i*n+j], x[j*n+i] = a+sign*b, b+sign*a
			}
			x[i*n+i] += sign * x[i*n+i]
		}
	}
	return graph.Function[T]{
		Name:   "Hurwitz",
		Shape:  ls.Shape(),
		Inputs: inputs,
		Forward: func(a []T, in [][]T) error {
			mul(false, true, 1, in[0], in[0], 0, s)
			clear(h)
			if skew != nil {
				copy(h, in[2])
				plus(h, -1)
			}
			mul(false, true, -1, in[1], in[1], 1, h)
			mul(false, false, 1, h, s, 0, a)
			for i := range n {
				a[i*n+i] += T(shift)
			}
			return nil
		},
		Adjoint: func(d, in [][]T, a, da []T) error {
			mul(false, false, 1, da, s, 0, dh) // S is symmetric
			mul(true, false, 1, h, da, 0, ds)
			plus(ds, 1)
			mul(false, false, 1, ds, in[0], 0, d[0])
			if skew != nil {
				copy(d[2], dh)
				plus(d[2], -1)
			}
			plus(dh, 1)
			mul(false, false, -1, dh, in[1], 0, d[1])
			return nil
		},
	}.Node()
}
