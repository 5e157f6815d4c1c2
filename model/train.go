package model

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// The stages of a training.
const (
	stageAdam = iota
	stageLBFGS
	stageDone
)

var stageNames = []string{OptimizerAdam, "lbfgs", "done"}

// stageName is what the stage is called in metrics and messages: the first one
// after its optimizer.
func (t *Trainer) stageName() string {
	if t.stage == stageAdam && t.cfg.Adam.Optimizer != "" {
		return t.cfg.Adam.Optimizer
	}
	return stageNames[t.stage]
}

// Metrics are the numbers of one iteration.
type Metrics struct {
	Iteration    int     // from 1, within the stage
	Loss         float64 // before the update
	GradientNorm float64 // before clipping
	Rate         float64 // Adam and SOAP: the learning rate; L-BFGS: 0
	Seconds      float64 // since the start of the training
	Stage        string  // adam, soap or lbfgs
	Attempt      int     // from 0; counts restarts
	Total        int     // iterations of the stage
}

// Trainer fits a model to trajectories. Its state is open to be saved between
// any two iterations, and a training resumed from there gives the same bits as
// one that was not stopped.
type Trainer struct {
	Model *Model

	cfg      TrainConfig
	all      []float64   // times of the data
	times    []float64   // of a sample
	x        [][]float64 // scaled states of each trajectory of the data, times×m
	starts   int         // of windows in a trajectory, 1 without windows
	samples  int         // trajectories·starts
	checksum string      // of the data

	phase int   // of the first stage, that the workers are made for
	now   Phase // which that is
	begin int   // its first iteration

	workers  []*worker
	order    []int // of the samples in the epoch
	epoch    int
	stride   int // of the regular grid in the times of a sample
	seen     seen
	grad     []float64
	hooks    []func(Metrics)
	dir      string
	interval time.Duration

	stage, iteration, attempt, backoffs int
	optimizer                           SOAP
	lbfgs                               LBFGS
	last                                undo
	best                                best
	log                                 []Metrics
	loss                                float64       // at the end of the last stage that has ended
	elapsed                             time.Duration // of earlier Fits
}

// undo is what one update of the first stage changes, as it was before.
type undo struct{ w, mean, variance []float64 }

// best is what the best attempt so far has come to, where there is another.
type best struct {
	w    []float64
	loss float64
}

// DivergedError is the error of a training whose loss or gradient is not finite
// however often the rate was halved, or is not from the start.
type DivergedError struct {
	Stage     string
	Iteration int // updates done
	Loss      float64
	Norm      float64 // of the gradient
	Rate      float64 // of the last update
	Halved    int     // how often it was
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("model: Fit: the loss is %g and the gradient's norm %g after %d iterations of %s, at rate %.3g which was halved %d times; try a lower rate, a clip of the gradient norm, or more substeps",
		e.Loss, e.Norm, e.Iteration, e.Stage, e.Rate, e.Halved)
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

// NewTrainer prepares the training of m on trajectories: states, indexed by
// time, sample and component, at the given times. They are in the physical,
// unscaled variables. The error is ErrConfig or ErrData.
func NewTrainer(m *Model, cfg TrainConfig, times []float64, states [][][]float64, options ...Option) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := checkTimes(times, 2); err != nil {
		return nil, err
	}
	if len(states) != len(times) {
		return nil, dataError("states: got %d times, want %d as there are times", len(states), len(times))
	}
	if len(states[0]) == 0 {
		return nil, dataError("states: got no samples, want at least one")
	}
	t := &Trainer{Model: m, cfg: cfg, all: times, samples: len(states[0]), grad: make([]float64, len(m.params.Flat))}
	scaled := make([][]float64, len(times))
	for k, s := range states {
		x, err := checkStates(fmt.Sprintf("states at time %d", k), s, t.samples, m.cfg.Dim)
		if err != nil {
			return nil, err
		}
		scaled[k] = m.Scaled(x)
	}
	t.checksum = checksum(times, scaled)
	for s := range t.samples { // in the order in which samples are read
		width := m.cfg.Width()
		x := make([]float64, 0, len(times)*width)
		for _, at := range scaled {
			x = append(x, at[s*width:(s+1)*width]...)
		}
		t.x = append(t.x, x)
	}
	for i := len(cfg.Phases); i >= 0; i-- { // the first one last
		if err := t.enter(i); err != nil {
			return nil, err
		}
	}
	t.cfg.Workers = defaultWorkers(cfg.Workers)
	for _, o := range options {
		o(t)
	}
	t.optimizer = t.newOptimizer()
	return t, nil
}

// batch is the number of samples in an iteration.
func (t *Trainer) batch() int {
	if t.now.Batch > 0 {
		return t.now.Batch
	}
	return t.samples
}

// worker evaluates the objective of its part of a batch.
type worker struct {
	*Objective
	batch Batch
	loss  float64
	grad  []float64
	err   error
}

// build makes the workers of the phase, unless they are there.
func (t *Trainer) build() error {
	if t.workers != nil {
		return nil
	}
	var half float64
	if t.now.Saturation > 0 { // which alone needs a pass over the data
		half = t.now.Saturation * t.meanSquare()
	}
	n := min(t.cfg.Workers, t.batch())
	workers := make([]*worker, n)
	for i := range workers {
		lo, hi := i*t.batch()/n, (i+1)*t.batch()/n
		o, err := t.Model.NewObjective(hi-lo, len(t.seen.grid), half)
		if err != nil {
			return err
		}
		state := func(row, time int) []float64 { return t.stateOf(lo+row, time) }
		workers[i] = &worker{Objective: o, batch: Batch{Rows: hi - lo, State: state}, grad: make([]float64, len(t.grad))}
	}
	t.workers = workers
	return nil
}

// meanSquare is the mean of ‖x‖² over all states of the data.
func (t *Trainer) meanSquare() float64 {
	var sum float64
	for _, x := range t.x {
		sum += floats.Dot(x, x)
	}
	return sum / float64(len(t.x)*len(t.all))
}

// evaluate returns the loss of the loaded batch and writes its gradient. The
// parts are added in the order of the workers, whichever ends first.
func (t *Trainer) evaluate(grad []float64) (float64, error) {
	if err := t.build(); err != nil {
		return 0, err
	}
	run := func(w *worker) {
		w.batch.Steps, w.batch.Weights = t.seen.steps, t.seen.weights
		w.loss, w.err = w.Evaluate(w.batch, w.grad)
	}
	var wait sync.WaitGroup
	for _, w := range t.workers[1:] {
		wait.Add(1)
		go func() {
			defer wait.Done()
			run(w)
		}()
	}
	run(t.workers[0])
	wait.Wait()
	var loss float64
	clear(grad)
	for _, w := range t.workers {
		if w.err != nil {
			return 0, w.err
		}
		loss += w.loss
		for i, v := range w.grad {
			grad[i] += v
		}
	}
	return loss, nil
}

// evaluateAll returns the mean loss of the batches that the evaluated samples
// make, as the data has them, and writes the gradient of the last one.
func (t *Trainer) evaluateAll(grad []float64) (mean float64, err error) {
	if t.now.Batch == 0 {
		if t.varies() {
			t.load(nil, t.regular())
		}
		return t.evaluate(grad)
	}
	samples := t.evaluated()
	n := len(samples) / t.now.Batch
	for k := range n {
		t.load(samples[k*t.now.Batch:], t.regular())
		loss, err := t.evaluate(grad)
		if err != nil {
			return 0, err
		}
		mean += loss / float64(n)
	}
	return mean, nil
}

// Fit trains until the stages are done or the context is. In the second case
// the error wraps that of the context, and the state has been saved if the
// trainer has a checkpoint; a further Fit goes on.
func (t *Trainer) Fit(ctx context.Context) (err error) {
	start, saved := time.Now(), time.Now()
	before := t.elapsed
	defer func() { t.elapsed = before + time.Since(start) }()
	for t.stage != stageDone {
		if ctx.Err() != nil {
			t.elapsed = before + time.Since(start)
			if err := t.save(); err != nil {
				return err
			}
			return errors.Wrapf(ctx.Err(), "model: Fit: stopped before iteration %d of %s", t.iteration+1, t.stageName())
		}
		var m Metrics
		switch t.stage {
		case stageAdam:
			m, err = t.adamIteration()
		case stageLBFGS:
			m, err = t.lbfgsIteration()
		}
		if err != nil {
			return err
		}
		t.elapsed = before + time.Since(start)
		if m.Stage != "" {
			m.Seconds = t.elapsed.Seconds()
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
	return t.Save(t.dir)
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

// Result is what a training has come to.
type Result struct {
	Iterations int     // in all stages of the last attempt
	Attempts   int     // 1 without a restart
	Seconds    float64 // in all
	Loss       float64 // at the end: of the best attempt, whose parameters the model has
	Log        []Metrics
}

// Result returns what the training has come to so far.
func (t *Trainer) Result() Result {
	return Result{
		Iterations: t.optimizer.Step + t.lbfgs.Iteration, Attempts: t.attempt + 1,
		Seconds: t.elapsed.Seconds(), Loss: t.loss, Log: t.log,
	}
}
