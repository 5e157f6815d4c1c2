package model

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/ops"
)

// Objective is what a training makes small, eq. (20): of a batch of trajectories
// with the states U at the times t_0 < … < t_T,
//
//	L = Σ_k w_k Σ_rows ρ(‖x_k − y_k‖²),  x_k = scaled(U(t_k)),
//
// where y_k is what the model decodes from its own trajectory from x_0 on, w_k
// are weights of the times, see LossWeights, and ρ(e) = e or saturates, see
// ops.SquaredError. It has graphs and programs of its own, so several of them
// may be evaluated at the same time, each on its part of a batch.
type Objective struct {
	m      *Model
	rows   int
	times  int
	blocks []*block // one, and another if rows are left over

	counted []float64 // steps in the model's unit of time
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

// NewObjective makes the objective of m for batches of so many rows at so many
// times: the graph of the encoder, the time stepping, the decoder over all states
// at once, and the sum. half is the squared error of a state that counts for half;
// 0: errors do not saturate. It follows the parameters of m as they change.
func (m *Model) NewObjective(rows, times int, half float64) (*Objective, error) {
	if rows < 1 || times < 2 || !(half >= 0) {
		return nil, dataError("NewObjective: got %d rows, %d times and half %g, want at least 1 row and 2 times, and a number that is not negative", rows, times, half)
	}
	o := &Objective{m: m, rows: rows, times: times}
	size := rowsOfBlock(rows, m.bytesOfRow(times))
	for _, n := range []int{size, rows % size} {
		if n == 0 {
			continue
		}
		b, err := m.newBlock(n, times, half)
		if err != nil {
			return nil, err
		}
		o.blocks = append(o.blocks, b)
	}
	return o, nil
}

// Evaluate returns L for a batch and the present parameters, and writes its
// gradient by them, laid out as Params.Flat is. Parameters for which an op finds
// no finite value have the loss NaN and the gradient 0. The error is ErrData for a
// batch of another shape than the objective's.
func (o *Objective) Evaluate(b Batch, grad []float64) (loss float64, err error) {
	if b.Rows != o.rows || len(b.Steps) != o.times-1 || len(b.Weights) != o.times || len(grad) != len(o.m.params.Flat) {
		return 0, dataError("Objective: Evaluate: got %d rows, %d steps, %d weights and a gradient of %d, want %d rows, %d steps, %d weights and %d",
			b.Rows, len(b.Steps), len(b.Weights), len(grad), o.rows, o.times-1, o.times, len(o.m.params.Flat))
	}
	steps := o.inUnit(b.Steps)
	for _, k := range o.blocks {
		k.g.refresh()
		k.steps.Set(0, steps)
		k.weights.Set(0, b.Weights)
	}
	clear(grad)
	k := o.blocks[0]
	for lo := 0; lo < b.Rows; lo += k.rows {
		if b.Rows-lo < k.rows {
			k = o.blocks[1]
		}
		if err := k.load(b, lo, o.times, o.m.cfg.Width()); err != nil {
			return 0, err
		}
		err := k.program.Run()
		if errors.Is(err, ops.ErrNotFinite) || errors.Is(err, ops.ErrSingular) {
			clear(grad)
			return math.NaN(), nil
		}
		if err != nil {
			return 0, err
		}
		loss += k.cost.At(0)
		for i, d := range k.part {
			d.AddTo(grad[k.at[i]:])
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
