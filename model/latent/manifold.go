package latent

import (
	G "gorgonia.org/gorgonia"

	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/kernel/poly"
)

// PolynomialDecoder is a polynomial of the latent state that a decoder adds to a fixed
// linear one,
//
//	f_D(u) = Decode·u + Lift·p(u):
//
// a manifold over the plane of the latent coordinates. Its coefficients are the
// parameter decoder/C.
type PolynomialDecoder struct {
	param.PolynomialConfig
	// Lift, (m, r), has orthonormal columns as a rule, those outside of the span of
	// Decode: r directions into which the manifold bends. Empty: r = m and the identity.
	// Those of a periodic polynomial are the pairs that follow the latent ones, or all.
	Lift [][]float64 `json:"lift,omitempty"`
}

// Of returns the polynomial R^n → R^r, for a latent state of n and a state of m
// components. Its coefficients are the parameter decoder/C.
func (c *PolynomialDecoder) Of(n, m int) *poly.Polynomial {
	if len(c.Lift) == 0 {
		return c.PolynomialConfig.Of(n, m, 0, true)
	}
	return c.PolynomialConfig.Of(n, len(c.Lift[0]), n, true)
}

func (c *PolynomialDecoder) validate(a AutoencoderConfig, m int) error {
	if c == nil {
		return nil
	}
	if a.Skip == nil || !a.Skip.Only {
		return param.ConfigError("autoencoder.polynomial stands beside a fixed linear pair alone: want autoencoder.skip with only set")
	}
	out := m
	if len(c.Lift) > 0 {
		out = len(c.Lift[0])
		if out < 1 {
			return param.ConfigError("autoencoder.polynomial.lift has no columns, want at least one, or no lift")
		}
		if err := checkMatrix("polynomial.lift", c.Lift, m, out, "dim", "its columns"); err != nil {
			return err
		}
	}
	return c.PolynomialConfig.Validate("autoencoder.polynomial", a.Latent, out)
}

// node is the node of f_D(u).
func (c *PolynomialDecoder) node(g *param.Graph, u *G.Node, decode [][]float64) (*G.Node, error) {
	y, err := ops.Polynomial(u, g.Param("decoder/C"), c.Of(u.Shape()[1], len(decode)))
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
