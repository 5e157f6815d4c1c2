package model

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Objective is what a training makes small, eq. (20): of a batch of trajectories
// with the states U at the times t_0 < … < t_T,
//
//	L = Σ_k w_k Σ_rows ρ(‖x_k − y_k‖²),  x_k = scaled(U(t_k)),
//
// where y_k is what the model decodes from its own trajectory from x_0 on, w_k
// are weights of the times, see LossWeights, and ρ(e) = e or saturates, see
// ops.SquaredError. It has a graph and a program of its own, so several of them
// may be evaluated at the same time, each on its part of a batch.
type Objective struct {
	m       *Model
	times   int
	rows    int // of a block
	g       *Graph
	program *ops.Program
	x0      ops.Buffer // (rows, m)
	target  ops.Buffer // (times·rows, m), time slowest
	steps   ops.Buffer // (times−1, 1)
	weights ops.Buffer // (times)
	cost    ops.Buffer
	part    []ops.Buffer // of the gradient, by each parameter of the graph
	at      []int        // where in it each of them begins
	counted []float64    // steps in the model's unit of time
}

// Batch is what one evaluation of an Objective sees. Every row is a trajectory,
// or a part of one, in the scaled variables of Model.Scaled.
type Batch struct {
	Rows int
	// Steps, in the data's unit of time, are the lengths of the intervals, (times−1), which all rows share.
	Steps []float64
	// Weights are those of the times in the sum, (times).
	Weights []float64
	// State returns the state of a row at a time, of which it need not be a copy.
	State func(row, time int) []float64
}

// NewBatch makes a batch of whole trajectories: states, indexed by time, sample
// and component, in the physical variables, at the given times. It has the
// weights of LossWeights over the number of samples, with which L is the mean of
// eq. (20). The error is ErrData or ErrConfig.
func (m *Model) NewBatch(weighting string, times []float64, states [][][]float64) (Batch, error) {
	if err := checkTimes(times, 2); err != nil {
		return Batch{}, err
	}
	if len(states) != len(times) || len(states[0]) == 0 {
		return Batch{}, dataError("NewBatch: got states at %d times, want %d as there are times, and at least one sample", len(states), len(times))
	}
	b := Batch{Rows: len(states[0]), Steps: stepsOf(times)}
	scaled := make([][][]float64, len(times))
	for k, s := range states {
		x, err := checkStates(fmt.Sprintf("states at time %d", k), s, b.Rows, m.cfg.Dim)
		if err != nil {
			return Batch{}, err
		}
		scaled[k] = rows(m.Scaled(x), m.cfg.Width())
	}
	b.State = func(row, time int) []float64 { return scaled[time][row] }
	var err error
	b.Weights, err = LossWeights(weighting, times)
	floats.Scale(1/float64(b.Rows), b.Weights)
	return b, err
}

// The rows of a block of a batch.
const (
	minBlock = 50
	maxBlock = 125
)

// NewObjective makes the objective of m for batches of so many rows at so many
// times: the graph of the encoder, the time stepping, the decoder over all states
// at once, and the sum. half is the squared error of a state that counts for half;
// 0: errors do not saturate. It follows the parameters of m as they change.
func (m *Model) NewObjective(rows, times int, half float64) (*Objective, error) {
	if rows < 1 || times < 2 || !(half >= 0) {
		return nil, dataError("NewObjective: got %d rows, %d times and half %g, want at least 1 row and 2 times, and a number that is not negative", rows, times, half)
	}
	rows = rowsOfBlock(rows)
	g, width := newGraph(m.params, m.cfg.Dtype), m.cfg.Width()
	o := &Objective{m: m, times: times, rows: rows, g: g}
	var x0, target, steps, weights *G.Node
	x0, o.x0 = g.input("x0", rows, width)
	target, o.target = g.input("target", times*rows, width)
	steps, o.steps = g.input("steps", times-1, 1)
	weights, o.weights = g.input("weights", times)

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
	if o.program, err = ops.Compile(append(G.Nodes{cost}, grads...)...); err != nil {
		return nil, err
	}
	o.cost = o.program.Data(cost)
	for i, p := range g.used {
		o.part = append(o.part, o.program.Data(grads[i]))
		o.at = append(o.at, m.params.offset(p.Name))
	}
	return o, nil
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

// Evaluate returns L for a batch and the present parameters, and writes its
// gradient by them, laid out as Params.Flat is. Parameters for which an op finds
// no finite value have the loss NaN and the gradient 0. The error is ErrData for a batch of another shape than the objective's.
func (o *Objective) Evaluate(b Batch, grad []float64) (loss float64, err error) {
	if b.Rows < 1 || b.Rows%o.rows != 0 || len(b.Steps) != o.times-1 || len(b.Weights) != o.times || len(grad) != len(o.m.params.Flat) {
		return 0, dataError("Objective: Evaluate: got %d rows, %d steps, %d weights and a gradient of %d, want a multiple of %d rows, %d steps, %d weights and %d",
			b.Rows, len(b.Steps), len(b.Weights), len(grad), o.rows, o.times-1, o.times, len(o.m.params.Flat))
	}
	b.Steps = o.inUnit(b.Steps)
	o.g.refresh()
	o.steps.Set(0, b.Steps)
	o.weights.Set(0, b.Weights)
	clear(grad)
	width := o.m.cfg.Width()
	for lo := 0; lo < b.Rows; lo += o.rows { // blocks that stay in cache
		for r := range o.rows {
			for k := range o.times {
				x := b.State(lo+r, k)
				if len(x) != width {
					return 0, dataError("Objective: Evaluate: the state of row %d at time %d has %d elements, want %d", lo+r, k, len(x), width)
				}
				o.target.Set((k*o.rows+r)*width, x)
				if k == 0 {
					o.x0.Set(r*width, x)
				}
			}
		}
		err := o.program.Run()
		if errors.Is(err, ops.ErrNotFinite) || errors.Is(err, ops.ErrSingular) {
			clear(grad)
			return math.NaN(), nil
		}
		if err != nil {
			return 0, err
		}
		loss += o.cost.At(0)
		for i, d := range o.part {
			d.AddTo(grad[o.at[i]:])
		}
	}
	return loss, nil
}

// inUnit returns steps in the model's unit of time.
func (o *Objective) inUnit(steps []float64) []float64 {
	unit := o.m.cfg.timeUnit()
	if unit == 1 {
		return steps
	}
	o.counted = append(o.counted[:0], steps...)
	floats.Scale(1/unit, o.counted)
	return o.counted
}

// The weightings of the loss in time.
const (
	WeightTime    = "time"
	WeightLogTime = "log-time"
	WeightUniform = "uniform"
)

// LossWeights returns the weight of each time in the loss of one trajectory, by
// the trapezoidal rule,
//
//	Σ_n ½ (‖e_{n+1}‖² + ‖e_n‖²) δ_n,   e_n = U_n − f_D(u_n),
//
// by the length δ_n of interval n: t_{n+1} − t_n for "time", which is eq. (20),
// ln(t_{n+1}/t_n) for "log-time", and 1 for "uniform". Over twelve decades (20)
// puts nearly all its weight on the last two intervals. The mean over a batch has
// them divided by its size. The error is ErrConfig.
func LossWeights(kind string, times []float64) ([]float64, error) {
	w := make([]float64, len(times))
	for n := range len(times) - 1 {
		var d float64
		switch kind {
		case WeightTime:
			d = times[n+1] - times[n]
		case WeightLogTime:
			d = math.Log(times[n+1] / times[n])
			if !(times[0] > 0) {
				return nil, errors.Wrapf(ErrConfig, "model: weighting %q needs a first time above 0, got %g", kind, times[0])
			}
		case WeightUniform:
			d = 1
		default:
			return nil, errors.Wrapf(ErrConfig, "model: weighting is %q, want %s, %s or %s", kind, WeightTime, WeightLogTime, WeightUniform)
		}
		w[n] += d / 2
		w[n+1] += d / 2
	}
	return w, nil
}
