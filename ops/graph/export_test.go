package graph

import G "gorgonia.org/gorgonia"

var IsSum, Operands = isSum, operands

// Calls are the nodes that the calls of a program make.
func (p *Program) Calls() (nodes []*G.Node) {
	for _, c := range p.calls {
		nodes = append(nodes, c.node)
	}
	return nodes
}

// Memories is in how many memories the values of nodes are, of float64.
func Memories(p *Program, nodes []*G.Node) int {
	at := map[*float64]bool{}
	for _, n := range nodes {
		at[&p.Data(n).f64[0]] = true
	}
	return len(at)
}

// IsFunction reports whether a node is that of a Function in float64.
func IsFunction(n *G.Node) bool {
	_, ok := n.Op().(*op[float64])
	return ok
}
