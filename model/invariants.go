package model

import (
	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

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
		w := append([]float64(nil), c.Weights...)
		mean := c.Mean
		for i := range w {
			if len(cfg.Offset) > 0 {
				mean -= w[i] * cfg.Offset[i]
			}
			if len(cfg.Factor) > 0 {
				w[i] /= cfg.Factor[i]
			}
		}
		v.weights, v.mean, v.dev = append(v.weights, w), append(v.mean, mean), append(v.dev, c.Deviation)
		n := append([]float64(nil), w...)
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
