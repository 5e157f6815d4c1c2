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

// Config is the configuration of an experiment, a plain struct that JSON holds
// and that embeds [Common].
type Config interface {
	// Validate reports the first setting that cannot be used.
	Validate() error
	// Describe is a line on the data.
	Describe() string

	// What follows is Common's.
	RunSeed() uint64
	Recipes() []*Recipe
	Load(path string, whole any) error
	Apply(f *Flags) error
}

// Experiment is what a command has of its own; [Experiment.Run] is the rest.
type Experiment[C any, P interface {
	*C
	Config
}] struct {
	Flags *Flags // with the command's own in its Set
	// Default returns the configuration without a file and flags.
	Default func() C
	// Choose, if it is not nil, sets what the command's own flags say.
	Choose func(*C) error
	// Quick makes every stage smaller.
	Quick func(*C)
	// Learn trains and tests the models by way of the session, adds them to its
	// report, and returns the page that shows the results.
	Learn func(s *Session, c C) (*report.Page, error)
}

// Run does what the arguments ask for: predict, evaluate a run, print the
// configuration, or train.
func (e Experiment[C, P]) Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := e.Flags
	if err := f.Parse(args, stdout); err != nil {
		return err
	}
	switch {
	case f.Given("predict"):
		return f.Prediction(stdout, stderr)
	case f.Given("evaluate"):
		return e.evaluate(ctx, stdout, stderr)
	}
	cfg, err := e.configure()
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

// configure returns the configuration in force: default < file < flag.
func (e Experiment[C, P]) configure() (P, error) {
	c := e.Default()
	cfg := P(&c)
	if e.Flags.Given("config") {
		if err := cfg.Load(e.Flags.Config, cfg); err != nil {
			return nil, err
		}
	}
	if e.Choose != nil {
		if err := e.Choose(&c); err != nil {
			return nil, err
		}
	}
	if e.Flags.Quick {
		e.Quick(&c)
	}
	return cfg, cfg.Apply(e.Flags)
}

// train begins or goes on with a run, and writes it.
func (e Experiment[C, P]) train(ctx context.Context, cfg P, stdout, stderr io.Writer) error {
	r, err := e.Flags.OpenRun(cfg.RunSeed())
	if err != nil {
		return err
	}
	defer r.Close()
	if r.Resumed { // by the configuration that it was begun with
		cfg = P(new(C))
	}
	if err := r.KeepConfig(cfg); err != nil {
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
func (e Experiment[C, P]) evaluate(ctx context.Context, stdout, stderr io.Writer) error {
	cfg, dir := P(new(C)), e.Flags.Evaluate
	if _, err := os.Stat(filepath.Join(dir, configName)); err != nil {
		return Usagef("flag -evaluate: %v; want the folder of a run", err)
	}
	if err := LoadConfig(filepath.Join(dir, configName), cfg); err != nil {
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

func (e Experiment[C, P]) session(ctx context.Context, cfg P, r *Run, dir string, stdout, stderr io.Writer) *Session {
	return &Session{
		Context: ctx, Dir: dir, Cache: filepath.Join(e.Flags.Checkpoints, ".cache"),
		Report: report.New(e.Flags.Set.Name(), cfg), Progress: NewProgress(stderr, e.Flags.Quiet), Stdout: stdout, run: r, seed: cfg.RunSeed(),
	}
}

// publish learns and writes the results to out.
func (e Experiment[C, P]) publish(s *Session, cfg P, out string) error {
	page, err := e.Learn(s, *cfg)
	if err != nil {
		return err
	}
	if s.run != nil {
		s.Report.Earlier = s.run.earlier
	}
	page.Report = s.Report
	return page.Publish(out, s.Stdout)
}
