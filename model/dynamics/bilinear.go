package dynamics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/model/param"
	"spnode/ops"
)

// bilinear is the low-rank bilinear form, eq. (6),
//
//	g(u) = Σ_r (C^{(r)}z) ⊙ (D^{(r)}z) + Pp + b,  z = (u, w, p),
//
// with the inputs w and the parameters p that it sees as further variables. Its
// derivative by u and w vanishes at 0, so that A and the inputs' own term are the linear
// part and nothing else is. It has no Lipschitz constant on the whole space; within a
// Radius R it has one, as
//
//	g(u) = Σ_r (C^{(r)}v) ⊙ (D^{(r)}v) + Ev + b,  v = Π_R(z),
//
// see polynomial, where E is what grows.
func bilinear(cfg NonlinearConfig, n int) (Nonlinear, error) {
	if cfg.Rank < 1 {
		return Nonlinear{}, param.ConfigError("nonlinear.rank is %d, want at least 1", cfg.Rank)
	}
	if err := cfg.validateRadius(); err != nil {
		return Nonlinear{}, err
	}
	m := n + cfg.Seen()
	g := Nonlinear{
		Text: fmt.Sprintf("bilinear form of rank %d", cfg.Rank),
		Parameters: []param.Declaration{
			{Name: "g/C", Shape: []int{cfg.Rank, n, m}, Start: param.Normal(0.1)},
			{Name: "g/D", Shape: []int{cfg.Rank, n, m}, Start: param.Normal(0.1)},
			{Name: "g/b", Shape: []int{n}},
		},
		Build: func(g *param.Graph) (integrator.Nonlinear, error) {
			c, d, b := g.Param("g/C"), g.Param("g/D"), g.Param("g/b")
			return func(u *G.Node) (*G.Node, error) { return ops.Bilinear(u, c, d, b) }, nil
		},
	}
	if cfg.Radius == 0 {
		return cfg.withForcing(g, n), nil
	}
	g.Text += fmt.Sprintf(" and a linear part, of u projected on the ball of radius %g", cfg.Radius)
	g.Parameters = append(g.Parameters, param.Declaration{Name: "g/E", Shape: []int{n, m}})
	form := g.Build
	g.Build = func(g *param.Graph) (integrator.Nonlinear, error) {
		quadratic, err := form(g)
		if err != nil {
			return nil, err
		}
		et, err := G.Transpose(g.Param("g/E"))
		if err != nil {
			return nil, err
		}
		return func(u *G.Node) (*G.Node, error) {
			v, err := ops.Ball(u, cfg.Radius)
			if err != nil {
				return nil, err
			}
			q, err := quadratic(v)
			if err != nil {
				return nil, err
			}
			l, err := ops.Dense(v, et, nil, false)
			if err != nil {
				return nil, err
			}
			return G.Add(q, l)
		}, nil
	}
	// ‖g(v) − b‖ ≤ β‖v‖² + ‖E‖‖v‖, where β² is the sum of the squares of the symmetric
	// matrices H_i = Σ_r (c_i d_iᵀ + d_i c_iᵀ)/2 of rows i of C^{(r)} and D^{(r)}.
	g.Bounds = func(p *param.Params) Bounds {
		c, _ := p.Get("g/C")
		d, _ := p.Get("g/D")
		b, _ := p.Get("g/b")
		e, _ := p.Get("g/E")
		var beta float64
		for i := range n {
			for j := range m {
				for k := range m {
					var h float64
					for r := range cfg.Rank {
						at := (r*n + i) * m
						h += (c.Data[at+j]*d.Data[at+k] + c.Data[at+k]*d.Data[at+j]) / 2
					}
					beta += h * h
				}
			}
		}
		beta = math.Sqrt(beta)
		r, linear := cfg.Radius, floats.Norm(e.Data, 2)
		return Bounds{Lipschitz: linear + 2*beta*r, Size: floats.Norm(b.Data, 2) + linear*r + beta*r*r}
	}
	return g, nil
}
