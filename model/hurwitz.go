package model

import (
	"math"
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
// triangles are laid out row by row, (3n² + n)/2 parameters in all.
//
// With Rates, L^S = diag(e^d)(I + N) with N strictly lower, so that an
// optimizer's step in d is a relative change of a rate, at every scale; the
// rates e^{2d} start there. The matrices that can be reached are the same.
type HurwitzMatrix struct {
	N     int
	Shift float64 // μ
	Rates []float64
}

func (h HurwitzMatrix) declare(c LinearConfig) []declaration {
	spread := c.Spread
	// A diagonal and noise, which is drawn first.
	near := func(diagonal func(rng *rand.Rand) float64) start {
		return func(rng *rand.Rand, x []float64) {
			normal(spread)(rng, x)
			for i, k := 0, 0; i < h.N; i++ {
				k += i
				x[k] += diagonal(rng)
				k++
			}
		}
	}
	nearIdentity := near(func(*rand.Rand) float64 { return 1 })
	damping := nearIdentity
	if c.Damping > 0 {
		damping = near(func(rng *rand.Rand) float64 { return math.Sqrt(c.Damping * (0.5 + rng.Float64())) })
	}
	d := []declaration{{"linear/LG", []int{ops.TrilSize(h.N, false)}, damping}}
	if h.Rates == nil {
		d = append(d, declaration{"linear/LS", []int{ops.TrilSize(h.N, false)}, nearIdentity})
	} else {
		d = append(d, declaration{"linear/d", []int{h.N}, func(_ *rand.Rand, x []float64) {
			for i, r := range h.Rates {
				x[i] = math.Log(r) / 2
			}
		}})
		if h.N > 1 {
			d = append(d, declaration{"linear/N", []int{ops.TrilSize(h.N, true)}, normal(spread)})
		}
	}
	if h.N > 1 {
		skew := spread
		if c.SkewSpread > 0 {
			skew = c.SkewSpread
		}
		d = append(d, declaration{"linear/Ls", []int{ops.TrilSize(h.N, true)}, normal(skew)})
	}
	return d
}

// node is A_L in a graph.
func (h HurwitzMatrix) node(g *graph) (*G.Node, error) {
	ls, err := h.scaled(g)
	if err != nil {
		return nil, err
	}
	lg, err := ops.Tril(g.param("linear/LG"), h.N, false)
	if err != nil {
		return nil, err
	}
	var skew *G.Node
	if h.N > 1 {
		if skew, err = ops.Tril(g.param("linear/Ls"), h.N, true); err != nil {
			return nil, err
		}
	}
	return ops.Hurwitz(ls, lg, skew, h.Shift)
}

// scaled is L^S in a graph.
func (h HurwitzMatrix) scaled(g *graph) (*G.Node, error) {
	if h.Rates == nil {
		return ops.Tril(g.param("linear/LS"), h.N, false)
	}
	var strict *G.Node
	if h.N > 1 {
		strict = g.param("linear/N")
	}
	return ops.LogTril(g.param("linear/d"), strict, h.N)
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
	lg, skew := triangle("linear/LG", false), mat.NewDense(h.N, h.N, nil)
	if h.N > 1 {
		skew = triangle("linear/Ls", true)
	}
	var ls *mat.Dense
	if h.Rates == nil {
		ls = triangle("linear/LS", false)
	} else {
		ls = mat.NewDense(h.N, h.N, nil)
		if h.N > 1 {
			ls = triangle("linear/N", true)
		}
		d, _ := p.Get("linear/d")
		for i, v := range d.Data {
			ls.Set(i, i, 1)
			for j := range i + 1 {
				ls.Set(i, j, math.Exp(v)*ls.At(i, j))
			}
		}
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
