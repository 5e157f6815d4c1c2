// Command robertson learns example 5.2 of the paper, Robertson's chemical
// reaction, whose time scales span twelve decades: with an autoencoder and
// without, with ETD1 and by other methods.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver"
)

func main() { driver.Main("robertson", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("robertson", "learns example 5.2 of the paper: a stiff reaction over twelve decades")
	var o options
	f.Set.StringVar(&o.autoencoder, "autoencoder", "", "train only the models with an autoencoder, `on`, or without, off")
	f.Set.StringVar(&o.invariants, "invariants", "", "keep the total mass by construction, `on` (the default) or off")
	f.Set.StringVar(&o.only, "only", "", "train only the models `NAMES`, separated by commas")
	f.Set.StringVar(&o.weighting, "weighting", "", "weighting `W` of the loss in time: log-time, time (eq. (20)) or uniform")
	f.Set.Func("seeds", "train the models autoencoder and masses from `N` seeds and report each", func(s string) (err error) {
		if o.seeds, err = strconv.Atoi(s); err != nil || o.seeds < 1 {
			return errors.New("want a whole number of at least 1")
		}
		return nil
	})
	if err := f.Parse(args, stdout); err != nil {
		return err
	}
	switch {
	case f.Given("predict"):
		return f.Prediction(data.Robertson{}.Components(), stdout)
	case f.Given("evaluate"):
		return evaluateRun(ctx, f, stdout, stderr)
	}
	cfg, err := configure(f, o)
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
	fmt.Fprintf(stdout, "robertson: %d initial states, %d held out, seed %d, run %s\n", cfg.Data.Samples, cfg.Data.HeldOut, cfg.Seed, r.Dir)
	for _, m := range cfg.Models {
		fmt.Fprintf(stdout, "  %s: %s, latent %d, loss in %s, %d iterations, batch %d\n", m.Name, m.Model.Integrator,
			m.Model.LatentDim(), m.Train.Weighting, m.Train.Adam.Iterations, m.Train.Batch)
	}
	progress := driver.NewProgress(stderr, f.Quiet)
	l := &laboratory{Config: cfg, ctx: ctx, cache: filepath.Join(f.Checkpoints, ".cache"), progress: progress}
	err = l.testAll(r.Training(ctx, progress), r.Dir, r.Dir, stdout)
	if errors.Is(err, context.Canceled) {
		return f.Interrupted(r, err)
	}
	return err
}

// evaluateRun is -evaluate: the tests of a run anew, from its checkpoints. A
// model whose training diverged has none.
func evaluateRun(ctx context.Context, f *driver.Flags, stdout, stderr io.Writer) error {
	var cfg Config
	out, err := f.Evaluation(&cfg)
	if err != nil {
		return err
	}
	if err := driver.AsUsage(cfg.validate()); err != nil {
		return err
	}
	var there []ModelConfig
	for _, m := range cfg.Models {
		if _, err := os.Stat(filepath.Join(f.Evaluate, m.Name)); err == nil {
			there = append(there, m)
		} else {
			fmt.Fprintf(stdout, "%s: no checkpoint, left out\n", m.Name)
		}
	}
	cfg.Models = there
	l := &laboratory{Config: cfg, ctx: ctx, cache: filepath.Join(f.Checkpoints, ".cache"), progress: driver.NewProgress(stderr, f.Quiet)}
	return l.testAll(driver.Stored(f.Evaluate), f.Evaluate, out, stdout)
}

// testAll takes all models of the run in dir from their source, tests them, and
// writes the results to out.
func (l *laboratory) testAll(from driver.Source, dir, out string, stdout io.Writer) error {
	report := driver.NewReport("robertson", l.Config)
	var models []*trained
	for _, m := range l.Models {
		t, err := l.test(m, from)
		if err != nil {
			return errors.WithMessage(err, m.Name)
		}
		models = append(models, t)
	}
	return l.publish(models, report, dir, out, stdout)
}

// named returns the model of that name, nil if there is none with a result.
func named(models []*trained, name string) *trained {
	for _, m := range models {
		if m.Name == name && m.model != nil {
			return m
		}
	}
	return nil
}
