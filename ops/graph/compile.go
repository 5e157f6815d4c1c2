package graph

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/kernel"
)

// compiler makes a program from a graph.
type compiler[T kernel.Float] struct {
	schedule
	parts  [3][]call // by when they run
	values map[*G.Node]any
	uses   map[*G.Node]int
	wanted map[*G.Node][]*G.Node // of an adjoint: the views of it that are used
	sums   map[*G.Node]*sum[T]   // by root, and by what is added up
	totals map[*G.Node][]T       // over all runs
	left   map[*G.Node]bool      // to be emitted
	there  map[*G.Node]bool      // emitted, or sums of what is
	users  map[*G.Node][]*G.Node // for which a node is an operand
	await  map[*G.Node]int       // operands, but inputs, that are not there
	unread map[*G.Node]int       // of the uses, those to come
	keep   map[*G.Node]bool      // outputs
	free   map[int][][]T         // memory that nothing reads any more, by its size
}

func compile[T kernel.Float](outputs, varying []*G.Node) (*Split, error) {
	c := &compiler[T]{
		schedule: newSchedule(varying), values: map[*G.Node]any{},
		uses: map[*G.Node]int{}, wanted: map[*G.Node][]*G.Node{},
		sums: map[*G.Node]*sum[T]{}, totals: map[*G.Node][]T{}, left: map[*G.Node]bool{},
		there: map[*G.Node]bool{}, users: map[*G.Node][]*G.Node{}, await: map[*G.Node]int{}, unread: map[*G.Node]int{}, keep: map[*G.Node]bool{}, free: map[int][][]T{},
	}
	for _, n := range outputs {
		c.keep[n] = true
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
	for n, total := range c.totals {
		c.values[n] = total
	}
	s := &Split{schedule: c.schedule}
	for i, p := range []**Program{&s.Before, &s.Each, &s.After} {
		*p = &Program{calls: c.parts[i], values: c.values}
	}
	return s, nil
}

// count counts the uses of all nodes below one, and finds which parts of the
// adjoints are among them.
func (c *compiler[T]) count(n *G.Node) {
	c.uses[n]++
	c.unread[n]++
	if c.uses[n] > 1 {
		return
	}
	if _, ok := n.Op().(*view[T]); ok {
		adjoint := operands(n)[0]
		c.wanted[adjoint] = append(c.wanted[adjoint], n)
	}
	for _, k := range operands(n) {
		c.users[k] = append(c.users[k], n)
		if !isInput(k) {
			c.await[n]++
		}
		c.count(k)
	}
	c.place(n)
}

// place finds when a node is evaluated, after its operands.
func (c *compiler[T]) place(n *G.Node) {
	of := operands(n)
	if c.at == nil || len(of) == 0 { // an input that does not vary is there before
		return
	}
	first, last := after, before
	for _, k := range of {
		first, last = min(first, c.at[k]), max(last, c.at[k])
	}
	switch o := n.Op().(type) {
	case *view[T]:
	case *op[T]:
		if f := o.of; f != nil {
			output, grad := o.Inputs[len(f.Inputs)], o.Inputs[len(f.Inputs)+1]
			if last = each; c.at[output] == before {
				last = after
				c.shared[grad] = c.shared[grad] || c.at[grad] == each
			}
		}
	default:
		if last = each; isSum(n) && first == after {
			last = after
		} else if isSum(n) {
			c.shared[n] = slices.ContainsFunc(of, func(k *G.Node) bool { return c.at[k] == after || isSum(k) && c.isTotal(k) })
		}
	}
	c.at[n] = last
}

// emit adds the calls that evaluate a node, after those of its operands, and then those of
// the adjoints that wait for no more than that: they find in the cache what it has left
// there, and the memory of what they alone still read is free for the nodes that follow.
func (c *compiler[T]) emit(n *G.Node) error {
	if !c.left[n] {
		return nil
	}
	c.left[n] = false
	if isInput(n) {
		if n.Value() == nil {
			return errors.Errorf("graph: Compile: input %s has no value", n.Name())
		}
		v, err := elements[T](n.Value())
		c.values[n] = v
		return errors.Wrapf(err, "graph: Compile: input %s", n.Name())
	}
	if err := c.emitValue(n); err != nil {
		return err
	}
	if x, ok := c.values[n].([]T); ok && c.isTotal(n) && c.when(n) == each && c.totals[n] == nil {
		total := make([]T, len(x))
		c.totals[n] = total
		c.clear(before, n, total)
		c.add(each, n, total, x)
	}
	return c.arrive(n)
}

// arrive emits the adjoints that a node, which is there now, was the last to be awaited for.
func (c *compiler[T]) arrive(n *G.Node) error {
	if c.there[n] {
		return nil
	}
	c.there[n] = true
	for _, m := range c.users[n] {
		c.await[m]--
		if c.await[m] > 0 || !c.left[m] {
			continue
		}
		var err error
		if isSum(m) {
			err = c.arrive(m)
		} else if isBackward[T](m) {
			err = c.emit(m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isBackward reports whether a node is an adjoint or a part of one.
func isBackward[T kernel.Float](n *G.Node) bool {
	if _, ok := n.Op().(*view[T]); ok {
		return true
	}
	o, ok := n.Op().(*op[T])
	return ok && o.of != nil
}

func (c *compiler[T]) emitValue(n *G.Node) error {
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
		in := c.valuesOf(o.Inputs)
		out := in[0]
		if !o.Same || !isInput(o.Inputs[0]) { // else it is an input, whose memory stays its own
			out = c.memory(n)
		}
		c.values[n] = out
		c.call(c.when(n), n, func() error { return o.Forward(out, in) })
		c.read(operands(n)...)
		return nil
	}
	return c.emitForeign(n)
}

// emitForeign has Gorgonia evaluate a node of its own.
func (c *compiler[T]) emitForeign(n *G.Node) error {
	do, out := n.Op(), c.memory(n)
	c.values[n] = out
	in := operands(n)
	args := make([]G.Value, len(in))
	x := c.valuesOf(in)
	for i, k := range in {
		if !k.IsScalar() {
			args[i] = tensor.New(tensor.WithShape(k.Shape()...), tensor.WithBacking(x[i]))
		}
	}
	c.call(c.when(n), n, func() error {
		for i, k := range in {
			if k.IsScalar() {
				args[i] = scalar(x[i][0])
			}
		}
		v, err := do.Do(args...)
		if err != nil {
			return errors.Wrapf(err, "graph: %s", do)
		}
		if d, ok := v.(*tensor.Dense); ok && d.RequiresIterator() {
			v = d.Materialize().(*tensor.Dense)
		}
		y, err := elements[T](v)
		copy(out, y)
		return err
	})
	c.read(in...)
	return nil
}

// emitAdjoint has the gradients that are wanted written to their own memory, or
// added to a sum.
func (c *compiler[T]) emitAdjoint(n *G.Node, o *op[T]) {
	f, k := o.of, len(o.of.Inputs)
	in, when := c.valuesOf(o.Inputs), c.when(n)
	if total := c.totals[o.Inputs[k+1]]; when == after && total != nil {
		in[k+1] = total
	}
	d := make([][]T, k)
	if f.Same && when == after {
		c.values[c.wanted[n][0]] = in[k+1]
		return
	}
	for _, v := range c.wanted[n] {
		i := v.Op().(*view[T]).input
		if s := c.sums[v]; s != nil && f.Adds[i] {
			d[i] = c.sumOf(s, when)
			continue
		}
		d[i] = c.memory(v)
		c.values[v] = d[i]
		switch {
		case !f.Adds[i]:
		case when == each && c.isTotal(v) && !slices.ContainsFunc(c.users[v], func(m *G.Node) bool { return c.when(m) == each }):
			c.totals[v] = d[i] // to which the runs add in place, as no one reads what they add
			c.clear(before, n, d[i])
		default:
			c.clear(when, n, d[i])
		}
	}
	if !f.Lean {
		for i := range d {
			if d[i] == nil && f.WRT[i] {
				d[i] = make([]T, len(in[i]))
			}
		}
	}
	c.call(when, n, func() error { return f.Adjoint(d, in[:k], in[k], in[k+1]) })
	c.read(operands(n)...)
}

func (c *compiler[T]) call(when int, n *G.Node, run func() error) {
	c.parts[when] = append(c.parts[when], call{n, run})
}

func (c *compiler[T]) clear(when int, n *G.Node, x []T) {
	c.call(when, n, func() error { clear(x); return nil })
}

// add adds x to y.
func (c *compiler[T]) add(when int, n *G.Node, y, x []T) {
	c.call(when, n, func() error { kernel.AxpyTo(y, 1, x); return nil })
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

func isInput(n *G.Node) bool { return !n.Graph().From(n.ID()).Next() }

func elementsOf(n *G.Node) int { return max(1, n.Shape().TotalSize()) }
