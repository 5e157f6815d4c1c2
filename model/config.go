package model

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/integrator"
)

// ErrConfig is the error of a configuration that cannot be used.
var ErrConfig = errors.New("configuration cannot be used")

func configError(format string, args ...any) error {
	return errors.Wrapf(ErrConfig, "model: Config: "+format, args...)
}

// Config is all that shapes a model; a checkpoint stores it.
type Config struct {
	// Dim is m, the number of components of the physical state U.
	Dim int `json:"dim"`
	// Offset and Factor scale it: the networks see (U − Offset)·Factor, and
	// what they give is scaled back. Empty: 0 and 1.
	Offset []float64 `json:"offset,omitempty"`
	Factor []float64 `json:"factor,omitempty"`
	// Basis, if set, are orthonormal vectors, and the networks see the
	// coordinates Basis·(U − Offset)·Factor: a smooth field on many points has
	// few that matter. What lies outside of their span is left out, of the data
	// as of predictions.
	Basis [][]float64 `json:"basis,omitempty"`

	Autoencoder AutoencoderConfig `json:"autoencoder"`
	Linear      LinearConfig      `json:"linear"`
	Nonlinear   NonlinearConfig   `json:"nonlinear"`
	// Invariants are linear conserved quantities of the physical state.
	Invariants []Invariant `json:"invariants,omitempty"`

	// Integrator is the name of a method of package integrator.
	Integrator string `json:"integrator"`
	// Substeps divides every interval of a time grid; at least 1.
	Substeps int `json:"substeps"`
	// Dtype is float64 or float32: the element type of the graph. Parameters
	// and the optimizer are float64 in either case.
	Dtype string `json:"dtype"`
	// Seed determines the parameters at the start.
	Seed uint64 `json:"seed"`
}

// LinearConfig shapes A_L = A_H + μI, see HurwitzMatrix.
type LinearConfig struct {
	// Shift is μ, which bounds the real parts of the spectrum.
	Shift float64 `json:"shift"`
	// Spread is the deviation of the parameters at the start: the triangles
	// L^S and L^G are I + Spread·N(0,1) and L_s is Spread·N(0,1), so that A_H
	// starts near −I. Default 0.1.
	Spread float64 `json:"spread"`
	// SkewSpread is the deviation of L_s at the start where it is another; 0
	// stands for Spread.
	SkewSpread float64 `json:"skew_spread,omitempty"`
	// Damping starts A_H near −diag(r) instead, with decay rates r uniform in
	// [½, 3/2]·Damping, or r times Rates: the diagonal of L^G is √r + Spread·N(0,1).
	// 0: −I.
	Damping float64 `json:"damping,omitempty"`
	// Rates, one for each latent component, start the decay rates of A, and
	// have their logarithms trained, see HurwitzMatrix. For a stiff system
	// spread them over the time scales of the data. Empty: the paper's L^S.
	Rates []float64 `json:"rates,omitempty"`
}

// The kinds of NonlinearConfig.
const (
	KindNone      = "none"
	KindBilinear  = "bilinear"
	KindLipschitz = "lipschitz"
)

// NonlinearConfig shapes g.
type NonlinearConfig struct {
	// Kind is none, bilinear (eq. (6)) or lipschitz (Definition 1).
	Kind string `json:"kind"`

	// Rank is R of the bilinear form.
	Rank int `json:"rank,omitempty"`

	// Hidden are the widths of the hidden layers of the Lipschitz network; the
	// paper's "2 layers" are one of them.
	Hidden []int `json:"hidden,omitempty"`
	// Lipschitz is L, the Lipschitz constant that it cannot exceed.
	Lipschitz float64 `json:"lipschitz,omitempty"`
	// PaperForm normalises as (8) is written; otherwise V = L^{1/p}W is what
	// is trained, see ops.LipschitzScale.
	PaperForm bool `json:"paper_form,omitempty"`
	// OutputActivation applies tanh to the last layer too, as in Definition 1,
	// which bounds ‖g‖ by √n.
	OutputActivation bool `json:"output_activation,omitempty"`
	// SeparateLinear takes g(u) − g(0) − Dg(0)u for g, what the bilinear form
	// is by construction, so that A alone is the linear part. The Lipschitz
	// constant at most doubles.
	SeparateLinear bool `json:"separate_linear,omitempty"`
	// BiasSpread: first-layer biases start uniform in [−BiasSpread, BiasSpread].
	BiasSpread float64 `json:"bias_spread,omitempty"`
	// BiasDeviation, in place of it, starts the biases of all hidden layers as
	// N(0, BiasDeviation²).
	BiasDeviation float64 `json:"bias_deviation,omitempty"`
	// LastScale multiplies the last layer's weights at the start, so that g
	// starts small. 0 stands for 1; ZeroStart has g start as 0.
	LastScale float64 `json:"last_scale,omitempty"`
	ZeroStart bool    `json:"zero_start,omitempty"`
	// NoOutputBias leaves the last layer without a bias.
	NoOutputBias bool `json:"no_output_bias,omitempty"`
	// RateScaled takes diag(e^{2d})·net(u) for g, component by component the
	// rates of Linear.Rates. Without it a g that is small everywhere moves a
	// slow mode by its size over the rate. The Lipschitz constant is that of
	// the network times the largest rate.
	RateScaled bool `json:"rate_scaled,omitempty"`
}

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
	// BiasSpread: first-layer biases start uniform in [−BiasSpread, BiasSpread].
	BiasSpread float64 `json:"bias_spread,omitempty"`
	// BiasDeviation, in place of it, starts the biases of all hidden layers as
	// N(0, BiasDeviation²).
	BiasDeviation float64 `json:"bias_deviation,omitempty"`
	// FirstScale and LastScale multiply the decoder's first layer and the last
	// layer of both at the start. 0 stands for 1.
	FirstScale float64 `json:"first_scale,omitempty"`
	LastScale  float64 `json:"last_scale,omitempty"`
	// Skip is a fixed linear encoder and decoder beside the networks or, with
	// its Only, in place of them. Nil: none.
	Skip *LinearPair `json:"skip,omitempty"`
}

// Invariant is a linear quantity w·U that the system conserves. The decoder is
// told its initial value, as (w·U − Mean)/Deviation, and its output is moved
// along w such that w·U keeps it to rounding.
type Invariant struct {
	Weights   []float64 `json:"weights"`
	Mean      float64   `json:"mean"`
	Deviation float64   `json:"deviation"`
}

// DefaultConfig returns a model for a state of dim components that suits a
// first try: no autoencoder, μ = 0, a network of one hidden layer that leaves
// the linear part to A, and ETDRK4, which unlike ETD1 deploys at other steps
// than those trained on.
func DefaultConfig(dim int) Config {
	return Config{
		Dim:    dim,
		Linear: LinearConfig{Spread: 0.1},
		Nonlinear: NonlinearConfig{
			Kind: KindLipschitz, Hidden: []int{30}, Lipschitz: 10,
			SeparateLinear: true, BiasSpread: 1, LastScale: 0.1,
		},
		Integrator: "etdrk4",
		Substeps:   1,
		Dtype:      "float64",
	}
}

// LatentDim returns n, the dimension in which the dynamics are.
func (c Config) LatentDim() int {
	if c.Autoencoder.Latent > 0 {
		return c.Autoencoder.Latent
	}
	return c.Width()
}

// Width is the number of coordinates that the networks see of a state.
func (c Config) Width() int {
	if len(c.Basis) > 0 {
		return len(c.Basis)
	}
	return c.Dim
}

// Validate reports the first setting that cannot be used, with its value and
// what is allowed. The error is ErrConfig.
func (c Config) Validate() error {
	if c.Dim < 1 {
		return configError("dim is %d, want at least 1", c.Dim)
	}
	for name, s := range map[string][]float64{"offset": c.Offset, "factor": c.Factor} {
		if len(s) != 0 && len(s) != c.Dim {
			return configError("%s has %d elements, want dim = %d or none", name, len(s), c.Dim)
		}
		for i, v := range s {
			if !finite(v) || name == "factor" && v == 0 {
				return configError("%s of component %d is %g, want a finite number, for a factor not 0", name, i, v)
			}
		}
	}
	if err := checkOrthonormal("basis", c.Basis, c.Dim); err != nil {
		return err
	}
	if len(c.Basis) > 0 && len(c.Invariants) > 0 {
		return configError("basis and invariants: got both, want one of them")
	}
	if _, err := integrator.ByName(c.Integrator); err != nil {
		return configError("integrator: %v", err)
	}
	if c.Substeps < 1 {
		return configError("substeps is %d, want at least 1", c.Substeps)
	}
	if c.Dtype != "float64" && c.Dtype != "float32" {
		return configError("dtype is %q, want float64 or float32", c.Dtype)
	}
	if !finite(c.Linear.Shift) {
		return configError("linear.shift is %g, want a finite number", c.Linear.Shift)
	}
	for name, v := range map[string]float64{"spread": c.Linear.Spread, "skew_spread": c.Linear.SkewSpread, "damping": c.Linear.Damping} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return configError("linear.%s is %g, want a finite number that is not negative", name, v)
		}
	}
	if k := len(c.Linear.Rates); k != 0 && k != c.LatentDim() {
		return configError("linear.rates has %d elements, want %d as the latent state, or none", k, c.LatentDim())
	}
	for i, r := range c.Linear.Rates {
		if !(r > 0) || math.IsInf(r, 0) {
			return configError("linear.rates: element %d is %g, want a finite number above 0", i, r)
		}
	}
	if c.Nonlinear.RateScaled && len(c.Linear.Rates) == 0 {
		return configError("nonlinear.rate_scaled needs linear.rates")
	}
	if err := c.validateAutoencoder(); err != nil {
		return err
	}
	for _, h := range slices.Concat(c.Autoencoder.Hidden, c.Nonlinear.Hidden) {
		if h < 1 {
			return configError("a hidden layer has width %d, want at least 1", h)
		}
	}
	if err := c.Nonlinear.validate(); err != nil {
		return err
	}
	return storable("Config", c)
}

// storable refuses a configuration that a checkpoint could not hold: JSON has
// no NaN and no Inf, and a setting that nothing else looks at may be one.
func storable(what string, c any) error {
	_, err := json.Marshal(c)
	if err != nil {
		return errors.Wrapf(ErrConfig, "model: %s: %v, want finite numbers", what, err)
	}
	return nil
}

func (c Config) validateAutoencoder() error {
	a := c.Autoencoder
	if a.Latent < 0 {
		return configError("autoencoder.latent is %d, want at least 1, or 0 for no autoencoder", a.Latent)
	}
	if o, f := len(a.Offset), len(a.Factor); o != f || o != 0 && o != c.Width() {
		return configError("autoencoder.offset has %d elements and factor %d, want %d of both, as the networks see, or none", o, f, c.Width())
	}
	for _, v := range slices.Concat(a.Offset, a.Factor, []float64{a.BiasSpread, a.FirstScale, a.LastScale}) {
		if !finite(v) {
			return configError("autoencoder has a setting that is %g, want finite numbers", v)
		}
	}
	if err := validateBiases("autoencoder", a.BiasSpread, a.BiasDeviation); err != nil {
		return err
	}
	if err := a.Skip.validate(a, c.Width()); err != nil {
		return err
	}
	for i, v := range c.Invariants {
		if len(v.Weights) != c.Dim || floats.Norm(v.Weights, 2) == 0 || !(v.Deviation > 0) || !finite(v.Mean) || !finite(v.Deviation) || !finite(floats.Sum(v.Weights)) {
			return configError("invariant %d is %+v, want dim = %d weights that are not all 0, a mean and a deviation above 0", i, v, c.Dim)
		}
	}
	return nil
}

func (c NonlinearConfig) validate() error {
	switch c.Kind {
	case KindNone:
	case KindBilinear:
		if c.Rank < 1 {
			return configError("nonlinear.rank is %d, want at least 1", c.Rank)
		}
	case KindLipschitz:
		if !(c.Lipschitz > 0) || math.IsInf(c.Lipschitz, 0) {
			return configError("nonlinear.lipschitz is %g, want a finite number above 0", c.Lipschitz)
		}
		if !finite(c.BiasSpread) || !finite(c.LastScale) {
			return configError("nonlinear.bias_spread is %g and last_scale %g, want finite numbers", c.BiasSpread, c.LastScale)
		}
		return validateBiases("nonlinear", c.BiasSpread, c.BiasDeviation)
	default:
		return configError("nonlinear.kind is %q, want %s, %s or %s", c.Kind, KindNone, KindBilinear, KindLipschitz)
	}
	return nil
}

// validateBiases refuses two starts for the same biases.
func validateBiases(part string, spread, deviation float64) error {
	if !(deviation >= 0) || math.IsInf(deviation, 0) {
		return configError("%s.bias_deviation is %g, want a finite number that is not negative", part, deviation)
	}
	if deviation > 0 && spread != 0 {
		return configError("%s.bias_deviation is %g and bias_spread %g, want one of them", part, deviation, spread)
	}
	return nil
}
