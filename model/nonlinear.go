package model

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/ops"
	"spnode/ops/kernel"
)

// nonlinear is a term g. plan makes what all evaluations in a graph share.
type nonlinear interface {
	declare() []declaration
	plan(g *graph) (integrator.Nonlinear, error)
	// bounds are a Lipschitz constant of g and a bound of ‖g‖, +Inf where
	// there is none, and the matrices of its layers.
	bounds(p *Params) (lipschitz, size float64, layers []*mat.Dense)
}

func newNonlinear(c NonlinearConfig, n int) nonlinear {
	switch c.Kind {
	case KindBilinear:
		return BilinearForm{N: n, Rank: c.Rank}
	case KindLipschitz:
		return LipschitzNet{N: n, NonlinearConfig: c}
	}
	return zero{}
}

// zero is g = 0.
type zero struct{}

func (zero) declare() []declaration { return nil }

func (zero) plan(*graph) (integrator.Nonlinear, error) {
	return func(u *G.Node) (*G.Node, error) { return ops.Scale(u, 0) }, nil
}

func (zero) bounds(*Params) (float64, float64, []*mat.Dense) { return 0, 0, nil }

// BilinearForm is the low-rank bilinear form, eq. (6),
//
//	g(u) = Σ_r (C^{(r)}u) ⊙ (D^{(r)}u) + b.
//
// Its derivative at 0 vanishes, so A is the linear part and nothing else is.
// It has no Lipschitz constant on the whole space.
type BilinearForm struct{ N, Rank int }

func (f BilinearForm) declare() []declaration {
	return []declaration{
		{"g/C", []int{f.Rank, f.N, f.N}, normal(0.1)},
		{"g/D", []int{f.Rank, f.N, f.N}, normal(0.1)},
		{"g/b", []int{f.N}, nil},
	}
}

func (f BilinearForm) plan(g *graph) (integrator.Nonlinear, error) {
	c, d, b := g.param("g/C"), g.param("g/D"), g.param("g/b")
	return func(u *G.Node) (*G.Node, error) { return ops.Bilinear(u, c, d, b) }, nil
}

func (f BilinearForm) bounds(*Params) (float64, float64, []*mat.Dense) {
	return math.Inf(1), math.Inf(1), nil
}

// LipschitzNet is the Lipschitz-controlled network of Definition 1,
//
//	g = l_p ∘ … ∘ l_1,  l_i(z) = σ(B_i z + b_i),  ‖B_i‖₂ ≤ L^{1/p},
//
// L-Lipschitz by construction, Theorem 2. B_i is W_i normalised by
// ops.LipschitzScale.
type LipschitzNet struct {
	N int
	NonlinearConfig
}

// widths are those of all layers, input and output included.
func (f LipschitzNet) widths() []int {
	return append(append([]int{f.N}, f.Hidden...), f.N)
}

// layerBound is L^{1/p}.
func (f LipschitzNet) layerBound() float64 {
	return math.Pow(f.Lipschitz, 1/float64(len(f.Hidden)+1))
}

// hasBias reports whether layer i of p has a bias: the last one's drops out
// of g(u) − g(0) where it is linear.
func (f LipschitzNet) hasBias(i, p int) bool {
	return i < p-1 || !f.NoOutputBias && (f.OutputActivation || !f.SeparateLinear)
}

func (f LipschitzNet) declare() (ds []declaration) {
	w := f.widths()
	p := len(w) - 1
	for i := range p {
		scale := 1.0
		if i == p-1 && f.LastScale != 0 {
			scale = f.LastScale
		}
		if i == p-1 && f.ZeroStart {
			scale = 0
		}
		ds = append(ds, declaration{fmt.Sprintf("g/%d/W", i), []int{w[i], w[i+1]}, weights(w[i], scale)})
		if !f.hasBias(i, p) {
			continue
		}
		var start start
		switch {
		case i < p-1 && f.BiasDeviation > 0:
			start = normal(f.BiasDeviation)
		case i == 0:
			start = uniform(f.BiasSpread)
		}
		ds = append(ds, declaration{fmt.Sprintf("g/%d/b", i), []int{w[i+1]}, start})
	}
	return ds
}

func (f LipschitzNet) plan(g *graph) (integrator.Nonlinear, error) {
	p := len(f.Hidden) + 1
	bs, biases := make(G.Nodes, p), make(G.Nodes, p)
	for i := range p {
		var err error
		if bs[i], err = ops.LipschitzScale(g.param(fmt.Sprintf("g/%d/W", i)), f.layerBound(), f.PaperForm); err != nil {
			return nil, err
		}
		if f.hasBias(i, p) {
			biases[i] = g.param(fmt.Sprintf("g/%d/b", i))
		}
	}
	activate := func(i int) bool { return i < p-1 || f.OutputActivation }
	net := func(u *G.Node) (*G.Node, error) {
		var err error
		for i := 0; i < p && err == nil; i++ {
			u, err = ops.Dense(u, bs[i], biases[i], activate(i))
		}
		return u, err
	}
	if f.RateScaled {
		d := g.param("linear/d")
		unscaled := net
		net = func(u *G.Node) (*G.Node, error) {
			v, err := unscaled(u)
			if err != nil {
				return nil, err
			}
			return ops.ScaleExp(v, d, 2)
		}
	}
	if !f.SeparateLinear {
		return net, nil
	}

	// y follows 0 through the layers and t the rows of I, so that t ends as
	// Dg(0)ᵀ: a row vector u has the tangent part ut.
	y, _ := g.input("g/zero", 1, f.N)
	t, identity := g.input("g/identity", f.N, f.N)
	for i := range f.N {
		identity.Set(i*f.N+i, []float64{1})
	}
	var err error
	for i := range p {
		if y, err = ops.Dense(y, bs[i], biases[i], activate(i)); err != nil {
			return nil, err
		}
		if t, err = ops.Dense(t, bs[i], nil, false); err != nil {
			return nil, err
		}
		if activate(i) {
			if t, err = ops.TanhTangent(t, y); err != nil {
				return nil, err
			}
		}
	}
	if f.RateScaled {
		if y, err = ops.ScaleExp(y, g.param("linear/d"), 2); err != nil {
			return nil, err
		}
		if t, err = ops.ScaleExp(t, g.param("linear/d"), 2); err != nil {
			return nil, err
		}
	}
	if y, err = ops.Row(y, 0); err != nil {
		return nil, err
	}
	return func(u *G.Node) (*G.Node, error) {
		v, err := net(u)
		if err != nil {
			return nil, err
		}
		tangent, err := ops.Dense(u, t, y, false)
		if err != nil {
			return nil, err
		}
		return ops.Minus(v, tangent)
	}, nil
}

func (f LipschitzNet) bounds(p *Params) (lipschitz, size float64, layers []*mat.Dense) {
	for i := range len(f.Hidden) + 1 {
		w, _ := p.Get(fmt.Sprintf("g/%d/W", i))
		r, c := w.Shape[0], w.Shape[1]
		b := make([]float64, len(w.Data))
		kernel.LipschitzScaleTo(b, w.Data, r, c, f.layerBound(), f.PaperForm)
		layers = append(layers, mat.NewDense(r, c, b))
	}
	lipschitz, size = f.Lipschitz, math.Inf(1)
	if f.OutputActivation {
		size = math.Sqrt(float64(f.N))
	}
	if f.RateScaled {
		d, _ := p.Get("linear/d")
		rate := math.Exp(2 * slices.Max(d.Data))
		lipschitz, size = rate*lipschitz, rate*size
	}
	if f.SeparateLinear {
		lipschitz, size = 2*lipschitz, math.Inf(1)
	}
	return lipschitz, size, layers
}
