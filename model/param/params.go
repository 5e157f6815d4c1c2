package param

import (
	"hash/fnv"
	"math/rand/v2"

	"gorgonia.org/tensor"
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

// Declaration is a parameter to be made.
type Declaration struct {
	Name  string
	Shape []int
	Start Fill // nil: 0
}

// Fill writes the elements of a parameter at the start.
type Fill func(rng *rand.Rand, x []float64)

// Normal draws from N(0, deviation²).
func Normal(deviation float64) Fill {
	return func(rng *rand.Rand, x []float64) {
		for i := range x {
			x[i] = deviation * rng.NormFloat64()
		}
	}
}

// Uniform draws from [−bound, bound].
func Uniform(bound float64) Fill {
	return func(rng *rand.Rand, x []float64) {
		for i := range x {
			x[i] = bound * (2*rng.Float64() - 1)
		}
	}
}

// NewParams lays out and draws the declared parameters. Each has a generator of its
// own, from the seed and its name, so that a change in one part of a
// model leaves the start of the others as it was.
func NewParams(seed uint64, declared []Declaration) *Params {
	p := &Params{index: map[string]int{}}
	size := 0
	for _, d := range declared {
		size += tensor.Shape(d.Shape).TotalSize()
	}
	p.Flat = make([]float64, size)
	at := 0
	for i, d := range declared {
		n := tensor.Shape(d.Shape).TotalSize()
		data := p.Flat[at : at+n : at+n]
		p.begin = append(p.begin, at)
		at += n
		h := fnv.New64a()
		h.Write([]byte(d.Name))
		if d.Start != nil {
			d.Start(rand.New(rand.NewPCG(seed, h.Sum64())), data)
		}
		p.List = append(p.List, Param{d.Name, d.Shape, data})
		p.index[d.Name] = i
	}
	return p
}

// Offset returns where in Flat a parameter begins.
func (p *Params) Offset(name string) int { return p.begin[p.index[name]] }

// Get returns the parameter of that name, and whether there is one.
func (p *Params) Get(name string) (Param, bool) {
	i, ok := p.index[name]
	if !ok {
		return Param{}, false
	}
	return p.List[i], true
}
