// Package objective is the loss of a batch of trajectories, eq. (20), and its gradient
// by the parameters of a model: what a training evaluates, or an optimizer of one's own.
package objective

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/ops"
)

// Objective is what a training makes small, eq. (20): of a batch of trajectories
// with the states U at the times t_0 < … < t_T,
//
//	L = Σ_k w_k Σ_rows ρ(‖x_k − y_k‖²),  x_k = scaled(U(t_k)),
//
// where y_k is what the model decodes from its own trajectory from x_0 on, w_k
// are weights of the times, see Weights, and ρ(e) = e or saturates, see
// ops.SquaredError. Times and weights may be each trajectory's own. It has graphs
// and programs of its own, so several of them may be evaluated at the same time,
// each on its part of a batch.
type Objective struct {
	m      *model.Model
	rows   int
	size   int // rows of a block
	times  int
	of     int // intervals of a piece of a trajectory; all of them: it is taken as a whole
	half   float64
	blocks map[form]*block
	used   []*block // in one evaluation, by their first rows
}

// Batch is what one evaluation of an Objective sees. Every row is a trajectory,
// or a part of one, in the scaled variables of Model.Scaled.
type Batch struct {
	Rows int
	// Steps are the lengths of the intervals, in the data's unit of time: (times−1),
	// which all rows share, or (times−1, rows), of each row, intervals slowest. Where
	// all rows share them the exponentials of a step are formed once for the batch.
	// A step of 0 leaves the row where it is: by such steps a short trajectory is
	// made as long as the others.
	Steps []float64
	// Weights are those of the times in the sum: (times), or (times, rows), or
	// (times, rows, components) in the scaled variables, times slowest. What has the
	// weight 0 is not looked at, and may be NaN.
	Weights []float64
	// State returns the state of a row at a time, of which it need not be a copy.
	State func(row, time int) []float64
	// Starts, if it is not nil, are the states with which the rows begin, (rows, m),
	// in place of State(row, 0). Evaluate then writes to StartGrad the gradient by them
	// and to EndGrad that by State(row, T) at the last time T, both of that shape: they
	// are unknowns of a training, and data no more. Errors must not saturate, and Consistency be 0.
	Starts, StartGrad, EndGrad []float64
	// Consistency, if it is not 0, adds to L
	//
	//	Consistency Σ_rows w_1 ‖u_1 − f_E(x_1)‖²
	//
	// of the latent state u_1 that the model comes to at the second time and that which
	// the encoder makes of the state there. Weights of components are meant by their mean,
	// and a state of which one is 0 has none. What is decoded right tells an encoder little
	// of coordinates that soon decay: it may give them values that no decoded state shows
	// but those just after a start, of which data have few.
	Consistency float64
	// Samples are the numbers of the rows for whoever made the batch.
	Samples []int
	// Parameters returns the constants of a row, Config.Parameters, and Inputs those
	// of Config.Inputs at the beginning of an interval, and by how much they change
	// over it, both before they are scaled. Nil where the model has none.
	Parameters func(row int) []float64
	Inputs     func(row, interval int) (begin, change []float64)
}

// NewBatch makes a batch of whole trajectories: states, indexed by time, sample
// and component, in the physical variables, at the given times. It has the
// weights of Weights over the number of samples, with which L is the mean of
// eq. (20). The error is model.ErrData or
// model.ErrConfig.
func NewBatch(m *model.Model, weighting string, times []float64, states [][][]float64) (Batch, error) {
	steps, err := model.Steps(times)
	if err != nil {
		return Batch{}, err
	}
	if len(steps) == 0 || len(states) != len(times) {
		return Batch{}, dataError("NewBatch: got states at %d times, want %d as there are times, and at least 2", len(states), len(times))
	}
	b := Batch{Rows: len(states[0]), Steps: steps}
	scaled := make([][]float64, len(times))
	for k, s := range states {
		if len(s) != b.Rows {
			return Batch{}, dataError("NewBatch: got %d samples at time %d, want %d", len(s), k, b.Rows)
		}
		if scaled[k], err = m.ScaledStates(s); err != nil {
			return Batch{}, errors.WithMessagef(err, "time %d", k)
		}
	}
	width := m.Config().Width()
	b.State = func(row, time int) []float64 { return scaled[time][row*width:][:width] }
	b.Weights, err = Weights(weighting, times)
	floats.Scale(1/float64(b.Rows), b.Weights)
	return b, err
}

// New makes the objective of m for batches of so many rows at so many
// times. half is the squared error of a state that counts for half; 0: errors do
// not saturate. It follows the parameters of m as they change. What it evaluates,
// the graph of the encoder, the time stepping, the decoder over all states at once,
// and the sum, is made for the first batch of each form: with steps and weights
// that the rows share or have of their own.
func New(m *model.Model, rows, times int, half float64) (*Objective, error) {
	if rows < 1 || times < 2 || !(half >= 0) {
		return nil, dataError("New: got %d rows, %d times and half %g, want at least 1 row and 2 times, and a number that is not negative", rows, times, half)
	}
	of := intervalsOfPiece(times-1, m.Config().Substeps)
	return &Objective{
		m: m, rows: rows, size: rowsOfBlock(rows, bytesOfRow(m, of+1)), times: times, of: of, half: half,
		blocks: map[form]*block{},
	}, nil
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
	case o.times * b.Rows * o.m.Config().Width():
		f.weights = 3
	}
	f.starts, f.consistent = b.Starts != nil, b.Consistency != 0
	size := b.Rows * o.m.Config().Width()
	return f, f.weights > 0 && (!f.starts || o.half == 0 && len(b.Starts) == size && len(b.StartGrad) == size && len(b.EndGrad) == size && !f.consistent)
}

// Evaluate returns L for a batch and the present parameters, and writes its
// gradient by them, laid out as Params.Flat is. Parameters for which an op finds
// no finite value have the loss NaN and the gradient 0. The error is model.ErrData for a
// batch of another shape than the objective's.
func (o *Objective) Evaluate(b Batch, grad []float64) (loss float64, err error) {
	if want := len(o.m.Params().Flat); len(grad) != want {
		return 0, dataError("Evaluate: got a gradient of %d, want %d", len(grad), want)
	}
	if loss, err = o.EvaluateRows(b, 0, b.Rows); err == nil {
		Gather(grad, 0, len(grad), o)
	}
	return loss, err
}

// EvaluateRows is Evaluate for the rows of a batch from lo up to hi: their part of
// the sum. The gradient is left to Gather.
func (o *Objective) EvaluateRows(b Batch, lo, hi int) (loss float64, err error) {
	f, ok := o.formOf(b)
	if !ok || lo < 0 || hi-lo != o.rows || hi > b.Rows {
		return 0, dataError("Evaluate: got %d rows, %d steps and %d weights, want %d rows, %d steps and %d weights, or as many for each row",
			hi-lo, len(b.Steps), len(b.Weights), o.rows, o.times-1, o.times)
	}
	loss, err = o.evaluate(b, f, lo, hi)
	if errors.Is(err, ops.ErrNotFinite) || errors.Is(err, ops.ErrSingular) {
		o.forget()
		return math.NaN(), nil
	}
	return loss, err
}

// gathered is how many elements of a gradient Gather takes at a time: they stay in the
// first level of the cache.
const gathered = 2048

// Gather writes to the elements of grad from lo up to hi the sum of the gradients of what
// the objectives have evaluated last, in their order.
func Gather(grad []float64, lo, hi int, of ...*Objective) {
	for ; lo < hi; lo += gathered {
		part := grad[lo:min(lo+gathered, hi)]
		clear(part)
		for _, o := range of {
			for _, k := range o.used {
				k.addTo(part, lo)
			}
		}
	}
}

// forget ends an evaluation, which has no gradient then.
func (o *Objective) forget() {
	for _, k := range o.used {
		k.begun = false
	}
	o.used = o.used[:0]
}

func (o *Objective) evaluate(b Batch, f form, lo, hi int) (loss float64, err error) {
	o.forget()
	for ; lo < hi; lo += f.rows {
		f.rows, f.intervals = min(o.size, hi-lo), o.times-1
		var part float64
		if !f.starts && o.of < f.intervals {
			part, err = o.inPieces(b, f, lo)
		} else if k, e := o.block(f); e == nil {
			part, err = k.evaluate(b, lo, 0)
		} else {
			err = e
		}
		if err != nil {
			return 0, err
		}
		loss += part
	}
	for _, k := range o.used {
		if err := k.end(); err != nil {
			return 0, err
		}
	}
	return loss, nil
}

func dataError(format string, args ...any) error {
	return errors.Wrapf(model.ErrData, "objective: "+format, args...)
}

// The weightings of the loss in time.
const (
	WeightTime    = "time"
	WeightLogTime = "log-time"
	WeightUniform = "uniform"
)

// Weights returns the weight of each time in the loss of one trajectory, by
// the trapezoidal rule,
//
//	Σ_n ½ (‖e_{n+1}‖² + ‖e_n‖²) δ_n,   e_n = U_n − f_D(u_n),
//
// by the length δ_n of interval n: t_{n+1} − t_n for "time", which is eq. (20),
// ln(t_{n+1}/t_n) for "log-time", and 1 for "uniform". Over twelve decades (20)
// puts nearly all its weight on the last two intervals. The mean over a batch has
// them divided by its size. The error is ErrConfig.
func Weights(kind string, times []float64) ([]float64, error) {
	w := make([]float64, len(times))
	for n := range len(times) - 1 {
		var d float64
		switch kind {
		case WeightTime:
			d = times[n+1] - times[n]
		case WeightLogTime:
			d = math.Log(times[n+1] / times[n])
			if !(times[0] > 0) {
				return nil, errors.Wrapf(model.ErrConfig, "objective: weighting %q needs a first time above 0, got %g", kind, times[0])
			}
		case WeightUniform:
			d = 1
		default:
			return nil, errors.Wrapf(model.ErrConfig, "objective: weighting is %q, want %s, %s or %s", kind, WeightTime, WeightLogTime, WeightUniform)
		}
		w[n] += d / 2
		w[n+1] += d / 2
	}
	return w, nil
}
