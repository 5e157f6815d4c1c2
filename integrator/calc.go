package integrator

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/step"
)

// calc lets a long formula look like one: it keeps the first error and turns
// every later call into a nil.
type calc struct{ err error }

// formula is the Stepper of a formula.
func formula(f func(c *calc, k int, u *G.Node) *G.Node) Stepper {
	return func(k int, u *G.Node) (*G.Node, error) {
		var c calc
		y := f(&c, k, u)
		return y, c.err
	}
}

// do makes a node, unless one before it has failed.
func (c *calc) do(f func() (*G.Node, error)) *G.Node {
	if c.err != nil {
		return nil
	}
	n, err := f()
	c.err = err
	return n
}

// apply is g(u).
func (c *calc) apply(g Nonlinear, u *G.Node) *G.Node {
	return c.do(func() (*G.Node, error) { return g(u) })
}

func (c *calc) mul(a, b *G.Node) *G.Node {
	return c.do(func() (*G.Node, error) { return G.Mul(a, b) })
}

func (c *calc) add(a, b *G.Node) *G.Node {
	return c.do(func() (*G.Node, error) { return G.Add(a, b) })
}

func (c *calc) scale(x *G.Node, by float64) *G.Node {
	return c.do(func() (*G.Node, error) { return ops.Scale(x, by) })
}

func (c *calc) row(x *G.Node, k int) *G.Node {
	return c.do(func() (*G.Node, error) { return ops.Row(x, k) })
}

func (c *calc) combine(u, h *G.Node, coef []float64, k ...*G.Node) *G.Node {
	return c.do(func() (*G.Node, error) { return step.Combine(u, h, coef, k...) })
}

// term is h Σ_j c_j φ_j(hA) g, with c_1 first.
func term(g *G.Node, c ...float64) step.Term { return step.Term{Coef: c, G: g} }
