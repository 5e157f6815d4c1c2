package dynamics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/kernel"
)

// lipschitzNet is the Lipschitz-controlled network of Definition 1,
//
//	g = l_p ∘ … ∘ l_1,  l_i(z) = σ(B_i z + b_i),  ‖B_i‖₂ ≤ L^{1/p},
//
// L-Lipschitz by construction, Theorem 2. B_i is W_i normalised by
// ops.LipschitzScale. Its hidden layers being tanh, it is bounded too, unless its
// linear part is removed.
type lipschitzNet struct {
	NonlinearConfig
	n, p int // components of the state, layers
}

func lipschitz(c NonlinearConfig, n int) (Nonlinear, error) {
	if !(c.Lipschitz > 0) || math.IsInf(c.Lipschitz, 0) {
		return Nonlinear{}, param.ConfigError("nonlinear.lipschitz is %g, want a finite number above 0", c.Lipschitz)
	}
	if err := param.ValidateWidths("nonlinear", c.Hidden); err != nil {
		return Nonlinear{}, err
	}
	if err := c.Start.Validate("nonlinear"); err != nil {
		return Nonlinear{}, err
	}
	f := lipschitzNet{c, n, len(c.Hidden) + 1}
	text := fmt.Sprintf("Lipschitz network %v, L = %g", f.widths(), c.Lipschitz)
	if c.SeparateLinear {
		text += ", linear part removed"
	}
	return Nonlinear{Text: text, Parameters: f.parameters(), Build: f.build, Bounds: f.bounds}, nil
}

// widths are those of all layers, input and output included.
func (f lipschitzNet) widths() []int {
	return slices.Concat([]int{f.n + f.Seen()}, f.Hidden, []int{f.n})
}

// layerBound is L^{1/p}.
func (f lipschitzNet) layerBound() float64 { return math.Pow(f.Lipschitz, 1/float64(f.p)) }

// lastBias reports whether the last layer has a bias: it drops out of
// g(u) − g(0) where that layer is linear.
func (f lipschitzNet) lastBias() bool {
	return !f.NoOutputBias && (f.OutputActivation || !f.SeparateLinear)
}

// activated reports whether layer i has tanh.
func (f lipschitzNet) activated(i int) bool { return i < f.p-1 || f.OutputActivation }

func (f lipschitzNet) parameters() []param.Declaration {
	last := param.OrOne(f.LastScale)
	if f.ZeroStart {
		last = 0
	}
	ds := f.Layers("g", f.widths(), 1, last)
	if !f.lastBias() {
		ds = ds[:len(ds)-1]
	}
	return ds
}

func (f lipschitzNet) build(g *param.Graph) (integrator.Nonlinear, error) {
	bs, biases := make(G.Nodes, f.p), make(G.Nodes, f.p)
	for i := range f.p {
		var err error
		if bs[i], err = ops.LipschitzScale(g.Param(param.WeightOf("g", i)), f.layerBound(), f.PaperForm); err != nil {
			return nil, err
		}
		if i < f.p-1 || f.lastBias() {
			biases[i] = g.Param(param.BiasOf("g", i))
		}
	}
	scaled := func(v *G.Node) (*G.Node, error) { // by the rates, if it is
		if !f.RateScaled {
			return v, nil
		}
		return ops.ScaleExp(v, g.Param("linear/d"), 2)
	}
	net := func(u *G.Node) (*G.Node, error) {
		var err error
		for i := 0; i < f.p && err == nil; i++ {
			u, err = ops.Dense(u, bs[i], biases[i], f.activated(i))
		}
		if err != nil {
			return nil, err
		}
		return scaled(u)
	}
	if !f.SeparateLinear {
		return net, nil
	}
	y, t, err := f.linear(g, bs, biases)
	if err != nil {
		return nil, err
	}
	if y, err = scaled(y); err != nil {
		return nil, err
	}
	if t, err = scaled(t); err != nil {
		return nil, err
	}
	if y, err = ops.Row(y, 0); err != nil {
		return nil, err
	}
	return func(u *G.Node) (*G.Node, error) {
		v, err := net(u)
		if err != nil {
			return nil, err
		}
		if f.seen.parameters > 0 {
			if u, err = ops.Columns(u, 0, f.n+f.seen.inputs); err != nil {
				return nil, err
			}
		}
		tangent, err := ops.Dense(u, t, y, false)
		if err != nil {
			return nil, err
		}
		return ops.Minus(v, tangent)
	}, nil
}

// linear returns the network at 0, (1, n), and Dg(0)ᵀ, (n, n): y follows 0 through
// the layers and t the rows of I, so that a row vector u has the tangent part ut. The
// tangent is by u and the inputs, at the scaled parameters 0.
func (f lipschitzNet) linear(g *param.Graph, bs, biases G.Nodes) (y, t *G.Node, err error) {
	rows, width := f.n+f.seen.inputs, f.n+f.Seen()
	identity := make([]float64, rows*width)
	for i := range rows {
		identity[i*width+i] = 1
	}
	y, t = g.Constant("g/zero", make([]float64, width), 1, width), g.Constant("g/identity", identity, rows, width)
	for i := range f.p {
		if y, err = ops.Dense(y, bs[i], biases[i], f.activated(i)); err != nil {
			return nil, nil, err
		}
		if t, err = ops.Dense(t, bs[i], nil, false); err != nil {
			return nil, nil, err
		}
		if f.activated(i) {
			if t, err = ops.TanhTangent(t, y); err != nil {
				return nil, nil, err
			}
		}
	}
	return y, t, nil
}

func (f lipschitzNet) bounds(p *param.Params) Bounds {
	b := Bounds{Lipschitz: f.Lipschitz, Size: math.Inf(1)}
	for i := range f.p {
		w, _ := p.Get(param.WeightOf("g", i))
		r, c := w.Shape[0], w.Shape[1]
		x := make([]float64, len(w.Data))
		kernel.LipschitzScaleTo(x, w.Data, r, c, f.layerBound(), f.PaperForm)
		b.Layers = append(b.Layers, mat.NewDense(r, c, x))
	}
	switch last := f.p - 1; {
	case f.OutputActivation:
		b.Size = math.Sqrt(float64(f.n))
	case last > 0: // of w numbers within ±1: ‖B z + b‖ ≤ ‖B‖₂√w + ‖b‖
		var svd mat.SVD
		if svd.Factorize(b.Layers[last], mat.SVDNone) {
			b.Size = svd.Values(nil)[0] * math.Sqrt(float64(f.Hidden[last-1]))
		}
		if bias, ok := p.Get(param.BiasOf("g", last)); ok {
			b.Size += floats.Norm(bias.Data, 2)
		}
	}
	if f.RateScaled {
		d, _ := p.Get("linear/d")
		rate := math.Exp(2 * slices.Max(d.Data))
		b.Lipschitz, b.Size = rate*b.Lipschitz, rate*b.Size
	}
	if f.SeparateLinear {
		b.Lipschitz, b.Size = 2*b.Lipschitz, math.Inf(1)
	}
	return b
}
