package graph

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/kernel"
)

// compiler makes a program from a graph.
type compiler[T kernel.Float] struct {
	Program
	uses   map[*G.Node]int
	wanted map[*G.Node][]*G.Node // of an adjoint: the views of it that are used
	sums   map[*G.Node]*sum[T]   // by root, and by what is added up
	left   map[*G.Node]bool      // to be emitted
}

// sum is the sum of gradients from several nodes, over a tree of Gorgonia's.
type sum[T kernel.Float] struct {
	root    *G.Node
	terms   []*G.Node
	value   []T
	started bool // there is a call that begins it
}

func compile[T kernel.Float](outputs []*G.Node) (*Program, error) {
	c := &compiler[T]{
		Program: Program{values: map[*G.Node]any{}},
		uses:    map[*G.Node]int{}, wanted: map[*G.Node][]*G.Node{},
		sums: map[*G.Node]*sum[T]{}, left: map[*G.Node]bool{},
	}
	for _, n := range outputs {
		c.count(n)
	}
	for _, n := range outputs {
		c.join(n, nil)
	}
	for _, n := range outputs {
		if err := c.emit(n); err != nil {
			return nil, err
		}
	}
	return &c.Program, nil
}

// count counts the uses of all nodes below one, and finds which parts of the
// adjoints are among them.
func (c *compiler[T]) count(n *G.Node) {
	c.uses[n]++
	if c.uses[n] > 1 {
		return
	}
	if _, ok := n.Op().(*view[T]); ok {
		adjoint := operands(n)[0]
		c.wanted[adjoint] = append(c.wanted[adjoint], n)
	}
	for _, k := range operands(n) {
		c.count(k)
	}
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

// emit adds the calls that evaluate a node, after those of its operands.
func (c *compiler[T]) emit(n *G.Node) error {
	if !c.left[n] {
		return nil
	}
	c.left[n] = false
	if len(operands(n)) == 0 {
		if n.Value() == nil {
			return errors.Errorf("graph: Compile: input %s has no value", n.Name())
		}
		v, err := elements[T](n.Value())
		c.values[n] = v
		return errors.Wrapf(err, "graph: Compile: input %s", n.Name())
	}
	if s := c.sums[n]; s != nil && s.root == n {
		return c.emitSum(s)
	}
	for _, k := range operands(n) {
		if err := c.emit(k); err != nil {
			return err
		}
	}
	switch o := n.Op().(type) {
	case *view[T]: // made by its adjoint
		return nil
	case *op[T]:
		if o.of != nil {
			c.emitAdjoint(n, o)
			return nil
		}
		out, in := make([]T, elementsOf(n)), c.valuesOf(o.Inputs)
		c.values[n] = out
		c.try(n, o.Name, func() error { return o.Forward(out, in) })
		return nil
	}
	return c.emitForeign(n)
}

// emitForeign has Gorgonia evaluate a node of its own.
func (c *compiler[T]) emitForeign(n *G.Node) error {
	do, out := n.Op(), make([]T, elementsOf(n))
	c.values[n] = out
	in := operands(n)
	args := make([]G.Value, len(in))
	x := c.valuesOf(in)
	for i, k := range in {
		if !k.IsScalar() {
			args[i] = tensor.New(tensor.WithShape(k.Shape()...), tensor.WithBacking(x[i]))
		}
	}
	c.try(n, n.Op().String(), func() error {
		for i, k := range in {
			if k.IsScalar() {
				args[i] = scalar(x[i][0])
			}
		}
		v, err := do.Do(args...)
		if err != nil {
			return err
		}
		if d, ok := v.(*tensor.Dense); ok && d.RequiresIterator() {
			v = d.Materialize().(*tensor.Dense)
		}
		y, err := elements[T](v)
		copy(out, y)
		return err
	})
	return nil
}

// emitAdjoint has the gradients that are wanted written to their own memory, or
// added to a sum.
func (c *compiler[T]) emitAdjoint(n *G.Node, o *op[T]) {
	f, k := o.of, len(o.of.Inputs)
	in := c.valuesOf(o.Inputs)
	d := make([][]T, k)
	for _, v := range c.wanted[n] {
		i := v.Op().(*view[T]).input
		if s := c.sums[v]; s != nil && f.Adds[i] {
			d[i] = s.value
			if !s.started {
				s.started = true
				c.clear(s.root, s.value)
			}
			continue
		}
		d[i] = make([]T, elementsOf(v))
		c.values[v] = d[i]
		if f.Adds[i] {
			c.clear(n, d[i])
		}
	}
	if !f.Lean {
		for i := range d {
			if d[i] == nil && f.WRT[i] {
				d[i] = make([]T, len(in[i]))
			}
		}
	}
	c.try(n, o.Name, func() error { return f.Adjoint(d, in[:k], in[k], in[k+1]) })
}

// emitSum evaluates a sum, of which those adjoints that add have done their
// part when the others are added.
func (c *compiler[T]) emitSum(s *sum[T]) error {
	c.values[s.root] = s.value
	for _, t := range s.terms {
		if err := c.emit(t); err != nil {
			return err
		}
	}
	for _, t := range s.terms {
		x, ok := c.values[t].([]T)
		switch {
		case !ok: // added by its adjoint
		case s.started:
			c.call(s.root, func() { kernel.AxpyTo(s.value, 1, x) })
		default:
			s.started = true
			c.call(s.root, func() { copy(s.value, x) })
		}
	}
	return nil
}

func (c *compiler[T]) call(n *G.Node, run func()) {
	c.calls = append(c.calls, call{n, func() error { run(); return nil }})
}

// try is call of a function that may fail.
func (c *compiler[T]) try(n *G.Node, name string, run func() error) {
	c.calls = append(c.calls, call{n, func() error {
		err := run()
		if err != nil { // to wrap nil would allocate
			err = errors.Wrapf(err, "graph: %s", name)
		}
		return err
	}})
}

func (c *compiler[T]) clear(n *G.Node, x []T) {
	c.call(n, func() { clear(x) })
}

func (c *compiler[T]) valuesOf(nodes G.Nodes) (in [][]T) {
	for _, n := range nodes {
		in = append(in, c.values[n].([]T))
	}
	return in
}

// operands are the nodes that a node is a function of.
func operands(n *G.Node) (nodes []*G.Node) {
	for it := n.Graph().From(n.ID()); it.Next(); {
		nodes = append(nodes, it.Node().(*G.Node))
	}
	return nodes
}

// isSum reports whether a node is the sum by which Gorgonia joins gradients. Its
// type is not exported, so it is known by how it prints: "+" and a flag of
// Gorgonia's that only comparisons set.
func isSum(n *G.Node) bool {
	b, ok := n.Op().(G.BinaryOp)
	return ok && b.IsBinary() && n.Op().String() == "+ false"
}

func elementsOf(n *G.Node) int { return max(1, n.Shape().TotalSize()) }
