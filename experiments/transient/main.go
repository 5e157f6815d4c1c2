// Command transient learns example 5.1 of the paper, a system whose linear part
// lets states grow before they decay, from few snapshots: with ETD1 against
// IMEX Euler, as the paper does, and with ETDRK4.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/figure"
	"spnode/model"
)

func main() { driver.Main("transient", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("transient", "learns example 5.1 of the paper: transient growth, ETD1 against IMEX")
	epsilon := f.Set.String("epsilon", "", "train only the models of ε = `E`, 0 or 1")
	if err := f.Parse(args, stdout); err != nil {
		return err
	}
	switch {
	case f.Given("predict"):
		return f.Prediction(data.Transient{}.Components(), stdout)
	case f.Given("evaluate"):
		return evaluateRun(f, stdout)
	}
	cfg, err := configure(f, *epsilon)
	if err != nil {
		return err
	}
	if f.PrintConfig {
		text, err := driver.Marshal(cfg)
		if err == nil {
			_, err = stdout.Write(text)
		}
		return err
	}
	return train(ctx, f, cfg, stdout, stderr)
}

// train makes the data, trains and tests every model, and writes the run.
func train(ctx context.Context, f *driver.Flags, cfg Config, stdout, stderr io.Writer) error {
	r, err := f.OpenRun(cfg.Seed)
	if err != nil {
		return err
	}
	if err := keepConfig(r, &cfg); err != nil {
		return err
	}
	report := driver.NewReport("transient", cfg)
	fmt.Fprintf(stdout, "transient: %d initial states, %d held out, seed %d, run %s\n", cfg.Data.Samples, cfg.Data.HeldOut, cfg.Seed, r.Dir)
	progress := driver.NewProgress(stderr, f.Quiet)
	var models []*trained
	for _, m := range cfg.Models {
		t, err := test(cfg, m, func(name string, c model.Config, tc model.TrainConfig, d *data.Dataset) (*model.Model, model.Result, error) {
			return r.Fit(ctx, progress, name, c, tc, d)
		})
		if errors.Is(err, context.Canceled) {
			return f.Interrupted(r, err)
		}
		if err != nil {
			return errors.WithMessage(err, m.Name)
		}
		models = append(models, t)
	}
	return publish(models, report, r.Dir, r.Model, stdout)
}

// keepConfig writes the configuration into the run's folder, or takes it from
// there when the run is gone on with.
func keepConfig(r *driver.Run, cfg *Config) error {
	path := filepath.Join(r.Dir, "config.json")
	if r.Resumed {
		*cfg = Config{}
		if err := driver.LoadConfig(path, cfg); err != nil {
			return err
		}
		return driver.AsUsage(cfg.validate())
	}
	text, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return errors.Wrap(err, "config.json")
	}
	return figure.WriteFile(path, append(text, '\n'))
}

// source gives a model of a run, by its name, from its configuration and data:
// trained now, or read from its checkpoint.
type source func(name string, cfg model.Config, train model.TrainConfig, d *data.Dataset) (*model.Model, model.Result, error)

// test takes a model and its further seeds from their source and tests them.
func test(cfg Config, m ModelConfig, from source) (*trained, error) {
	all, err := cfg.trainingData(m.Epsilon)
	if err != nil {
		return nil, err
	}
	t := &trained{ModelConfig: m}
	if t.truth, err = cfg.heldOut(m, all); err != nil {
		return nil, err
	}
	d := m.dataset(all)
	if m.Epsilon == 0 {
		t.floor = floor(d)
	}
	for k := range m.Seeds {
		name := m.Name
		if k > 0 {
			name = filepath.Join("seeds", fmt.Sprintf("%s-%d", m.Name, k))
		}
		c, train := m.seeded(cfg.Seed, k)
		fitted, result, err := from(name, c, train, d)
		if err != nil {
			return nil, err
		}
		if err := t.add(k, fitted, result); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// add tests a trained model; the first of several seeds is the one that counts.
func (t *trained) add(k int, m *model.Model, result model.Result) error {
	test, predictions, err := evaluate(m, t.Epsilon, t.truth)
	if err != nil {
		return err
	}
	if k == 0 {
		t.model, t.result, t.test, t.predictions = m, result, test, predictions
		if t.stability, err = m.Stability(); err != nil {
			return err
		}
	}
	t.seeds = append(t.seeds, seedReport{k, result.Loss, result.Attempts, result.Seconds, test})
	return nil
}

// evaluateRun is -evaluate: the tests of a run anew, from its checkpoints.
func evaluateRun(f *driver.Flags, stdout io.Writer) error {
	var cfg Config
	if err := driver.LoadConfig(filepath.Join(f.Evaluate, "config.json"), &cfg); err != nil {
		return err
	}
	if err := driver.AsUsage(cfg.validate()); err != nil {
		return err
	}
	out := f.Out
	if out == "" {
		out = filepath.Join(f.Evaluate, "evaluation-"+time.Now().Format("20060102-150405"))
	}
	if _, err := os.Stat(out); err == nil {
		return driver.Usagef("flag -out: %s exists and is never overwritten; choose another folder", out)
	}
	report := driver.NewReport("transient", cfg)
	folder := func(name string) string { return filepath.Join(f.Evaluate, name) }
	var models []*trained
	for _, m := range cfg.Models {
		t, err := test(cfg, m, func(name string, _ model.Config, _ model.TrainConfig, _ *data.Dataset) (*model.Model, model.Result, error) {
			fitted, err := model.Load(folder(name))
			if err != nil {
				return nil, model.Result{}, driver.AsUsage(err)
			}
			result, err := model.LoadResult(folder(name))
			return fitted, result, driver.AsUsage(err)
		})
		if err != nil {
			return err
		}
		models = append(models, t)
	}
	if err := os.MkdirAll(filepath.Join(out, "figures"), 0o755); err != nil {
		return errors.Wrap(err, "evaluate")
	}
	return publish(models, report, out, folder, stdout)
}
