package dynamics

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/kernel/poly"
)

// Polynomial returns the polynomial of g for a latent state of n components, whose coefficients are the parameter g/C. The
// error is param.ErrConfig where g is none.
func (c NonlinearConfig) Polynomial(n int) (*poly.Polynomial, error) {
	if c.Kind != KindPolynomial {
		return nil, param.ConfigError("nonlinear.kind is %q, want %s", c.Kind, KindPolynomial)
	}
	return c.Of(n, n, 0, c.Radius > 0), nil
}

// polynomial is g(u) = q(z) + Pp, of z = (u, w, p) with the inputs w and the parameters p
// that it sees, and with q without linear part, which A and B have; or, within a Radius R,
//
//	g(u) = q(Π_R(z)),  Π_R(z) = z min(1, R/‖z‖),
//
// with a linear part of q's own for what grows: A may then contract, at a negative
// Shift, and g is bounded and has a Lipschitz constant on the whole space, whatever q
// is, for all w and p. Inside the ball nothing is changed.
func polynomial(cfg NonlinearConfig, n int) (Nonlinear, error) {
	m := n + cfg.Seen()
	if cfg.Periodic && m > n {
		return Nonlinear{}, param.ConfigError("nonlinear.periodic sees no inputs and parameters; want parameters.time_only and inputs.linear_only, or not periodic")
	}
	if err := cfg.PolynomialConfig.Validate("nonlinear", m, n); err != nil {
		return Nonlinear{}, err
	}
	if err := cfg.validateRadius(); err != nil {
		return Nonlinear{}, err
	}
	p := cfg.Of(m, n, 0, cfg.Radius > 0)
	g := Nonlinear{
		Text:       fmt.Sprintf("polynomial of degree %d, %d coefficients", cfg.Degree, p.Coefficients()),
		Parameters: []param.Declaration{{Name: "g/C", Shape: param.PolynomialShape(p)}},
		Build: func(g *param.Graph) (integrator.Nonlinear, error) {
			c := g.Param("g/C")
			return func(u *G.Node) (*G.Node, error) {
				if cfg.Radius > 0 {
					var err error
					if u, err = ops.Ball(u, cfg.Radius); err != nil {
						return nil, err
					}
				}
				return ops.Polynomial(u, c, p)
			}, nil
		},
	}
	if cfg.Periodic {
		g.Text += ", equivariant"
	}
	if cfg.Radius == 0 {
		g = cfg.withForcing(g, n)
	} else {
		g.Text += fmt.Sprintf(", of u projected on the ball of radius %g", cfg.Radius)
		g.Bounds = func(ps *param.Params) Bounds {
			c, _ := ps.Get("g/C")
			var b Bounds
			for q, beta := range p.Bounds(c.Data) {
				if beta == 0 {
					continue
				}
				b.Size += beta * math.Pow(cfg.Radius, float64(q))
				b.Lipschitz += float64(q) * beta * math.Pow(cfg.Radius, float64(q-1))
			}
			return b
		}
	}
	return g, nil
}

// withForcing is a form without a linear part and P p, where it sees parameters: what is
// linear in them no part of the right-hand side has but this one.
func (c NonlinearConfig) withForcing(g Nonlinear, n int) Nonlinear {
	k := c.seen.parameters
	if k == 0 {
		return g
	}
	g.Parameters = append(g.Parameters, param.Declaration{Name: "g/P", Shape: []int{k, n}})
	form := g.Build
	g.Build = func(g *param.Graph) (integrator.Nonlinear, error) {
		f, err := form(g)
		if err != nil {
			return nil, err
		}
		forcing, err := ops.Dense(g.P, g.Param("g/P"), nil, false)
		if err != nil {
			return nil, err
		}
		return func(z *G.Node) (*G.Node, error) {
			y, err := f(z)
			if err != nil {
				return nil, err
			}
			return G.Add(y, forcing)
		}, nil
	}
	return g
}

func (c NonlinearConfig) validateRadius() error {
	if !(c.Radius >= 0) || math.IsInf(c.Radius, 0) {
		return param.ConfigError("nonlinear.radius is %g, want a finite number above 0, or 0 for none", c.Radius)
	}
	return nil
}
