package latent

import (
	"math"

	"spnode/model/param"
)

// Transform maps a component before it is scaled, and predictions of it back. What
// has one keeps its range by construction: no prediction of a log is below 0, and
// none of a logit outside of its bounds.
type Transform struct {
	// Kind is "identity", which "" stands for; "log", of a component above 0, such
	// as a concentration that goes over decades; or "logit", log((u − Low)/(High − u)),
	// of a component between Low and High.
	Kind string `json:"kind,omitempty"`
	// Low and High are the bounds of a logit; 0 and 0 stand for 0 and 1.
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
}

func (t Transform) identity() bool { return t.Kind == "" || t.Kind == "identity" }

func (t Transform) bounds() (low, high float64) {
	if t.Low == 0 && t.High == 0 {
		return 0, 1
	}
	return t.Low, t.High
}

// Apply returns what is scaled of a component's value: ±Inf or NaN where that is
// outside of the transform's domain.
func (t Transform) Apply(u float64) float64 {
	switch t.Kind {
	case "log":
		return math.Log(u)
	case "logit":
		low, high := t.bounds()
		return math.Log(u-low) - math.Log(high-u)
	}
	return u
}

// Undo is the inverse of Apply. Of a logit it is taken from the nearer bound, so
// that rounding does not leave the range.
func (t Transform) Undo(x float64) float64 {
	switch t.Kind {
	case "log":
		return math.Exp(x)
	case "logit":
		low, high := t.bounds()
		if e := math.Exp(-math.Abs(x)); x < 0 {
			return low + (high-low)*(e/(1+e))
		} else {
			return high - (high-low)*(e/(1+e))
		}
	}
	return x
}

// transforms are those of the components, none or as many as there are.
type transforms []Transform

// apply maps states, row by row, in place.
func (t transforms) apply(u []float64) {
	for k, f := range t {
		if !f.identity() {
			for i := k; i < len(u); i += len(t) {
				u[i] = f.Apply(u[i])
			}
		}
	}
}

// undo is the inverse of apply.
func (t transforms) undo(x []float64) {
	for k, f := range t {
		if !f.identity() {
			for i := k; i < len(x); i += len(t) {
				x[i] = f.Undo(x[i])
			}
		}
	}
}

func (c Config) validateTransforms() error {
	if n := len(c.Transforms); n != 0 && n != c.Dim {
		return param.ConfigError("transforms has %d elements, want %d or none", n, c.Dim)
	}
	for k, t := range c.Transforms {
		low, high := t.bounds()
		switch {
		case !t.identity() && t.Kind != "log" && t.Kind != "logit":
			return param.ConfigError("transform of %s is %q, want identity, log or logit", c.component(k), t.Kind)
		case !param.Finite(high-low) || low >= high:
			return param.ConfigError("transform of %s has bounds %g and %g, want finite ones that increase", c.component(k), low, high)
		case t.Kind != "logit" && (t.Low != 0 || t.High != 0):
			return param.ConfigError("transform of %s has bounds and is %q, want logit, or no bounds", c.component(k), t.Kind)
		}
		for i, v := range c.Invariants {
			if !t.identity() && v.Weights[k] != 0 {
				return param.ConfigError("invariant %d has the weight %g of %s, whose transform is %s: what is linear in the states is not in their logarithms, so that no projection keeps it; want a weight of 0, or no transform",
					i, v.Weights[k], c.component(k), t.Kind)
			}
		}
	}
	return nil
}
