package driver

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"

	"spnode/experiments/sweep"
	"spnode/model/folder"
)

// sweep runs the tasks of a sweep that the flags, or the scheduler that started
// this process, name: all, one after the other or several at once, if none does.
func (e Experiment[C, P]) sweep(ctx context.Context, stdout, stderr io.Writer) error {
	f := e.Flags
	s, err := sweep.Read(f.Sweep)
	if err != nil {
		return AsUsage(err)
	}
	if f.Tasks {
		_, err := fmt.Fprintln(stdout, len(s.Tasks()))
		return err
	}
	tasks, err := f.tasks(s.Tasks(), os.Getenv)
	if err != nil {
		return err
	}
	if f.PrintConfig {
		cfg, err := e.task(s, tasks[0])
		if err != nil {
			return err
		}
		return Show(cfg, stdout)
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
	if err := checkName(name); err != nil {
		return nil, err
	}
	dir := filepath.Join(f.Checkpoints, name)
	if begun(dir) {
		return nil, Usagef("sweep %s: got the folder of a run, want one of a sweep; choose another with -run", dir)
	}
	w, err := hold(ctx, dir, true) // only for as long as it takes to look
	if err != nil {
		return nil, err
	}
	defer w.Close()
	home, err := sweep.Keep(dir, f.Set.Name(), f.shaping(), s)
	return home, AsUsage(err)
}

// shaping are the flags that shape the configuration.
func (f *Flags) shaping() (all []string) {
	for _, g := range f.given() {
		if !slices.Contains([]string{"sweep", "task", "parallel", "run", "checkpoints", "resume", "quiet", "debug", "cpuprofile"}, g) {
			value := f.Set.Lookup(g).Value.String()
			if value == "" { // as of those that a function takes
				value, _ = argument(f.args, g)
			}
			all = append(all, "-"+g+"="+value)
		}
	}
	return all
}

// indices are where schedulers tell a task its number. One inside of another comes
// first: HyperQueue's workers are jobs of Slurm or PBS. The arrays of LSF and Grid
// Engine begin with 1.
var indices = []struct {
	name  string
	first int
}{
	{"HQ_TASK_ID", 0},
	{"JOB_COMPLETION_INDEX", 0},
	{"SLURM_ARRAY_TASK_ID", 0},
	{"PBS_ARRAY_INDEX", 0},
	{"LSB_JOBINDEX", 1},
	{"SGE_TASK_ID", 1},
}

// tasks are those that -task or else the environment names.
func (f *Flags) tasks(all []sweep.Task, getenv func(string) string) ([]sweep.Task, error) {
	text, from, first := f.Task, "flag -task", 0
	if text == "" {
		for _, i := range indices {
			v := getenv(i.name)
			// What is no array has 0 with LSF and "undefined" with Grid Engine.
			if v == "" || i.first > 0 && (v == "0" || v == "undefined") {
				continue
			}
			text, from, first = v, i.name, i.first
			break
		}
	}
	if text == "" {
		return all, nil
	}
	number, every, shared := strings.Cut(text, "/")
	n := len(all)
	if shared {
		var err error
		if n, err = strconv.Atoi(every); err != nil || n < 1 {
			return nil, Usagef("%s: got %q, want I/N with a whole number N of at least 1", from, text)
		}
	}
	i, err := strconv.Atoi(number)
	if i -= first; err != nil || i < 0 || i >= n {
		return nil, Usagef("%s: got %q, want a whole number from %d to %d", from, text, first, n-1+first)
	}
	if !shared {
		return all[i : i+1], nil
	}
	var some []sweep.Task
	for ; i < len(all); i += n {
		some = append(some, all[i])
	}
	return some, nil
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
	again, err := copied[C](cfg)
	if err == nil {
		err = e.flagged(again)
	}
	if err != nil {
		return nil, err
	}
	if d := difference(cfg, again); d != "" {
		return nil, Usagef("sweep %s: a flag changes what it sets: %s; leave one of them out", e.Flags.Sweep, d)
	}
	return cfg, AsUsage(errors.WithMessagef(cfg.Validate(), "sweep %s: task %d", e.Flags.Sweep, t.Number))
}

// set gives settings of a task to a configuration.
func (e Experiment[C, P]) set(cfg P, t sweep.Task, want func(path string) bool) (P, error) {
	text, err := marshal(cfg)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("sweep %s: task %d", e.Flags.Sweep, t.Number)
	if text, err = t.Apply(text, want); err != nil {
		return nil, AsUsage(errors.WithMessage(err, what))
	}
	changed := P(new(C))
	if err := decodeStrict(text, changed); err != nil {
		return nil, AsUsage(errors.WithMessage(err, what))
	}
	return changed, nil
}

// runTask begins a task, goes on with it, or finds it done. What it says it also
// says in its log, whose end tells a sweep's gathering how it ended.
func (e Experiment[C, P]) runTask(ctx context.Context, home *sweep.Folder, t sweep.Task, stdout, stderr io.Writer, quiet bool) (err error) {
	log := &taskLog{path: filepath.Join(home.Task(t), sweep.LogName)}
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
		switch end := log.end(ctx, err); {
		case errors.Is(err, folder.ErrBusy): // the log is another one's
		case err == nil:
			err = end
		case end != nil:
			fmt.Fprintf(stderr, "%s: %v\n", e.Flags.Set.Name(), end)
		}
	}()
	configure := func() (P, error) { return e.task(home.Sweep, t) }
	agrees := func(kept P) error {
		cfg, err := configure()
		if err != nil {
			return err
		}
		if d := difference(kept, cfg); d != "" {
			return errors.Errorf("it was begun with another configuration: %s; has the experiment changed since? Choose another folder with -run", d)
		}
		return nil
	}
	return e.train(ctx, work[P]{
		checkpoints: home.Dir, name: t.Name, resume: true, configure: configure, agrees: agrees,
	}, io.MultiWriter(stdout, log), stderr)
}

// runTasks runs tasks, several at once if -parallel says so. One that fails does
// not stop the others.
func (e Experiment[C, P]) runTasks(ctx context.Context, home *sweep.Folder, tasks []sweep.Task, stdout, stderr io.Writer) error {
	progress := NewProgress(stderr, e.Flags.Quiet)
	stage := progress.Stage("sweep "+filepath.Base(home.Dir), len(tasks))
	next := make(chan sweep.Task)
	failed := &failedTasks{}
	var mu sync.Mutex
	var done int
	var workers sync.WaitGroup
	for range max(1, e.Flags.Parallel) {
		workers.Go(func() {
			for t := range next {
				start := time.Now()
				err := e.runTask(ctx, home, t, io.Discard, io.Discard, true)
				mu.Lock()
				done++
				says := "done"
				if err != nil {
					failed.add(t.Number, err)
					says = firstLine(err)
				}
				fmt.Fprintf(stdout, "task %d, %s: %s, %.1f s\n", t.Number, t.Name, says, time.Since(start).Seconds())
				stage.Update(done)
				mu.Unlock()
			}
		})
	}
	for _, t := range tasks {
		select {
		case next <- t:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	stage.Done()
	if ctx.Err() != nil {
		return &InterruptedError{Resume: e.Flags.line(), Cause: ctx.Err()}
	}
	return failed.err()
}

// failedTasks are the tasks that failed, which may be more than a line holds.
type failedTasks struct {
	numbers []int
	first   error
	failed  bool // not by the user's mistake
}

func (f *failedTasks) add(number int, err error) {
	var usage *UsageError
	if len(f.numbers) == 0 || !f.failed && !errors.As(err, &usage) {
		f.first = err // the exit code is 2 only if it helps for none to try again
	}
	f.failed = f.failed || !errors.As(err, &usage)
	f.numbers = append(f.numbers, number)
}

func (f *failedTasks) err() error {
	if len(f.numbers) == 0 {
		return nil
	}
	slices.Sort(f.numbers)
	return errors.WithMessagef(f.first, "%d tasks failed, %d", len(f.numbers), f.numbers)
}

// taskLog is the log of a task, made when there is something to say.
type taskLog struct {
	path string
	file *os.File
}

func (l *taskLog) Write(text []byte) (int, error) {
	if l.file == nil {
		if err := os.MkdirAll(filepath.Dir(l.path), 0o777); err != nil {
			return 0, errors.Wrap(err, "driver: log")
		}
		var err error
		if l.file, err = os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666); err != nil {
			return 0, errors.Wrap(err, "driver: log")
		}
		host, err := os.Hostname()
		if err != nil {
			host = "an unknown machine"
		}
		if _, err := fmt.Fprintf(l.file, "%s process %d on %s\n", time.Now().Format(time.DateTime), os.Getpid(), host); err != nil {
			return 0, errors.Wrap(err, "driver: log")
		}
	}
	return l.file.Write(text)
}

// end writes how the task has ended.
func (l *taskLog) end(ctx context.Context, err error) error {
	now := time.Now().Format(time.DateTime)
	switch code := exitCode(ctx, err); {
	case err == nil || errors.Is(err, folder.ErrBusy):
	case code == ExitInterrupted:
		fmt.Fprintf(l, "%s %s\n", now, sweep.SavedWord)
	default:
		fmt.Fprintf(l, "%s %s%d: %s\n", now, sweep.FailedWord, code, firstLine(err))
	}
	if l.file == nil {
		return nil
	}
	return errors.Wrap(l.file.Close(), "driver: log")
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// gather is -gather: the results of a sweep from its files.
func (f *Flags) gather(stdout io.Writer) error {
	r, err := sweep.Gather(f.Gather, f.By)
	if err != nil {
		return AsUsage(err)
	}
	page, err := r.Write()
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s\n", r.Summary())
	return page.Publish(r.Dir, stdout)
}
