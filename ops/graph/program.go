package graph

import G "gorgonia.org/gorgonia"

// Program evaluates nodes of a graph, among them gradients that Gorgonia
// derived. It is the graph as a list of plain function calls on slices that stay
// where they are: what Gorgonia's tape machine does, without its compilation,
// which takes time quadratic in the number of nodes, without its cost of about
// a microsecond a node, and without what nobody asked for. Gradients that come
// to one node from several others are added up where they arise. Nodes of
// Gorgonia's own are evaluated by Gorgonia.
//
// The functions have work space of their own, so of all programs of one graph
// only one may run at a time.
type Program struct {
	calls  []call
	values map[*G.Node]any // []float64 or []float32
}

// call is one function of a program.
type call struct {
	node *G.Node // whose value it makes
	run  func() error
}

// Compile returns the program of the given nodes, of one graph and element
// type. Inputs must have their values, whose memory the program reads: a new
// value is written into it.
func Compile(outputs ...*G.Node) (*Program, error) {
	s, err := CompileSplit(nil, outputs...)
	if err != nil {
		return nil, err
	}
	return s.Each, nil
}

// Run evaluates the nodes for the present values of the inputs.
func (p *Program) Run() error {
	for _, c := range p.calls {
		if err := c.run(); err != nil {
			return err
		}
	}
	return nil
}

// Data is the memory of the value of a node that was given to Compile, or that
// one of them depends on, which Run writes anew. In the Each of a Split memory that is
// read no more is taken again, so that only nodes that were given have their values there.
func (p *Program) Data(n *G.Node) Buffer {
	switch d := p.values[n].(type) {
	case []float64:
		return Buffer{f64: d}
	case []float32:
		return Buffer{f32: d}
	}
	return Buffer{}
}

// After returns the part of the program that depends on one of the inputs, to
// be run again where the values of no others have changed.
func (p *Program) After(inputs ...*G.Node) *Program {
	hot := map[*G.Node]bool{}
	for _, n := range inputs {
		hot[n] = true
	}
	var depends func(n *G.Node) bool
	depends = func(n *G.Node) bool {
		h, known := hot[n]
		for _, k := range operands(n) {
			if known {
				break
			}
			h = h || depends(k)
		}
		hot[n] = h
		return h
	}
	part := &Program{values: p.values}
	for _, c := range p.calls {
		if depends(c.node) {
			part.calls = append(part.calls, c)
		}
	}
	return part
}
