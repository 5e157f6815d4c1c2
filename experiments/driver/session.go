package driver

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
	"spnode/experiments/driver/terminal"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/folder"
	"spnode/model/train"
)

// Session is one go at a run: its training, or its evaluation from the
// checkpoints. An experiment that takes its models from a Session tests and
// reports them in one way.
type Session struct {
	Context  context.Context
	Dir      string // the run's
	Cache    string // folder for data that take long to make, see data.Cached
	Report   *report.Report
	Progress *terminal.Progress
	Stdout   io.Writer

	// Start, if it is not nil, sets the parameters of a new model before its training.
	Start func(m *model.Model) error
	// MayDiverge makes a training that diverges a result of [Learn], not an error.
	MayDiverge bool

	run  *runs.Run // nil in an evaluation
	seed uint64    // the run's
}

// Fitted is a model with what its training has come to.
type Fitted struct {
	Name   string // of its folder in the run
	Seed   int    // its number among those of the recipe; 0: the model itself
	Model  *model.Model
	Result train.Result
}

// Train returns the model of a recipe and, after it, those of its further seeds:
// trained now, in a resumed run from their last state on, or in an evaluation
// read from the checkpoints, of which the further ones may be missing. Only a
// training calls prepare, which returns the data and may complete the model's
// configuration by them.
func (s *Session) Train(r Recipe, prepare func(*model.Config) (*data.Dataset, error)) ([]Fitted, error) {
	var all []Fitted
	for k := range r.Seeds {
		f := Fitted{Name: r.Name, Seed: k}
		if k > 0 {
			f.Name = filepath.Join("seeds", fmt.Sprintf("%s-%d", r.Name, k))
			if s.Missing(f.Name) {
				continue
			}
		}
		if err := s.fit(&f, r, prepare); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func (s *Session) fit(f *Fitted, r Recipe, prepare func(*model.Config) (*data.Dataset, error)) (err error) {
	if s.run == nil {
		dir := filepath.Join(s.Dir, f.Name)
		if f.Model, err = model.Load(dir); err != nil {
			return command.AsUsage(err)
		}
		f.Result, err = train.LoadResult(dir)
		return command.AsUsage(err)
	}
	m, t := r.Model, r.Train
	m.Seed += 1000*s.seed + uint64(f.Seed)
	t.Seed += 1000*s.seed + uint64(f.Seed)
	if t.ClosedForm != nil {
		c := *t.ClosedForm
		c.Seed += 1000*s.seed + uint64(f.Seed)
		t.ClosedForm = &c
	}
	d, err := prepare(&m)
	if err != nil {
		return err
	}
	if r.Resample && f.Seed > 0 {
		d = resample(d, m.Seed)
	}
	d = d.WithNoise(r.Noise, m.Seed)
	if m.TimeUnit == 0 { // the rates of a recipe are in the data's own
		m.TimeUnit = 1
	}
	s.run.Start = s.Start
	f.Model, f.Result, err = s.run.Fit(s.Context, s.Progress, f.Name, m, t, d)
	if c := f.Result.ClosedForm; c != nil && err == nil {
		fmt.Fprintf(s.Stdout, "%s: %s\n", f.Name, c)
	}
	return err
}

// resample draws as many trajectories as there are, with replacement.
func resample(d *data.Dataset, seed uint64) *data.Dataset {
	random := rand.New(rand.NewPCG(seed, 0))
	drawn := make([]int, d.Samples())
	for i := range drawn {
		drawn[i] = random.IntN(len(drawn))
	}
	return d.Batch(drawn...)
}

// Missing reports, and says on the screen, that an evaluation cannot have the
// model of that name, since there is no checkpoint of a training that ended: it
// diverged, was stopped, or was not kept.
func (s *Session) Missing(name string) bool {
	if s.run != nil {
		return false
	}
	dir, why := filepath.Join(s.Dir, name), "no checkpoint, left out"
	if folder.Exists(dir) {
		if r, err := train.LoadResult(dir); err != nil || r.Done {
			return false
		}
		why = "its training did not end, left out"
	}
	if runs.Finished(s.Dir) {
		why += "; what its training came to is in " + filepath.Join(s.Dir, runs.ReportName)
	}
	fmt.Fprintf(s.Stdout, "%s: %s\n", name, why)
	return true
}

// Cached returns a data set that takes long to make: the one that was kept under the
// key, or a new one, with progress.
func (s *Session) Cached(title string, total int, key any, make func(progress func(done, total int)) (*data.Dataset, error)) (*data.Dataset, error) {
	d, _, err := data.Cached(s.Cache, key, func() (*data.Dataset, error) {
		stage := s.Progress.Stage("data: "+title, total)
		defer stage.Done()
		return make(func(done, _ int) { stage.Update(done) })
	})
	return d, err
}
