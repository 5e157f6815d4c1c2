// Package param has what the parts of a model are made of: named parameters in one
// slice, the graph of Gorgonia over them, and the layers, polynomials and scalings
// that parts add to it.
//
// A form of g of one's own needs little more of it than a Declaration for each
// parameter that it trains and Graph.Param for their nodes.
package param

import (
	"math"

	"github.com/pkg/errors"
)

// ErrConfig is the error of a configuration that cannot be used.
var ErrConfig = errors.New("configuration cannot be used")

// ConfigError is ErrConfig with what the setting is and what it may be.
func ConfigError(format string, args ...any) error {
	return errors.Wrapf(ErrConfig, "model: Config: "+format, args...)
}

// Finite reports whether x is neither NaN nor infinite.
func Finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// OrOne is x, or 1 where a setting has been left out.
func OrOne(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}
