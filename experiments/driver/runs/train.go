package runs

import (
	"context"
	"time"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/terminal"
	"spnode/model"
	"spnode/model/folder"
	"spnode/model/train"
)

// SaveInterval is how much training a killed process loses at most; a signal
// loses nothing.
var SaveInterval = 20 * time.Second

// Fit trains a model of a run on a data set, with progress, and keeps its
// checkpoint in the run's folder. In a resumed run it goes on from there, or
// returns at once what was complete.
func (r *Run) Fit(ctx context.Context, p *terminal.Progress, name string, cfg model.Config, how train.Config, d *data.Dataset) (*model.Model, train.Result, error) {
	dir := r.Model(name)
	bar := &trainingBar{progress: p, name: name}
	options := []train.Option{train.WithHook(bar.update), train.WithCheckpoint(dir, SaveInterval)}
	t, err := r.trainer(dir, cfg, how, d, options)
	if err != nil {
		return nil, train.Result{}, err
	}
	r.Earlier += t.Result().Seconds
	err = t.Fit(ctx)
	bar.done()
	return t.Model, t.Result(), err
}

func (r *Run) trainer(dir string, cfg model.Config, how train.Config, d *data.Dataset, options []train.Option) (*train.Trainer, error) {
	if r.Resumed {
		if folder.Exists(dir) {
			t, err := train.Resume(dir, d, options...)
			return t, command.AsUsage(err)
		}
	}
	m, err := model.New(cfg)
	if err != nil {
		return nil, command.AsUsage(err)
	}
	if r.Start != nil {
		if err := r.Start(m); err != nil {
			return nil, err
		}
	}
	t, err := train.New(m, how, d, options...)
	return t, command.AsUsage(err)
}

// trainingBar shows a bar for each stage of a training.
type trainingBar struct {
	progress *terminal.Progress
	name     string
	key      string
	stage    *terminal.Stage
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
	fields := []terminal.Field{{Name: "loss", Value: m.Loss}, {Name: "|grad|", Value: m.GradientNorm}}
	if m.Stage == train.StageClosedForm {
		fields = []terminal.Field{{Name: "residual", Value: m.Loss}}
	}
	if m.Rate > 0 {
		fields = append(fields, terminal.Field{Name: "lr", Value: m.Rate})
	}
	b.stage.Update(m.Iteration, fields...)
}

func (b *trainingBar) done() {
	if b.stage != nil {
		b.stage.Done()
		b.stage = nil
	}
}
