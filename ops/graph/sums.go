package graph

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"spnode/ops/kernel"
)

// sum is the sum of gradients from several nodes, over a tree of Gorgonia's.
type sum[T kernel.Float] struct {
	root    *G.Node
	terms   []*G.Node
	value   []T
	total   []T  // over all runs, of terms of which some come after them; may be value
	started bool // there is a call that begins value
}

// join finds the sums below a node that is a term of s, or of none.
func (c *compiler[T]) join(n *G.Node, s *sum[T]) {
	inner := isSum(n) && s != nil && c.uses[n] == 1
	if s != nil && !inner {
		s.terms = append(s.terms, n)
		if c.uses[n] == 1 {
			c.sums[n] = s
		}
	}
	if c.left[n] {
		return
	}
	c.left[n] = true
	switch {
	case inner:
	case isSum(n):
		s = &sum[T]{root: n, value: make([]T, elementsOf(n))}
		c.sums[n] = s
	default:
		s = nil
	}
	for _, k := range operands(n) {
		c.join(k, s)
	}
}

// sumOf is the memory to which a term of a sum is added by an adjoint that runs then.
func (c *compiler[T]) sumOf(s *sum[T], when int) []T {
	c.begin(s)
	if when == after && s.total != nil {
		return s.total
	}
	return s.value
}

// begin has a sum cleared, if that was not done. Where it is a total over all runs, the
// runs add to that in place if all their terms can and nothing else reads them.
func (c *compiler[T]) begin(s *sum[T]) {
	if s.started {
		return
	}
	s.started = true
	when := c.when(s.root)
	if c.isTotal(s.root) && when == each {
		s.total = s.value
		if c.uses[s.root] > 1 || slices.ContainsFunc(s.terms, func(t *G.Node) bool { return c.when(t) == each && !c.adds(t, s) }) {
			s.total = make([]T, len(s.value))
			c.clear(each, s.root, s.value)
		}
		c.totals[s.root] = s.total
		c.clear(before, s.root, s.total)
		return
	}
	c.clear(when, s.root, s.value)
}

// adds reports whether a term of a sum is added to it by its adjoint.
func (c *compiler[T]) adds(t *G.Node, s *sum[T]) bool {
	v, ok := t.Op().(*view[T])
	return ok && c.sums[t] == s && operands(t)[0].Op().(*op[T]).of.Adds[v.input]
}

// emitSum evaluates a sum, of which those adjoints that add have done their
// part when the others are added.
func (c *compiler[T]) emitSum(s *sum[T]) error {
	c.values[s.root] = s.value
	if c.isTotal(s.root) && c.when(s.root) == each {
		c.begin(s)
	}
	for _, t := range s.terms {
		if err := c.emit(t); err != nil {
			return err
		}
	}
	for _, t := range s.terms {
		x, ok := c.values[t].([]T)
		when := c.when(t)
		switch {
		case !ok: // added by its adjoint
		case s.started:
			c.add(when, s.root, c.sumOf(s, when), x)
		default:
			s.started = true
			c.call(c.when(s.root), s.root, func() error { copy(s.value, x); return nil })
		}
		c.read(t)
	}
	if s.total != nil && &s.total[0] != &s.value[0] {
		c.add(each, s.root, s.total, s.value)
	}
	return nil
}

// isSum reports whether a node is the sum by which Gorgonia joins gradients. Its
// type is not exported, so it is known by how it prints: "+" and a flag of
// Gorgonia's that only comparisons set.
func isSum(n *G.Node) bool {
	b, ok := n.Op().(G.BinaryOp)
	return ok && b.IsBinary() && n.Op().String() == "+ false"
}
