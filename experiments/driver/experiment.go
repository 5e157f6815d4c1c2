package driver

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
	"spnode/experiments/driver/settings"
	"spnode/experiments/driver/terminal"
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
	Load(path string, text []byte, whole any) error
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
	// Own, if it is not nil, holds what the command's own flags set, zero where none did;
	// Choose, if it is not nil, does what else they say.
	Own    *C
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
	c := e.Default()
	for _, r := range P(&c).Recipes() {
		f.models = append(f.models, r.Name)
	}
	if err := f.Parse(args, stdout); err != nil {
		return err
	}
	switch {
	case f.Given("predict"):
		return f.Predict(stdout, stderr)
	case f.Given("evaluate"):
		return e.evaluate(ctx, stdout, stderr)
	case f.Given("gather"):
		return f.gather(stdout)
	case f.Given("sweep"):
		return e.sweep(ctx, stdout, stderr)
	case f.PrintConfig:
		cfg, err := e.configure()
		if err != nil {
			return err
		}
		return settings.Show(cfg, stdout)
	}
	if f.Resume && f.Run == "" {
		var err error
		if f.Run, err = runs.Unfinished(f.Checkpoints); err != nil {
			return err
		}
	}
	return e.train(ctx, work[P]{checkpoints: f.Checkpoints, name: f.Run, resume: f.Resume, configure: e.configure, agrees: e.agrees}, stdout, stderr)
}

// configure returns the configuration in force: default < file < flag.
func (e Experiment[C, P]) configure() (P, error) {
	cfg, err := e.filed()
	if err == nil {
		err = e.flagged(cfg)
	}
	if err == nil {
		err = command.AsUsage(cfg.Validate())
	}
	return cfg, err
}

// filed returns the defaults with what the configuration's file says.
func (e Experiment[C, P]) filed() (P, error) {
	c := e.Default()
	cfg := P(&c)
	if !e.Flags.Given("config") {
		return cfg, nil
	}
	text, err := settings.Read(e.Flags.Config)
	if err == nil {
		err = cfg.Load(e.Flags.Config, text, cfg)
	}
	return cfg, err
}

// flagged sets what the flags say.
func (e Experiment[C, P]) flagged(cfg P) error {
	if e.Own != nil {
		settings.Overlay((*C)(cfg), *e.Own)
	}
	if e.Choose != nil {
		if err := e.Choose((*C)(cfg)); err != nil {
			return err
		}
	}
	if e.Flags.Quick {
		e.Quick((*C)(cfg))
	}
	return cfg.Apply(e.Flags)
}

// work is a run to be done.
type work[P any] struct {
	checkpoints, name string // without a name it gets one
	resume            bool
	configure         func() (P, error)  // its configuration, if it is to be begun
	agrees            func(kept P) error // whether the command line agrees with the run's
}

// train begins a run or goes on with it, and writes it. One that is finished stays
// as it is.
func (e Experiment[C, P]) train(ctx context.Context, w work[P], stdout, stderr io.Writer) error {
	dir, there := filepath.Join(w.checkpoints, w.name), false
	if w.name != "" {
		if there = runs.Begun(dir); there && !w.resume {
			return runs.Exists(dir)
		}
	}
	var cfg P
	var seed uint64
	if !there { // a mistake is told before anything is made
		var err error
		if cfg, err = w.configure(); err != nil {
			return err
		}
		seed = cfg.RunSeed()
	}
	r, err := runs.Open(ctx, w.checkpoints, w.name, seed, w.resume, time.Now())
	if err != nil {
		return err
	}
	defer r.Close()
	switch {
	case r.Resumed: // by the configuration that it was begun with
		cfg = P(new(C))
	case cfg == nil: // the run has gone
		return errors.Errorf("driver: run %s has been removed", r.Dir)
	}
	if err := r.KeepConfig(cfg); err != nil {
		return err
	}
	if r.Resumed {
		if err := command.AsUsage(cfg.Validate()); err != nil {
			return err
		}
		if err := w.agrees(cfg); err != nil {
			return command.AsUsage(errors.WithMessagef(err, "run %s", r.Dir))
		}
		if runs.Finished(r.Dir) {
			fmt.Fprintf(stdout, "%s: run %s is finished: %s\n", e.Flags.Set.Name(), r.Dir, filepath.Join(r.Dir, "report.html"))
			return nil
		}
	}
	what, more, _ := strings.Cut(cfg.Describe(), "\n")
	fmt.Fprintf(stdout, "%s: %s, seed %d, run %s\n%s", e.Flags.Set.Name(), what, cfg.RunSeed(), r.Dir, more)
	for _, m := range cfg.Recipes() {
		fmt.Fprintf(stdout, "  %s\n", m)
	}
	if e.Flags.Given("batch") {
		fmt.Fprintln(stdout, "  -batch leaves out L-BFGS, which needs all samples at once")
	}
	err = e.publish(e.session(ctx, cfg, r, r.Dir, stdout, stderr), cfg, r.Dir)
	if errors.Is(err, context.Canceled) {
		return e.Flags.Interrupted(r, err)
	}
	return err
}

// agrees reports what the flags say against a run's configuration. They agree if
// they change nothing in it, or if they would begin the same run.
func (e Experiment[C, P]) agrees(kept P) error {
	again, err := settings.Copy[C](kept)
	if err == nil && !e.Flags.Given("config") {
		if err := e.flagged(again); err == nil && settings.Difference(kept, again) == "" {
			return nil
		}
	}
	begun, err := e.configure()
	if err != nil {
		return err
	}
	if d := settings.Difference(kept, begun); d != "" {
		return errors.Errorf("-resume goes on with its own configuration and %s says another, where %s; leave out what differs, or begin another run", strings.Join(e.Flags.shaping(), " "), d)
	}
	return nil
}

// evaluate is -evaluate: the tests of a run anew, from its checkpoints.
func (e Experiment[C, P]) evaluate(ctx context.Context, stdout, stderr io.Writer) error {
	cfg, dir := P(new(C)), e.Flags.Evaluate
	if _, err := os.Stat(filepath.Join(dir, runs.ConfigName)); err != nil {
		return command.Usagef("flag -evaluate: %v; want the folder of a run", err)
	}
	if other := runs.Experiment(dir); other != "" && other != e.Flags.Set.Name() {
		return command.Usagef("flag -evaluate: %s is a run of %s, want one of %s; try go run ./experiments/%[2]s -evaluate %[1]s", dir, other, e.Flags.Set.Name())
	}
	if err := settings.Load(filepath.Join(dir, runs.ConfigName), cfg); err != nil {
		return errors.WithMessage(err, "flag -evaluate: is it a run of another experiment?")
	}
	out := e.Flags.Out
	if out == "" {
		out = filepath.Join(dir, "evaluation-"+time.Now().Format("20060102-150405"))
	}
	if _, err := os.Stat(out); err == nil {
		return command.Usagef("flag -out: %s exists and is never overwritten; choose another folder", out)
	}
	if err := command.AsUsage(cfg.Validate()); err != nil {
		return err
	}
	return e.publish(e.session(ctx, cfg, nil, dir, stdout, stderr), cfg, out)
}

func (e Experiment[C, P]) session(ctx context.Context, cfg P, r *runs.Run, dir string, stdout, stderr io.Writer) *Session {
	made := report.New(e.Flags.Set.Name(), cfg)
	made.Provenance.Command = e.Flags.line()
	return &Session{
		Context: ctx, Dir: dir, Cache: filepath.Join(e.Flags.Checkpoints, ".cache"),
		Report: made, Progress: terminal.NewProgress(stderr, e.Flags.Quiet), Stdout: stdout, run: r, seed: cfg.RunSeed(),
	}
}

// publish learns and writes the results to out.
func (e Experiment[C, P]) publish(s *Session, cfg P, out string) error {
	page, err := e.Learn(s, *cfg)
	if err != nil {
		return err
	}
	if s.run != nil {
		s.Report.Earlier = s.run.Earlier
	}
	page.Report = s.Report
	return page.Publish(out, s.Stdout)
}
