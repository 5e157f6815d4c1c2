package driver

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"spnode/data/file"
)

// Report is what a program can read of a run, report.json.
type Report struct {
	Experiment string        `json:"experiment"`
	Seconds    float64       `json:"seconds"` // of the whole run, its earlier trainings too; zero: since NewReport
	Go         string        `json:"go"`
	CPU        string        `json:"cpu"`
	Config     any           `json:"config"`
	Models     []ModelReport `json:"models"`
	// Extra, an object or nil, is what else an experiment says of the run.
	Extra any `json:"extra,omitempty"`

	start   time.Time
	earlier time.Duration // of trainings before the start
}

// ModelReport is one model's part. Stability and Test are the experiment's.
type ModelReport struct {
	Name       string      `json:"name"`
	Checkpoint string      `json:"checkpoint"` // the folder
	Parameters int         `json:"parameters"`
	Train      TrainReport `json:"train"`
	Stability  any         `json:"stability"`
	Test       any         `json:"test"`
	// Extra, an object or nil, is what else an experiment says of its models.
	Extra any `json:"extra,omitempty"`
}

// TrainReport is how a model was trained.
type TrainReport struct {
	Iterations               int     `json:"iterations"`
	Seconds                  float64 `json:"seconds"`
	MillisecondsPerIteration float64 `json:"milliseconds_per_iteration"`
	Loss                     float64 `json:"loss"`
}

// NewTrainReport works out the time of an iteration.
func NewTrainReport(iterations int, elapsed time.Duration, loss float64) TrainReport {
	t := TrainReport{Iterations: iterations, Seconds: elapsed.Seconds(), Loss: loss}
	if iterations > 0 {
		t.MillisecondsPerIteration = 1e3 * elapsed.Seconds() / float64(iterations)
	}
	return t
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// NewReport begins the report of an experiment on this machine, and its clock.
func NewReport(experiment string, config any) *Report {
	return &Report{
		Experiment: experiment, Go: runtime.Version(), CPU: CPU(),
		Config: config, Models: []ModelReport{}, start: time.Now(),
	}
}

// Write writes report.json into a folder, whole or not at all, and returns its
// path. See [Marshal] for numbers that are not finite.
func (r *Report) Write(dir string) (string, error) {
	if r.Seconds == 0 && !r.start.IsZero() {
		r.Seconds = (r.earlier + time.Since(r.start)).Seconds()
	}
	data, err := Marshal(r)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "report.json")
	return path, file.WriteBytes(path, data)
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
	return fmt.Sprintf("%s, %d processors", name, runtime.GOMAXPROCS(0))
}
