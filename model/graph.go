package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops"
	"spnode/ops/kernel"
)

// array is the data of an input of a graph, of either element type.
type array struct {
	f64 []float64
	f32 []float32
}

// set copies x to the array from element at on.
func (a array) set(at int, x []float64) {
	if a.f64 != nil {
		copy(a.f64[at:], x)
		return
	}
	for i, v := range x {
		a.f32[at+i] = float32(v)
	}
}

// at returns element i.
func (a array) at(i int) float64 {
	if a.f64 != nil {
		return a.f64[i]
	}
	return float64(a.f32[i])
}

// addTo adds the array to x.
func (a array) addTo(x []float64) {
	kernel.AxpyTo(x[:len(a.f64)], 1, a.f64)
	for i, v := range a.f32 {
		x[i] += float64(v)
	}
}

// get copies the array to x.
func (a array) get(x []float64) {
	copy(x, a.f64)
	for i, v := range a.f32 {
		x[i] = float64(v)
	}
}

// Graph is a Gorgonia graph under construction, over the parameters of a model.
// With float64 its parameter nodes are headers of their own over the memory of
// the parameters (Gorgonia transposes a tensor in place while it multiplies by
// it, so two machines must not share a header); with float32 they are copies.
type Graph struct {
	*G.ExprGraph
	dtype  tensor.Dtype
	params *Params
	nodes  map[string]*G.Node // of parameters
	copies []array            // float32: one for each element of used
	used   []Param
	order  G.Nodes
}

func newGraph(p *Params, dtype string) *Graph {
	g := &Graph{ExprGraph: G.NewGraph(), dtype: tensor.Float64, params: p, nodes: map[string]*G.Node{}}
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
		panic(fmt.Sprintf("model: Graph: Param: there is no parameter %q", name))
	}
	var n *G.Node
	if g.dtype == tensor.Float64 {
		n = g.node(name, array{f64: p.Data}, p.Shape)
	} else {
		a := array{f32: make([]float32, len(p.Data))}
		g.copies = append(g.copies, a)
		n = g.node(name, a, p.Shape)
	}
	g.nodes[name] = n
	g.used = append(g.used, p)
	g.order = append(g.order, n)
	return n
}

// Constant returns a node of the given name, which no other has, shape and
// elements, row-major.
func (g *Graph) Constant(name string, elements []float64, shape ...int) *G.Node {
	n, data := g.input(name, shape...)
	data.set(0, elements)
	return n
}

// input returns a new input node and its data.
func (g *Graph) input(name string, shape ...int) (*G.Node, array) {
	size := tensor.Shape(shape).TotalSize()
	var a array
	if g.dtype == tensor.Float64 {
		a.f64 = make([]float64, size)
	} else {
		a.f32 = make([]float32, size)
	}
	return g.node(name, a, shape), a
}

func (g *Graph) node(name string, a array, shape []int) *G.Node {
	backing := tensor.WithBacking(a.f64)
	if a.f64 == nil {
		backing = tensor.WithBacking(a.f32)
	}
	return G.NewTensor(g.ExprGraph, g.dtype, len(shape), G.WithShape(shape...), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(shape...), backing)))
}

// refresh brings the parameter nodes up to date with the parameters.
func (g *Graph) refresh() {
	for i, a := range g.copies {
		a.set(0, g.used[i].Data)
	}
}

// dataOf is the memory in which a program leaves the value of a node.
func dataOf(p *ops.Program, n *G.Node) array {
	switch d := p.Data(n).(type) {
	case []float64:
		return array{f64: d}
	case []float32:
		return array{f32: d}
	}
	return array{}
}
