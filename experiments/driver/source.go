package driver

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/figure"
	"spnode/model"
)

// Source gives a model of a run by its name, from its configuration and data:
// trained now, or read from its checkpoint. An experiment that takes its models
// from a Source tests and reports them in one way.
type Source func(name string, cfg model.Config, train model.TrainConfig, d *data.Dataset) (*model.Model, model.Result, error)

// Training is the source that trains, see [Run.Fit].
func (r *Run) Training(ctx context.Context, p *Progress) Source {
	return func(name string, cfg model.Config, train model.TrainConfig, d *data.Dataset) (*model.Model, model.Result, error) {
		return r.Fit(ctx, p, name, cfg, train, d)
	}
}

// Stored is the source that reads the checkpoints of the run in dir.
func Stored(dir string) Source {
	return func(name string, _ model.Config, _ model.TrainConfig, _ *data.Dataset) (*model.Model, model.Result, error) {
		m, err := model.Load(filepath.Join(dir, name))
		if err != nil {
			return nil, model.Result{}, AsUsage(err)
		}
		result, err := model.LoadResult(filepath.Join(dir, name))
		return m, result, AsUsage(err)
	}
}

// KeepConfig writes the configuration to the run's folder or, when the run is
// gone on with, reads it from there into cfg, a pointer to its zero value.
func (r *Run) KeepConfig(cfg any) error {
	if r.Resumed {
		return LoadConfig(filepath.Join(r.Dir, configName), cfg)
	}
	text, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return errors.Wrap(err, "driver: KeepConfig")
	}
	return figure.WriteFile(filepath.Join(r.Dir, configName), append(text, '\n'))
}

// configName is the file of a run's configuration.
const configName = "config.json"

// Evaluation reads the configuration of the run that -evaluate names into cfg, a
// pointer to its zero value, and returns the folder that the evaluation is to be
// published in: -out or, in the run's, one named after the time.
func (f *Flags) Evaluation(cfg any) (dir string, err error) {
	if err := LoadConfig(filepath.Join(f.Evaluate, configName), cfg); err != nil {
		return "", err
	}
	dir = f.Out
	if dir == "" {
		dir = filepath.Join(f.Evaluate, "evaluation-"+time.Now().Format("20060102-150405"))
	}
	if _, err := os.Stat(dir); err == nil {
		return "", Usagef("flag -out: %s exists and is never overwritten; choose another folder", dir)
	}
	return dir, nil
}
