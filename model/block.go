package model

import (
	"slices"
	"sync"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/graph"
)

// block evaluates an Objective for so many rows of one form: its graph and its
// program, whose activations stay in cache.
type block struct {
	form
	m       *Model
	times   int
	g       *Graph
	program *graph.Program
	known   known
	x0      graph.Buffer // (rows, m)
	y, byX0 graph.Buffer // of a batch with starts: what is decoded, and the gradient by x0
	target  graph.Buffer // (times·rows, m), time slowest
	steps   graph.Buffer // (times−1, 1 or rows)
	weights graph.Buffer // (times), (times, rows) or (times, rows, m)
	cost    graph.Buffer
	counted []float64      // steps in the model's unit of time
	part    []graph.Buffer // of the gradient, by each parameter of the graph
	at      []int          // where in it each of them begins
}

// form is how many rows a block has, and what they share.
type form struct {
	rows     int
	ownSteps bool
	weights  int // dimensions: times, rows, components
	starts   bool
}

// A block has no more than maxBlock rows, nor more than make an array of the
// decoder as large as blockBytes, what a core has of second-level cache; but
// minBlock if that leaves fewer, with which the products of a step are slow.
const (
	minBlock   = 20
	maxBlock   = 125
	blockBytes = 1 << 20
)

// bytesOfRow is the size of the decoder's largest array for one row at so many
// times.
func (m *Model) bytesOfRow(times int) int {
	size := 8
	if m.cfg.Dtype == "float32" {
		size = 4
	}
	return size * times * slices.Max(m.ae.widths())
}

// rowsOfBlock is how many of so many rows make a block: a divisor of them if one
// is large enough, since the rest of a division has a graph of its own.
func rowsOfBlock(rows, bytesOfRow int) int {
	most := min(rows, max(minBlock, min(maxBlock, blockBytes/bytesOfRow)))
	for n := most; 5*n >= 2*most; n-- {
		if rows%n == 0 {
			return n
		}
	}
	blocks := (rows + most - 1) / most
	return (rows + blocks - 1) / blocks
}

// building is held while a gradient is derived: Gorgonia adds nodes of its own
// package to the graph, which workers would share.
var building sync.Mutex

// block returns the block of a form.
func (o *Objective) block(f form) (*block, error) {
	if k := o.blocks[f]; k != nil {
		return k, nil
	}
	building.Lock()
	defer building.Unlock()
	k, err := o.m.newBlock(f, o.times, o.half)
	if err != nil {
		return nil, err
	}
	k.g.refresh()
	o.blocks[f] = k
	return k, nil
}

func (m *Model) newBlock(f form, times int, half float64) (*block, error) {
	g, width := newGraph(m.params, m.cfg.Dtype), m.cfg.Width()
	k := &block{form: f, m: m, times: times, g: g}
	var x0, target, steps, weights *G.Node
	x0, k.x0 = g.input("x0", f.rows, width)
	target, k.target = g.input("target", times*f.rows, width)
	own := 1
	if f.ownSteps {
		own = f.rows
	}
	steps, k.steps = g.input("steps", times-1, own)
	weights, k.weights = g.input("weights", []int{times, f.rows, width}[:f.weights]...)

	var err error
	if k.known, err = m.known(g, f.rows, times-1); err != nil {
		return nil, err
	}
	u0, err := m.ae.encode(g, x0)
	if err != nil {
		return nil, errors.Wrap(err, "model: encoder")
	}
	us, err := m.integrate(g, u0, steps, k.known)
	if err != nil {
		return nil, err
	}
	y, err := ops.Stack(us...)
	if err != nil {
		return nil, err
	}
	if y, err = m.decode(g, y, x0); err != nil {
		return nil, err
	}
	cost, err := ops.SquaredError(y, target, weights, half)
	if err != nil {
		return nil, err
	}
	by := g.order
	if f.starts {
		by = append(slices.Clone(by), x0)
	}
	grads, err := G.Grad(cost, by...)
	if err != nil {
		return nil, errors.Wrap(err, "model: gradient")
	}
	if k.program, err = graph.Compile(append(G.Nodes{cost}, grads...)...); err != nil {
		return nil, err
	}
	if f.starts {
		k.y, k.byX0 = k.program.Data(y), k.program.Data(grads[len(grads)-1])
	}
	k.cost = k.program.Data(cost)
	for i, p := range g.used {
		k.part = append(k.part, k.program.Data(grads[i]))
		k.at = append(k.at, m.params.offset(p.Name))
	}
	return k, nil
}

// load takes what belongs to the rows from lo on.
func (k *block) load(b Batch, lo int) error {
	hi := lo + k.rows
	steps := ofRows(b.Steps, k.times-1, b.Rows, lo, hi)
	if unit := k.m.cfg.timeUnit(); unit != 1 {
		k.counted = append(k.counted[:0], steps...)
		floats.Scale(1/unit, k.counted)
		steps = k.counted
	}
	k.steps.Set(0, steps)
	k.weights.Set(0, ofRows(b.Weights, k.times, b.Rows, lo, hi))
	width := k.m.cfg.Width()
	for r := range k.rows {
		for t := range k.times {
			x := b.State(lo+r, t)
			if len(x) != width {
				return dataError("Objective: Evaluate: the state of row %d at time %d has %d elements, want %d", lo+r, t, len(x), width)
			}
			k.target.Set((t*k.rows+r)*width, x)
			if t == 0 {
				k.x0.Set(r*width, x)
			}
		}
	}
	if k.starts {
		k.x0.Set(0, b.Starts[lo*width:hi*width])
	}
	return k.loadKnown(b, lo)
}

// byStarts writes the gradients by the states with which the rows from lo on begin
// and end.
func (k *block) byStarts(b Batch, lo int) {
	width := k.m.cfg.Width()
	k.byX0.Get(b.StartGrad[lo*width : (lo+k.rows)*width])
	weights := ofRows(b.Weights, k.times, b.Rows, lo, lo+k.rows)
	each := len(weights) / k.times // of a time
	weights = weights[len(weights)-each:]
	last := (k.times - 1) * k.rows * width
	for i := range k.rows * width {
		var d float64
		if w := weights[i*each/(k.rows*width)]; w != 0 {
			d = 2 * w * (k.target.At(last+i) - k.y.At(last+i))
		}
		b.EndGrad[lo*width+i] = d
	}
}

// loadKnown takes the parameters and inputs of the rows from lo on.
func (k *block) loadKnown(b Batch, lo int) error {
	p, q := len(k.m.cfg.Parameters.Names), len(k.m.cfg.Inputs.Names)
	if (p > 0) != (b.Parameters != nil) || (q > 0) != (b.Inputs != nil) {
		return dataError("Objective: Evaluate: got parameters %v and inputs %v, want %v and %v as the model has them", b.Parameters != nil, b.Inputs != nil, p > 0, q > 0)
	}
	for r := range k.rows {
		if p > 0 {
			of := b.Parameters(lo + r)
			if len(of) != p {
				return dataError("Objective: Evaluate: row %d has %d parameters, want %d", lo+r, len(of), p)
			}
			k.known.p.Set(r*p, of)
		}
		for i := range k.known.w {
			begin, change := b.Inputs(lo+r, i)
			if len(begin) != q || len(change) != q {
				return dataError("Objective: Evaluate: row %d has %d inputs and %d changes in interval %d, want %d", lo+r, len(begin), len(change), i, q)
			}
			k.known.w[i].Set(r*q, begin)
			k.known.dw[i].Set(r*q, change)
		}
	}
	return nil
}

// ofRows returns what belongs to the rows from lo up to hi of x, which is the same
// for all rows or (count, rows, …).
func ofRows(x []float64, count, rows, lo, hi int) []float64 {
	if len(x) == count || hi-lo == rows {
		return x
	}
	each := len(x) / count // of an interval or a time
	part := make([]float64, 0, len(x)/rows*(hi-lo))
	for ; len(x) > 0; x = x[each:] {
		part = append(part, x[each/rows*lo:each/rows*hi]...)
	}
	return part
}
