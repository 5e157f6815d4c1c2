package latent

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/model/param"
)

// ErrData is the error of arrays that cannot be used.
var ErrData = errors.New("data cannot be used")

// Config shapes a Space; model.Config says what its fields are.
type Config struct {
	Dim         int
	Components  []string
	Transforms  []Transform
	Offset      []float64
	Factor      []float64
	Basis       [][]float64
	Autoencoder AutoencoderConfig
	Invariants  []Invariant
	Parameters  int // of a trajectory, that the networks see
}

// Width is the number of coordinates that the networks see of a state.
func (c Config) Width() int {
	if len(c.Basis) > 0 {
		return len(c.Basis)
	}
	return c.Dim
}

// Latent is n, the number of components of u.
func (c Config) Latent() int {
	if c.Autoencoder.Latent > 0 {
		return c.Autoencoder.Latent
	}
	return c.Width()
}

func (c Config) scaling() param.Affine { return param.Affine{Offset: c.Offset, Factor: c.Factor} }

// component names component k in an error.
func (c Config) component(k int) string {
	if k < len(c.Components) {
		return fmt.Sprintf("component %d (%s)", k, c.Components[k])
	}
	return fmt.Sprintf("component %d", k)
}

// Space is the state space of a model, as the data and as its dynamics have it, without
// the parameters of encoder and decoder, which a graph has.
type Space struct {
	cfg  Config
	ae   autoencoder
	kept invariants
}

// New makes the space of a configuration. The error is param.ErrConfig.
func New(c Config) (*Space, error) {
	if k := len(c.Components); k != 0 && k != c.Dim {
		return nil, param.ConfigError("components are %d names, want dim = %d or none", k, c.Dim)
	}
	for i, name := range c.Components {
		if name == "" || slices.Contains(c.Components[:i], name) {
			return nil, param.ConfigError("component %d is named %q, want names that differ and are not empty", i, name)
		}
	}
	if err := c.scaling().Validate("", c.Dim); err != nil {
		return nil, err
	}
	if err := checkOrthonormal("basis", c.Basis, c.Dim); err != nil {
		return nil, err
	}
	if len(c.Basis) > 0 && len(c.Invariants) > 0 {
		return nil, param.ConfigError("basis and invariants: got both, want one of them")
	}
	if err := c.Autoencoder.validate(c.Width()); err != nil {
		return nil, err
	}
	if err := c.validateInvariants(); err != nil {
		return nil, err
	}
	if err := c.validateTransforms(); err != nil {
		return nil, err
	}
	return &Space{c, autoencoder{c.Autoencoder, c.Width(), len(c.Invariants), c.Parameters}, newInvariants(c)}, nil
}

// Declarations are the parameters of encoder and decoder.
func (s *Space) Declarations() []param.Declaration { return s.ae.parameters() }

// String says what the autoencoder is, in a line; empty: there is none.
func (s *Space) String() string { return s.ae.String() }

// Widest is the largest number of elements that the decoder has of a state.
func (s *Space) Widest() int { return slices.Max(s.ae.widths()) }

// EncoderIsIdentity reports whether u = x, and DecoderIsIdentity whether x = u.
func (s *Space) EncoderIsIdentity() bool { return s.ae.identity() }
func (s *Space) DecoderIsIdentity() bool { return s.ae.identity() && len(s.cfg.Invariants) == 0 }

// Encode adds to a graph the latent states of x, (batch, m).
func (s *Space) Encode(g *param.Graph, x *G.Node) (*G.Node, error) {
	u, err := s.ae.encode(g, x)
	return u, errors.Wrap(err, "model: encoder")
}

// Decode adds to a graph the states in scaled variables of latent states u,
// (times·batch, n) with time slowest, from initial states x0, (batch, m).
func (s *Space) Decode(g *param.Graph, u, x0 *G.Node) (*G.Node, error) {
	told, err := s.kept.told(x0)
	if err != nil {
		return nil, err
	}
	y, err := s.ae.decode(g, u, told)
	if err != nil {
		return nil, errors.Wrap(err, "model: decoder")
	}
	return s.kept.keep(y, x0)
}

// Scaled returns what the networks see of states, row by row: (U − Offset)·Factor,
// with U transformed if there are Transforms, or, if there is a Basis, its
// coordinates. See CheckStates for states that can't be transformed.
func (s *Space) Scaled(states []float64) []float64 {
	x := slices.Clone(states)
	transforms(s.cfg.Transforms).apply(x)
	s.cfg.scaling().Apply(x)
	if len(s.cfg.Basis) == 0 {
		return x
	}
	var c []float64
	for row := range slices.Chunk(x, s.cfg.Dim) {
		for _, v := range s.cfg.Basis {
			c = append(c, floats.Dot(v, row))
		}
	}
	return c
}

// Unscaled returns the states of which the networks see x, row by row: what Scaled
// undoes, but for what lies outside of a Basis.
func (s *Space) Unscaled(x []float64) []float64 {
	u := make([]float64, len(x)/s.cfg.Width()*s.cfg.Dim)
	s.UnscaledTo(u, x)
	return u
}

// UnscaledTo is Unscaled to dst.
func (s *Space) UnscaledTo(dst, x []float64) {
	if k := len(s.cfg.Basis); k == 0 {
		copy(dst, x)
	} else {
		clear(dst)
		for i, c := range x {
			floats.AddScaled(dst[i/k*s.cfg.Dim:][:s.cfg.Dim], c, s.cfg.Basis[i%k])
		}
	}
	s.cfg.scaling().Undo(dst)
	transforms(s.cfg.Transforms).undo(dst)
}

// CheckStates returns an error, ErrData, unless the transforms can be applied to
// states, row by row. NaN, a component that was not measured, passes.
func (s *Space) CheckStates(states []float64) error {
	for k, f := range s.cfg.Transforms {
		for i := k; i < len(states); i += s.cfg.Dim {
			if u := states[i]; !math.IsNaN(u) && !param.Finite(f.Apply(u)) {
				want := "more than 0"
				if low, high := f.bounds(); f.Kind == "logit" {
					want = fmt.Sprintf("a number between %g and %g", low, high)
				}
				return errors.Wrapf(ErrData, "model: state %d: %s is %g, want %s as its transform is %s", i/s.cfg.Dim, s.cfg.component(k), u, want, f.Kind)
			}
		}
	}
	return nil
}
