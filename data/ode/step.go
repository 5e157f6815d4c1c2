package ode

import "math"

// fitted returns the step h fitted to what is left to a target, and whether it
// lands there. The last ten steps divide what is left evenly, so that no sliver
// remains for the one that lands.
func fitted(h, left float64) (step float64, landing bool) {
	switch {
	case left <= h:
		return left, true
	case left < 10*h:
		return left / math.Ceil(left/h), false
	}
	return h, false
}
