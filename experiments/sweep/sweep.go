package sweep

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Sweep is the content of a sweep's file.
type Sweep struct {
	// Base is a configuration, nil where the file has none.
	Base json.RawMessage

	text  []byte // the file, without spaces
	tasks []Task
}

// Setting is the value of one setting of a configuration.
type Setting struct {
	Path  string
	Value json.RawMessage // compact
}

// Task is one run of a sweep.
type Task struct {
	Number   int
	Name     string // of its folder: number and settings
	Settings []Setting
}

// MaxTasks is the largest number of tasks that a sweep may have.
const MaxTasks = 1_000_000

// file is a sweep's file as JSON.
type file struct {
	Base   json.RawMessage `json:"base"`
	Grid   object          `json:"grid"`
	Sample *struct {
		Count    int    `json:"count"`
		Seed     uint64 `json:"seed"`
		Settings object `json:"settings"`
	} `json:"sample"`
}

// Read reads a sweep's file. The error names the file and what is wrong in it.
func Read(path string) (*Sweep, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Wrap(err, "sweep: Read")
	}
	s, err := Parse(text)
	return s, errors.WithMessagef(err, "sweep %s", path)
}

// Parse reads the text of a sweep's file.
func Parse(text []byte) (*Sweep, error) {
	var f file
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		if strings.Contains(err.Error(), "unknown field") {
			return nil, errors.Errorf("%v, want base, grid, and sample with count, seed and settings", err)
		}
		return nil, errors.WithStack(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("got more after the end of the sweep, want one JSON object")
	}
	samples := make([][]Setting, 1)
	if f.Sample != nil {
		if f.Sample.Count < 1 || f.Sample.Count > MaxTasks || len(f.Sample.Settings) == 0 {
			return nil, errors.Errorf("sample: got count %d and %d settings, want 1 to %d and at least one", f.Sample.Count, len(f.Sample.Settings), MaxTasks)
		}
		samples = make([][]Setting, f.Sample.Count)
	}
	points, err := f.Grid.points(MaxTasks / len(samples))
	if err != nil {
		return nil, err
	}
	if f.Sample != nil {
		for k := range samples {
			r := rand.New(rand.NewPCG(f.Sample.Seed, uint64(k)))
			for _, m := range f.Sample.Settings {
				v, err := draw(r, m.value)
				if err != nil {
					return nil, errors.WithMessagef(err, "sample: %q", m.key)
				}
				samples[k] = append(samples[k], Setting{m.key, v})
			}
		}
	}
	if f.Grid == nil && f.Sample == nil {
		return nil, errors.New(`got neither "grid" nor "sample", want settings to vary, such as "grid": {"seed": [0, 1, 2]}`)
	}
	s := &Sweep{Base: f.Base}
	for _, sample := range samples {
		for _, point := range points {
			s.tasks = append(s.tasks, Task{Number: len(s.tasks), Settings: append(sample[:len(sample):len(sample)], point...)})
		}
	}
	if err := distinct(s.tasks[0].Settings); err != nil {
		return nil, err
	}
	labels := s.Labels()
	width := len(strconv.Itoa(len(s.tasks) - 1))
	for i := range s.tasks {
		s.tasks[i].Name = fmt.Sprintf("%0*d", width, i) + folderName(labels, s.tasks[i].Settings)
	}
	s.text, err = json.Marshal(json.RawMessage(text)) // as sweep.json has it, too
	return s, errors.WithStack(err)
}

// distinct refuses a path that is another one's or lies below it: which one holds
// would be a matter of order.
func distinct(settings []Setting) error {
	for i, a := range settings {
		if strings.Contains("."+a.Path+".", "..") {
			return errors.Errorf("setting %q: want names and numbers between dots, such as models.0.model.integrator", a.Path)
		}
		for j, b := range settings {
			if i != j && strings.HasPrefix(strings.ToLower(b.Path)+".", strings.ToLower(a.Path)+".") {
				return errors.Errorf("settings %q and %q: got both, of which one is part of the other, want one", a.Path, b.Path)
			}
		}
	}
	return nil
}

// Tasks are the runs of the sweep.
func (s *Sweep) Tasks() []Task { return s.tasks }

// Checksum is the SHA-256 of the file, not of the spaces in it.
func (s *Sweep) Checksum() string {
	sum := sha256.Sum256(s.text)
	return hex.EncodeToString(sum[:])
}

// Labels are short names of the settings: the ends of their paths, as long as it
// takes to tell them apart.
func (s *Sweep) Labels() []string {
	settings := s.tasks[0].Settings
	labels := make([]string, len(settings))
	for i, a := range settings {
		parts := strings.Split(a.Path, ".")
		for n := 1; n <= len(parts); n++ {
			labels[i] = strings.Join(parts[len(parts)-n:], ".")
			same := 0
			for _, b := range settings {
				if strings.HasSuffix("."+b.Path, "."+labels[i]) {
					same++
				}
			}
			if same == 1 {
				break
			}
		}
	}
	return labels
}

// folderName is what a folder's name says of the settings.
func folderName(labels []string, settings []Setting) string {
	var b strings.Builder
	for i, s := range settings {
		b.WriteString("-" + plain(labels[i]) + plain(s.Text()))
	}
	name := b.String()
	const most = 80 // so that paths stay short
	if len(name) > most {
		name = name[:most]
	}
	return strings.TrimRight(name, "._-")
}

// plain keeps of a text what can stand in a folder's name on any system.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("._-+", r):
			return r
		}
		return '_'
	}, s)
	return strings.Trim(s, "_")
}

// Text is the value as a table shows it: a string without its quotes.
func (s Setting) Text() string {
	var text string
	if json.Unmarshal(s.Value, &text) == nil && string(s.Value) != "null" {
		return text
	}
	return string(s.Value)
}

// Number is the value as a number, if it is one.
func (s Setting) Number() (float64, bool) {
	v, err := strconv.ParseFloat(string(s.Value), 64)
	return v, err == nil
}

// draw draws a value from {"choice": […]}, {"uniform": [lo, hi]} or {"log_uniform":
// [lo, hi]}.
func draw(r *rand.Rand, from json.RawMessage) (json.RawMessage, error) {
	var how object
	if err := json.Unmarshal(from, &how); err != nil || len(how) != 1 {
		return nil, errors.Errorf(`got %s, want one of {"choice": [values]}, {"uniform": [lo, hi]} and {"log_uniform": [lo, hi]}`, from)
	}
	kind, value := how[0].key, how[0].value
	if kind == "choice" {
		values, err := list(value)
		if err != nil {
			return nil, err
		}
		return values[r.IntN(len(values))], nil
	}
	var ends []float64
	if err := json.Unmarshal(value, &ends); err != nil || len(ends) != 2 || !(ends[0] < ends[1]) {
		return nil, errors.Errorf("%s: got %s, want [lo, hi] with lo < hi", kind, value)
	}
	lo, hi, x := ends[0], ends[1], r.Float64()
	switch kind {
	case "uniform":
		x = lo + x*(hi-lo)
	case "log_uniform":
		if !(lo > 0) {
			return nil, errors.Errorf("log_uniform: got %s, want positive numbers", value)
		}
		x = lo * math.Exp(x*math.Log(hi/lo))
	default:
		return nil, errors.Errorf("got %q, want choice, uniform or log_uniform", kind)
	}
	return json.RawMessage(strconv.FormatFloat(x, 'g', 4, 64)), nil
}
