package model

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// worker evaluates the loss of its part of a batch, and the gradient, with a
// graph and a tape machine of its own. Its rows are rows lo … hi−1 of the batch.
type worker struct {
	lo, hi int
	g      *graph
	vm     G.VM
	x0     array // (rows, m)
	target array // (times·rows, m), time slowest
	steps  array // (intervals, 1)
	weight array // (times)
	cost   *G.Node

	loss float64
	grad []float64 // laid out as the parameters are
	at   []int     // where in it each parameter of the graph begins
	err  error
}

// newWorker builds the graph of the loss for rows lo … hi−1 over a grid of
// times: encoder, time stepping, decoder over all states at once, eq. (20).
func (m *Model) newWorker(lo, hi, times int) (*worker, error) {
	rows := hi - lo
	w := &worker{lo: lo, hi: hi, g: newGraph(m.params, m.cfg.Dtype)}
	g := w.g
	var x0, target, steps, weight *G.Node
	x0, w.x0 = g.input("x0", rows, m.cfg.Dim)
	target, w.target = g.input("target", times*rows, m.cfg.Dim)
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
	if w.cost, err = ops.SquaredError(y, target, weight); err != nil {
		return nil, err
	}
	if _, err := G.Grad(w.cost, g.order...); err != nil {
		return nil, errors.Wrap(err, "model: gradient")
	}
	w.grad = make([]float64, len(m.params.Flat))
	for _, p := range g.used {
		w.at = append(w.at, m.params.offset(p.Name))
	}
	w.vm = G.NewTapeMachine(g.ExprGraph, G.BindDualValues(g.order...))
	return w, nil
}

// run evaluates the loss for the data that was set, and its gradient. Gorgonia
// adds up the gradients of its runs, so each is cleared as it is read, also what
// a run that failed has left; if that was the first, there is none.
func (w *worker) run() {
	w.g.refresh()
	if w.err = runAll(w.vm); w.err == nil {
		w.loss = valueArray(w.cost.Value()).at(0)
	}
	clear(w.grad)
	for i, n := range w.g.order {
		v, err := n.Grad()
		if err != nil {
			if w.err == nil {
				w.err = err
			}
			continue
		}
		if v == nil {
			continue
		}
		valueArray(v).drainTo(w.grad[w.at[i]:])
	}
	w.vm.Reset()
}
