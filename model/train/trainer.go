package train

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/folder"
	"spnode/model/leastsq"
	"spnode/model/objective"
	"spnode/model/optim"
	"spnode/model/train/sample"
	"spnode/model/train/state"
)

// Trainer fits a model to trajectories. Its state can be saved between any two
// iterations, and a training resumed from there gives the same bits as one that
// was not stopped.
type Trainer struct {
	Model *model.Model

	cfg      Config
	data     []sample.Trajectory
	checksum string               // of the data
	complete []leastsq.Trajectory // for the closed form
	report   *closedform.Report   // of it, once it is done

	phases     []sample.Phase   // at least one
	samplers   []sample.Sampler // of them
	phase      int              // that the workers are made for
	workers    []*worker
	objectives []*objective.Objective // of the workers
	batch      objective.Batch        // what they see
	w          []float64              // the unknowns: the model's parameters, and the starts
	shoot      *sample.Starts         // nil: no starts
	weights    []float64              // of it, in the model's unit of time
	grad       []float64

	hooks    []func(Metrics)
	dir      string
	interval time.Duration
	writer   *folder.Writer // of dir, in Fit
	saved    bool           // there is a checkpoint of this training in dir

	now       state.Progress
	optimizer optim.Optimizer // in the first stage
	lbfgs     optim.LBFGS     // in the second
	best      []float64       // parameters of the best attempt so far, where there is another
	low       state.Lowest    // loss of the phase
	log       []Metrics
}

// Option is a setting of a Trainer that a checkpoint does not store.
type Option func(*Trainer)

// WithHook has f called after every iteration.
func WithHook(f func(Metrics)) Option {
	return func(t *Trainer) { t.hooks = append(t.hooks, f) }
}

// WithCheckpoint has the training saved to a folder: at its end, when it is
// cancelled, and whenever interval has passed since the last time.
func WithCheckpoint(dir string, interval time.Duration) Option {
	return func(t *Trainer) { t.dir, t.interval = dir, interval }
}

func dataError(format string, args ...any) error {
	return errors.Wrapf(model.ErrData, "train: "+format, args...)
}

// New prepares the training of m on the trajectories of a data set, which are in
// the physical, unscaled variables. They may share a grid of times, which is the
// fastest, or have times of their own, in any number; a state may have components
// that were not measured, NaN, but not where a sample begins. The loss of a
// trajectory is the trapezoidal rule over its own times and, for a component with
// gaps, over those at which it was measured, times the trajectory's weight. With a
// Basis a state of which a component is missing is missing. The error is
// model.ErrConfig or model.ErrData.
func New(m *model.Model, cfg Config, d *data.Dataset, options ...Option) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	t := &Trainer{Model: m, cfg: cfg, phases: cfg.phases(), grad: make([]float64, len(m.Params().Flat))}
	var err error
	var runs []model.Run
	if t.data, runs, err = sample.Read(m, d); err != nil {
		return nil, err
	}
	t.checksum = sample.Checksum(t.data)
	for i, p := range t.phases {
		s, err := sample.New(cfg.sampler(), sample.Sampling{
			Trajectories: t.data, Shooting: cfg.Shooting, Phase: p, Grid: cfg.Grid, Weighting: cfg.Weighting, Seed: cfg.Seed, Stream: cfg.stream(i),
		})
		if err != nil {
			return nil, err
		}
		t.samplers = append(t.samplers, s)
	}
	if err := m.SetTimeUnit(t.span()); err != nil {
		return nil, err
	}
	var starts [][2]float64
	if cfg.fromBeginnings() {
		starts = d.AtTimes(0).Ranges()
	}
	m.Saw(d.Ranges(), starts, runs)
	t.begin()
	if t.cfg.Workers == 0 {
		t.cfg.Workers = runtime.NumCPU()
	}
	for _, o := range options {
		o(t)
	}
	if cfg.ClosedForm != nil {
		t.now.Stage = state.ClosedForm
		if t.complete, err = complete(d); err != nil {
			return nil, err
		}
	}
	t.optimizer, err = t.newOptimizer()
	return t, err
}

// stream is the number of the random stream of a phase: of several the first has
// number 1, and one that is alone has 0. Other numbers would be other trainings.
func (c Config) stream(phase int) uint64 {
	if len(c.Phases) < 2 {
		return 0
	}
	return uint64(phase) + 1
}

// begin has the unknowns of the training be those of its start.
func (t *Trainer) begin() {
	flat := t.Model.Params().Flat
	t.w = flat
	if t.shoot = sample.StartsOf(t.samplers[0]); t.shoot != nil {
		t.w = append(slices.Clone(flat), t.shoot.Guess()...)
		t.grad = make([]float64, len(t.w))
	}
}

// starts are the unknowns beside the parameters of the model.
func (t *Trainer) starts() []float64 { return t.w[len(t.Model.Params().Flat):] }

// sync brings the model's parameters up to date with the unknowns.
func (t *Trainer) sync() { copy(t.Model.Params().Flat, t.w) }

// Initial returns the states with which the trajectories of the data begin, in the
// physical variables: what a training with Shooting has estimated, else what was
// measured.
func (t *Trainer) Initial() [][]float64 {
	var states [][]float64
	for i := range t.data {
		x := t.data[i].States[0]
		if t.shoot != nil {
			x = t.shoot.First(t.starts(), i)
		}
		states = append(states, t.Model.Unscaled(x))
	}
	return states
}

// newOptimizer returns the optimizer of the first stage at its start.
func (t *Trainer) newOptimizer() (optim.Optimizer, error) {
	var parameters []optim.Parameter
	for _, p := range t.Model.Params().List {
		q := optim.Parameter{Name: p.Name, Shape: p.Shape}
		if strings.HasPrefix(p.Name, "linear/") {
			q.Rate = t.cfg.First.LinearRate
		}
		parameters = append(parameters, q)
	}
	if t.shoot != nil {
		parameters = append(parameters, optim.Parameter{Name: "starts", Shape: t.shoot.Shape()})
	}
	o, err := optim.New(t.cfg.First.Optimizer, t.cfg.First.Settings, parameters, t.cfg.Workers)
	return o, errors.WithMessage(err, "train: New")
}

// Fit trains until the stages are done or the context is. In the second case
// the error wraps that of the context, and the state has been saved if the
// trainer has a checkpoint; a further Fit goes on.
//
// A trainer with a checkpoint is its one writer in the meantime, and finds out
// before the first iteration whether it can be written. The error is
// folder.ErrBusy where another training, or a second Fit of this one, writes it.
func (t *Trainer) Fit(ctx context.Context) (err error) {
	if t.now.Stage == state.Done && t.saved {
		// There is nothing to do, and nothing to be saved, but what a writer that was
		// killed has not moved to its place. It is read all the same.
		if w, err := folder.Open(t.dir, fileNames...); err == nil {
			w.Close()
		}
		return nil
	}
	if t.dir != "" {
		if t.writer, err = folder.Open(t.dir, fileNames...); err != nil {
			return err
		}
		defer func() {
			t.writer.Close()
			t.writer = nil
		}()
	}
	start, saved := time.Now(), time.Now()
	before := t.now.Seconds
	spent := func() float64 { return before + time.Since(start).Seconds() }
	defer func() { t.now.Seconds = spent() }()
	defer t.sync()
	for t.now.Stage != state.Done {
		if ctx.Err() != nil {
			t.now.Seconds = spent()
			if err := t.save(); err != nil {
				return err
			}
			return errors.Wrapf(ctx.Err(), "train: Fit: stopped before iteration %d of %s", t.now.Iteration+1, t.stageName())
		}
		var m Metrics
		switch t.now.Stage {
		case state.ClosedForm:
			err = t.closedForm()
		case state.First:
			m, err = t.update()
		case state.LBFGS:
			m, err = t.lbfgsIteration()
		}
		if diverged := (*DivergedError)(nil); errors.As(err, &diverged) {
			t.now.Seconds = spent()
			if failed := t.save(); failed != nil {
				return errors.WithMessagef(err, "it was not saved, as %v", failed)
			}
		}
		if err != nil {
			return err
		}
		t.now.Seconds = spent()
		if m.Stage != "" {
			m.Seconds = t.now.Seconds
			t.record(m)
		}
		if t.dir != "" && time.Since(saved) > t.interval && t.now.Stage != state.Done {
			if err := t.save(); err != nil {
				return err
			}
			saved = time.Now()
		}
	}
	return t.save()
}

func (t *Trainer) save() error {
	if t.dir == "" {
		return nil
	}
	t.saved = true
	return t.Save(t.dir)
}
