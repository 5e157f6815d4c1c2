package model

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// The rows of a block of a batch.
const (
	minBlock = 50
	maxBlock = 125
)

// worker evaluates the loss of its part of a batch, and the gradient, with a
// graph and a program of its own: of rows lo … hi−1 of the batch, in blocks that
// stay in cache.
type worker struct {
	lo, hi  int
	rows    int // of a block
	g       *graph
	program *ops.Program
	x0      ops.Buffer // (rows, m)
	target  ops.Buffer // (times·rows, m), time slowest
	steps   ops.Buffer // (intervals, 1)
	weight  ops.Buffer // (times)
	turned  []float64

	loss float64
	grad []float64 // laid out as the parameters are
	cost ops.Buffer
	part []ops.Buffer // of the gradient, by each parameter of the graph
	at   []int        // where in grad each of them begins
	err  error
}

// newWorker builds the graph of the loss for rows lo … hi−1 over a grid of
// times: encoder, time stepping, decoder over all states at once, eq. (20), with
// the squared errors saturating as ops.SquaredError says.
func (m *Model) newWorker(lo, hi, times int, half float64) (*worker, error) {
	rows := rowsOfBlock(hi - lo)
	w := &worker{lo: lo, hi: hi, rows: rows, g: newGraph(m.params, m.cfg.Dtype), turned: make([]float64, m.cfg.width())}
	g := w.g
	var x0, target, steps, weight *G.Node
	x0, w.x0 = g.input("x0", rows, m.cfg.width())
	target, w.target = g.input("target", times*rows, m.cfg.width())
	steps, w.steps = g.input("steps", times-1, 1)
	weight, w.weight = g.input("weights", times)

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
	cost, err := ops.SquaredError(y, target, weight, half)
	if err != nil {
		return nil, err
	}
	grads, err := G.Grad(cost, g.order...)
	if err != nil {
		return nil, errors.Wrap(err, "model: gradient")
	}
	if w.program, err = ops.Compile(append(G.Nodes{cost}, grads...)...); err != nil {
		return nil, err
	}
	w.cost = w.program.Data(cost)
	w.grad = make([]float64, len(m.params.Flat))
	for i, p := range g.used {
		w.part = append(w.part, w.program.Data(grads[i]))
		w.at = append(w.at, m.params.offset(p.Name))
	}
	return w, nil
}

// rowsOfBlock is the largest part of so many rows that still stays in cache
// and is not too small for products to be fast, or all of them.
func rowsOfBlock(rows int) int {
	for n := min(rows, maxBlock); n >= minBlock; n-- {
		if rows%n == 0 {
			return n
		}
	}
	return rows
}

// run evaluates the loss for what the trainer sees, and its gradient.
func (w *worker) run(t *Trainer) {
	w.g.refresh()
	w.loss = 0
	clear(w.grad)
	for lo := w.lo; lo < w.hi; lo += w.rows {
		t.gather(w, lo, lo+w.rows)
		if w.err = w.program.Run(); w.err != nil {
			return
		}
		w.loss += w.cost.At(0)
		for i, d := range w.part {
			d.AddTo(w.grad[w.at[i]:])
		}
	}
}
