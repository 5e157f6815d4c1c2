package driver

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
	"spnode/experiments/driver/settings"
	"spnode/experiments/sweep"
	"spnode/model/folder"
)

// sweep runs the tasks of a sweep that the flags, or the scheduler that started
// this process, name: all, one after the other or several at once, if none does.
func (e Experiment[C, P]) sweep(ctx context.Context, stdout, stderr io.Writer) error {
	f := e.Flags
	s, err := sweep.Read(f.Sweep)
	if err != nil {
		return command.AsUsage(err)
	}
	if f.Tasks {
		_, err := fmt.Fprintln(stdout, len(s.Tasks()))
		return err
	}
	tasks, err := s.Choose(f.Task, os.Getenv)
	if err != nil {
		return command.AsUsage(err)
	}
	if f.PrintConfig && len(tasks) > 0 {
		cfg, err := e.task(s, tasks[0])
		if err != nil {
			return err
		}
		return settings.Show(cfg, stdout)
	}
	if err := e.usable(s); err != nil {
		return err
	}
	home, err := f.keep(ctx, s)
	if err != nil {
		return err
	}
	if len(tasks) == 1 {
		return e.runTask(ctx, home, tasks[0], stdout, stderr, f.Quiet)
	}
	return e.runTasks(ctx, home, tasks, stdout, stderr)
}

// usable refuses a sweep of which no task can be run, before anything is made.
func (e Experiment[C, P]) usable(s *sweep.Sweep) (first error) {
	for _, t := range s.Tasks() {
		_, err := e.task(s, t)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// keep opens the sweep's folder.
func (f *Flags) keep(ctx context.Context, s *sweep.Sweep) (*sweep.Folder, error) {
	name := f.Run
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(f.Sweep), filepath.Ext(f.Sweep))
	}
	if err := runs.CheckName(name); err != nil {
		return nil, err
	}
	dir := filepath.Join(f.Checkpoints, name)
	if runs.Begun(dir) {
		return nil, command.Usagef("sweep %s: got the folder of a run, want one of a sweep; choose another with -run", dir)
	}
	w, err := runs.Hold(ctx, dir, true) // only for as long as it takes to look
	if err != nil {
		return nil, err
	}
	defer w.Close()
	home, err := sweep.Keep(dir, f.Set.Name(), f.shaping(), s)
	return home, command.AsUsage(err)
}

// shaping are the flags that shape the configuration.
func (f *Flags) shaping() (all []string) {
	for _, g := range f.given() {
		if !slices.Contains([]string{"sweep", "task", "parallel", "run", "checkpoints", "resume", "quiet", "debug", "cpuprofile"}, g) {
			value := f.Set.Lookup(g).Value.String()
			if value == "" { // as of those that a function takes
				value, _ = command.Argument(f.args, g)
			}
			all = append(all, "-"+g+"="+value)
		}
	}
	return all
}

// task is the configuration of a task: default < file < the sweep's base < flag <
// the task's settings. Settings outside of the models are there before the flags,
// too, as an experiment may choose its models by them.
func (e Experiment[C, P]) task(s *sweep.Sweep, t sweep.Task) (P, error) {
	cfg, err := e.filed()
	if err == nil && s.Base != nil {
		err = cfg.Load(e.Flags.Sweep+": base", s.Base, cfg)
	}
	if err != nil {
		return nil, err
	}
	cfg, err = e.set(cfg, t, func(path string) bool { return !strings.HasPrefix(path, "models.") })
	if err != nil {
		return nil, err
	}
	if err := e.flagged(cfg); err != nil {
		return nil, err
	}
	for _, r := range cfg.Recipes() { // the processors are for the tasks
		if r.Train.Workers == 0 {
			r.Train.Workers = 1
		}
	}
	if cfg, err = e.set(cfg, t, func(string) bool { return true }); err != nil {
		return nil, err
	}
	again, err := settings.Copy[C](cfg)
	if err == nil {
		err = e.flagged(again)
	}
	if err != nil {
		return nil, err
	}
	if d := settings.Difference(cfg, again); d != "" {
		return nil, command.Usagef("sweep %s: a flag changes what it sets: %s; leave one of them out", e.Flags.Sweep, d)
	}
	return cfg, command.AsUsage(errors.WithMessagef(cfg.Validate(), "sweep %s: task %d", e.Flags.Sweep, t.Number))
}

// set gives settings of a task to a configuration.
func (e Experiment[C, P]) set(cfg P, t sweep.Task, want func(path string) bool) (P, error) {
	text, err := settings.Marshal(cfg)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("sweep %s: task %d", e.Flags.Sweep, t.Number)
	if text, err = t.Apply(text, want); err != nil {
		return nil, command.AsUsage(errors.WithMessage(err, what))
	}
	changed := P(new(C))
	if err := settings.Decode(text, changed); err != nil {
		return nil, command.AsUsage(errors.WithMessage(err, what))
	}
	return changed, nil
}

// runTask begins a task, goes on with it, or finds it done. What it says it also
// says in its log, whose end tells a sweep's gathering how it ended.
func (e Experiment[C, P]) runTask(ctx context.Context, home *sweep.Folder, t sweep.Task, stdout, stderr io.Writer, quiet bool) (err error) {
	log := home.Log(t)
	defer func() {
		if errors.Is(err, folder.ErrBusy) { // the log is another one's
			return
		}
		ended := ""
		switch code := command.ExitCode(ctx, err); {
		case code == command.ExitInterrupted:
			ended = sweep.SavedWord
		case err != nil:
			ended = fmt.Sprintf("%s%d: %s", sweep.FailedWord, code, firstLine(err))
		}
		if end := log.Close(ended); err == nil {
			err = end
		}
	}()
	configure := func() (P, error) { return e.task(home.Sweep, t) }
	agrees := func(kept P) error {
		cfg, err := configure()
		if err != nil {
			return err
		}
		if d := settings.Difference(kept, cfg); d != "" {
			return errors.Errorf("it was begun with another configuration: %s; has the experiment changed since? Choose another folder with -run", d)
		}
		return nil
	}
	return command.Recovered(func() error {
		return e.train(ctx, work[P]{
			checkpoints: home.Dir, name: t.Name, resume: true, configure: configure, agrees: agrees,
		}, io.MultiWriter(stdout, log), stderr)
	})
}

// gather is -gather: the results of a sweep from its files.
func (f *Flags) gather(stdout io.Writer) error {
	r, err := sweep.Gather(f.Gather, f.By)
	if err != nil {
		return command.AsUsage(err)
	}
	page, err := r.Write()
	if err != nil {
		return err
	}
	page.Report.Provenance.Command = f.line()
	fmt.Fprintf(stdout, "%s\n", r.Summary())
	return page.Publish(r.Dir, stdout)
}
