package driver

import (
	"flag"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/predict"
	"spnode/integrator"
)

// Flags are the flags that all commands have. Those that change the
// configuration hold zero unless they were given: default < file < flag.
type Flags struct {
	// Set takes a command's own flags, before Parse; the usage text lists them
	// in a group of their own.
	Set *flag.FlagSet

	Config      string
	PrintConfig bool
	Run         string
	Checkpoints string // default checkpoints/<experiment>
	Resume      bool
	Seed        uint64
	Seeds       int
	Iterations  int
	Batch       int
	LR, Noise   float64
	Dtype       string
	Workers     int
	Quick       bool
	Quiet       bool
	Debug       bool
	CPUProfile  string

	// Options are those of -predict; a training has Only, Integrator and Substeps, too.
	predict.Options

	Evaluate string

	Sweep    string
	Task     string // of the sweep: i, or i/N for every N-th from i on
	Tasks    bool
	Parallel int
	Gather   string
	By       string

	args    []string
	models  []string // those of the default configuration
	summary string
	groups  []flagGroup
}

type flagGroup struct {
	title string
	names []string
}

// NewFlags makes the flags of an experiment; the summary completes the sentence
// "<experiment> …" in the usage text.
func NewFlags(experiment, summary string) *Flags {
	fs := flag.NewFlagSet(experiment, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // Parse returns what is wrong, Execute prints it
	fs.Usage = func() {}
	f := &Flags{Set: fs, summary: summary, Options: predict.Options{Command: experiment}}

	group := func(title string) { f.groups = append(f.groups, flagGroup{title: title}) }
	name := func(n string) string {
		g := &f.groups[len(f.groups)-1]
		g.names = append(g.names, n)
		return n
	}
	text := func(p *string, n, usage string) { fs.StringVar(p, name(n), *p, usage) }
	on := func(p *bool, n, usage string) { fs.BoolVar(p, name(n), false, usage) }
	count := func(p *int, n, usage string) { f.Count(p, name(n), usage) }

	group("train (no mode flag)")
	f.Checkpoints = filepath.Join("checkpoints", experiment)
	text(&f.Config, "config", "JSON configuration in `FILE`; default < file < flag")
	on(&f.PrintConfig, "print-config", "print the configuration in force and stop")
	text(&f.Run, "run", "`NAME` of the run's folder (default: date-time and seed)")
	text(&f.Checkpoints, "checkpoints", "`DIR` that holds the runs")
	on(&f.Resume, "resume", "go on with the run that -run names from its last saved state, or begin it; without -run with the newest that is unfinished")
	text(&f.Only, "only", "only the models `NAMES`, separated by commas")
	fs.Func(name("seed"), "seed `N` of every random choice", func(s string) (err error) {
		if f.Seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			err = errors.New("want a whole number of at least 0")
		}
		return err
	})
	count(&f.Seeds, "seeds", "train every model from `N` seeds and report each")
	count(&f.Iterations, "iterations", "`N` training iterations in all, divided among the optimizers as the recipe divides its own")
	count(&f.Batch, "batch", "`N` samples in a batch, without L-BFGS, which needs all")
	f.Number(&f.LR, name("lr"), "learning rate `X`", false)
	f.Number(&f.Noise, name("noise"), "train on states with noise of `SHARE` of each component's root mean square", true)
	f.Choice(&f.Integrator, name("integrator"), "time integrator `NAME`", integrator.Names()...)
	f.Choice(&f.Dtype, name("dtype"), "element `TYPE`", "float64", "float32")
	count(&f.Workers, "workers", fmt.Sprintf("`N` workers that share a batch (this machine has %d processors)", runtime.NumCPU()))
	on(&f.Quick, "quick", "every stage, smaller: under a minute, and a worse result")
	on(&f.Quiet, "quiet", "no progress")
	on(&f.Debug, "debug", "print errors with their stack")
	text(&f.CPUProfile, "cpuprofile", "write a CPU profile to `FILE`")

	group("predict (needs no training data)")
	text(&f.Dir, "predict", "predict with the model in `DIR`, a checkpoint's folder or a run of one model")
	text(&f.Initial, "initial", "initial states, a row each: `FILE` .csv, .npy, .npz or .mat, in the data's own variables")
	text(&f.Times, "times", "times `SPEC`: start:stop:step, log:start:stop:n, or a file; the first is the initial states'")
	text(&f.Trajectories, "trajectories", "in place of both, a data set `FILE`: each trajectory from its first state on, at its own times, with its parameters and inputs")
	count(&f.Substeps, "substeps", "`K` steps of the integrator for each interval")
	text(&f.Out, "out", "`FILE` .csv, .npy or .npz for the prediction, - for CSV on standard output; with -evaluate a folder")

	group("evaluate")
	text(&f.Evaluate, "evaluate", "make the test data anew, print the results, write figures and report for the run in `DIR`")

	group("sweep (many runs, here or by a scheduler)")
	text(&f.Sweep, "sweep", "train the runs of the sweep in `FILE`, JSON; -run names their folder (default: the file's name)")
	text(&f.Task, "task", "only run `I` of the sweep, from 0, or I/N: every N-th from I on (default: what the scheduler says; else all)")
	on(&f.Tasks, "tasks", "print how many runs the sweep has and stop")
	count(&f.Parallel, "parallel", "`P` of the sweep's runs at once")
	text(&f.Gather, "gather", "compare the runs of the sweep in the folder `DIR`, of which some may be missing")
	text(&f.By, "by", "compare them by the measure `NAME` of report.json's test")
	return f
}

// Count adds a flag that takes a whole number of at least 1.
func (f *Flags) Count(p *int, name, usage string) {
	f.Set.Func(name, usage, func(s string) (err error) {
		if *p, err = strconv.Atoi(s); err != nil || *p < 1 {
			return errors.New("want a whole number of at least 1")
		}
		return nil
	})
}

// Number adds a flag that takes a finite number above 0 or, if zero is allowed, from 0 on.
func (f *Flags) Number(p *float64, name, usage string, zero bool) {
	want := "a positive number"
	if zero {
		want = "a number that is not negative"
	}
	f.Set.Func(name, usage, func(s string) (err error) {
		if *p, err = strconv.ParseFloat(s, 64); err != nil || !(*p > 0 || zero && *p == 0) || math.IsInf(*p, 0) {
			return errors.New("want " + want)
		}
		return nil
	})
}

// List adds a flag that takes texts, separated by commas.
func (f *Flags) List(p *[]string, name, usage string) {
	f.Set.Func(name, usage, func(s string) error {
		*p = strings.Split(s, ",")
		return nil
	})
}

// Choice adds a flag that takes one of the values, which -h lists after the usage.
func (f *Flags) Choice(p *string, name, usage string, allowed ...string) {
	all := strings.Join(allowed, ", ")
	f.Set.Func(name, usage+": "+all, func(s string) error {
		if *p = s; !slices.Contains(allowed, s) {
			return errors.New("want one of " + all)
		}
		return nil
	})
}

// Parse reads the arguments. A mistake is a command.UsageError; after -h the usage text
// has been written and the error is flag.ErrHelp.
func (f *Flags) Parse(args []string, stdout io.Writer) error {
	f.args = args
	err := f.Set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		if _, err := io.WriteString(stdout, f.Usage()); err != nil {
			return errors.Wrap(err, "driver: usage")
		}
		return flag.ErrHelp
	case err != nil:
		return command.Usagef("%v (-h lists the flags)", err)
	case f.Set.NArg() > 0:
		return command.Usagef("got %q after the flags, want none (-h lists the flags)", f.Set.Arg(0))
	}
	return f.check()
}

// Given reports whether a flag stood among the arguments.
func (f *Flags) Given(name string) bool { return slices.Contains(f.given(), name) }

// given are the names of the flags among the arguments, sorted.
func (f *Flags) given() (names []string) {
	f.Set.Visit(func(g *flag.Flag) { names = append(names, g.Name) })
	return names
}
