package train

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model/optim"
)

// The stages of a training.
const (
	stageFirst = iota
	stageLBFGS
	stageDone
	stageClosedForm // before all; a checkpoint has these numbers
)

// stageName is what the stage is called in metrics and messages.
func (t *Trainer) stageName() string {
	switch t.stage {
	case stageFirst:
		return t.cfg.First.Optimizer
	case stageLBFGS:
		return StageLBFGS
	case stageClosedForm:
		return StageClosedForm
	}
	return "done"
}

// update does one iteration of the first stage. Metrics without a stage report
// nothing: an update was taken back, or the stage has no iterations.
func (t *Trainer) update() (Metrics, error) {
	total := t.cfg.First.Iterations
	phase := t.cfg.at(t.iteration)
	if err := t.enter(phase); err != nil {
		return Metrics{}, err
	}
	if t.iteration == total {
		return Metrics{}, t.finishFirst()
	}
	sampler, begin := t.samplers[phase], t.cfg.begin(t.phases[phase])
	if t.iteration == begin {
		t.low = lowest{before: t.low.before}
	}
	batch := sampler.Batch(t.iteration - begin)
	loss, err := t.evaluate(batch, t.grad)
	if err != nil {
		return Metrics{}, errors.Wrapf(err, "train: Fit: iteration %d of %s", t.iteration+1, t.stageName())
	}
	norm := optim.Clip(t.grad, t.cfg.First.Clip)
	if !finite(loss) || t.tooLarge(norm) {
		return Metrics{}, t.takeBack(loss, norm)
	}
	if t.suspicious(loss, batch) {
		// Into another gradient, as t.grad is for the update.
		blown, err := t.blownUp(loss, batch, func() (float64, error) { return t.evaluate(batch, make([]float64, len(t.grad))) })
		if err != nil {
			return Metrics{}, errors.Wrapf(err, "train: Fit: iteration %d of %s", t.iteration+1, t.stageName())
		}
		if blown {
			return Metrics{}, t.takeBack(loss, norm)
		}
	}
	w := t.w
	if t.undo == 1 || len(t.low.loss) == 0 { // or else it has been seen before an update was taken back
		t.low.see(loss, w, t.window())
	}
	t.low.before = append(t.low.before[:0], w...)
	rate := t.rate(t.iteration)
	t.optimizer.Update(rate, w, t.grad)
	t.undo = 1
	t.iteration++
	t.iterations++
	return Metrics{Iteration: t.iteration, Loss: loss, GradientNorm: norm, Rate: rate, Stage: t.stageName(), Attempt: t.attempt, Total: total}, nil
}

// rate is the learning rate of an iteration, counted from 0.
func (t *Trainer) rate(iteration int) float64 {
	return math.Ldexp(t.cfg.First.Schedule.At(iteration, t.cfg.First.Iterations, t.samplers[t.phase].Epoch()), -t.backoffs)
}

// takeBack undoes the last update, after which the loss is not finite or has blown
// up, and has it done again at half the rate.
func (t *Trainer) takeBack(loss, norm float64) error {
	if t.undo == 0 || t.backoffs == t.cfg.Backoffs {
		diverged := &DivergedError{t.stageName(), t.iteration, loss, norm, t.rate(max(t.iteration-1, 0)), t.backoffs, orNone(t.low.loss)}
		t.lastGood()
		return errors.WithStack(diverged)
	}
	t.optimizer.TakeBack(t.w)
	t.undo = 0
	t.iteration--
	t.iterations--
	t.backoffs++
	return nil
}

// finishFirst evaluates the loss that the first stage has come to, which its last
// update may have made infinite, and goes on to L-BFGS.
func (t *Trainer) finishFirst() error {
	loss, err := t.evaluateWhole(t.grad)
	if err != nil {
		return errors.Wrapf(err, "train: Fit: loss at the end of %s", t.stageName())
	}
	norm := floats.Norm(t.grad, 2)
	if !finite(loss) || !finite(norm) {
		return t.takeBack(loss, norm)
	}
	if whole := t.samplers[t.phase].Whole()[0]; t.suspicious(loss, whole) {
		blown, err := t.blownUp(loss, whole, func() (float64, error) { return t.evaluateWhole(t.grad) })
		if err != nil {
			return errors.Wrapf(err, "train: Fit: loss at the end of %s", t.stageName())
		}
		if blown {
			return t.takeBack(loss, norm)
		}
	}
	t.loss = loss
	if err := t.lower(); err != nil {
		return errors.Wrapf(err, "train: Fit: loss at the end of %s", t.stageName())
	}
	if !t.steady() {
		t.low = lowest{}
	}
	t.optimizer, t.undo = nil, 0
	t.stage, t.iteration = stageLBFGS, 0
	t.lbfgs = optim.LBFGS{LBFGSConfig: t.cfg.LBFGS.LBFGSConfig, X: append([]float64(nil), t.w...)}
	return nil
}

// evaluateWhole returns the mean loss of the batches that stand for all data, and
// writes the gradient of the last one.
func (t *Trainer) evaluateWhole(grad []float64) (mean float64, err error) {
	whole := t.samplers[t.phase].Whole()
	for _, b := range whole {
		loss, err := t.evaluate(b, grad)
		if err != nil {
			return 0, err
		}
		mean += loss / float64(len(whole))
	}
	return mean, nil
}

func (t *Trainer) lbfgsIteration() (Metrics, error) {
	total := t.cfg.LBFGS.Iterations
	if t.iteration == total {
		return Metrics{}, t.finish()
	}
	if err := t.enter(t.cfg.at(t.cfg.First.Iterations)); err != nil {
		return Metrics{}, err
	}
	w, batch := t.w, t.samplers[t.phase].Whole()[0]
	done, _, err := t.lbfgs.Iterate(func(x, grad []float64) (float64, error) {
		copy(w, x)
		return t.evaluate(batch, grad)
	})
	copy(w, t.lbfgs.X)
	if err != nil {
		return Metrics{}, errors.Wrapf(err, "train: Fit: iteration %d of %s", t.iteration+1, t.stageName())
	}
	t.iteration++
	t.iterations = t.cfg.First.Iterations + t.lbfgs.Iteration
	m := Metrics{Iteration: t.iteration, Loss: t.lbfgs.F, GradientNorm: floats.Norm(t.lbfgs.G, 2), Stage: t.stageName(), Attempt: t.attempt, Total: total}
	if done {
		t.iteration = total
	}
	return m, nil
}

// finish ends the training or begins it again from other parameters. The result
// is that of the best attempt.
func (t *Trainer) finish() (err error) {
	w := t.w
	if t.cfg.LBFGS.Iterations > 0 {
		t.loss = t.lbfgs.F
	}
	if len(t.low.w) > 0 && t.low.loss[0] < t.loss {
		copy(w, t.low.w)
		t.loss = t.low.loss[0]
	}
	t.low = lowest{}
	if t.best == nil || t.loss < t.bestLoss {
		t.best, t.bestLoss = append([]float64(nil), w...), t.loss
	}
	t.lbfgs = optim.LBFGS{}
	if t.cfg.RestartAbove > 0 && t.loss > t.cfg.RestartAbove && t.attempt < t.cfg.Restarts {
		t.attempt++
		t.stage, t.iteration, t.iterations, t.backoffs = stageFirst, 0, 0, 0
		// Far from the seeds that a user would number.
		t.Model.Draw(t.Model.Config().Seed + uint64(t.attempt)<<32)
		t.begin()
		t.optimizer, err = t.newOptimizer()
		return err
	}
	copy(w, t.best)
	t.loss = t.bestLoss
	t.stage, t.best = stageDone, nil
	return nil
}
