package sweep

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/model/folder"
)

// The states of a task.
const (
	Done    = "done"
	Running = "running"   // a process is at work on it
	Failed  = "failed"    // its command said so
	Saved   = "saved"     // it was interrupted, and can be gone on with
	Stopped = "stopped"   // its process ended without a word, by kill -9 or a loss of power
	Missing = "not begun" // it has no folder
)

// Outcome is what has come of a task.
type Outcome struct {
	Task
	State  string
	Last   string        // the last line of its log, where it is not done
	Models []ModelResult // if it is done
	Took   float64       // seconds, if it is done
}

// ModelResult is what a task's report says of one of its models.
type ModelResult struct {
	Name, Checkpoint string
	Loss, Seconds    float64
	Failure          string // why it has no test, if it has none
	Test             []Measure
}

// Measure is one number of a model's test, by its path in the report.
type Measure struct {
	Name  string
	Value float64
}

// Outcome reads from the files what has come of a task.
func (f *Folder) Outcome(t Task) (Outcome, error) {
	o := Outcome{Task: t, State: Missing}
	dir := f.Task(t)
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return o, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err == nil {
		o.State = Done
		err = errors.Wrapf(o.read(dir, text), "sweep: %s", filepath.Join(dir, "report.json"))
		return o, err
	}
	if !errors.Is(err, os.ErrNotExist) {
		return o, errors.Wrap(err, "sweep: Outcome")
	}
	log, err := os.ReadFile(filepath.Join(dir, LogName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return o, errors.Wrap(err, "sweep: Outcome")
	}
	o.Last = lastLine(log)
	switch {
	case folder.Busy(dir):
		o.State = Running
	case strings.Contains(o.Last, FailedWord):
		o.State = Failed
	case strings.Contains(o.Last, SavedWord):
		o.State = Saved
	default:
		o.State = Stopped
	}
	return o, nil
}

func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	return string(bytes.TrimSpace(text[bytes.LastIndexByte(text, '\n')+1:]))
}

// read takes from a report what a sweep compares.
func (o *Outcome) read(dir string, text []byte) error {
	var r struct {
		Seconds float64 `json:"seconds"`
		Models  []struct {
			Name  string `json:"name"`
			Train object `json:"train"`
			Test  json.RawMessage
			Extra struct {
				Diverged string `json:"diverged"`
			} `json:"extra"`
		} `json:"models"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return errors.WithStack(err)
	}
	o.Took = r.Seconds
	for _, m := range r.Models {
		// The folder may have been moved since the report was written.
		result := ModelResult{Name: m.Name, Checkpoint: filepath.Join(dir, m.Name), Failure: m.Extra.Diverged}
		for _, n := range numbers("", m.Train) {
			switch n.Name {
			case "loss":
				result.Loss = n.Value
			case "seconds":
				result.Seconds = n.Value
			}
		}
		var parts object
		if json.Unmarshal(m.Test, &parts) != nil { // a test of a single number, or none
			parts = object{{"test", m.Test}}
		}
		result.Test = numbers("", parts)
		o.Models = append(o.Models, result)
	}
	return nil
}

// numbers lists the numbers of a report's object in their order. Of a list of
// numbers, the components of an error, it takes the largest; objects in a list go by
// their first text, or their number; lists of lists are left out.
func numbers(prefix string, o object) (all []Measure) {
	for _, m := range o {
		name := prefix + m.key
		var v float64
		var values []*float64
		var parts object
		var several []object
		switch {
		case string(m.value) == "null":
			if v, ok := reason(o, m.key); ok {
				all = append(all, Measure{name, v})
			}
		case json.Unmarshal(m.value, &v) == nil:
			all = append(all, Measure{name, v})
		case json.Unmarshal(m.value, &values) == nil && len(values) > 0:
			for i, x := range values {
				switch {
				case x == nil:
					v = nan // it is not finite
				case i == 0 || *x > v:
					v = *x
				}
			}
			all = append(all, Measure{name, v})
		case json.Unmarshal(m.value, &parts) == nil:
			all = append(all, numbers(name+".", parts)...)
		case json.Unmarshal(m.value, &several) == nil:
			for i, o := range several {
				all = append(all, numbers(name+"."+o.label(i)+".", o)...)
			}
		}
	}
	return all
}

// label names an object that is element i of a list.
func (o object) label(i int) string {
	for _, m := range o {
		var text string
		if json.Unmarshal(m.value, &text) == nil && string(m.value) != "null" {
			return text
		}
	}
	return strconv.Itoa(i)
}

// reason is the number that report.Marshal writes beside a null.
func reason(o object, key string) (float64, bool) {
	for _, m := range o {
		if m.key == key+"_reason" {
			var text string
			if json.Unmarshal(m.value, &text) == nil {
				return Setting{Value: json.RawMessage(text)}.Number()
			}
		}
	}
	return 0, false
}
