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
// ops.SquaredError. Times and weights may be each trajectory's own. It has graphs
// and programs of its own, so several of them may be evaluated at the same time,
// each on its part of a batch.
type Objective struct {
	m     *Model
	times int
	rows  int // of a block
	half  float64
	of    map[form]*formed
}

// form says what of a batch its rows share.
type form struct {
	ownSteps bool
	weights  int // dimensions: times, rows, components
}

// formed is the graph of one form of batches, and its program.
type formed struct {
	form
	g       *Graph
	program *ops.Program
	known   known
	x0      ops.Buffer // (rows, m)
	target  ops.Buffer // (times·rows, m), time slowest
	steps   ops.Buffer // (times−1, 1 or rows)
	weights ops.Buffer // (times), (times, rows) or (times, rows, m)
	cost    ops.Buffer
	scaled  []float64    // steps in the model's unit of time
	part    []ops.Buffer // of the gradient, by each parameter of the graph
	at      []int        // where in it each of them begins
}

// Batch is what one evaluation of an Objective sees. Every row is a trajectory,
// or a part of one, in the scaled variables of Model.Scaled.
type Batch struct {
	Rows int
	// Steps are the lengths of the intervals in the data's unit of time: (times−1), which all rows share, or
	// (times−1, rows), of each row, intervals slowest. Where all rows share them
	// the exponentials of a step are formed once for the batch. A step of 0 leaves
	// the row where it is: by such steps a short trajectory is made as long as the
	// others.
	Steps []float64
	// Weights are those of the times in the sum: (times), or (times, rows), or
	// (times, rows, components) in the scaled variables, times slowest. What has the
	// weight 0 is not looked at, and may be NaN.
	Weights []float64
	// State returns the state of a row at a time, of which it need not be a copy.
	State func(row, time int) []float64
	// Parameters returns the constants of a row, Config.Parameters, and Inputs those
	// of Config.Inputs at the beginning of an interval, and by how much they change
	// over it, both before they are scaled. Nil where the model has none.
	Parameters func(row int) []float64
	Inputs     func(row, interval int) (begin, change []float64)
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
		if err := m.CheckStates(x); err != nil {
			return Batch{}, errors.WithMessagef(err, "time %d", k)
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
// times. half is the squared error of a state that counts for half; 0: errors do
// not saturate. It follows the parameters of m as they change. What it evaluates,
// the graph of the encoder, the time stepping, the decoder over all states at once,
// and the sum, is made for the first batch of each form: with steps and weights
// that the rows share or have of their own.
func (m *Model) NewObjective(rows, times int, half float64) (*Objective, error) {
	if rows < 1 || times < 2 || !(half >= 0) {
		return nil, dataError("NewObjective: got %d rows, %d times and half %g, want at least 1 row and 2 times, and a number that is not negative", rows, times, half)
	}
	return &Objective{m: m, times: times, rows: rowsOfBlock(rows), half: half, of: map[form]*formed{}}, nil
}

// formed returns what evaluates batches of a form.
func (o *Objective) formed(f form) (*formed, error) {
	if e := o.of[f]; e != nil {
		return e, nil
	}
	m := o.m
	g, width := newGraph(m.params, m.cfg.Dtype), m.cfg.Width()
	e := &formed{form: f, g: g}
	var x0, target, steps, weights *G.Node
	x0, e.x0 = g.input("x0", o.rows, width)
	target, e.target = g.input("target", o.times*o.rows, width)
	own := 1
	if f.ownSteps {
		own = o.rows
	}
	steps, e.steps = g.input("steps", o.times-1, own)
	weights, e.weights = g.input("weights", []int{o.times, o.rows, width}[:f.weights]...)

	var err error
	if e.known, err = m.known(g, o.rows, o.times-1); err != nil {
		return nil, err
	}
	u0, err := m.ae.encode(g, x0)
	if err != nil {
		return nil, errors.Wrap(err, "model: encoder")
	}
	us, err := m.integrate(g, u0, steps, e.known)
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
	cost, err := ops.SquaredError(y, target, weights, o.half)
	if err != nil {
		return nil, err
	}
	grads, err := G.Grad(cost, g.order...)
	if err != nil {
		return nil, errors.Wrap(err, "model: gradient")
	}
	if e.program, err = ops.Compile(append(G.Nodes{cost}, grads...)...); err != nil {
		return nil, err
	}
	e.cost = e.program.Data(cost)
	for i, p := range g.used {
		e.part = append(e.part, e.program.Data(grads[i]))
		e.at = append(e.at, m.params.offset(p.Name))
	}
	o.of[f] = e
	return e, nil
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

// formOf returns the form of a batch, and whether it has one.
func (o *Objective) formOf(b Batch) (f form, ok bool) {
	switch len(b.Steps) {
	case o.times - 1:
	case (o.times - 1) * b.Rows:
		f.ownSteps = true
	default:
		return f, false
	}
	switch len(b.Weights) {
	case o.times:
		f.weights = 1
	case o.times * b.Rows:
		f.weights = 2
	case o.times * b.Rows * o.m.cfg.Width():
		f.weights = 3
	}
	return f, f.weights > 0
}

// Evaluate returns L for a batch and the present parameters, and writes its
// gradient by them, laid out as Params.Flat is. Parameters for which an op finds
// no finite value have the loss NaN and the gradient 0. The error is ErrData for a
// batch of another shape than the objective's.
func (o *Objective) Evaluate(b Batch, grad []float64) (loss float64, err error) {
	return o.EvaluateRows(b, 0, b.Rows, grad)
}

// EvaluateRows is Evaluate for the rows of a batch from lo up to hi: their part of
// the sum.
func (o *Objective) EvaluateRows(b Batch, lo, hi int, grad []float64) (loss float64, err error) {
	f, ok := o.formOf(b)
	if !ok || lo < 0 || hi <= lo || hi > b.Rows || (hi-lo)%o.rows != 0 || len(grad) != len(o.m.params.Flat) {
		return 0, dataError("Objective: Evaluate: got %d rows, %d steps, %d weights and a gradient of %d, want a multiple of %d rows, %d steps and %d weights, or as many for each row, and %d",
			hi-lo, len(b.Steps), len(b.Weights), len(grad), o.rows, o.times-1, o.times, len(o.m.params.Flat))
	}
	e, err := o.formed(f)
	if err != nil {
		return 0, err
	}
	e.g.refresh()
	clear(grad)
	width := o.m.cfg.Width()
	for ; lo < hi; lo += o.rows { // blocks that stay in cache
		steps := ofRows(b.Steps, o.times-1, b.Rows, lo, lo+o.rows)
		if unit := o.m.cfg.timeUnit(); unit != 1 {
			e.scaled = append(e.scaled[:0], steps...)
			floats.Scale(1/unit, e.scaled)
			steps = e.scaled
		}
		e.steps.Set(0, steps)
		e.weights.Set(0, ofRows(b.Weights, o.times, b.Rows, lo, lo+o.rows))
		for r := range o.rows {
			for k := range o.times {
				x := b.State(lo+r, k)
				if len(x) != width {
					return 0, dataError("Objective: Evaluate: the state of row %d at time %d has %d elements, want %d", lo+r, k, len(x), width)
				}
				e.target.Set((k*o.rows+r)*width, x)
				if k == 0 {
					e.x0.Set(r*width, x)
				}
			}
		}
		if err := o.setKnown(e, b, lo); err != nil {
			return 0, err
		}
		err := e.program.Run()
		if errors.Is(err, ops.ErrNotFinite) || errors.Is(err, ops.ErrSingular) {
			clear(grad)
			return math.NaN(), nil
		}
		if err != nil {
			return 0, err
		}
		loss += e.cost.At(0)
		for i, d := range e.part {
			d.AddTo(grad[e.at[i]:])
		}
	}
	return loss, nil
}

// setKnown brings what is known of the rows of a block to the graph.
func (o *Objective) setKnown(e *formed, b Batch, lo int) error {
	p, q := len(o.m.cfg.Parameters.Names), len(o.m.cfg.Inputs.Names)
	if (p > 0) != (b.Parameters != nil) || (q > 0) != (b.Inputs != nil) {
		return dataError("Objective: Evaluate: got parameters %v and inputs %v, want %v and %v as the model has them", b.Parameters != nil, b.Inputs != nil, p > 0, q > 0)
	}
	for r := range o.rows {
		if p > 0 {
			of := b.Parameters(lo + r)
			if len(of) != p {
				return dataError("Objective: Evaluate: row %d has %d parameters, want %d", lo+r, len(of), p)
			}
			e.known.p.Set(r*p, of)
		}
		for k := range e.known.w {
			begin, change := b.Inputs(lo+r, k)
			if len(begin) != q || len(change) != q {
				return dataError("Objective: Evaluate: row %d has %d inputs and %d changes in interval %d, want %d", lo+r, len(begin), len(change), k, q)
			}
			e.known.w[k].Set(r*q, begin)
			e.known.dw[k].Set(r*q, change)
		}
	}
	return nil
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
