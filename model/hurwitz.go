package model

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// HurwitzMatrix is the linear part, eqs. (3)–(5),
//
//	A_L = (−L^G L^Gᵀ + L_s − L_sᵀ) L^S L^Sᵀ + μI,
//
// whose spectrum lies left of μ whatever the parameters are, Theorem 1. The
// triangles are packed row by row, (3n² + n)/2 parameters in all.
type HurwitzMatrix struct {
	N     int
	Shift float64 // μ
}

func (h HurwitzMatrix) declare(spread float64) []declaration {
	nearIdentity := func(rng *rand.Rand, x []float64) {
		normal(spread)(rng, x)
		for i, k := 0, 0; i < h.N; i++ {
			k += i
			x[k]++
			k++
		}
	}
	d := []declaration{
		{"linear/LS", []int{ops.Packed(h.N, false)}, nearIdentity},
		{"linear/LG", []int{ops.Packed(h.N, false)}, nearIdentity},
	}
	if h.N > 1 {
		d = append(d, declaration{"linear/Ls", []int{ops.Packed(h.N, true)}, normal(spread)})
	}
	return d
}

// node is A_L in a graph.
func (h HurwitzMatrix) node(g *graph) (*G.Node, error) {
	var skew *G.Node
	if h.N > 1 {
		skew = g.param("linear/Ls")
	}
	return ops.Hurwitz(g.param("linear/LS"), g.param("linear/LG"), skew, h.N, h.Shift)
}

// Matrices returns A_L, S = L^S L^Sᵀ and G_s = −L^G L^Gᵀ.
func (h HurwitzMatrix) Matrices(p *Params) (a, s, gs *mat.Dense) {
	triangle := func(name string, strict bool) *mat.Dense {
		t := mat.NewDense(h.N, h.N, nil)
		v, _ := p.Get(name)
		k := 0
		for i := range h.N {
			for j := 0; j < i || j == i && !strict; j++ {
				t.Set(i, j, v.Data[k])
				k++
			}
		}
		return t
	}
	ls, lg, skew := triangle("linear/LS", false), triangle("linear/LG", false), mat.NewDense(h.N, h.N, nil)
	if h.N > 1 {
		skew = triangle("linear/Ls", true)
	}
	a, s, gs = new(mat.Dense), new(mat.Dense), new(mat.Dense)
	s.Mul(ls, ls.T())
	gs.Mul(lg, lg.T())
	gs.Scale(-1, gs)
	var gu mat.Dense
	gu.Sub(skew, skew.T())
	gu.Add(gs, &gu)
	a.Mul(&gu, s)
	for i := range h.N {
		a.Set(i, i, a.At(i, i)+h.Shift)
	}
	return a, s, gs
}
