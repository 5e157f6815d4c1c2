// Package runs is the folders of runs: who is at work in one, what is unfinished, and
// the trainings of its models, which go on from where they stopped.
package runs

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/settings"
	"spnode/experiments/sweep"
	"spnode/model"
	"spnode/model/folder"
)

// ConfigName is the file of a run's configuration, ReportName that of its results.
const ConfigName, ReportName = "config.json", "report.json"

// Run is the folder of one run.
type Run struct {
	Name    string
	Dir     string // <checkpoints>/<name>
	Resumed bool   // it existed, and is gone on with

	// Start, if it is not nil, sets the parameters of a new model.
	Start func(*model.Model) error
	// Earlier is what its trainings had taken, in seconds, before it was gone on with.
	Earlier float64

	writer *folder.Writer
}

// patience is how long a run that is gone on with waits for another process that is
// at work on it: longer than schedulers leave one between its signal and its end.
var patience = 90 * time.Second

// Open makes the folder <checkpoints>/<name> and its figures/. Without a name
// it is the time and the seed, "20260131-235959-seed1". A run that exists is
// never overwritten: without resume that is a command.UsageError. With it a run that does
// not exist is begun, as is one that was killed before it had a configuration. A run
// is one process' until it is closed, for which another one waits that would go on
// with it; what killed ones have left unfinished is removed.
func Open(ctx context.Context, checkpoints, name string, seed uint64, resume bool, now time.Time) (*Run, error) {
	if name == "" {
		name = fmt.Sprintf("%s-seed%d", now.Format("20060102-150405"), seed)
	}
	if err := CheckName(name); err != nil {
		return nil, err
	}
	r := &Run{Name: name, Dir: filepath.Join(checkpoints, name)}
	info, err := os.Stat(r.Dir)
	switch {
	case err == nil && !info.IsDir():
		return nil, command.Usagef("run %s: got a file, want a folder; choose another name with -run", r.Dir)
	case err == nil && !resume && !r.unbegun():
		return nil, Exists(r.Dir)
	case err != nil && !os.IsNotExist(err):
		return nil, command.AsUsage(errors.Wrap(err, "run"))
	}
	if err := os.MkdirAll(checkpoints, 0o777); err != nil {
		return nil, command.AsUsage(errors.Wrap(err, "flag -checkpoints"))
	}
	if r.writer, err = Hold(ctx, r.Dir, resume); err != nil {
		return nil, err
	}
	if err := r.open(resume); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// open prepares the folder of a run that no other process is at work on.
func (r *Run) open(resume bool) error {
	switch r.Resumed = !r.unbegun(); {
	case r.Resumed && !resume: // another process has begun and ended since
		return Exists(r.Dir)
	case r.Resumed && !Begun(r.Dir):
		return command.Usagef("run %s: there is no %s, so it is no run to go on with; choose another name with -run", r.Dir, filepath.Join(r.Dir, ConfigName))
	}
	if err := os.MkdirAll(r.Figures(), 0o777); err != nil {
		return errors.Wrap(err, "runs: Open")
	}
	for _, dir := range []string{r.Dir, r.Figures()} {
		if err := file.Clean(dir); err != nil {
			return errors.Wrap(err, "runs: Open")
		}
	}
	return nil
}

// Hold makes this process the only one at work in a folder. One that would go on
// with a run waits for another, until its patience or the context ends.
func Hold(ctx context.Context, dir string, wait bool) (*folder.Writer, error) {
	end := time.Now().Add(patience)
	for {
		w, err := folder.Open(dir)
		switch {
		case err == nil:
			return w, nil
		case !errors.Is(err, folder.ErrBusy):
			return nil, command.AsUsage(errors.Wrap(err, "run"))
		case !wait:
			return nil, command.Usagef("run %s: another process is at work in it; wait for that, or choose another name with -run", dir)
		case time.Now().After(end):
			return nil, errors.WithMessagef(err, "run %s: another process is at work in it, after %v still", dir, patience)
		}
		select {
		case <-ctx.Done():
			return nil, errors.Wrap(ctx.Err(), "runs: Open")
		case <-time.After(100 * time.Millisecond): // short beside what starting a process takes
		}
	}
}

// Begun reports whether a folder is that of a run.
func Begun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ConfigName))
	return err == nil
}

// Finished reports whether the run has come to its end: report.json is written
// last.
func Finished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ReportName))
	return err == nil
}

// Experiment is the name of the experiment that a finished run is of, else "".
func Experiment(dir string) string {
	var r struct{ Experiment string }
	text, err := os.ReadFile(filepath.Join(dir, ReportName))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return ""
	}
	return r.Experiment
}

// Unfinished names the run that was begun last of those that have not come to their
// end and that no process is at work on.
func Unfinished(checkpoints string) (string, error) {
	entries, err := os.ReadDir(checkpoints)
	if err != nil && !os.IsNotExist(err) {
		return "", command.AsUsage(errors.Wrap(err, "flag -checkpoints"))
	}
	var newest string
	var last time.Time
	for _, e := range entries {
		dir := filepath.Join(checkpoints, e.Name())
		info, err := os.Stat(filepath.Join(dir, ConfigName))
		if err == nil && !Finished(dir) && info.ModTime().After(last) && !folder.Busy(dir) {
			newest, last = e.Name(), info.ModTime()
		}
	}
	if newest == "" {
		return "", command.Usagef("flag -resume: got no unfinished run in %s, want one, or -run NAME", checkpoints)
	}
	return newest, nil
}

// Close lets other processes go on with the run.
func (r *Run) Close() { r.writer.Close() }

// unbegun reports whether the run has nothing but what it has before its
// configuration.
func (r *Run) unbegun() bool {
	entries, err := os.ReadDir(r.Dir)
	if err != nil {
		return os.IsNotExist(err)
	}
	for _, e := range entries {
		figures, err := os.ReadDir(filepath.Join(r.Dir, e.Name()))
		if !file.IsLeft(e.Name()) && e.Name() != sweep.LogName && !(e.Name() == "figures" && err == nil && len(figures) == 0) {
			return false
		}
	}
	return true
}

// Exists is the mistake of a run that is begun twice.
func Exists(dir string) error {
	return command.Usagef("run %s: exists and is never overwritten; go on with it by -resume, or choose another name with -run", dir)
}

// Figures is the folder of the run's figures.
func (r *Run) Figures() string { return filepath.Join(r.Dir, "figures") }

// Model is the folder of one model's checkpoint.
func (r *Run) Model(name string) string { return filepath.Join(r.Dir, name) }

// CheckName refuses what is no plain, visible folder name on any system.
func CheckName(name string) error {
	if name == "" || len(name) > 200 || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") ||
		strings.ContainsAny(name, `/\:*?"<>|`) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return command.Usagef("flag -run: got %q, want a folder name without separators that does not begin with a dot or dash", name)
	}
	return nil
}

// KeepConfig writes the configuration to the run's folder or, when the run is
// gone on with, reads it from there into cfg, a pointer to its zero value.
func (r *Run) KeepConfig(cfg any) error {
	if r.Resumed {
		return settings.Load(filepath.Join(r.Dir, ConfigName), cfg)
	}
	text, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return errors.Wrap(err, "runs: KeepConfig")
	}
	return file.WriteBytes(filepath.Join(r.Dir, ConfigName), append(text, '\n'))
}
