package report

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"spnode/data/file"
	"spnode/ops/kernel"
)

// Report is what a program can read of a run, report.json.
type Report struct {
	Experiment string  `json:"experiment"`
	Seconds    float64 `json:"seconds"` // of the whole run, its earlier trainings too; zero: since New
	Go         string  `json:"go"`
	CPU        string  `json:"cpu"`
	// Provenance is what else a run of the same configuration may differ in.
	Provenance Provenance `json:"provenance"`
	Config     any        `json:"config"`
	Models     []Model    `json:"models"`
	// Extra is what else an experiment says of the run.
	Extra map[string]any `json:"extra,omitempty"`

	// Earlier is what the run's trainings took before New, in seconds.
	Earlier float64 `json:"-"`

	start time.Time
}

// Provenance is when, by what and how a report was made.
type Provenance struct {
	Date    string `json:"date"`    // of the start, RFC 3339
	Version string `json:"version"` // the project's commit, devel if it is not known
	Kernel  string `json:"kernel"`  // the path of package kernel
	Command string `json:"command,omitempty"`
}

// Model is one model's part. Stability and Test are the experiment's.
type Model struct {
	Name       string `json:"name"`
	Checkpoint string `json:"checkpoint"` // the folder
	Parameters int    `json:"parameters"`
	Train      Train  `json:"train"`
	Stability  any    `json:"stability"`
	Test       any    `json:"test"`
	// Extra is what else an experiment says of its models.
	Extra map[string]any `json:"extra,omitempty"`
}

// Train is how a model was trained.
type Train struct {
	Iterations               int     `json:"iterations"`
	Seconds                  float64 `json:"seconds"`
	MillisecondsPerIteration float64 `json:"milliseconds_per_iteration"`
	Loss                     float64 `json:"loss"`
}

// NewTrain works out the time of an iteration.
func NewTrain(iterations int, seconds, loss float64) Train {
	t := Train{Iterations: iterations, Seconds: seconds, Loss: loss}
	if iterations > 0 {
		t.MillisecondsPerIteration = 1e3 * seconds / float64(iterations)
	}
	return t
}

// Seed is one of several seeds of a model, in the model's Extra under "seeds".
type Seed[T any] struct {
	Seed int `json:"seed"`
	Train
	Starts int `json:"starts"` // 1 without a restart
	Test   T   `json:"test"`
}

// New begins the report of an experiment on this machine, and its clock.
func New(experiment string, config any) *Report {
	return &Report{
		Experiment: experiment, Go: runtime.Version(), CPU: CPU(),
		Provenance: Provenance{Date: time.Now().Format(time.RFC3339), Version: version(), Kernel: kernel.Path()},
		Config:     config, Models: []Model{}, start: time.Now(),
	}
}

// version is the commit that the program was built from, as the build has it or, as go
// run does not tell, as the folder has that it was started in.
func version() string {
	revision, modified := "", ""
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value[:min(12, len(s.Value))]
			case "vcs.modified":
				if s.Value == "true" {
					modified = "-dirty"
				}
			}
		}
	}
	if revision == "" {
		out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output()
		if revision = strings.TrimSpace(string(out)); err != nil || revision == "" {
			return "devel"
		}
	}
	return revision + modified
}

// Write writes report.json into a folder, whole or not at all, and returns its
// path. See [Marshal] for numbers that are not finite.
func (r *Report) Write(dir string) (string, error) {
	r.finish()
	data, err := Marshal(r)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "report.json")
	return path, file.WriteBytes(path, data)
}

// finish stops the clock.
func (r *Report) finish() {
	if r.Seconds == 0 && !r.start.IsZero() {
		r.Seconds = r.Earlier + time.Since(r.start).Seconds()
	}
}

// CPU names the processor and says how many of it the program may use.
func CPU() string {
	name := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if key, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
				name = strings.TrimSpace(value)
				break
			}
		}
	}
	return name + ", " + Count(runtime.GOMAXPROCS(0), "processor")
}
