package dynamics

import (
	"slices"

	"spnode/model/param"
)

// Known are the names of what is known of a trajectory beside its states, and how it
// is scaled: the networks see (p − Offset)·Factor. Empty: 0 and 1.
type Known struct {
	Names  []string  `json:"names,omitempty"`
	Offset []float64 `json:"offset,omitempty"`
	Factor []float64 `json:"factor,omitempty"`
	// Ranges, if set, are the least and the largest value of each that the model was
	// trained on. They shape nothing: who predicts is told by them.
	Ranges [][2]float64 `json:"ranges,omitempty"`
}

// ParametersConfig has a model depend on constants p of a trajectory: a temperature,
// a pressure, a Reynolds number. g, the encoder and the decoder see them beside their
// other arguments and, with Time, they scale time,
//
//	du/dt = e^{s(p)} (A u + g(u, p)),
//
// by a factor that is positive, so that A stays Hurwitz, and may span decades: for an
// exponential method it is another step. What package stability says of such a model
// is per unit of scaled time.
type ParametersConfig struct {
	Known
	// Time has s be linear in p or, with TimeHidden, a network with hidden layers of
	// those widths. It starts as 0.
	Time       bool  `json:"time,omitempty"`
	TimeHidden []int `json:"time_hidden,omitempty"`
	// TimeOnly hides p from g, the encoder and the decoder.
	TimeOnly bool `json:"time_only,omitempty"`
}

// InputsConfig has a model depend on known functions of time w(t),
//
//	du/dt = A (u − K w) + g(u, w),
//
// where A K w is taken exactly for w linear in time over a step, by φ_1 and φ_2. K w is
// the state of rest of the linear part under w: as large as the states, and not as the
// rates, which may differ by decades. The price is that the exponentials are of n + 2q
// dimensions for q inputs, see step.Driven.
type InputsConfig struct {
	Known
	// LinearOnly hides w from g.
	LinearOnly bool `json:"linear_only,omitempty"`
}

func (k Known) scaling() param.Affine { return param.Affine{Offset: k.Offset, Factor: k.Factor} }

func (k Known) validate(part string) error {
	for i, name := range k.Names {
		if name == "" || slices.Contains(k.Names[:i], name) {
			return param.ConfigError("%s: name %d is %q, want names that differ and are not empty", part, i, name)
		}
	}
	if len(k.Names) == 0 && len(k.Offset)+len(k.Factor) > 0 || (len(k.Offset) > 0) != (len(k.Factor) > 0) {
		return param.ConfigError("%s: got %d names, %d offsets and %d factors, want as many of each, or names alone", part, len(k.Names), len(k.Offset), len(k.Factor))
	}
	if len(k.Ranges) != 0 && len(k.Ranges) != len(k.Names) {
		return param.ConfigError("%s.ranges: got %d, want none or one of each of %d names", part, len(k.Ranges), len(k.Names))
	}
	return k.scaling().Validate(part+".", len(k.Names))
}

func (c Config) validateKnown() error {
	if err := c.Parameters.Known.validate("parameters"); err != nil {
		return err
	}
	if err := c.Inputs.Known.validate("inputs"); err != nil {
		return err
	}
	p := c.Parameters
	switch {
	case len(p.Names) == 0 && (p.Time || p.TimeOnly || len(p.TimeHidden) > 0):
		return param.ConfigError("parameters has no names, but time %v, time_only %v and time_hidden %v, want none", p.Time, p.TimeOnly, p.TimeHidden)
	case !p.Time && (p.TimeOnly || len(p.TimeHidden) > 0):
		return param.ConfigError("parameters.time is not set, but time_only %v and time_hidden %v, want none", p.TimeOnly, p.TimeHidden)
	case len(c.Inputs.Names) == 0 && c.Inputs.LinearOnly:
		return param.ConfigError("inputs.linear_only is set, but there are no inputs")
	}
	return param.ValidateWidths("parameters.time", p.TimeHidden)
}

// Seen is how many the networks see.
func (c ParametersConfig) Seen() int {
	if c.TimeOnly {
		return 0
	}
	return len(c.Names)
}

// Seen is how many g sees.
func (c InputsConfig) Seen() int {
	if c.LinearOnly {
		return 0
	}
	return len(c.Names)
}

// GivenDeclarations are the parameters of s and B.
func (s *System) GivenDeclarations() (ds []param.Declaration) {
	c := s.Config
	if p := c.Parameters; p.Time {
		widths := slices.Concat([]int{len(p.Names)}, p.TimeHidden, []int{1})
		ds = param.Start{BiasSpread: 1}.Layers("time", widths, 1, 0)
		ds = ds[:len(ds)-1] // a bias of s would be a factor of A and g
	}
	if q := len(c.Inputs.Names); q > 0 {
		ds = append(ds, param.Declaration{Name: "input/K", Shape: []int{c.Latent, q}, Start: param.Normal(0.1)})
	}
	return ds
}
