package model

import (
	"fmt"
	"math"
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

func (s Start) validate(part string) error {
	switch {
	case !finite(s.BiasSpread) || !finite(s.LastScale):
		return configError("%s.bias_spread is %g and last_scale %g, want finite numbers", part, s.BiasSpread, s.LastScale)
	case !(s.BiasDeviation >= 0) || math.IsInf(s.BiasDeviation, 0):
		return configError("%s.bias_deviation is %g, want a finite number that is not negative", part, s.BiasDeviation)
	case s.BiasDeviation > 0 && s.BiasSpread != 0:
		return configError("%s.bias_deviation is %g and bias_spread %g, want one of them", part, s.BiasDeviation, s.BiasSpread)
	}
	return nil
}

// layers declares a network between layers of the given widths: part/0/W,
// part/0/b, part/1/W, … . first multiplies the first layer at the start, its
// biases too, and last the weights of the last one.
func (s Start) layers(part string, widths []int, first, last float64) (ds []Declaration) {
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
			Declaration{weightOf(part, i), []int{in, widths[i+1]}, Normal(scale / math.Sqrt(float64(in)))},
			Declaration{biasOf(part, i), []int{widths[i+1]}, bias})
	}
	return ds
}

func validateWidths(part string, hidden []int) error {
	for _, h := range hidden {
		if h < 1 {
			return configError("%s.hidden: a layer has width %d, want at least 1", part, h)
		}
	}
	return nil
}

// orOne is x, or 1 where a setting has been left out.
func orOne(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}

// The names of a layer's parameters.
func weightOf(part string, layer int) string { return fmt.Sprintf("%s/%d/W", part, layer) }
func biasOf(part string, layer int) string   { return fmt.Sprintf("%s/%d/b", part, layer) }
