package model

import (
	"encoding/json"
	"math"

	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/param"
)

// The errors of a configuration and of arrays that cannot be used.
var (
	ErrConfig = param.ErrConfig
	ErrData   = latent.ErrData
)

// Config is all that shapes a model; a checkpoint stores it.
type Config struct {
	// Dim is m, the number of components of the physical state U.
	Dim int `json:"dim"`
	// Components are their names, by which predictions are told apart. Empty:
	// they have none.
	Components []string `json:"components,omitempty"`
	// Transforms are those of the components, in predictions undone: Offset, Factor
	// and Basis are of the transformed state, which U stands for below. They exclude
	// Invariants of the components that they change. Empty: none.
	Transforms []latent.Transform `json:"transforms,omitempty"`
	// Offset and Factor scale the state: the networks see (U − Offset)·Factor, and
	// what they give is scaled back. Empty: 0 and 1.
	Offset []float64 `json:"offset,omitempty"`
	Factor []float64 `json:"factor,omitempty"`
	// Basis, if set, are orthonormal vectors, and the networks see the
	// coordinates Basis·(U − Offset)·Factor: a smooth field on many points has
	// few that matter. What lies outside of their span is left out, of the data
	// as of predictions.
	Basis [][]float64 `json:"basis,omitempty"`
	// Ranges, if set, are the least and the largest value of each component in the data
	// that the model was trained on, see Model.Saw. They shape nothing: who predicts is told by them.
	Ranges [][2]float64 `json:"ranges,omitempty"`
	// Starts, if set, are the same of the states that the samples of the training begin
	// with, where these are not any.
	Starts [][2]float64 `json:"starts,omitempty"`
	// TimeUnit is the time in which the model counts: all times are divided by it,
	// and Linear's shift, damping and rates, and the Lipschitz constant, are per
	// TimeUnit. 1 is the data's own unit. 0 leaves it to the training, see
	// Model.SetTimeUnit: then no result depends on the unit that the times are in.
	TimeUnit float64 `json:"time_unit"`

	Autoencoder latent.AutoencoderConfig `json:"autoencoder"`
	Linear      dynamics.LinearConfig    `json:"linear"`
	Nonlinear   dynamics.NonlinearConfig `json:"nonlinear"`
	// Invariants are linear conserved quantities of the physical state.
	Invariants []latent.Invariant `json:"invariants,omitempty"`

	// Parameters and Inputs are what is known of a trajectory beside its states.
	Parameters dynamics.ParametersConfig `json:"parameters,omitzero"`
	Inputs     dynamics.InputsConfig     `json:"inputs,omitzero"`

	// Integrator is the name of a method of package integrator.
	Integrator string `json:"integrator"`
	// Substeps divides every interval of a time grid; at least 1.
	Substeps int `json:"substeps"`
	// LongestStep, in TimeUnits, is what no step of a prediction is longer than: an
	// interval that is gets more substeps, so that a field that was learned from short
	// steps can be asked for the far end of a long one. 0: there are Substeps alone.
	LongestStep float64 `json:"longest_step,omitempty"`
	// Dtype is float64 or float32: the element type of the graph. Parameters
	// and the optimizer are float64 in either case.
	Dtype string `json:"dtype"`
	// Seed determines the parameters at the start.
	Seed uint64 `json:"seed"`
}

// DefaultConfig returns a model for a state of dim components that suits a
// first try: no autoencoder, μ = 0, a network of one hidden layer that leaves
// the linear part to A, and ETDRK4, which unlike ETD1 deploys at other steps
// than those trained on.
func DefaultConfig(dim int) Config {
	return Config{
		Dim:    dim,
		Linear: dynamics.LinearConfig{Spread: 0.1},
		Nonlinear: dynamics.NonlinearConfig{
			Kind: dynamics.KindLipschitz, Hidden: []int{30}, Lipschitz: 10,
			SeparateLinear: true, Start: param.Start{BiasSpread: 1, LastScale: 0.1},
		},
		Integrator: "etdrk4",
		Substeps:   1,
		Dtype:      "float64",
	}
}

// LatentDim returns n, the dimension in which the dynamics are.
func (c Config) LatentDim() int { return c.latent().Latent() }

// Unit is the model's unit of time in that of the data: TimeUnit, or 1.
func (c Config) Unit() float64 { return param.OrOne(c.TimeUnit) }

// substeps are those of an interval of a prediction, in TimeUnits; at most as many as a
// training may have, or Substeps.
func (c Config) substeps(h float64) int {
	if c.LongestStep == 0 {
		return c.Substeps
	}
	// What rounding makes of the times of a grid is no substep more.
	k := math.Ceil(math.Abs(h) / c.LongestStep * (1 - 1e-9))
	return max(c.Substeps, int(min(k, mostSubsteps)))
}

// Width is the number of coordinates that the networks see of a state.
func (c Config) Width() int { return c.latent().Width() }

// latent is what of the configuration shapes encoder and decoder.
func (c Config) latent() latent.Config {
	return latent.Config{
		Dim: c.Dim, Components: c.Components, Transforms: c.Transforms, Offset: c.Offset, Factor: c.Factor, Basis: c.Basis,
		Autoencoder: c.Autoencoder, Invariants: c.Invariants, Parameters: c.Parameters.Seen(),
	}
}

// Validate reports the first setting that cannot be used, with its value and
// what is allowed. The error is ErrConfig.
func (c Config) Validate() error {
	if c.Dim < 1 {
		return param.ConfigError("dim is %d, want at least 1", c.Dim)
	}
	if err := c.validateSizes(); err != nil {
		return err
	}
	if len(c.Ranges) != 0 && len(c.Ranges) != c.Dim {
		return param.ConfigError("ranges: got %d, want none or one of each of %d components", len(c.Ranges), c.Dim)
	}
	if len(c.Starts) != 0 && len(c.Starts) != c.Dim {
		return param.ConfigError("starts: got %d, want none or one of each of %d components", len(c.Starts), c.Dim)
	}
	if !(c.TimeUnit >= 0) || math.IsInf(c.TimeUnit, 0) || math.IsInf(1/c.Unit(), 0) {
		return param.ConfigError("time_unit is %g, want a number above 0 whose inverse is finite, or 0", c.TimeUnit)
	}
	if !(c.LongestStep >= 0) || math.IsInf(c.LongestStep, 0) {
		return param.ConfigError("longest_step is %g, want a finite number above 0, or 0 for none", c.LongestStep)
	}
	if c.Dtype != "float64" && c.Dtype != "float32" {
		return param.ConfigError("dtype is %q, want float64 or float32", c.Dtype)
	}
	m, err := c.parts()
	if err == nil {
		_, err = elements(m.declared())
	}
	if err != nil {
		return err
	}
	// JSON has no NaN and no Inf, and a setting that nothing else looks at may be one.
	if _, err := json.Marshal(c); err != nil {
		return param.ConfigError("a checkpoint could not hold it: %v, want finite numbers", err)
	}
	return nil
}
