package model

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/ops"
	"spnode/ops/kernel/poly"
)

// PolynomialConfig shapes a polynomial, see poly.Polynomial.
type PolynomialConfig struct {
	// Degree is the largest of its monomials, of which it has all.
	Degree int `json:"degree,omitempty"`
	// Periodic has it commute with the shifts of a field on a periodic grid, and with
	// the reflection x → −x, u → −u. The latent components are then the coefficients of
	// the cosine and the sine of k = 1, of those of k = 2, and so on, in one scale.
	Periodic bool `json:"periodic,omitempty"`
}

// largestPolynomial is how many coefficients a polynomial may have: one of degree 7 in
// 20 variables has 18 million, which is a mistake more often than a wish.
const largestPolynomial = 2e6

func (c PolynomialConfig) validate(part string, n, out int) error {
	switch {
	case c.Degree < 1:
		return configError("%s.degree is %d, want at least 1", part, c.Degree)
	case c.Periodic && (n%2 != 0 || out%2 != 0):
		return configError("%s.periodic wants pairs of a cosine and a sine, got %d and %d components", part, n, out)
	}
	size := float64(out) // binomial(n+degree, degree) for each output
	if c.Periodic {
		size = 1 / float64(n) // about: only those of one wave number in n or more
	}
	for q := range c.Degree {
		size *= float64(n+q+1) / float64(q+1)
	}
	if size > largestPolynomial {
		return configError("%s.degree is %d, which is about %.2g coefficients of %d variables, want at most %g", part, c.Degree, size, n, largestPolynomial)
	}
	return nil
}

// of returns the polynomial R^n → R^out, to the pairs after the first skipped ones where
// it is periodic.
func (c PolynomialConfig) of(n, out, skipped int, linear bool) *poly.Polynomial {
	if c.Periodic {
		return poly.NewPeriodic(n/2, skipped/2+1, (skipped+out)/2, c.Degree, linear)
	}
	return poly.New(n, out, c.Degree, linear)
}

// polynomialShape is that of the coefficients of p: a matrix where they are one.
func polynomialShape(p *poly.Polynomial) []int {
	if p.Periodic() {
		return []int{p.Coefficients()}
	}
	return []int{p.Coefficients() / p.Out(), p.Out()}
}

// Polynomial returns the polynomial of g, whose coefficients are the parameter g/C. The
// error is ErrConfig where g is none.
func (c Config) Polynomial() (*poly.Polynomial, error) {
	if c.Nonlinear.Kind != KindPolynomial {
		return nil, configError("nonlinear.kind is %q, want %s", c.Nonlinear.Kind, KindPolynomial)
	}
	n := c.LatentDim()
	return c.Nonlinear.of(n, n, 0, c.Nonlinear.Radius > 0), nil
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
	if err := cfg.PolynomialConfig.validate("nonlinear", n, n); err != nil {
		return Nonlinear{}, err
	}
	if err := cfg.validateRadius(); err != nil {
		return Nonlinear{}, err
	}
	p := cfg.of(n, n, 0, cfg.Radius > 0)
	g := Nonlinear{
		Text:       fmt.Sprintf("polynomial of degree %d, %d coefficients", cfg.Degree, p.Coefficients()),
		Parameters: []Declaration{{"g/C", polynomialShape(p), nil}},
		Build: func(g *Graph) (integrator.Nonlinear, error) {
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
		g.Bounds = func(ps *Params) Bounds {
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
		return configError("nonlinear.radius is %g, want a finite number above 0, or 0 for none", c.Radius)
	}
	return nil
}

// Outside returns the numbers of the states that are not in the ball of g's Radius, with
// which it is continued and no longer what was fitted: none where it has no Radius.
func (m *Model) Outside(states [][]float64) (at []int, err error) {
	if m.cfg.Nonlinear.Radius == 0 {
		return nil, nil
	}
	u, err := m.PredictLatent(states, []float64{0})
	if err != nil {
		return nil, err
	}
	for i, z := range rows(u[0], m.cfg.LatentDim()) {
		if !(floats.Norm(z, 2) <= m.cfg.Nonlinear.Radius) {
			at = append(at, i)
		}
	}
	return at, nil
}

// PolynomialDecoder is a polynomial of the latent state that a decoder adds to a fixed
// linear one,
//
//	f_D(u) = Decode·u + Lift·p(u):
//
// a manifold over the plane of the latent coordinates. Its coefficients are the
// parameter decoder/C.
type PolynomialDecoder struct {
	PolynomialConfig
	// Lift, (m, r), has orthonormal columns as a rule, those outside of the span of
	// Decode: r directions into which the manifold bends. Empty: r = m and the identity.
	// Those of a periodic polynomial are the pairs that follow the latent ones, or all.
	Lift [][]float64 `json:"lift,omitempty"`
}

// of returns the polynomial R^n → R^r.
func (c *PolynomialDecoder) of(n, m int) *poly.Polynomial {
	if len(c.Lift) == 0 {
		return c.PolynomialConfig.of(n, m, 0, true)
	}
	return c.PolynomialConfig.of(n, len(c.Lift[0]), n, true)
}

func (c *PolynomialDecoder) validate(a AutoencoderConfig, m int) error {
	if c == nil {
		return nil
	}
	if a.Skip == nil || !a.Skip.Only {
		return configError("autoencoder.polynomial stands beside a fixed linear pair alone: want autoencoder.skip with only set")
	}
	out := m
	if len(c.Lift) > 0 {
		out = len(c.Lift[0])
		if out < 1 {
			return configError("autoencoder.polynomial.lift has no columns, want at least one, or no lift")
		}
		if err := checkMatrix("polynomial.lift", c.Lift, m, out, "dim", "its columns"); err != nil {
			return err
		}
	}
	return c.PolynomialConfig.validate("autoencoder.polynomial", a.Latent, out)
}

// node is the node of f_D(u).
func (c *PolynomialDecoder) node(g *Graph, u *G.Node, decode [][]float64) (*G.Node, error) {
	y, err := ops.Polynomial(u, g.Param("decoder/C"), c.of(u.Shape()[1], len(decode)))
	if err != nil {
		return nil, err
	}
	if len(c.Lift) > 0 {
		if y, err = ops.Linear(y, c.Lift, nil); err != nil {
			return nil, err
		}
	}
	return ops.Linear(u, decode, y)
}

// PolynomialDecoder returns the polynomial of the decoder, whose coefficients are the parameter
// decoder/C. The error is ErrConfig where there is none.
func (c Config) PolynomialDecoder() (*poly.Polynomial, error) {
	if c.Autoencoder.Polynomial == nil {
		return nil, configError("autoencoder.polynomial is not set")
	}
	return c.Autoencoder.Polynomial.of(c.LatentDim(), c.Width()), nil
}
