package model

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// block is an Objective of a number of rows, whose activations stay in cache.
type block struct {
	rows    int
	g       *Graph
	program *ops.Program
	x0      ops.Buffer // (rows, m)
	target  ops.Buffer // (times·rows, m), time slowest
	steps   ops.Buffer // (times−1, 1)
	weights ops.Buffer // (times)
	cost    ops.Buffer
	part    []ops.Buffer // of the gradient, by each parameter of the graph
	at      []int        // where in it each of them begins
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

// newBlock makes a block of so many rows.
func (m *Model) newBlock(rows, times int, half float64) (*block, error) {
	g, width := newGraph(m.params, m.cfg.Dtype), m.cfg.Width()
	k := &block{rows: rows, g: g}
	var x0, target, steps, weights *G.Node
	x0, k.x0 = g.input("x0", rows, width)
	target, k.target = g.input("target", times*rows, width)
	steps, k.steps = g.input("steps", times-1, 1)
	weights, k.weights = g.input("weights", times)

	u0, err := m.ae.encode(g, x0)
	if err != nil {
		return nil, errors.Wrap(err, "model: encoder")
	}
	us, err := m.integrate(g, u0, steps)
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
	grads, err := G.Grad(cost, g.order...)
	if err != nil {
		return nil, errors.Wrap(err, "model: gradient")
	}
	if k.program, err = ops.Compile(append(G.Nodes{cost}, grads...)...); err != nil {
		return nil, err
	}
	k.cost = k.program.Data(cost)
	for i, p := range g.used {
		k.part = append(k.part, k.program.Data(grads[i]))
		k.at = append(k.at, m.params.offset(p.Name))
	}
	return k, nil
}

// load takes the states of the rows from lo on.
func (k *block) load(b Batch, lo, times, width int) error {
	for r := range k.rows {
		for t := range times {
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
	return nil
}
