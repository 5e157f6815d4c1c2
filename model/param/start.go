package param

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Start shapes the parameters of a network at the start, where the weights of a
// layer are N(0, 1/inputs).
type Start struct {
	// BiasSpread: first-layer biases start uniform in [−BiasSpread, BiasSpread].
	BiasSpread float64 `json:"bias_spread,omitempty"`
	// BiasDeviation, in place of it, starts the biases of all hidden layers as
	// N(0, BiasDeviation²).
	BiasDeviation float64 `json:"bias_deviation,omitempty"`
	// LastScale multiplies the last layer's weights, so that what the network
	// gives starts small. 0 stands for 1.
	LastScale float64 `json:"last_scale,omitempty"`
}

// Validate refuses what cannot start a part of a configuration.
func (s Start) Validate(part string) error {
	switch {
	case !Finite(s.BiasSpread) || !Finite(s.LastScale):
		return ConfigError("%s.bias_spread is %g and last_scale %g, want finite numbers", part, s.BiasSpread, s.LastScale)
	case !(s.BiasDeviation >= 0) || math.IsInf(s.BiasDeviation, 0):
		return ConfigError("%s.bias_deviation is %g, want a finite number that is not negative", part, s.BiasDeviation)
	case s.BiasDeviation > 0 && s.BiasSpread != 0:
		return ConfigError("%s.bias_deviation is %g and bias_spread %g, want one of them", part, s.BiasDeviation, s.BiasSpread)
	}
	return nil
}

// Layers declares a network between layers of the given widths: part/0/W,
// part/0/b, part/1/W, … . first multiplies the first layer at the start, its
// biases too, and last the weights of the last one.
func (s Start) Layers(part string, widths []int, first, last float64) (ds []Declaration) {
	end := len(widths) - 2
	for i, in := range widths[:end+1] {
		scale := 1.
		var bias Fill
		if i == 0 {
			scale = first
			bias = Uniform(s.BiasSpread * first)
		}
		if i < end && s.BiasDeviation > 0 {
			bias = Normal(s.BiasDeviation * scale)
		}
		if i == end {
			scale *= last
		}
		ds = append(ds,
			Declaration{WeightOf(part, i), []int{in, widths[i+1]}, Normal(scale / math.Sqrt(float64(in)))},
			Declaration{BiasOf(part, i), []int{widths[i+1]}, bias})
	}
	return ds
}

// ValidateWidths refuses hidden layers of no width.
func ValidateWidths(part string, hidden []int) error {
	for _, h := range hidden {
		if h < 1 {
			return ConfigError("%s.hidden: a layer has width %d, want at least 1", part, h)
		}
	}
	return nil
}

// Network is the node of what the layers of a part, see Start.Layers, make of x: affine
// maps with tanh between them and none at the end. Biases that were not declared are
// left out.
func (g *Graph) Network(part string, x *G.Node) (*G.Node, error) {
	_, more := g.params.Get(WeightOf(part, 0))
	var err error
	for i := 0; more && err == nil; i++ {
		var w, bias *G.Node
		if w, err = g.weights(WeightOf(part, i)); err != nil {
			break
		}
		if _, ok := g.params.Get(BiasOf(part, i)); ok {
			bias = g.Param(BiasOf(part, i))
		}
		_, more = g.params.Get(WeightOf(part, i+1))
		x, err = ops.Dense(x, w, bias, more)
	}
	return x, err
}

// WeightOf and BiasOf are the names of a layer's parameters.
func WeightOf(part string, layer int) string { return fmt.Sprintf("%s/%d/W", part, layer) }
func BiasOf(part string, layer int) string   { return fmt.Sprintf("%s/%d/b", part, layer) }
