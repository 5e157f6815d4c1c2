package driver

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"spnode/experiments/report"
)

// Config is the configuration of an experiment, a plain struct that JSON holds.
type Config interface {
	// Validate reports the first setting that cannot be used.
	Validate() error
	// RunSeed is the seed of every random choice.
	RunSeed() uint64
	// Recipes are the models, as [Recipes] returns them.
	Recipes() []*Recipe
	// Describe is a line on the data.
	Describe() string
}

// Experiment is what a command has of its own; [Experiment.Run] is the rest.
type Experiment[C Config] struct {
	Flags *Flags // with the command's own in its Set
	// Components names those of the data, for -predict of a checkpoint that does not
	// name its own.
	Components []string
	// Configure returns the configuration in force: default < file < flag.
	Configure func() (C, error)
	// Learn trains and tests the models by way of the session, adds them to its
	// report, and returns the page that shows the results.
	Learn func(s *Session, c C) (*report.Page, error)
}

// Run does what the arguments ask for: predict, evaluate a run, print the
// configuration, or train.
func (e Experiment[C]) Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := e.Flags
	if err := f.Parse(args, stdout); err != nil {
		return err
	}
	switch {
	case f.Given("predict"):
		return f.Prediction(e.Components, stdout)
	case f.Given("evaluate"):
		return e.evaluate(ctx, stdout, stderr)
	}
	cfg, err := e.Configure()
	if err != nil {
		return err
	}
	if err := AsUsage(cfg.Validate()); err != nil {
		return err
	}
	if f.PrintConfig {
		return Show(cfg, stdout)
	}
	return e.train(ctx, cfg, stdout, stderr)
}

// train begins or goes on with a run, and writes it.
func (e Experiment[C]) train(ctx context.Context, cfg C, stdout, stderr io.Writer) error {
	r, err := e.Flags.OpenRun(cfg.RunSeed())
	if err != nil {
		return err
	}
	if r.Resumed { // by the configuration that it was begun with
		var zero C
		cfg = zero
	}
	if err := r.KeepConfig(&cfg); err != nil {
		return err
	}
	if err := AsUsage(cfg.Validate()); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: %s, seed %d, run %s\n", e.Flags.Set.Name(), cfg.Describe(), cfg.RunSeed(), r.Dir)
	for _, m := range cfg.Recipes() {
		fmt.Fprintf(stdout, "  %s\n", m)
	}
	err = e.publish(e.session(ctx, cfg, r, r.Dir, stdout, stderr), cfg, r.Dir)
	if errors.Is(err, context.Canceled) {
		return e.Flags.Interrupted(r, err)
	}
	return err
}

// evaluate is -evaluate: the tests of a run anew, from its checkpoints.
func (e Experiment[C]) evaluate(ctx context.Context, stdout, stderr io.Writer) error {
	var cfg C
	dir := e.Flags.Evaluate
	if err := LoadConfig(filepath.Join(dir, configName), &cfg); err != nil {
		return err
	}
	out := e.Flags.Out
	if out == "" {
		out = filepath.Join(dir, "evaluation-"+time.Now().Format("20060102-150405"))
	}
	if _, err := os.Stat(out); err == nil {
		return Usagef("flag -out: %s exists and is never overwritten; choose another folder", out)
	}
	if err := AsUsage(cfg.Validate()); err != nil {
		return err
	}
	return e.publish(e.session(ctx, cfg, nil, dir, stdout, stderr), cfg, out)
}

func (e Experiment[C]) session(ctx context.Context, cfg C, r *Run, dir string, stdout, stderr io.Writer) *Session {
	return &Session{
		Context: ctx, Dir: dir, Cache: filepath.Join(e.Flags.Checkpoints, ".cache"),
		Report: report.New(e.Flags.Set.Name(), cfg), Progress: NewProgress(stderr, e.Flags.Quiet), Stdout: stdout, run: r, seed: cfg.RunSeed(),
	}
}

// publish learns and writes the results to out.
func (e Experiment[C]) publish(s *Session, cfg C, out string) error {
	page, err := e.Learn(s, cfg)
	if err != nil {
		return err
	}
	if s.run != nil {
		s.Report.Earlier = s.run.earlier
	}
	page.Report = s.Report
	return page.Publish(out, s.Stdout)
}
