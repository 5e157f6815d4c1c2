package model

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Param is a named parameter: Data is its part, row-major, of the one slice
// that holds all parameters of a model.
type Param struct {
	Name  string // hierarchical: encoder/0/W
	Shape []int
	Data  []float64
}

// Params are the parameters of a model in one contiguous slice.
type Params struct {
	Flat  []float64
	List  []Param
	index map[string]int
	begin []int // of each parameter in Flat
}

// start fills a parameter at the start.
type start func(rng *rand.Rand, x []float64)

// declaration is a parameter to be made.
type declaration struct {
	name  string
	shape []int
	start start // nil: zero
}

// newParams lays out and draws the declared parameters. Each has a generator
// of its own, from the seed and its name, so that a change in one part of a
// model leaves the start of the others as it was.
func newParams(seed uint64, declared []declaration) *Params {
	p := &Params{index: map[string]int{}}
	size := 0
	for _, d := range declared {
		size += tensor.Shape(d.shape).TotalSize()
	}
	p.Flat = make([]float64, size)
	at := 0
	for i, d := range declared {
		n := tensor.Shape(d.shape).TotalSize()
		data := p.Flat[at : at+n : at+n]
		p.begin = append(p.begin, at)
		at += n
		h := fnv.New64a()
		h.Write([]byte(d.name))
		if d.start != nil {
			d.start(rand.New(rand.NewPCG(seed, h.Sum64())), data)
		}
		p.List = append(p.List, Param{d.name, d.shape, data})
		p.index[d.name] = i
	}
	return p
}

// offset returns where in Flat a parameter begins.
func (p *Params) offset(name string) int { return p.begin[p.index[name]] }

// Get returns the parameter of that name, and whether there is one.
func (p *Params) Get(name string) (Param, bool) {
	i, ok := p.index[name]
	if !ok {
		return Param{}, false
	}
	return p.List[i], true
}

func normal(deviation float64) start {
	return func(rng *rand.Rand, x []float64) {
		for i := range x {
			x[i] = deviation * rng.NormFloat64()
		}
	}
}

func uniform(bound float64) start {
	return func(rng *rand.Rand, x []float64) {
		for i := range x {
			x[i] = bound * (2*rng.Float64() - 1)
		}
	}
}

// weights draws a layer's matrix, N(0, 1/fan-in) times scale.
func weights(in int, scale float64) start { return normal(scale / math.Sqrt(float64(in))) }

// graph is a Gorgonia graph under construction over the parameters of a model.
// With float64 its parameter nodes are headers of their own over the memory of
// the parameters (Gorgonia transposes a tensor in place while it multiplies by
// it, so two machines must not share a header); with float32 they are copies.
type graph struct {
	*G.ExprGraph
	dtype  tensor.Dtype
	params *Params
	nodes  map[string]*G.Node // of parameters
	copies []ops.Buffer       // float32: one for each element of used
	used   []Param
	order  G.Nodes
}

func newGraph(p *Params, dtype string) *graph {
	g := &graph{ExprGraph: G.NewGraph(), dtype: tensor.Float64, params: p, nodes: map[string]*G.Node{}}
	if dtype == "float32" {
		g.dtype = tensor.Float32
	}
	return g
}

// param returns the node of a parameter.
func (g *graph) param(name string) *G.Node {
	if n, ok := g.nodes[name]; ok {
		return n
	}
	p, ok := g.params.Get(name)
	if !ok {
		panic("model: graph: no parameter " + name)
	}
	var n *G.Node
	if g.dtype == tensor.Float64 {
		n = ops.BufferOf(p.Data).Node(g.ExprGraph, name, p.Shape...)
	} else {
		b := ops.NewBuffer(g.dtype, len(p.Data))
		g.copies = append(g.copies, b)
		n = b.Node(g.ExprGraph, name, p.Shape...)
	}
	g.nodes[name] = n
	g.used = append(g.used, p)
	g.order = append(g.order, n)
	return n
}

// input returns a new input node and its data.
func (g *graph) input(name string, shape ...int) (*G.Node, ops.Buffer) {
	b := ops.NewBuffer(g.dtype, tensor.Shape(shape).TotalSize())
	return b.Node(g.ExprGraph, name, shape...), b
}

// refresh brings the parameter nodes up to date with the parameters.
func (g *graph) refresh() {
	for i, b := range g.copies {
		b.Set(0, g.used[i].Data)
	}
}
