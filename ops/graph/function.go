package graph

import (
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	_ "go4.org/unsafe/assume-no-moving-gc" // lets Gorgonia start on this Go

	"spnode/ops/kernel"
)

// Function is a differentiable function of slices, of which Node makes a node with a
// symbolic gradient.
//
// Forward writes every element of out: Gorgonia lets a later node overwrite
// the value of one that is dead, so what an earlier run left is not there.
// Adjoint, given dOut, writes every element of d[i] for each input i that is
// differentiable; d[i] is nil for the others. Where Adds[i] is set it adds to
// d[i] instead, so that gradients of one weight from many nodes need no sums.
// With Lean set it leaves out what a nil d[i] says nobody wants.
type Function[T kernel.Float] struct {
	Name    string
	Shape   tensor.Shape
	Inputs  G.Nodes
	WRT     []bool // nil: all inputs are differentiable
	Adds    []bool // nil: none
	Lean    bool
	Forward func(out []T, in [][]T) error
	Adjoint func(d [][]T, in [][]T, out, dOut []T) error
	Same    bool             // Forward copies the one input and Adjoint dOut, for which programs share memory where they can
	Packed  *kernel.Dense[T] // what Forward packs of a weight for all layers that it enters; nil: they pack it
}

// Node applies the function to its inputs.
func (f Function[T]) Node() (*G.Node, error) {
	if f.WRT == nil {
		f.WRT = make([]bool, len(f.Inputs))
		for i := range f.WRT {
			f.WRT[i] = true
		}
	}
	if f.Adds == nil {
		f.Adds = make([]bool, len(f.Inputs))
	}
	n, err := G.ApplyOp(newOp(f), f.Inputs...)
	return n, errors.Wrapf(err, "graph: %s", f.Name)
}

// Packed is that of the function that makes a node, or nil.
func Packed[T kernel.Float](n *G.Node) *kernel.Dense[T] {
	if o, ok := n.Op().(*op[T]); ok {
		return o.Packed
	}
	return nil
}

// op is the Gorgonia op of a function. It owns its output, which is the same
// tensor in every run, and one op serves one node: Gorgonia takes two nodes of
// equal hash for one, so the hash holds a number of its own.
type op[T kernel.Float] struct {
	Function[T]
	id   uint64
	of   *op[T] // the op whose adjoint this is; nil: none
	dims []int
	in   [][]T
	out  *tensor.Dense
}

var lastID atomic.Uint64

func newOp[T kernel.Float](f Function[T]) *op[T] {
	// A shape of its own: those of nodes come from a pool, and go back to it.
	f.Shape = f.Shape.Clone()
	o := &op[T]{Function: f, id: lastID.Add(1), in: make([][]T, len(f.Inputs))}
	for _, n := range f.Inputs {
		o.dims = append(o.dims, n.Dims())
	}
	return o
}

func (o *op[T]) Arity() int                                     { return len(o.Inputs) }
func (o *op[T]) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.Shape.Clone(), nil }
func (o *op[T]) ReturnsPtr() bool                               { return false }
func (o *op[T]) CallsExtern() bool                              { return false }
func (o *op[T]) OverwritesInput() int                           { return -1 }
func (o *op[T]) WriteHash(h hash.Hash)                          { fmt.Fprintf(h, "spnode/%s#%d", o.Name, o.id) }
func (o *op[T]) String() string                                 { return o.Name }
func (o *op[T]) DiffWRT(int) []bool                             { return o.WRT }

func (o *op[T]) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *op[T]) Type() hm.Type {
	a := hm.TypeVariable('a')
	of := func(dims int) hm.Type {
		if dims == 0 {
			return a
		}
		return G.TensorType{Dims: dims, Of: a}
	}
	var ts []hm.Type
	for _, d := range o.dims {
		ts = append(ts, of(d))
	}
	return hm.NewFnType(append(ts, of(o.Shape.Dims()))...)
}

func (o *op[T]) Do(values ...G.Value) (G.Value, error) {
	for i, v := range values {
		x, err := elements[T](v)
		if err != nil {
			return nil, errors.Wrapf(err, "graph: %s: input %d", o.Name, i)
		}
		o.in[i] = x
	}
	if o.Shape.IsScalar() {
		var out [1]T
		if err := o.Forward(out[:], o.in); err != nil {
			return nil, errors.Wrapf(err, "graph: %s", o.Name)
		}
		return scalar(out[0]), nil
	}
	if o.out == nil {
		o.out = tensor.New(tensor.WithShape(o.Shape...), tensor.WithBacking(make([]T, o.Shape.TotalSize())))
	}
	if err := o.Forward(o.out.Data().([]T), o.in); err != nil {
		return nil, errors.Wrapf(err, "graph: %s", o.Name)
	}
	return o.out, nil
}

// SymDiff makes one node that evaluates the whole adjoint into a flat bundle,
// and a view of it for each input. The parts of the bundle do not overlap and
// nothing else reads it, so that the views may share its memory.
func (o *op[T]) SymDiff(inputs G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	var size int
	at := make([]int, len(inputs))
	for i, n := range inputs {
		at[i] = size
		if o.WRT[i] {
			size += n.Shape().TotalSize()
		}
	}
	k := len(inputs)
	d := make([][]T, k)
	adjoint := newOp(Function[T]{
		Name:   o.Name + "/adjoint",
		Shape:  tensor.Shape{size},
		Inputs: append(append(G.Nodes{}, inputs...), output, grad),
		WRT:    make([]bool, k+2),
		Forward: func(out []T, in [][]T) error {
			for i, w := range o.WRT {
				if w {
					d[i] = out[at[i]:][:len(in[i])]
				}
				if o.Adds[i] {
					clear(d[i])
				}
			}
			return o.Adjoint(d, in[:k], in[k], in[k+1])
		},
	})
	adjoint.of = o
	bundle, err := G.ApplyOp(adjoint, adjoint.Inputs...)
	if err != nil {
		return nil, errors.Wrapf(err, "graph: %s", adjoint.Name)
	}
	grads := make(G.Nodes, k)
	for i, n := range inputs {
		if !o.WRT[i] {
			continue
		}
		v := newOp(Function[T]{Name: o.Name + "/view", Shape: n.Shape().Clone(), Inputs: G.Nodes{bundle}, WRT: []bool{false}})
		if grads[i], err = G.ApplyOp(&view[T]{op: v, input: i, at: at[i]}, bundle); err != nil {
			return nil, errors.Wrapf(err, "graph: %s", v.Name)
		}
	}
	return grads, nil
}

// view is a part of a bundle, the gradient by one input, as a tensor over the
// same memory.
type view[T kernel.Float] struct {
	*op[T]
	input int
	at    int
}

func (o *view[T]) Do(values ...G.Value) (G.Value, error) {
	x, err := elements[T](values[0])
	if err != nil {
		return nil, err
	}
	x = x[o.at:][:max(1, o.Shape.TotalSize())]
	if o.Shape.IsScalar() {
		return scalar(x[0]), nil
	}
	if o.out == nil || &o.out.Data().([]T)[0] != &x[0] {
		o.out = tensor.New(tensor.WithShape(o.Shape...), tensor.WithBacking(x))
	}
	return o.out, nil
}

// elements returns the elements of a value, shared where it is a tensor.
func elements[T kernel.Float](v G.Value) ([]T, error) {
	switch v := v.(type) {
	case *tensor.Dense:
		switch d := v.Data().(type) {
		case []T:
			return d, nil
		case T:
			return []T{d}, nil
		}
	case *G.F64:
		if x, ok := any(float64(*v)).(T); ok {
			return []T{x}, nil
		}
	case *G.F32:
		if x, ok := any(float32(*v)).(T); ok {
			return []T{x}, nil
		}
	}
	return nil, errors.Errorf("got a value of type %T, %v, want %T", v, v.Dtype(), *new(T))
}

// scalar is a number as a value.
func scalar[T kernel.Float](x T) G.Value {
	if v, ok := any(x).(float32); ok {
		return G.NewF32(v)
	}
	return G.NewF64(float64(x))
}

// ByDtype calls the instance of a constructor for the element type of like.
func ByDtype(name string, like *G.Node, f64, f32 func() (*G.Node, error)) (*G.Node, error) {
	switch like.Dtype() {
	case tensor.Float64:
		return f64()
	case tensor.Float32:
		return f32()
	}
	return nil, errors.Errorf("graph: %s: got elements of type %v, want float64 or float32", name, like.Dtype())
}
