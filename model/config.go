package model

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"

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
	// Components are their names, by which predictions are told apart. Empty:
	// they have none.
	Components []string `json:"components,omitempty"`
	// Transforms are those of the components, in predictions undone: Offset, Factor
	// and Basis are of the transformed state, which U stands for below. They exclude
	// Invariants of the components that they change. Empty: none.
	Transforms []Transform `json:"transforms,omitempty"`
	// Offset and Factor scale the state: the networks see (U − Offset)·Factor, and
	// what they give is scaled back. Empty: 0 and 1.
	Offset []float64 `json:"offset,omitempty"`
	Factor []float64 `json:"factor,omitempty"`
	// Basis, if set, are orthonormal vectors, and the networks see the
	// coordinates Basis·(U − Offset)·Factor: a smooth field on many points has
	// few that matter. What lies outside of their span is left out, of the data
	// as of predictions.
	Basis [][]float64 `json:"basis,omitempty"`
	// TimeUnit is the time in which the model counts: all times are divided by it,
	// and Linear's shift, damping and rates, and the Lipschitz constant, are per
	// TimeUnit. 1 is the data's own unit. 0 leaves it to the training, see
	// Model.SetTimeUnit: then no result depends on the unit that the times are in.
	TimeUnit float64 `json:"time_unit"`

	Autoencoder AutoencoderConfig `json:"autoencoder"`
	Linear      LinearConfig      `json:"linear"`
	Nonlinear   NonlinearConfig   `json:"nonlinear"`
	// Invariants are linear conserved quantities of the physical state.
	Invariants []Invariant `json:"invariants,omitempty"`

	// Parameters and Inputs are what is known of a trajectory beside its states.
	Parameters ParametersConfig `json:"parameters,omitzero"`
	Inputs     InputsConfig     `json:"inputs,omitzero"`

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
		Linear: LinearConfig{Spread: 0.1},
		Nonlinear: NonlinearConfig{
			Kind: KindLipschitz, Hidden: []int{30}, Lipschitz: 10,
			SeparateLinear: true, Start: Start{BiasSpread: 1, LastScale: 0.1},
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

// timeUnit is the model's unit in that of the data.
func (c Config) timeUnit() float64 { return orOne(c.TimeUnit) }

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

// component names component k in an error.
func (c Config) component(k int) string {
	if k < len(c.Components) {
		return fmt.Sprintf("component %d (%s)", k, c.Components[k])
	}
	return fmt.Sprintf("component %d", k)
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
	if err := c.validateSizes(); err != nil {
		return err
	}
	if k := len(c.Components); k != 0 && k != c.Dim {
		return configError("components are %d names, want dim = %d or none", k, c.Dim)
	}
	for i, name := range c.Components {
		if name == "" || slices.Contains(c.Components[:i], name) {
			return configError("component %d is named %q, want names that differ and are not empty", i, name)
		}
	}
	if err := c.scaling().validate("", c.Dim); err != nil {
		return err
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
	if !(c.TimeUnit >= 0) || math.IsInf(c.TimeUnit, 0) || math.IsInf(1/c.timeUnit(), 0) {
		return configError("time_unit is %g, want a number above 0 whose inverse is finite, or 0", c.TimeUnit)
	}
	if c.Substeps < 1 {
		return configError("substeps is %d, want at least 1", c.Substeps)
	}
	if !(c.LongestStep >= 0) || math.IsInf(c.LongestStep, 0) {
		return configError("longest_step is %g, want a finite number above 0, or 0 for none", c.LongestStep)
	}
	if c.Dtype != "float64" && c.Dtype != "float32" {
		return configError("dtype is %q, want float64 or float32", c.Dtype)
	}
	if err := c.Linear.validate(c.LatentDim()); err != nil {
		return err
	}
	if c.Nonlinear.RateScaled && len(c.Linear.Rates) == 0 {
		return configError("nonlinear.rate_scaled needs linear.rates")
	}
	if err := c.Autoencoder.validate(c.Width()); err != nil {
		return err
	}
	if err := c.validateInvariants(); err != nil {
		return err
	}
	if err := c.validateTransforms(); err != nil {
		return err
	}
	if err := c.validateKnown(); err != nil {
		return err
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
		return configError("a checkpoint could not hold it: %v, want finite numbers", err)
	}
	return nil
}
