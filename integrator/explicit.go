package integrator

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// euler is the explicit Euler method, u⁺ = u + h f(u) with f(u) = Au + g(u).
type euler struct{}

func (euler) Name() string { return "euler" }
func (euler) Order() int   { return 1 }

func (euler) Plan(s System, steps *G.Node) (Stepper, error) {
	return explicit(s, steps, func(c *ops.Calc, f func(u *G.Node) *G.Node, u, h *G.Node) *G.Node {
		return c.Combine(u, h, []float64{1}, f(u))
	})
}

// rk4 is the classical Runge–Kutta method of order 4.
type rk4 struct{}

func (rk4) Name() string { return "rk4" }
func (rk4) Order() int   { return 4 }

func (rk4) Plan(s System, steps *G.Node) (Stepper, error) {
	return explicit(s, steps, func(c *ops.Calc, f func(u *G.Node) *G.Node, u, h *G.Node) *G.Node {
		k1 := f(u)
		k2 := f(c.Combine(u, h, []float64{1. / 2}, k1))
		k3 := f(c.Combine(u, h, []float64{1. / 2}, k2))
		k4 := f(c.Combine(u, h, []float64{1}, k3))
		return c.Combine(u, h, []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6}, k1, k2, k3, k4)
	})
}

// explicit plans a method that needs nothing but the slope f(u) = Au + g(u).
func explicit(s System, steps *G.Node, step func(c *ops.Calc, f func(u *G.Node) *G.Node, u, h *G.Node) *G.Node) (Stepper, error) {
	at, err := G.Transpose(s.A)
	if err != nil {
		return nil, err
	}
	return func(k int, u *G.Node) (*G.Node, error) {
		h, err := ops.Row(steps, k)
		if err != nil {
			return nil, err
		}
		var c ops.Calc
		f := func(u *G.Node) *G.Node { return c.Add(c.Mul(u, at), c.Apply(s.G, u)) }
		y := step(&c, f, u, h)
		return y, c.Err("slope")
	}, nil
}
