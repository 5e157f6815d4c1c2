package train

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model/optim"
	"spnode/model/param"
	"spnode/model/train/state"
)

// stageName is what the stage is called in metrics and messages.
func (t *Trainer) stageName() string {
	switch t.now.Stage {
	case state.First:
		return t.cfg.First.Optimizer
	case state.LBFGS:
		return StageLBFGS
	case state.ClosedForm:
		return StageClosedForm
	}
	return "done"
}

// update does one iteration of the first stage. Metrics without a stage report
// nothing: an update was taken back, or the stage has no iterations.
func (t *Trainer) update() (Metrics, error) {
	total := t.cfg.First.Iterations
	phase := t.cfg.at(t.now.Iteration)
	if err := t.enter(phase); err != nil {
		return Metrics{}, err
	}
	if t.now.Iteration == total {
		return Metrics{}, t.finishFirst()
	}
	sampler, begin := t.samplers[phase], t.cfg.begin(t.phases[phase])
	if t.now.Iteration == begin {
		t.low = state.Lowest{}
	}
	batch := sampler.Batch(t.now.Iteration - begin)
	loss, err := t.evaluate(batch, t.grad)
	if err != nil {
		return Metrics{}, errors.Wrapf(err, "train: Fit: iteration %d of %s", t.now.Iteration+1, t.stageName())
	}
	norm := optim.Clip(t.grad, t.cfg.First.Clip)
	if !param.Finite(loss) || t.tooLarge(norm) {
		return Metrics{}, t.takeBack(loss, norm)
	}
	if t.suspicious(loss, batch) {
		// Into another gradient, as t.grad is for the update.
		blown, err := t.blownUp(loss, batch, func() (float64, error) { return t.evaluate(batch, make([]float64, len(t.grad))) })
		if err != nil {
			return Metrics{}, errors.Wrapf(err, "train: Fit: iteration %d of %s", t.now.Iteration+1, t.stageName())
		}
		if blown {
			return Metrics{}, t.takeBack(loss, norm)
		}
	}
	if t.now.Undo == 1 || len(t.low.Loss) == 0 { // or else it has been seen before an update was taken back
		t.low.See(loss, t.w, t.window())
	}
	rate := t.rate(t.now.Iteration)
	t.optimizer.Update(rate, t.w, t.grad)
	t.now.Undo = 1
	t.now.Iteration++
	t.now.Iterations++
	return Metrics{Iteration: t.now.Iteration, Loss: loss, GradientNorm: norm, Rate: rate, Stage: t.stageName(), Attempt: t.now.Attempt, Total: total}, nil
}

// rate is the learning rate of an iteration, counted from 0.
func (t *Trainer) rate(iteration int) float64 {
	return math.Ldexp(t.cfg.First.Schedule.At(iteration, t.cfg.First.Iterations, t.samplers[t.phase].Epoch()), -t.now.Backoffs)
}

// takeBack undoes the last update, after which the loss is not finite or has blown
// up, and has it done again at half the rate.
func (t *Trainer) takeBack(loss, norm float64) error {
	if t.now.Undo == 0 || t.now.Backoffs == t.cfg.Backoffs {
		diverged := &DivergedError{t.stageName(), t.now.Iteration, loss, norm, t.rate(max(t.now.Iteration-1, 0)), t.now.Backoffs, orNone(t.low.Loss)}
		t.lastGood()
		return errors.WithStack(diverged)
	}
	t.optimizer.TakeBack(t.w)
	t.now.Undo = 0
	t.now.Iteration--
	t.now.Iterations--
	t.now.Backoffs++
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
	if !param.Finite(loss) || !param.Finite(norm) || t.cfg.LBFGS.Iterations > 0 && norm > largestGradient {
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
	t.now.Loss = loss
	if err := t.lower(); err != nil {
		return errors.Wrapf(err, "train: Fit: loss at the end of %s", t.stageName())
	}
	if !t.steady() {
		t.low = state.Lowest{}
	}
	t.optimizer, t.now.Undo = nil, 0
	t.now.Stage, t.now.Iteration = state.LBFGS, 0
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
	if t.now.Iteration == total {
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
		return Metrics{}, errors.Wrapf(err, "train: Fit: iteration %d of %s", t.now.Iteration+1, t.stageName())
	}
	t.now.Iteration++
	t.now.Iterations = t.cfg.First.Iterations + t.lbfgs.Iteration
	m := Metrics{Iteration: t.now.Iteration, Loss: t.lbfgs.F, GradientNorm: floats.Norm(t.lbfgs.G, 2), Stage: t.stageName(), Attempt: t.now.Attempt, Total: total}
	if done {
		t.now.Iteration = total
	}
	return m, nil
}

// finish ends the training or begins it again from other parameters. The result
// is that of the best attempt.
func (t *Trainer) finish() (err error) {
	w := t.w
	if t.cfg.LBFGS.Iterations > 0 {
		t.now.Loss = t.lbfgs.F
	}
	if len(t.low.W) > 0 && t.low.Loss[0] < t.now.Loss {
		copy(w, t.low.W)
		t.now.Loss = t.low.Loss[0]
	}
	t.low = state.Lowest{}
	if t.best == nil || t.now.Loss < t.now.BestLoss {
		t.best, t.now.BestLoss = append([]float64(nil), w...), t.now.Loss
	}
	t.lbfgs = optim.LBFGS{}
	if t.cfg.RestartAbove > 0 && t.now.Loss > t.cfg.RestartAbove && t.now.Attempt < t.cfg.Restarts {
		t.now.Attempt++
		t.now.Stage, t.now.Iteration, t.now.Iterations, t.now.Backoffs = state.First, 0, 0, 0
		// Far from the seeds that a user would number.
		t.Model.Draw(t.Model.Config().Seed + uint64(t.now.Attempt)<<32)
		t.begin()
		t.optimizer, err = t.newOptimizer()
		return err
	}
	copy(w, t.best)
	t.now.Loss = t.now.BestLoss
	t.now.Stage, t.best = state.Done, nil
	return nil
}

// record logs about a thousand iterations of a stage, and calls the hooks for
// all of them.
func (t *Trainer) record(m Metrics) {
	if every := (m.Total + 999) / 1000; m.Iteration%every == 0 || m.Iteration == 1 {
		t.log = append(t.log, m)
	}
	for _, f := range t.hooks {
		f(m)
	}
}
