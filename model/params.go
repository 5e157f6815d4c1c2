package model

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/kernel"
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

// graph is a Gorgonia graph under construction over the parameters of a model.
// With float64 its parameter nodes are headers of their own over the memory of
// the parameters (Gorgonia transposes a tensor in place while it multiplies by
// it, so two machines must not share a header); with float32 they are copies.
type graph struct {
	*G.ExprGraph
	dtype  tensor.Dtype
	params *Params
	nodes  map[string]*G.Node // of parameters
	copies []array            // float32: one for each element of used
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

// input returns a new input node and its data.
func (g *graph) input(name string, shape ...int) (*G.Node, array) {
	size := tensor.Shape(shape).TotalSize()
	var a array
	if g.dtype == tensor.Float64 {
		a.f64 = make([]float64, size)
	} else {
		a.f32 = make([]float32, size)
	}
	return g.node(name, a, shape), a
}

func (g *graph) node(name string, a array, shape []int) *G.Node {
	backing := tensor.WithBacking(a.f64)
	if a.f64 == nil {
		backing = tensor.WithBacking(a.f32)
	}
	return G.NewTensor(g.ExprGraph, g.dtype, len(shape), G.WithShape(shape...), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(shape...), backing)))
}

// refresh brings the parameter nodes up to date with the parameters.
func (g *graph) refresh() {
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
