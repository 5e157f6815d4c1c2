package ops

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// Calc lets a long formula look like one: it keeps the first error and turns
// every later call into a nil.
//
//	var c ops.Calc
//	f := c.Add(c.Mul(u, at), c.Apply(g, u))
//	return f, c.Err("slope of step %d", k)
type Calc struct{ err error }

// keep passes on a node that was made, and keeps the first error.
func (c *Calc) keep(n *G.Node, err error) *G.Node {
	if c.err == nil {
		c.err = err
	}
	return n
}

// Err returns the first error, with a message that says where it happened.
func (c *Calc) Err(format string, args ...any) error {
	return errors.Wrapf(c.err, format, args...)
}

// Mul is the product of two matrices.
func (c *Calc) Mul(a, b *G.Node) *G.Node { return c.binary(G.Mul, a, b) }

// Add is a + b, element by element.
func (c *Calc) Add(a, b *G.Node) *G.Node { return c.binary(G.Add, a, b) }

// Apply is f(u) for a function that makes a node.
func (c *Calc) Apply(f func(u *G.Node) (*G.Node, error), u *G.Node) *G.Node {
	if c.err != nil {
		return nil
	}
	return c.keep(f(u))
}

// Propagate is Propagate.
func (c *Calc) Propagate(p *G.Node, k int, u *G.Node, terms ...Term) *G.Node {
	if c.err != nil {
		return nil
	}
	return c.keep(Propagate(p, k, u, terms...))
}

// Combine is Combine.
func (c *Calc) Combine(u, h *G.Node, coef []float64, k ...*G.Node) *G.Node {
	if c.err != nil {
		return nil
	}
	return c.keep(Combine(u, h, coef, k...))
}

func (c *Calc) binary(f func(a, b *G.Node) (*G.Node, error), a, b *G.Node) *G.Node {
	if c.err != nil {
		return nil
	}
	return c.keep(f(a, b))
}
