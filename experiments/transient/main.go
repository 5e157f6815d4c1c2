// Command transient learns example 5.1 of the paper, a system whose linear part
// lets states grow before they decay, from few snapshots: with ETD1 against
// IMEX Euler, as the paper does, and with ETDRK4.
package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver"
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
		return driver.Show(cfg, stdout)
	}
	return train(ctx, f, cfg, stdout, stderr)
}

// train makes the data, trains and tests every model, and writes the run.
func train(ctx context.Context, f *driver.Flags, cfg Config, stdout, stderr io.Writer) error {
	r, err := f.OpenRun(cfg.Seed)
	if err != nil {
		return err
	}
	if r.Resumed {
		cfg = Config{}
	}
	if err := r.KeepConfig(&cfg); err != nil {
		return err
	}
	if err := driver.AsUsage(cfg.validate()); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "transient: %d initial states, %d held out, seed %d, run %s\n", cfg.Data.Samples, cfg.Data.HeldOut, cfg.Seed, r.Dir)
	for _, m := range cfg.Models {
		fmt.Fprintf(stdout, "  %s: %d times, %s, g %s, %d iterations of Adam and %d of L-BFGS\n", m.Name, len(m.Times),
			m.Model.Integrator, m.Model.Nonlinear.Kind, m.Train.Adam.Iterations, m.Train.LBFGS.Iterations)
	}
	err = testAll(cfg, r.Training(ctx, driver.NewProgress(stderr, f.Quiet)), r.Dir, r.Dir, stdout)
	if errors.Is(err, context.Canceled) {
		return f.Interrupted(r, err)
	}
	return err
}

// evaluateRun is -evaluate: the tests of a run anew, from its checkpoints.
func evaluateRun(f *driver.Flags, stdout io.Writer) error {
	var cfg Config
	out, err := f.Evaluation(&cfg)
	if err != nil {
		return err
	}
	if err := driver.AsUsage(cfg.validate()); err != nil {
		return err
	}
	return testAll(cfg, driver.Stored(f.Evaluate), f.Evaluate, out, stdout)
}

// testAll takes all models of the run in dir from their source, tests them, and
// writes the results to out.
func testAll(cfg Config, from driver.Source, dir, out string, stdout io.Writer) error {
	report := driver.NewReport("transient", cfg)
	var models []*trained
	for _, m := range cfg.Models {
		t, err := test(cfg, m, from)
		if err != nil {
			return errors.WithMessage(err, m.Name)
		}
		models = append(models, t)
	}
	return publish(models, report, dir, out, stdout)
}

// test takes a model and its further seeds from their source and tests them.
func test(cfg Config, m ModelConfig, from driver.Source) (*trained, error) {
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
