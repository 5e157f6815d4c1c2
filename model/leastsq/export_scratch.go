package leastsq

import "spnode/ops/kernel"

// Stepper is scratch.
func Stepper(p *kernel.Polynomial, a, c []float64, h float64) func(u []float64) {
	f := newField(p, a, c, h)
	return f.step
}
