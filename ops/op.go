package ops

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

// function is one differentiable function of slices, from which op makes a
// Gorgonia op with a symbolic gradient.
//
// forward writes every element of out: Gorgonia lets a later node overwrite
// the value of one that is dead, so what an earlier run left is not there.
// adjoint, given dOut, writes every element of d[i] for each input i that is
// differentiable; d[i] is nil for the others. Where adds[i] is set it adds to
// d[i] instead, so that gradients of one weight from many nodes need no sums.
// With lean set it leaves out what a nil d[i] says nobody wants.
type function[T kernel.Float] struct {
	name    string
	shape   tensor.Shape
	inputs  G.Nodes
	wrt     []bool // nil: all inputs are differentiable
	adds    []bool // nil: none
	lean    bool
	forward func(out []T, in [][]T) error
	adjoint func(d [][]T, in [][]T, out, dOut []T) error
}

// node applies the function to its inputs.
func (f function[T]) node() (*G.Node, error) {
	if f.wrt == nil {
		f.wrt = make([]bool, len(f.inputs))
		for i := range f.wrt {
			f.wrt[i] = true
		}
	}
	if f.adds == nil {
		f.adds = make([]bool, len(f.inputs))
	}
	n, err := G.ApplyOp(newOp(f), f.inputs...)
	return n, errors.Wrapf(err, "ops: %s", f.name)
}

// op is the Gorgonia op of a function. It owns its output, which is the same
// tensor in every run, and one op serves one node: Gorgonia takes two nodes of
// equal hash for one, so the hash holds a number of its own.
type op[T kernel.Float] struct {
	function[T]
	id     uint64
	of     *op[T] // the op whose adjoint this is; nil: none
	dims   []int
	in     [][]T
	out    *tensor.Dense
	packed *kernel.Dense[T] // of a weight, for all layers that it enters; nil: they pack it
}

var lastID atomic.Uint64

func newOp[T kernel.Float](f function[T]) *op[T] {
	// A shape of its own: those of nodes come from a pool, and go back to it.
	f.shape = f.shape.Clone()
	o := &op[T]{function: f, id: lastID.Add(1), in: make([][]T, len(f.inputs))}
	for _, n := range f.inputs {
		o.dims = append(o.dims, n.Dims())
	}
	return o
}

func (o *op[T]) Arity() int                                     { return len(o.inputs) }
func (o *op[T]) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.shape.Clone(), nil }
func (o *op[T]) ReturnsPtr() bool                               { return false }
func (o *op[T]) CallsExtern() bool                              { return false }
func (o *op[T]) OverwritesInput() int                           { return -1 }
func (o *op[T]) WriteHash(h hash.Hash)                          { fmt.Fprintf(h, "spnode/%s#%d", o.name, o.id) }
func (o *op[T]) String() string                                 { return o.name }
func (o *op[T]) DiffWRT(int) []bool                             { return o.wrt }

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
	return hm.NewFnType(append(ts, of(o.shape.Dims()))...)
}

func (o *op[T]) Do(values ...G.Value) (G.Value, error) {
	for i, v := range values {
		x, err := elements[T](v)
		if err != nil {
			return nil, errors.Wrapf(err, "ops: %s: input %d", o.name, i)
		}
		o.in[i] = x
	}
	if o.shape.IsScalar() {
		var out [1]T
		if err := o.forward(out[:], o.in); err != nil {
			return nil, errors.Wrapf(err, "ops: %s", o.name)
		}
		return scalar(out[0]), nil
	}
	if o.out == nil {
		o.out = tensor.New(tensor.WithShape(o.shape...), tensor.WithBacking(make([]T, o.shape.TotalSize())))
	}
	if err := o.forward(o.out.Data().([]T), o.in); err != nil {
		return nil, errors.Wrapf(err, "ops: %s", o.name)
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
		if o.wrt[i] {
			size += n.Shape().TotalSize()
		}
	}
	k := len(inputs)
	d := make([][]T, k)
	adjoint := newOp(function[T]{
		name:   o.name + "/adjoint",
		shape:  tensor.Shape{size},
		inputs: append(append(G.Nodes{}, inputs...), output, grad),
		wrt:    make([]bool, k+2),
		forward: func(out []T, in [][]T) error {
			for i, w := range o.wrt {
				if w {
					d[i] = out[at[i]:][:len(in[i])]
				}
				if o.adds[i] {
					clear(d[i])
				}
			}
			return o.adjoint(d, in[:k], in[k], in[k+1])
		},
	})
	adjoint.of = o
	bundle, err := G.ApplyOp(adjoint, adjoint.inputs...)
	if err != nil {
		return nil, errors.Wrapf(err, "ops: %s", adjoint.name)
	}
	grads := make(G.Nodes, k)
	for i, n := range inputs {
		if !o.wrt[i] {
			continue
		}
		v := newOp(function[T]{name: o.name + "/view", shape: n.Shape().Clone(), inputs: G.Nodes{bundle}, wrt: []bool{false}})
		if grads[i], err = G.ApplyOp(&view[T]{op: v, input: i, at: at[i]}, bundle); err != nil {
			return nil, errors.Wrapf(err, "ops: %s", v.name)
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
	x = x[o.at:][:max(1, o.shape.TotalSize())]
	if o.shape.IsScalar() {
		return scalar(x[0]), nil
	}
	if o.out == nil || &o.out.Data().([]T)[0] != &x[0] {
		o.out = tensor.New(tensor.WithShape(o.shape...), tensor.WithBacking(x))
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

// byDtype calls the instance of a constructor for the element type of like.
func byDtype(name string, like *G.Node, f64, f32 func() (*G.Node, error)) (*G.Node, error) {
	switch like.Dtype() {
	case tensor.Float64:
		return f64()
	case tensor.Float32:
		return f32()
	}
	return nil, errors.Errorf("ops: %s: got elements of type %v, want float64 or float32", name, like.Dtype())
}
