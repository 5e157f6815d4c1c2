package latent

import (
	"slices"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/model/param"
	"spnode/ops"
)

// Invariant is a linear quantity w·U that the system conserves. The decoder is
// told its initial value, as (w·U − Mean)/Deviation, and its output is moved
// along w such that w·U keeps it to rounding.
type Invariant struct {
	Weights   []float64 `json:"weights"`
	Mean      float64   `json:"mean"`
	Deviation float64   `json:"deviation"`
}

func (c Config) validateInvariants() error {
	for i, v := range c.Invariants {
		if len(v.Weights) != c.Dim || floats.Norm(v.Weights, 2) == 0 || !(v.Deviation > 0) || !param.Finite(v.Mean) || !param.Finite(v.Deviation) || !param.Finite(floats.Sum(v.Weights)) {
			return param.ConfigError("invariant %d is %+v, want dim = %d weights that are not all 0, a mean and a deviation above 0", i, v, c.Dim)
		}
	}
	return nil
}

// invariants are the linear conserved quantities of a model in the scaled
// variables that its networks see: with x = (U − o)·f, w·U is w/f · x and a
// constant.
type invariants struct {
	weights [][]float64 // w/f
	mean    []float64   // of w/f · x
	dev     []float64
	normal  [][]float64 // an orthonormal basis of the weights
}

func newInvariants(cfg Config) invariants {
	var v invariants
	for _, c := range cfg.Invariants {
		w, mean := cfg.scaling().Functional(c.Weights, c.Mean)
		v.weights, v.mean, v.dev = append(v.weights, w), append(v.mean, mean), append(v.dev, c.Deviation)
		n := slices.Clone(w)
		for _, e := range v.normal { // Gram–Schmidt
			floats.AddScaled(n, -floats.Dot(n, e), e)
		}
		if size := floats.Norm(n, 2); size > 1e-12*floats.Norm(w, 2) {
			floats.Scale(1/size, n)
			v.normal = append(v.normal, n)
		}
	}
	return v
}

// told is what the decoder is told of states x, (batch, m): the standardised
// values, (batch, invariants). It is nil if there are none.
func (v invariants) told(x *G.Node) (*G.Node, error) {
	if len(v.weights) == 0 {
		return nil, nil
	}
	q, err := ops.Project(x, v.weights)
	if err != nil {
		return nil, err
	}
	factor, offset := make([]float64, len(v.dev)), make([]float64, len(v.dev))
	for i := range factor {
		factor[i], offset[i] = 1/v.dev[i], -v.mean[i]/v.dev[i]
	}
	return ops.Affine(q, factor, offset)
}

// keep moves states y, (times·batch, m) with time slowest, along the weights
// such that each has the invariants of its initial state x0, (batch, m).
func (v invariants) keep(y, x0 *G.Node) (*G.Node, error) {
	if len(v.normal) == 0 {
		return y, nil
	}
	return ops.Conserve(y, x0, v.normal)
}
