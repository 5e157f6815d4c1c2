package graph

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/kernel"
)

// Buffer is the memory of the value of a node, of either element type, seen as
// float64. A copy of a Buffer is the same memory. The zero value has no elements.
type Buffer struct {
	f64 []float64
	f32 []float32
}

// NewBuffer returns n elements of that type, float64 or float32, all of them 0.
func NewBuffer(dtype tensor.Dtype, n int) Buffer {
	if dtype == tensor.Float32 {
		return Buffer{f32: make([]float32, n)}
	}
	return Buffer{f64: make([]float64, n)}
}

// BufferOf returns x itself as a Buffer.
func BufferOf(x []float64) Buffer { return Buffer{f64: x} }

// Len is how many elements the buffer has.
func (b Buffer) Len() int { return len(b.f64) + len(b.f32) }

// Part is the elements from lo up to hi, in the same memory.
func (b Buffer) Part(lo, hi int) Buffer {
	if b.f64 != nil {
		return Buffer{f64: b.f64[lo:hi:hi]}
	}
	return Buffer{f32: b.f32[lo:hi:hi]}
}

// Node is a new input of g, over the memory of the buffer, which has as many
// elements as the shape.
func (b Buffer) Node(g *G.ExprGraph, name string, shape ...int) *G.Node {
	dtype, backing := tensor.Float64, tensor.WithBacking(b.f64)
	if b.f64 == nil {
		dtype, backing = tensor.Float32, tensor.WithBacking(b.f32)
	}
	return G.NewTensor(g, dtype, len(shape), G.WithShape(shape...), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(shape...), backing)))
}

// Set copies x to the buffer from element at on.
func (b Buffer) Set(at int, x []float64) {
	if b.f64 != nil {
		copy(b.f64[at:], x)
		return
	}
	kernel.Narrow(b.f32[at:][:len(x)], x)
}

// Get copies the buffer to x, which is at least as long.
func (b Buffer) Get(x []float64) {
	copy(x, b.f64)
	kernel.Widen(x[:len(b.f32)], b.f32)
}

// At returns element i.
func (b Buffer) At(i int) float64 {
	if b.f64 != nil {
		return b.f64[i]
	}
	return float64(b.f32[i])
}

// AddTo adds the buffer to x, which is at least as long.
func (b Buffer) AddTo(x []float64) {
	kernel.AxpyTo(x[:len(b.f64)], 1, b.f64)
	kernel.AddWide(x[:len(b.f32)], b.f32)
}
