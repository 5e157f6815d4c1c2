package param

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops"
	"spnode/ops/graph"
)

// Graph is a Gorgonia graph under construction, over the parameters of a model.
// With float64 its parameter nodes are headers of their own over the memory of
// the parameters (Gorgonia transposes a tensor in place while it multiplies by
// it, so two machines must not share a header); with float32 they are copies.
type Graph struct {
	*G.ExprGraph
	dtype  tensor.Dtype
	params *Params
	nodes  map[string]*G.Node // of parameters
	copies []graph.Buffer     // float32: one for each element of used
	used   []Param
	order  G.Nodes
	packed map[string]*G.Node // of weights that layers share
	inputs G.Nodes

	// P are the constants of the trajectories, (batch, P), that the networks see,
	// scaled; nil: none.
	P *G.Node
}

// New makes a graph over parameters, whose elements are of the type float64 or float32.
func New(p *Params, dtype string) *Graph {
	g := &Graph{ExprGraph: G.NewGraph(), dtype: tensor.Float64, params: p, nodes: map[string]*G.Node{}, packed: map[string]*G.Node{}}
	if dtype == "float32" {
		g.dtype = tensor.Float32
	}
	return g
}

// Param returns the node of a parameter of the model. It panics if there is none
// of that name.
func (g *Graph) Param(name string) *G.Node {
	if n, ok := g.nodes[name]; ok {
		return n
	}
	p, ok := g.params.Get(name)
	if !ok {
		panic(fmt.Sprintf("param: Graph: Param: there is no parameter %q", name))
	}
	b := graph.BufferOf(p.Data)
	if g.dtype != tensor.Float64 {
		b = graph.NewBuffer(g.dtype, len(p.Data))
		g.copies = append(g.copies, b)
	}
	n := b.Node(g.ExprGraph, name, p.Shape...)
	g.nodes[name] = n
	g.used = append(g.used, p)
	g.order = append(g.order, n)
	return n
}

// weights returns the node of a parameter for the layers that it enters.
func (g *Graph) weights(name string) (n *G.Node, err error) {
	if n = g.packed[name]; n == nil {
		n, err = ops.Weights(g.Param(name))
		g.packed[name] = n
	}
	return n, err
}

// Constant returns a node of the given name, which no other has, shape and
// elements, row-major.
func (g *Graph) Constant(name string, elements []float64, shape ...int) *G.Node {
	b := graph.NewBuffer(g.dtype, tensor.Shape(shape).TotalSize())
	b.Set(0, elements)
	return b.Node(g.ExprGraph, name, shape...)
}

// Input returns a new input node and its data.
func (g *Graph) Input(name string, shape ...int) (*G.Node, graph.Buffer) {
	nodes, b := g.InputParts(name, shape[:1], shape[1:]...)
	return nodes[0], b
}

// InputParts returns new input nodes, of so many rows each, and their data, in which one
// follows the other.
func (g *Graph) InputParts(name string, rows []int, shape ...int) (nodes G.Nodes, b graph.Buffer) {
	size, all := tensor.Shape(shape).TotalSize(), 0
	for _, r := range rows {
		all += r
	}
	b = graph.NewBuffer(g.dtype, all*size)
	at := 0
	for i, r := range rows {
		of := name
		if i > 0 {
			of = fmt.Sprint(name, i)
		}
		nodes = append(nodes, b.Part(at, at+r*size).Node(g.ExprGraph, of, append([]int{r}, shape...)...))
		at += r * size
	}
	g.inputs = append(g.inputs, nodes...)
	return nodes, b
}

// Inputs returns the nodes that Input has made.
func (g *Graph) Inputs() G.Nodes { return g.inputs }

// Parameters returns the nodes of the parameters that the graph has, and whose they are.
func (g *Graph) Parameters() (nodes G.Nodes, of []Param) { return g.order, g.used }

// Refresh brings the parameter nodes up to date with the parameters.
func (g *Graph) Refresh() {
	for i, a := range g.copies {
		a.Set(0, g.used[i].Data)
	}
}
