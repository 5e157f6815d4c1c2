package train

import (
	"context"
	"fmt"
	"math"
	"runtime"
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
)

// Trainer fits a model to trajectories. Its state can be saved between any two
// iterations, and a training resumed from there gives the same bits as one that
// was not stopped.
type Trainer struct {
	Model *model.Model

	cfg      Config
	data     []Trajectory
	checksum string               // of the data
	complete []leastsq.Trajectory // for the closed form
	report   *closedform.Report   // of it, once it is done

	phases   []Phase   // at least one
	samplers []Sampler // of them
	phase    int       // that the workers are made for
	workers  []*worker
	batch    objective.Batch // what they see
	w        []float64       // the unknowns: the model's parameters, and the starts
	shoot    *shoot          // nil: no starts
	weights  []float64       // of it, in the model's unit of time
	grad     []float64

	hooks    []func(Metrics)
	dir      string
	interval time.Duration
	writer   *folder.Writer // of dir, in Fit
	saved    bool           // there is a checkpoint of this training in dir

	progress
	optimizer optim.Optimizer // in the first stage
	lbfgs     optim.LBFGS     // in the second
	best      []float64       // parameters of the best attempt so far, where there is another
	low       lowest          // loss of the phase
	log       []Metrics
}

// DivergedError is the error of a training whose loss or gradient is not finite,
// or whose loss is orders above the lowest, however often the rate was halved, or
// is not finite from the start. The model then has its last good parameters: those
// of the lowest loss, or of the start. A checkpoint that was written has them too.
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
	if finite(e.Lowest) {
		lowest = fmt.Sprintf(", the lowest loss was %g", e.Lowest)
	}
	return fmt.Sprintf("train: Fit: the loss is %g and the gradient's norm %g after %d iterations of %s, at rate %.3g which was halved %d times%s; try a lower rate, a clip of the gradient norm, or more substeps",
		e.Loss, e.Norm, e.Iteration, e.Stage, e.Rate, e.Halved, lowest)
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
	if err := t.read(d); err != nil {
		return nil, err
	}
	for i, p := range t.phases {
		s, err := samplers[cfg.sampler()](Sampling{
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
	t.begin()
	if t.cfg.Workers == 0 {
		t.cfg.Workers = runtime.NumCPU()
	}
	for _, o := range options {
		o(t)
	}
	var err error
	if cfg.ClosedForm != nil {
		t.stage = stageClosedForm
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
		parameters = append(parameters, optim.Parameter{Name: "starts", Shape: []int{len(t.shoot.samples), t.shoot.width}})
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
	if t.stage == stageDone && t.saved {
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
	before := t.seconds
	spent := func() float64 { return before + time.Since(start).Seconds() }
	defer func() { t.seconds = spent() }()
	defer t.sync()
	for t.stage != stageDone {
		if ctx.Err() != nil {
			t.seconds = spent()
			if err := t.save(); err != nil {
				return err
			}
			return errors.Wrapf(ctx.Err(), "train: Fit: stopped before iteration %d of %s", t.iteration+1, t.stageName())
		}
		var m Metrics
		switch t.stage {
		case stageClosedForm:
			err = t.closedForm()
		case stageFirst:
			m, err = t.update()
		case stageLBFGS:
			m, err = t.lbfgsIteration()
		}
		if diverged := (*DivergedError)(nil); t.saved && errors.As(err, &diverged) {
			t.seconds = spent()
			if failed := t.save(); failed != nil {
				return failed
			}
		}
		if err != nil {
			return err
		}
		t.seconds = spent()
		if m.Stage != "" {
			m.Seconds = t.seconds
			t.record(m)
		}
		if t.dir != "" && time.Since(saved) > t.interval && t.stage != stageDone {
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

// Result is what a training has come to.
type Result struct {
	Iterations int     // in all stages of the last attempt
	Attempts   int     // 1 without a restart
	Seconds    float64 // in all
	Loss       float64 // at the end: of the best attempt, whose parameters the model has
	Log        []Metrics
	// ClosedForm is the report of that stage. Nil: there was none.
	ClosedForm *closedform.Report
}

// Result returns what the training has come to so far.
func (t *Trainer) Result() Result { return t.progress.result(t.log, t.report) }

// String says what a training has come to, in a line.
func (r Result) String() string {
	loss := r.Loss
	if n := len(r.Log); loss == 0 && n > 0 { // it was stopped
		loss = r.Log[n-1].Loss
	}
	s := fmt.Sprintf("%d iterations in %.3g s, loss %.3g", r.Iterations, r.Seconds, loss)
	if r.ClosedForm != nil {
		s = fmt.Sprintf("%v; then %s", r.ClosedForm, s)
	}
	if r.Attempts > 1 {
		s += fmt.Sprintf(", the best of %d attempts", r.Attempts)
	}
	return s
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
