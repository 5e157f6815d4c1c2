package driver

import (
	"context"
	"time"

	"spnode/data"
	"spnode/model"
	"spnode/model/folder"
	"spnode/model/train"
)

// saveInterval is how much training a killed process loses at most; a signal
// loses nothing.
var saveInterval = 20 * time.Second

// Fit trains a model of a run on a data set, with progress, and keeps its
// checkpoint in the run's folder. In a resumed run it goes on from there, or
// returns at once what was complete.
func (r *Run) Fit(ctx context.Context, p *Progress, name string, cfg model.Config, how train.Config, d *data.Dataset) (*model.Model, train.Result, error) {
	dir := r.Model(name)
	bar := &trainingBar{progress: p, name: name}
	options := []train.Option{train.WithHook(bar.update), train.WithCheckpoint(dir, saveInterval)}
	t, err := r.trainer(dir, cfg, how, d, options)
	if err != nil {
		return nil, train.Result{}, err
	}
	r.earlier += t.Result().Seconds
	err = t.Fit(ctx)
	bar.done()
	return t.Model, t.Result(), err
}

func (r *Run) trainer(dir string, cfg model.Config, how train.Config, d *data.Dataset, options []train.Option) (*train.Trainer, error) {
	if r.Resumed {
		if folder.Exists(dir) {
			t, err := train.Resume(dir, d, options...)
			return t, AsUsage(err)
		}
	}
	m, err := model.New(cfg)
	if err != nil {
		return nil, AsUsage(err)
	}
	if r.start != nil {
		if err := r.start(m); err != nil {
			return nil, err
		}
	}
	t, err := train.New(m, how, d, options...)
	return t, AsUsage(err)
}

// trainingBar shows a bar for each stage of a training.
type trainingBar struct {
	progress *Progress
	name     string
	key      string
	stage    *Stage
}

func (b *trainingBar) update(m train.Metrics) {
	key := b.name + ": " + m.Stage
	if m.Attempt > 0 {
		key += ", again"
	}
	if key != b.key {
		b.done()
		b.key, b.stage = key, b.progress.Stage(key, m.Total)
	}
	fields := []Field{{"loss", m.Loss}, {"|grad|", m.GradientNorm}}
	if m.Stage == train.StageClosedForm {
		fields = []Field{{"residual", m.Loss}}
	}
	if m.Rate > 0 {
		fields = append(fields, Field{"lr", m.Rate})
	}
	b.stage.Update(m.Iteration, fields...)
}

func (b *trainingBar) done() {
	if b.stage != nil {
		b.stage.Done()
		b.stage = nil
	}
}
