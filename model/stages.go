package model

import (
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// newOptimizer returns the optimizer of the first stage at its start: for Adam, a
// SOAP without matrices.
func (t *Trainer) newOptimizer() SOAP {
	c, p := t.cfg.Adam, t.Model.params
	s := SOAP{Adam: Adam{AdamConfig: c.AdamConfig}, SOAPConfig: c.SOAP, Workers: t.cfg.Workers}
	if c.LinearRate != 0 {
		s.Scale = slices.Repeat([]float64{1}, len(p.Flat))
	}
	for i, q := range p.List {
		switch begin := p.begin[i]; {
		case strings.HasPrefix(q.Name, "linear/"):
			if s.Scale != nil {
				floats.Scale(c.LinearRate, s.Scale[begin:begin+len(q.Data)])
			}
		case c.Optimizer == OptimizerSOAP && len(q.Shape) == 2:
			s.Matrices = append(s.Matrices, SOAPMatrix{Begin: begin, Rows: q.Shape[0], Cols: q.Shape[1]})
		}
	}
	return s
}

// adamIteration does one update. Metrics without a stage report nothing: an
// update was taken back, or the stage has no iterations.
func (t *Trainer) adamIteration() (Metrics, error) {
	if err := t.follow(); err != nil {
		return Metrics{}, err
	}
	total := t.cfg.Adam.Iterations
	if t.iteration == total {
		return Metrics{}, t.finishAdam()
	}
	if t.varies() {
		t.loadIteration()
	}
	loss, err := t.evaluate(t.grad)
	if err != nil {
		return Metrics{}, errors.Wrapf(err, "model: Fit: iteration %d of %s", t.iteration+1, t.stageName())
	}
	norm := clipByGlobalNorm(t.grad, t.cfg.Adam.Clip)
	if !finite(loss) || !finite(norm) {
		return Metrics{}, t.takeBack(loss, norm)
	}
	w, rate := t.Model.params.Flat, t.rate(t.iteration)
	o := &t.optimizer
	if o.Mean == nil {
		o.Mean, o.Variance = make([]float64, len(w)), make([]float64, len(w))
	}
	o.Absorb()
	t.last = undo{append(t.last.w[:0], w...), append(t.last.mean[:0], o.Mean...), append(t.last.variance[:0], o.Variance...)}
	o.Update(rate, w, t.grad)
	t.iteration++
	return Metrics{Iteration: t.iteration, Loss: loss, GradientNorm: norm, Rate: rate, Stage: t.stageName(), Attempt: t.attempt, Total: total}, nil
}

// rate is the learning rate of an iteration, counted from 0.
func (t *Trainer) rate(iteration int) float64 {
	return math.Ldexp(t.cfg.Adam.Schedule.At(iteration, t.cfg.Adam.Iterations, t.perEpoch()), -t.backoffs)
}

// takeBack undoes the last update, after which the loss is not finite, and has
// it done again at half the rate.
func (t *Trainer) takeBack(loss, norm float64) error {
	if t.last.w == nil || t.backoffs == t.cfg.Backoffs {
		return errors.WithStack(&DivergedError{t.stageName(), t.iteration, loss, norm, t.rate(max(t.iteration-1, 0)), t.backoffs})
	}
	copy(t.Model.params.Flat, t.last.w)
	o := &t.optimizer
	copy(o.Mean, t.last.mean)
	copy(o.Variance, t.last.variance)
	o.Pending = o.Pending[:0]
	o.Step--
	t.last = undo{}
	t.iteration--
	t.backoffs++
	return nil
}

// finishAdam evaluates the loss that the first stage has come to, which its last
// update may have made infinite, and goes on to L-BFGS.
func (t *Trainer) finishAdam() error {
	loss, err := t.evaluateAll(t.grad)
	if err != nil {
		return errors.Wrapf(err, "model: Fit: loss at the end of %s", t.stageName())
	}
	if norm := floats.Norm(t.grad, 2); !finite(loss) || !finite(norm) {
		return t.takeBack(loss, norm)
	}
	t.loss = loss
	t.enterLBFGS()
	return nil
}

// enterLBFGS begins the second stage. Of the first one's state the moments stay;
// what SOAP has of the matrices is larger than the parameters.
func (t *Trainer) enterLBFGS() {
	t.optimizer.Pending = nil
	for i := range t.optimizer.Matrices {
		t.optimizer.Matrices[i].Left, t.optimizer.Matrices[i].Right = SOAPSide{}, SOAPSide{}
	}
	t.stage, t.iteration = stageLBFGS, 0
	t.lbfgs = LBFGS{LBFGSConfig: t.cfg.LBFGS.LBFGSConfig, X: append([]float64(nil), t.Model.params.Flat...)}
}

func (t *Trainer) lbfgsIteration() (Metrics, error) {
	total := t.cfg.LBFGS.Iterations
	if t.iteration == total {
		return Metrics{}, t.finish()
	}
	done, _, err := t.lbfgs.Iterate(func(x, grad []float64) (float64, error) {
		copy(t.Model.params.Flat, x)
		return t.evaluate(grad)
	})
	copy(t.Model.params.Flat, t.lbfgs.X)
	if err != nil {
		return Metrics{}, errors.Wrapf(err, "model: Fit: iteration %d of lbfgs", t.iteration+1)
	}
	t.iteration++
	m := Metrics{Iteration: t.iteration, Loss: t.lbfgs.F, GradientNorm: floats.Norm(t.lbfgs.G, 2), Stage: t.stageName(), Attempt: t.attempt, Total: total}
	if done {
		t.iteration = total
	}
	return m, nil
}

// finish ends the training or begins it again from other parameters. The result
// is that of the best attempt.
func (t *Trainer) finish() error {
	w := t.Model.params.Flat
	if t.cfg.LBFGS.Iterations > 0 {
		t.loss = t.lbfgs.F
	}
	if t.best.w == nil || t.loss < t.best.loss {
		t.best = best{append([]float64(nil), w...), t.loss}
	}
	if t.cfg.RestartAbove > 0 && t.loss > t.cfg.RestartAbove && t.attempt < t.cfg.Restarts {
		t.attempt++
		t.stage, t.iteration, t.backoffs = stageAdam, 0, 0
		t.optimizer, t.lbfgs, t.last = t.newOptimizer(), LBFGS{}, undo{}
		// Far from the seeds that a user would number.
		t.Model.Draw(t.Model.cfg.Seed + uint64(t.attempt)<<32)
		return nil
	}
	copy(w, t.best.w)
	t.loss = t.best.loss
	t.stage = stageDone
	// What only a further iteration would need.
	t.optimizer.Mean, t.optimizer.Variance = nil, nil
	t.best.w, t.last = nil, undo{}
	t.lbfgs.X, t.lbfgs.G, t.lbfgs.S, t.lbfgs.Y = nil, nil, nil, nil
	return nil
}
