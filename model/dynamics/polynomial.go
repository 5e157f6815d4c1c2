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

// polynomial is g(u) = p(u) with p without linear part, which A has; or, within a
// Radius R,
//
//	g(u) = p(Π_R(u)),  Π_R(u) = u min(1, R/‖u‖),
//
// with a linear part of p's own for what grows: A may then contract, at a negative
// Shift, and g is bounded and has a Lipschitz constant on the whole space, whatever p
// is. Inside the ball nothing is changed.
func polynomial(cfg NonlinearConfig, n int) (Nonlinear, error) {
	if err := cfg.PolynomialConfig.Validate("nonlinear", n, n); err != nil {
		return Nonlinear{}, err
	}
	if err := cfg.validateRadius(); err != nil {
		return Nonlinear{}, err
	}
	p := cfg.Of(n, n, 0, cfg.Radius > 0)
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
	if cfg.Radius > 0 {
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

func (c NonlinearConfig) validateRadius() error {
	if !(c.Radius >= 0) || math.IsInf(c.Radius, 0) {
		return param.ConfigError("nonlinear.radius is %g, want a finite number above 0, or 0 for none", c.Radius)
	}
	return nil
}
