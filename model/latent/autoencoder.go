package latent

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"spnode/model/param"
	"spnode/ops"
)

// AutoencoderConfig shapes the encoder and the decoder.
type AutoencoderConfig struct {
	// Latent is n, the dimension of the latent state. 0: no autoencoder, n = m.
	Latent int `json:"latent,omitempty"`
	// Hidden are the widths of the encoder's hidden layers; the decoder has
	// them in reverse.
	Hidden []int `json:"hidden,omitempty"`
	// Offset and Factor are applied to the encoder's input, (x − Offset)·Factor;
	// empty: not.
	Offset []float64 `json:"offset,omitempty"`
	Factor []float64 `json:"factor,omitempty"`
	// UnitStart has the encoder give 1 + f_E and the decoder see 2u − 1: a
	// latent state that starts near 1 and decays to 0.
	UnitStart bool `json:"unit_start,omitempty"`
	// Harmonics, if not 0, has the first two latent coordinates be a point of the unit
	// circle, and the decoder see so many harmonics of its angle, each of twice the
	// frequency of the one before, cos 2^j θ and sin 2^j θ. With a linear part that turns
	// this pair the cycle on which all trajectories end is one function of a phase.
	Harmonics int `json:"harmonics,omitempty"`
	param.Start
	// FirstScale multiplies the decoder's first layer at the start. 0 stands for 1.
	FirstScale float64 `json:"first_scale,omitempty"`
	// Skip is a fixed linear encoder and decoder beside the networks or, with
	// its Only, in place of them. Nil: none.
	Skip *LinearPair `json:"skip,omitempty"`
	// Polynomial is a polynomial that the decoder has beside a fixed linear pair. Nil:
	// none.
	Polynomial *PolynomialDecoder `json:"polynomial,omitempty"`
}

// mostHarmonics leaves the last one, whose angle is known to 2^15 roundings, some digits
// in float32.
const mostHarmonics = 16

// validate checks the settings for a state of m components.
func (c AutoencoderConfig) validate(m int) error {
	if c.Latent < 0 {
		return param.ConfigError("autoencoder.latent is %d, want at least 1, or 0 for no autoencoder", c.Latent)
	}
	if len(c.Offset) != len(c.Factor) {
		return param.ConfigError("autoencoder.offset has %d elements and factor %d, want %d of both, as the networks see, or none", len(c.Offset), len(c.Factor), m)
	}
	if err := c.scaling().Validate("autoencoder.", m); err != nil {
		return err
	}
	if c.Harmonics < 0 || c.Harmonics > mostHarmonics || c.Harmonics > 0 && (c.Latent < 2 || c.Skip != nil) {
		return param.ConfigError("autoencoder.harmonics is %d with latent %d, want 0, or up to %d of at least two latent coordinates without skip", c.Harmonics, c.Latent, mostHarmonics)
	}
	if !param.Finite(c.FirstScale) {
		return param.ConfigError("autoencoder.first_scale is %g, want a finite number", c.FirstScale)
	}
	if err := param.ValidateWidths("autoencoder", c.Hidden); err != nil {
		return err
	}
	if err := c.Start.Validate("autoencoder"); err != nil {
		return err
	}
	if err := c.Polynomial.validate(c, m); err != nil {
		return err
	}
	return c.Skip.validate(c, m)
}

// autoencoder is the pair of networks f_E: R^m → R^n and f_D: R^n → R^m of
// section 2.4: affine layers with tanh between them and none at the end. The
// decoder's hidden widths are the encoder's in reverse. A LinearPair may stand
// beside them. With a latent dimension of 0 both are the identity.
type autoencoder struct {
	AutoencoderConfig
	dim       int // m
	conserved int // invariants, of which the decoder is told the values
	seen      int // parameters of a trajectory that both see
}

func (a autoencoder) identity() bool { return a.Latent == 0 }

// networks reports whether there are any.
func (a autoencoder) networks() bool {
	return !a.identity() && (a.Skip == nil || !a.Skip.Only)
}

// fixed reports whether the encoder is a linear map that is not trained.
func (a autoencoder) fixed() bool { return a.Skip != nil && (a.Skip.Only || a.Skip.FixedEncoder) }

// widths of the encoder, both ends included.
func (a autoencoder) widths() []int {
	return slices.Concat([]int{a.dim + a.seen}, a.Hidden, []int{a.Latent})
}

func (a autoencoder) parameters() []param.Declaration {
	if a.Polynomial != nil {
		return []param.Declaration{{Name: "decoder/C", Shape: param.PolynomialShape(a.Polynomial.Of(a.Latent, a.dim))}}
	}
	if !a.networks() {
		return nil
	}
	back := slices.Concat([]int{a.dim}, a.Hidden, []int{a.Latent})
	slices.Reverse(back)
	back[0] += a.conserved + a.seen + 2*max(a.Harmonics-1, 0)
	last := param.OrOne(a.LastScale)
	decoder := a.Layers("decoder", back, param.OrOne(a.FirstScale), last)
	if a.fixed() {
		return decoder
	}
	return append(a.Layers("encoder", a.widths(), 1, last), decoder...)
}

func (c AutoencoderConfig) scaling() param.Affine {
	return param.Affine{Offset: c.Offset, Factor: c.Factor}
}

// String says what it is, in a line; empty: there is none.
func (a autoencoder) String() string {
	switch {
	case a.identity():
		return ""
	case a.Polynomial != nil:
		return fmt.Sprintf("a fixed linear map, %v, and back with a polynomial of degree %d", a.widths(), a.Polynomial.Degree)
	case !a.networks():
		return fmt.Sprintf("fixed linear maps, %v and back", a.widths())
	case a.fixed():
		return fmt.Sprintf("a fixed linear map, and back by %v beside one", a.widths())
	case a.Skip != nil:
		return fmt.Sprintf("%v and back, beside fixed linear maps", a.widths())
	case a.Harmonics > 0:
		return fmt.Sprintf("%v, of which two are a phase, and back from %d of its harmonics and the others", a.widths(), a.Harmonics)
	}
	return fmt.Sprintf("%v and back", a.widths())
}

// encode is the node of the latent state of x, (batch, m).
func (a autoencoder) encode(g *param.Graph, x *G.Node) (*G.Node, error) {
	if a.identity() {
		return x, nil
	}
	if a.fixed() {
		return ops.Linear(x, a.Skip.Encode, nil)
	}
	z, err := a.scaling().Node(x)
	if err != nil {
		return nil, err
	}
	if g.P != nil {
		if z, err = ops.AppendColumns(z, g.P); err != nil {
			return nil, err
		}
	}
	u, err := g.Network("encoder", z)
	switch {
	case err != nil:
		return nil, err
	case a.Skip != nil:
		return ops.Linear(x, a.Skip.Encode, u)
	case a.UnitStart:
		u, err = ops.Affine(u, filled(a.Latent, 1), a.exceptPhase(1, 0))
	}
	if err != nil || a.Harmonics == 0 {
		return u, err
	}
	return ops.Circle(u)
}

// decode is the node of the physical states of u, (times·batch, n), where
// invariants is nil or holds those of the batch, (batch, conserved).
func (a autoencoder) decode(g *param.Graph, u, invariants *G.Node) (*G.Node, error) {
	if a.identity() {
		return u, nil
	}
	if a.Polynomial != nil {
		return a.Polynomial.node(g, u, a.Skip.Decode)
	}
	if !a.networks() {
		return ops.Linear(u, a.Skip.Decode, nil)
	}
	z := u
	var err error
	if a.UnitStart {
		if z, err = ops.Affine(u, a.exceptPhase(2, 1), a.exceptPhase(-1, 0)); err != nil {
			return nil, err
		}
	}
	if a.Harmonics > 0 {
		if z, err = ops.Harmonics(z, a.Harmonics); err != nil {
			return nil, err
		}
	}
	if invariants != nil {
		if z, err = ops.AppendColumns(z, invariants); err != nil {
			return nil, err
		}
	}
	if g.P != nil {
		if z, err = ops.AppendColumns(z, g.P); err != nil {
			return nil, err
		}
	}
	y, err := g.Network("decoder", z)
	if err != nil || a.Skip == nil {
		return y, err
	}
	return ops.Linear(u, a.Skip.Decode, y)
}

// exceptPhase is v for every latent coordinate but the pair that is a phase.
func (a autoencoder) exceptPhase(v, pair float64) []float64 {
	x := filled(a.Latent, v)
	if a.Harmonics > 0 {
		x[0], x[1] = pair, pair
	}
	return x
}

func filled(n int, v float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = v
	}
	return x
}
