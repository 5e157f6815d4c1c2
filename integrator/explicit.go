package integrator

import G "gorgonia.org/gorgonia"

// euler is the explicit Euler method, u⁺ = u + h f(u) with f(u) = Au + g(u).
type euler struct{}

func (euler) Name() string { return "euler" }
func (euler) Order() int   { return 1 }

func (euler) Plan(s System, steps *G.Node) (Stepper, error) {
	return explicit(s, steps, func(c *calc, f func(u *G.Node) *G.Node, u, h *G.Node) *G.Node {
		return c.combine(u, h, []float64{1}, f(u))
	})
}

// rk4 is the classical Runge–Kutta method of order 4.
type rk4 struct{}

func (rk4) Name() string { return "rk4" }
func (rk4) Order() int   { return 4 }

func (rk4) Plan(s System, steps *G.Node) (Stepper, error) {
	return explicit(s, steps, func(c *calc, f func(u *G.Node) *G.Node, u, h *G.Node) *G.Node {
		k1 := f(u)
		k2 := f(c.combine(u, h, []float64{1. / 2}, k1))
		k3 := f(c.combine(u, h, []float64{1. / 2}, k2))
		k4 := f(c.combine(u, h, []float64{1}, k3))
		return c.combine(u, h, []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6}, k1, k2, k3, k4)
	})
}

// explicit plans a method that needs nothing but the slope f(u) = Au + g(u).
func explicit(s System, steps *G.Node, step func(c *calc, f func(u *G.Node) *G.Node, u, h *G.Node) *G.Node) (Stepper, error) {
	at, err := G.Transpose(s.A)
	return formula(func(c *calc, k int, u *G.Node) *G.Node {
		h := c.row(steps, k)
		f := func(u *G.Node) *G.Node { return c.add(c.mul(u, at), c.apply(s.G, u)) }
		return step(c, f, u, h)
	}), err
}
