package driver

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"spnode/data"
	"spnode/model"
)

// Session is one go at a run: its training, or its evaluation from the
// checkpoints. An experiment that takes its models from a Session tests and
// reports them in one way.
type Session struct {
	Context  context.Context
	Dir      string // the run's
	Cache    string // folder for data that take long to make, see data.Cached
	Report   *Report
	Progress *Progress
	Stdout   io.Writer

	run *Run // nil in an evaluation
}

// Training is what a model is trained by, and on.
type Training struct {
	Model model.Config
	Train model.TrainConfig
	Data  *data.Dataset
}

// Model returns the model of that name with what its training has come to:
// trained now, in a resumed run from its last state on, or in an evaluation read
// from its checkpoint. Only a training prepares what it needs.
func (s *Session) Model(name string, prepare func() (Training, error)) (*model.Model, model.Result, error) {
	if s.run == nil {
		m, err := model.Load(filepath.Join(s.Dir, name))
		if err != nil {
			return nil, model.Result{}, AsUsage(err)
		}
		result, err := model.LoadResult(filepath.Join(s.Dir, name))
		return m, result, AsUsage(err)
	}
	t, err := prepare()
	if err != nil {
		return nil, model.Result{}, err
	}
	return s.run.Fit(s.Context, s.Progress, name, t.Model, t.Train, t.Data)
}

// Missing reports, and says on the screen, that an evaluation cannot have the
// model of that name, since there is no checkpoint of it: its training diverged,
// or it was not kept.
func (s *Session) Missing(name string) bool {
	if s.run != nil {
		return false
	}
	_, err := os.Stat(filepath.Join(s.Dir, name))
	if err == nil {
		return false
	}
	fmt.Fprintf(s.Stdout, "%s: no checkpoint, left out\n", name)
	return true
}

// SeedName is the folder in a run of the model trained from its k-th seed; the
// first is the model itself.
func SeedName(name string, k int) string {
	if k == 0 {
		return name
	}
	return filepath.Join("seeds", fmt.Sprintf("%s-%d", name, k))
}

// Seeded moves the seeds of a model and of its training to the k-th of the run's
// seed.
func Seeded(c model.Config, t model.TrainConfig, seed uint64, k int) (model.Config, model.TrainConfig) {
	c.Seed += 1000*seed + uint64(k)
	t.Seed += 1000*seed + uint64(k)
	return c, t
}

// NewModelReport is what any experiment reports of a model; the stability and
// the test are for it to add.
func (s *Session) NewModelReport(name string, m *model.Model, r model.Result) ModelReport {
	return ModelReport{
		Name:       name,
		Checkpoint: filepath.Join(s.Dir, name),
		Parameters: len(m.Params().Flat),
		Train:      NewTrainReport(r.Iterations, seconds(r.Seconds), r.Loss),
	}
}

// LossCurve is the loss by iteration of the attempt that was kept, L-BFGS after
// Adam.
func LossCurve(log []model.Metrics) (iterations, losses []float64) {
	attempt, adam := kept(log), 0
	for _, l := range log {
		if l.Attempt != attempt {
			continue
		}
		k := l.Iteration
		if l.Stage == "lbfgs" {
			k += adam
		} else {
			adam = l.Total
		}
		if l.Loss > 0 && !math.IsInf(l.Loss, 0) {
			iterations, losses = append(iterations, float64(k)), append(losses, l.Loss)
		}
	}
	return iterations, losses
}

// kept is the attempt that ended lowest, the first of several: the model has its
// parameters.
func kept(log []model.Metrics) int {
	var last []float64 // loss of each attempt
	for _, l := range log {
		for len(last) <= l.Attempt {
			last = append(last, math.Inf(1))
		}
		last[l.Attempt] = l.Loss
	}
	best := 0
	for i, loss := range last {
		if loss < last[best] {
			best = i
		}
	}
	return best
}
