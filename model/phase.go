package model

import (
	"math"

	"github.com/pkg/errors"
)

// Phase is a part of the first stage that sees samples of its own. What a model
// of a chaotic system is to learn is in short windows first, and in long ones
// once it follows those: a trajectory that soon leaves the truth has gradients
// that lead nowhere.
type Phase struct {
	// From is the share of the stage's iterations before it, in [0, 1).
	From float64 `json:"from"`
	// Window is the number of steps of a sample, see TrainConfig.Window.
	Window int `json:"window"`
	// Batch is the number of samples in an iteration.
	Batch int `json:"batch"`
	// First multiplies the weight of the initial states in the loss, which long
	// windows would have the autoencoder neglect; 0 stands for 1.
	First float64 `json:"first,omitempty"`
	// Decay multiplies the weight of time t of a sample by exp(−Decay·t): errors
	// that chaos has made large say little.
	Decay float64 `json:"decay,omitempty"`
	// Saturation, if not 0, is the squared error of a state, as a share of the
	// data's mean square, that counts for half: see ops.SquaredError. Errors
	// that chaos has made large then do not govern the gradient.
	Saturation float64 `json:"saturation,omitempty"`
}

// phases are those of a training: what is set for all of it, and then Phases.
func (c TrainConfig) phases() []Phase {
	return append([]Phase{{Window: c.Window, Batch: c.Batch}}, c.Phases...)
}

func (c TrainConfig) validatePhases() error {
	from := 0.
	for i, p := range c.Phases {
		bad := func(format string, args ...any) error {
			return errors.Wrapf(ErrConfig, "model: TrainConfig: phase %d: "+format, append([]any{i}, args...)...)
		}
		switch {
		case !(p.From >= from && p.From < 1):
			return bad("from is %g, want at least %g as the one before it, and less than 1", p.From, from)
		case p.Window < 1 || p.Batch < 1:
			return bad("window is %d and batch %d, want at least 1 of both", p.Window, p.Batch)
		case !(p.First >= 0) || math.IsInf(p.First, 0) || !(p.Decay >= 0) || math.IsInf(p.Decay, 0):
			return bad("first is %g and decay %g, want finite numbers that are not negative", p.First, p.Decay)
		case !(p.Saturation >= 0) || math.IsInf(p.Saturation, 0):
			return bad("saturation is %g, want a finite number that is not negative", p.Saturation)
		case c.Window == 0 || c.Grid.Points > 0:
			return bad("the training has window %d and grid.points %d, want a window and no grid of its own times", c.Window, c.Grid.Points)
		}
		from = p.From
	}
	return nil
}

// weigh multiplies the weights of the loss at some times by those of the phase.
func (p Phase) weigh(weights, times []float64) {
	for k := range weights {
		if p.Decay != 0 {
			weights[k] *= math.Exp(-p.Decay * (times[k] - times[0]))
		}
	}
	if p.First != 0 {
		weights[0] *= p.First
	}
}

// follow enters the phase of the next iteration, if it is another.
func (t *Trainer) follow() error {
	phases, now := t.cfg.phases(), 0
	for i, p := range phases {
		if float64(t.iteration) >= p.From*float64(t.cfg.Adam.Iterations) {
			now = i
		}
	}
	if now == t.phase {
		return nil
	}
	return t.enter(now)
}

// enter makes the samples of a phase and loads the first ones on the regular
// grid. The workers are made once there is something to evaluate.
func (t *Trainer) enter(phase int) (err error) {
	t.phase, t.now, t.order = phase, t.cfg.phases()[phase], nil
	t.begin = int(math.Ceil(t.now.From * float64(t.cfg.Adam.Iterations)))
	t.workers = nil
	if err := t.cut(); err != nil {
		return err
	}
	if t.now.Batch > t.samples {
		return dataError("batch is %d, want at most the %d samples there are", t.now.Batch, t.samples)
	}
	if t.stride, err = t.cfg.Grid.stride(len(t.times)); err != nil {
		return err
	}
	if _, err := LossWeights(t.cfg.Weighting, t.times); err != nil {
		return err
	}
	t.load(nil, t.regular())
	return nil
}
