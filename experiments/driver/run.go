package driver

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/model"
	"spnode/model/folder"
)

// configName is the file of a run's configuration.
const configName = "config.json"

// Run is the folder of one run.
type Run struct {
	Name    string
	Dir     string // <checkpoints>/<name>
	Resumed bool   // it existed, and is gone on with

	start   func(*model.Model) error // of a new model, or nil
	earlier float64                  // seconds of its trainings, before it was gone on with
	writer  *folder.Writer
}

// OpenRun makes the folder <checkpoints>/<name> and its figures/. Without a name
// it is the time and the seed, "20260131-235959-seed1". A run that exists is
// never overwritten: without resume that is a UsageError; with it the run must
// exist. One that was killed before it had a configuration does not. A run is one
// process' until it is closed; what killed ones have left unfinished is removed.
func OpenRun(checkpoints, name string, seed uint64, resume bool, now time.Time) (*Run, error) {
	if name == "" {
		name = fmt.Sprintf("%s-seed%d", now.Format("20060102-150405"), seed)
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	r := &Run{Name: name, Dir: filepath.Join(checkpoints, name), Resumed: resume}
	info, err := os.Stat(r.Dir)
	switch {
	case err == nil && !info.IsDir():
		return nil, Usagef("run %s: got a file, want a folder; choose another name with -run", r.Dir)
	case err == nil && !resume && !r.unbegun():
		return nil, r.exists()
	case err == nil && resume && r.unbegun():
		return nil, Usagef("run %s: was stopped before it began; begin it without -resume", r.Dir)
	case os.IsNotExist(err) && resume:
		return nil, Usagef("run %s: does not exist, want a run to -resume; without -resume it would be begun", r.Dir)
	case err != nil && !os.IsNotExist(err):
		return nil, AsUsage(errors.Wrap(err, "run"))
	}
	if !resume {
		if err := os.MkdirAll(checkpoints, 0o755); err != nil {
			return nil, AsUsage(errors.Wrap(err, "flag -checkpoints"))
		}
	}
	if r.writer, err = folder.Open(r.Dir); errors.Is(err, folder.ErrBusy) {
		return nil, Usagef("run %s: another process is at work in it; wait for that, or choose another name with -run", r.Dir)
	} else if err != nil {
		return nil, AsUsage(errors.Wrap(err, "run"))
	}
	if !resume && !r.unbegun() { // another process has begun and ended since
		r.Close()
		return nil, r.exists()
	}
	if err := os.MkdirAll(r.Figures(), 0o755); err != nil {
		r.Close()
		return nil, errors.Wrap(err, "driver: OpenRun")
	}
	for _, dir := range []string{r.Dir, r.Figures()} {
		if err := file.Clean(dir); err != nil {
			r.Close()
			return nil, errors.Wrap(err, "driver: OpenRun")
		}
	}
	return r, nil
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
		if !file.IsLeft(e.Name()) && !(e.Name() == "figures" && err == nil && len(figures) == 0) {
			return false
		}
	}
	return true
}

func (r *Run) exists() error {
	return Usagef("run %s: exists and is never overwritten; go on with it by -resume, or choose another name with -run", r.Dir)
}

// Figures is the folder of the run's figures.
func (r *Run) Figures() string { return filepath.Join(r.Dir, "figures") }

// Model is the folder of one model's checkpoint.
func (r *Run) Model(name string) string { return filepath.Join(r.Dir, name) }

// checkName refuses what is no plain, visible folder name on any system.
func checkName(name string) error {
	if name == "" || len(name) > 200 || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") ||
		strings.ContainsAny(name, `/\:*?"<>|`) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return Usagef("flag -run: got %q, want a folder name without separators that does not begin with a dot or dash", name)
	}
	return nil
}

// KeepConfig writes the configuration to the run's folder or, when the run is
// gone on with, reads it from there into cfg, a pointer to its zero value.
func (r *Run) KeepConfig(cfg any) error {
	if r.Resumed {
		return LoadConfig(filepath.Join(r.Dir, configName), cfg)
	}
	text, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return errors.Wrap(err, "driver: KeepConfig")
	}
	return file.WriteBytes(filepath.Join(r.Dir, configName), append(text, '\n'))
}
