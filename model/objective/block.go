package objective

import (
	"slices"
	"sync"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/graph"
)

// block evaluates an Objective for so many rows of one form: its graph and its
// program, whose activations stay in cache.
type block struct {
	form
	m       *model.Model
	all     int // times of the objective
	times   int // of them that are decoded
	g       *param.Graph
	program *graph.Split
	begun   bool // what no row enters is there
	given   dynamics.Given
	x0      graph.Buffer // (rows, m)
	piece   piece        // of a trajectory that is taken in pieces
	again   again
	y, byX0 graph.Buffer // of a batch with starts: what is decoded last, and the gradient by x0
	target  graph.Buffer // (times·rows, m), time slowest
	steps   graph.Buffer // (times−1, 1 or rows)
	weights graph.Buffer // (times), (times, rows) or (times, rows, m)
	cost    graph.Buffer
	counted []float64 // steps in the model's unit of time
	part    []part
}

// part is the gradient by a parameter of the graph, over all rows.
type part struct {
	graph.Buffer
	at  int          // where in the whole it begins
	run graph.Buffer // what a run adds to it where the program does not
	sum []float64    // then its memory
}

// form is how many rows and intervals a block has, and what they share.
type form struct {
	rows       int
	intervals  int
	ownSteps   bool
	weights    int // dimensions: times, rows, components
	starts     bool
	consistent bool
	place      place
}

// A block has no more than maxBlock rows, nor more than make an array of the
// decoder as large as blockBytes, what a core has of second-level cache; but
// minBlock if that leaves fewer, with which the products of a step are slow.
const (
	minBlock   = 20
	maxBlock   = 125
	blockBytes = 1 << 20
)

// The times of a block are decoded in parts, and each goes back before the next is begun.
// So its states in the network and their gradients are in the second level of the cache as
// long as they are of use: the largest array has about partBytes. A graph grows with the
// parts, of which there are mostParts at most.
const (
	partBytes = 100 << 10
	mostParts = 32
)

// partsOf is how many times are in each part of them, where the decoder's largest array for
// one has so many bytes.
func partsOf(times, bytesOfTime int) (parts []int) {
	n := min(times, mostParts, max(1, (times*bytesOfTime+partBytes-1)/partBytes))
	for i := range n {
		parts = append(parts, (i+1)*times/n-i*times/n)
	}
	return parts
}

// bytesOfRow is the size of the decoder's largest array for one row at so many
// times.
func bytesOfRow(m *model.Model, times int) int {
	size := 8
	if m.Config().Dtype == "float32" {
		size = 4
	}
	return size * times * m.Widest()
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
	k := o.blocks[f]
	if k == nil {
		building.Lock()
		defer building.Unlock()
		var err error
		if k, err = newBlock(o.m, f, o.times, o.half); err != nil {
			return nil, err
		}
		o.blocks[f] = k
	}
	if !slices.Contains(o.used, k) {
		o.used = append(o.used, k)
	}
	return k, nil
}

func newBlock(m *model.Model, f form, all int, half float64) (*block, error) {
	g, width := m.Graph(), m.Config().Width()
	k := &block{form: f, m: m, all: all, times: f.intervals + 1, g: g}
	var x0, u0, steps *G.Node
	var targets, weights G.Nodes
	x0, k.x0 = g.Input("x0", f.rows, width)
	if f.place == later {
		k.times-- // the first is the last of the piece before
		u0, k.piece.begin = g.Input("u0", f.rows, m.Config().LatentDim())
	}
	parts := partsOf(k.times, f.rows*bytesOfRow(m, 1))
	rows := make([]int, len(parts))
	for i, times := range parts {
		rows[i] = times * f.rows
	}
	targets, k.target = g.InputParts("target", rows, width)
	own := 1
	if f.ownSteps {
		own = f.rows
	}
	steps, k.steps = g.Input("steps", f.intervals, own)
	weights, k.weights = g.InputParts("weights", parts, []int{f.rows, width}[:f.weights-1]...)

	ys, us, given, err := m.Rollout(g, x0, u0, steps, parts)
	if err != nil {
		return nil, err
	}
	end := us[len(us)-1]
	k.given = given
	var cost *G.Node
	for i, y := range ys {
		of, err := ops.SquaredError(y, targets[i], weights[i], half)
		if err == nil && cost != nil {
			of, err = G.Add(cost, of)
		}
		if err != nil {
			return nil, err
		}
		cost = of
	}
	if f.consistent && f.place != later {
		if cost, err = k.again.join(m, g, cost, us[1]); err != nil {
			return nil, err
		}
	}
	if f.place != whole {
		if cost, err = k.piece.join(g, cost, end); err != nil {
			return nil, err
		}
	}
	by, parameters := g.Parameters()
	by = slices.Clone(by)
	switch {
	case f.starts:
		by = append(by, x0)
	case f.place == later:
		by = append(by, u0)
	}
	grads, err := G.Grad(cost, by...)
	if err != nil {
		return nil, errors.Wrap(err, "objective: gradient")
	}
	varying := slices.DeleteFunc(slices.Clone(g.Inputs()), func(n *G.Node) bool { return n == steps && !f.ownSteps && f.place == whole })
	if f.place != whole {
		if err := k.piece.compile(varying, end); err != nil {
			return nil, err
		}
	}
	outputs, last := append(G.Nodes{cost}, grads...), ys[len(ys)-1]
	if f.starts {
		outputs = append(outputs, last)
	}
	if k.program, err = graph.CompileSplit(varying, outputs...); err != nil {
		return nil, err
	}
	data := k.program.Each.Data
	switch {
	case f.starts:
		k.y, k.byX0 = data(last), data(grads[len(grads)-1])
	case f.place == later:
		k.piece.byBegin = data(grads[len(grads)-1])
	}
	k.cost = data(cost)
	for i, p := range parameters {
		of := part{Buffer: data(grads[i]), at: m.Params().Offset(p.Name)}
		if !k.program.Total(grads[i]) {
			of.run, of.sum = of.Buffer, make([]float64, of.Len())
			of.Buffer = graph.BufferOf(of.sum)
		}
		k.part = append(k.part, of)
	}
	return k, nil
}

// begin evaluates what no row enters, unless it is there.
func (k *block) begin() error {
	if k.begun {
		return nil
	}
	k.begun = true
	for _, p := range k.part {
		clear(p.sum)
	}
	k.g.Refresh()
	if k.place != whole {
		if err := k.piece.ahead.Before.Run(); err != nil {
			return err
		}
	}
	return k.program.Before.Run()
}

// evaluate returns the part of the loss of the rows from lo on over the intervals from
// k0 on. Their part of the gradient is added to what end completes.
func (k *block) evaluate(b Batch, lo, k0 int) (float64, error) {
	if err := k.load(b, lo, k0); err != nil {
		return 0, err
	}
	if err := k.begin(); err != nil {
		return 0, err
	}
	if err := k.program.Each.Run(); err != nil {
		return 0, err
	}
	for _, p := range k.part {
		p.run.AddTo(p.sum)
	}
	if k.starts {
		k.byStarts(b, lo)
	}
	return k.cost.At(0), nil
}

// end evaluates what is so once for all rows: the gradient is there.
func (k *block) end() error { return k.program.After.Run() }

// addTo adds the gradient by the parameters from lo on to grad, as many as that has.
func (k *block) addTo(grad []float64, lo int) {
	hi := lo + len(grad)
	for _, p := range k.part {
		if from, to := max(lo, p.at), min(hi, p.at+p.Len()); from < to {
			p.Part(from-p.at, to-p.at).AddTo(grad[from-lo:])
		}
	}
}
