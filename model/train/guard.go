package train

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/model/objective"
	"spnode/model/param"
	"spnode/model/train/sample"
	"spnode/model/train/state"
)

// When an update has blown the loss up.
const (
	// blowUp is how far above the lowest loss of its phase the loss then is. Adam
	// at a rate that suits the start of a training doubles a loss now and then, and
	// raises it tenfold near the end of a fit; what is a thousand times higher does
	// not come back by itself.
	blowUp = 1e3
	// negligible is the share of the loss of a prediction 0 below which losses count
	// as the same: a model that starts where it should end is moved by its first
	// updates, and may be.
	negligible = 1e-6
	// ownRise is what the update itself must have done to the loss of a batch where
	// batches differ: there are samples that are harder than others.
	ownRise = 10
	// margin is how much higher the last parameters' loss over all batches may be than
	// that of the lowest median's: the two differ by the noise of the batches.
	margin = 2
	// largestGradient is the norm above which its square, which optimizers take, is
	// not finite.
	largestGradient = 1e154
)

// DivergedError is the error of a training whose loss or gradient is not finite,
// or whose loss is orders above the lowest, however often the rate was halved, or
// is not finite from the start. The model then has its last good parameters: those
// of the lowest loss, or of the start, and so has its checkpoint.
type DivergedError struct {
	Stage     string
	Iteration int // updates done
	Loss      float64
	Norm      float64 // of the gradient
	Rate      float64 // of the last update
	Halved    int     // how often it was
	Lowest    float64 // loss before, in the phase; NaN: there was none
}

func (e *DivergedError) Error() string {
	lowest := ""
	if param.Finite(e.Lowest) {
		lowest = fmt.Sprintf("; the lowest loss before was %.4g", e.Lowest)
	}
	return fmt.Sprintf("train: Fit: the loss is %g and the gradient's norm %g after %d iterations of %s, at rate %.3g, which was halved %d times%s; try a lower rate, a clip of the gradient norm, or more substeps",
		e.Loss, e.Norm, e.Iteration, e.Stage, e.Rate, e.Halved, lowest)
}

// steady reports whether all iterations of the present phase see the same batch,
// which is also that of L-BFGS.
func (t *Trainer) steady() bool {
	return t.phases[t.phase].Batch == 0 && t.cfg.Grid.Points == 0 && t.cfg.sampler() == sample.Shuffled
}

// window is how many losses stand for one of the data.
func (t *Trainer) window() int {
	if t.steady() {
		return 1
	}
	return state.Recent
}

// suspicious reports whether a loss is orders above the lowest of the phase after
// an update that can be taken back, or is the first of a phase, which cannot be
// compared with others.
func (t *Trainer) suspicious(loss float64, b objective.Batch) bool {
	switch {
	case t.now.Undo == 0:
		return false
	case len(t.low.Loss) == 0:
		return true
	}
	return loss > blowUp*t.low.Loss[0] && loss > blowUp*negligible*t.zero(b) // which is a pass over the data
}

// blownUp reports whether it was the last update that has made a loss suspicious.
// Where batches differ it looks at what the same batches had before the update;
// evaluate returns that.
func (t *Trainer) blownUp(loss float64, b objective.Batch, evaluate func() (float64, error)) (bool, error) {
	least := float64(ownRise)
	switch first := len(t.low.Loss) == 0; {
	case first:
		least = blowUp
	case t.steady():
		return true, nil
	}
	before, err := t.before()
	if err != nil {
		return false, err
	}
	now := slices.Clone(t.w)
	copy(t.w, before)
	was, err := evaluate()
	copy(t.w, now)
	return param.Finite(was) && loss > least*max(was, negligible*t.zero(b)), err
}

// zero is the loss of a batch whose prediction is 0 everywhere, if its states are
// as large as those of the data.
func (t *Trainer) zero(b objective.Batch) float64 {
	_, times := t.samplers[t.phase].Shape()
	rows := float64(b.Rows*times) / float64(len(b.Weights)) // that a weight stands for
	return rows * floats.Sum(b.Weights) * t.lossUnit() * sample.MeanSquare(t.data)
}

// tooLarge reports whether an optimizer could not square a gradient of that norm,
// which was clipped if the configuration says so.
func (t *Trainer) tooLarge(norm float64) bool {
	return !param.Finite(norm) || t.cfg.First.Clip == 0 && norm > largestGradient
}

// lastGood takes back what is behind a divergence: the model has the parameters of
// the lowest loss, or else those before the last update.
func (t *Trainer) lastGood() {
	w := t.w
	if t.now.Undo == 1 {
		t.optimizer.TakeBack(w)
		t.now.Undo = 0
		t.now.Iteration--
		t.now.Iterations--
	}
	switch {
	case t.best != nil:
		copy(w, t.best)
	case len(t.low.W) > 0:
		copy(w, t.low.W)
	}
}

// lower replaces the parameters at the end of the first stage by those of the
// lowest loss of its last phase where that, over all batches, is lower. Where
// iterations see what L-BFGS does, finish compares.
func (t *Trainer) lower() error {
	if t.steady() || len(t.low.W) == 0 {
		return nil
	}
	w := t.w
	last := slices.Clone(w)
	copy(w, t.low.W)
	loss, err := t.evaluateWhole(t.grad)
	if err == nil && margin*loss < t.now.Loss {
		t.now.Loss = loss
		return nil
	}
	copy(w, last)
	return err
}

// before returns the parameters before the last update, by taking that back in a copy
// of the optimizer.
func (t *Trainer) before() ([]float64, error) {
	copies := slices.Clone(t.optimizer.State())
	for i := range copies {
		copies[i].Data = slices.Clone(copies[i].Data)
	}
	o, err := t.newOptimizer()
	if err != nil {
		return nil, err
	}
	if err := o.Restore(copies); err != nil {
		return nil, err
	}
	w := slices.Clone(t.w)
	o.TakeBack(w)
	return w, nil
}

// orNone is the first element of x, or NaN.
func orNone(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return x[0]
}
