package train

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/data/npz"
	"spnode/model/objective"
	"spnode/model/optim"
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
	// recentLosses are those whose median stands for the loss of the data where
	// batches differ: an odd number of a few, so that one batch is not the median.
	recentLosses = 15
	// margin is how much higher the last parameters' loss over all batches may be than
	// that of the lowest median's: the two differ by the noise of the batches.
	margin = 2
	// largestGradient is the norm above which its square, which optimizers take, is
	// not finite.
	largestGradient = 1e154
)

// lowest is the least loss that a phase of the first stage has seen, and where.
type lowest struct {
	recent []float64 // losses, oldest first; one where all batches are the same
	loss   []float64 // the least median of them, or none
	w      []float64 // the parameters there, or none
	before []float64 // parameters before the last update; not stored, see setState
}

func (l *lowest) vectors(size int) optim.Vectors {
	return optim.Vectors{
		{Name: "recent", Data: &l.recent, Size: len(l.recent), Optional: true},
		{Name: "lowest", Data: &l.loss, Size: 1, Optional: true}, {Name: "lowest/w", Data: &l.w, Size: size, Optional: true},
	}
}

// see takes the loss at the parameters w into account.
func (l *lowest) see(loss float64, w []float64, window int) {
	l.recent = append(l.recent, loss)
	if extra := len(l.recent) - window; extra > 0 {
		l.recent = slices.Delete(l.recent, 0, extra)
	}
	var sorted [recentLosses]float64
	n := copy(sorted[:], l.recent)
	slices.Sort(sorted[:n])
	if median := sorted[n/2]; len(l.loss) == 0 || median < l.loss[0] {
		l.loss, l.w = append(l.loss[:0], median), append(l.w[:0], w...)
	}
}

// steady reports whether all iterations of the present phase see the same batch,
// which is also that of L-BFGS.
func (t *Trainer) steady() bool {
	return t.phases[t.phase].Batch == 0 && t.cfg.Grid.Points == 0 && t.cfg.sampler() == shuffledName
}

// window is how many losses stand for one of the data.
func (t *Trainer) window() int {
	if t.steady() {
		return 1
	}
	return recentLosses
}

// suspicious reports whether a loss is orders above the lowest of the phase after
// an update that can be taken back, or is the first of a phase, which cannot be
// compared with others.
func (t *Trainer) suspicious(loss float64, b objective.Batch) bool {
	switch {
	case t.undo == 0 || len(t.low.before) == 0:
		return false
	case len(t.low.loss) == 0:
		return true
	}
	return loss > blowUp*t.low.loss[0] && loss > blowUp*negligible*t.zero(b) // which is a pass over the data
}

// blownUp reports whether it was the last update that has made a loss suspicious.
// Where batches differ it looks at what the same batches had before the update;
// evaluate returns that.
func (t *Trainer) blownUp(loss float64, b objective.Batch, evaluate func() (float64, error)) (bool, error) {
	least := float64(ownRise)
	switch first := len(t.low.loss) == 0; {
	case first:
		least = blowUp
	case t.steady():
		return true, nil
	}
	w := t.w
	now := slices.Clone(w)
	copy(w, t.low.before)
	was, err := evaluate()
	copy(w, now)
	return finite(was) && loss > least*max(was, negligible*t.zero(b)), err
}

// zero is the loss of a batch whose prediction is 0 everywhere, if its states are
// as large as those of the data.
func (t *Trainer) zero(b objective.Batch) float64 {
	_, times := t.samplers[t.phase].Shape()
	rows := float64(b.Rows*times) / float64(len(b.Weights)) // that a weight stands for
	return rows * floats.Sum(b.Weights) * t.lossUnit() * meanSquare(t.data)
}

// tooLarge reports whether an optimizer could not square a gradient of that norm,
// which was clipped if the configuration says so.
func (t *Trainer) tooLarge(norm float64) bool {
	return !finite(norm) || t.cfg.First.Clip == 0 && norm > largestGradient
}

// lastGood takes back what is behind a divergence: the model has the parameters of
// the lowest loss, or else those before the last update.
func (t *Trainer) lastGood() {
	w := t.w
	if t.undo == 1 {
		t.optimizer.TakeBack(w)
		t.undo = 0
		t.iteration--
		t.iterations--
	}
	switch {
	case t.best != nil:
		copy(w, t.best)
	case len(t.low.w) > 0:
		copy(w, t.low.w)
	}
}

// lower replaces the parameters at the end of the first stage by those of the
// lowest loss of its last phase where that, over all batches, is lower. Where
// iterations see what L-BFGS does, finish compares.
func (t *Trainer) lower() error {
	if t.steady() || len(t.low.w) == 0 {
		return nil
	}
	w := t.w
	last := slices.Clone(w)
	copy(w, t.low.w)
	loss, err := t.evaluateWhole(t.grad)
	if err == nil && margin*loss < t.loss {
		t.loss = loss
		return nil
	}
	copy(w, last)
	return err
}

// restoreBefore finds the parameters before the last update by taking that back in
// a copy of the optimizer.
func (t *Trainer) restoreBefore(state []npz.Array) error {
	t.low.before = nil
	if t.undo == 0 {
		return nil
	}
	copies := slices.Clone(state)
	for i := range copies {
		copies[i].Data = slices.Clone(copies[i].Data)
	}
	o, err := t.newOptimizer()
	if err != nil {
		return err
	}
	if err := o.Restore(copies); err != nil {
		return err
	}
	t.low.before = slices.Clone(t.w)
	o.TakeBack(t.low.before)
	return nil
}

// orNone is the first element of x, or NaN.
func orNone(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return x[0]
}
