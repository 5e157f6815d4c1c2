package sweep

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	filepkg "spnode/data/file"
	"spnode/data/measure"
	"spnode/experiments/report"
)

var nan = math.NaN()

// Results is what a sweep has come to so far.
type Results struct {
	*Folder
	Outcomes []Outcome
	Error    string // the measure by which tasks are compared

	rows []row
}

// row is a model of a task that is done.
type row struct {
	*Outcome
	ModelResult
	error float64 // NaN: it has none
}

// Gather reads the results from the files of a sweep, which may be half done. by
// names the measure to compare by, as in report.json's test, "heldout_max_abs" or
// "train_grid.rel"; empty: the first of the held-out errors, or else of the relative
// ones or the root mean squares, or the first.
func Gather(dir, by string) (*Results, error) {
	f, err := Open(dir)
	if err != nil {
		return nil, err
	}
	r := &Results{Folder: f}
	for _, t := range f.Sweep.Tasks() {
		o, err := f.Outcome(t)
		if err != nil {
			return nil, err
		}
		r.Outcomes = append(r.Outcomes, o)
	}
	return r, r.compareBy(by)
}

// compareBy chooses the measure and fills the rows.
func (r *Results) compareBy(by string) error {
	var names []string
	for i := range r.Outcomes {
		for _, m := range r.Outcomes[i].Models {
			for _, t := range m.Test {
				if !slices.Contains(names, t.Name) {
					names = append(names, t.Name)
				}
			}
			r.rows = append(r.rows, row{&r.Outcomes[i], m, nan})
		}
	}
	r.Error = by
	if by == "" {
		for _, word := range []string{"held", "rel", "rms", ""} {
			if i := slices.IndexFunc(names, func(n string) bool { return strings.Contains(n, word) }); i >= 0 {
				r.Error = names[i]
				break
			}
		}
	} else if len(names) > 0 && !slices.Contains(names, by) {
		return errors.Errorf("sweep: Gather: measure %q: want one of %s", by, strings.Join(names, ", "))
	}
	for i := range r.rows {
		r.rows[i].error = r.rows[i].value(r.Error)
	}
	return nil
}

func (r row) value(name string) float64 {
	for _, t := range r.Test {
		if t.Name == name {
			return t.Value
		}
	}
	return nan
}

// Count is the number of tasks in a state.
func (r *Results) Count(state string) (n int) {
	for _, o := range r.Outcomes {
		if o.State == state {
			n++
		}
	}
	return n
}

// Write writes sweep.csv, with all measures of all models, and returns the page
// with the rest.
func (r *Results) Write() (*report.Page, error) {
	if err := r.writeCSV(); err != nil {
		return nil, err
	}
	figures, err := r.figures()
	if err != nil {
		return nil, err
	}
	page := &report.Page{
		Title:   "Sweep: " + filepath.Base(r.Dir),
		Summary: r.Summary() + fmt.Sprintf(" Compared by %s; sweep.csv has the other measures.", cmp.Or(r.Error, "nothing yet")),
		Tables:  []*report.Table{r.missing(), r.summary(), r.all()},
		Figures: figures,
		Report:  report.New(r.Experiment, r.Sweep.tree()),
	}
	states := map[string][]int{}
	for _, o := range r.Outcomes {
		states[o.State] = append(states[o.State], o.Number)
	}
	page.Report.Extra = map[string]any{"flags": r.Flags, "tasks": states, "error": r.Error}
	return page, nil
}

// Summary counts the tasks by their states.
func (r *Results) Summary() string {
	var parts []string
	for _, s := range []string{Done, Running, Saved, Failed, Stopped, Missing} {
		if n := r.Count(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return fmt.Sprintf("%d tasks: %s.", len(r.Outcomes), strings.Join(parts, ", "))
}

// missing lists what is not done.
func (r *Results) missing() *report.Table {
	t := report.NewTable("Not done", "task", "folder", "state", "last line")
	for _, o := range r.Outcomes {
		if o.State != Done {
			t.Add(o.Number, o.Name, o.State, o.Last)
		}
	}
	return t
}

func isSeed(path string) bool { return path == "seed" || strings.HasSuffix(path, ".seed") }

// seedless is what tells a task's settings from others but for seeds.
func (o *Outcome) seedless(labels []string) (names []string) {
	for i, s := range o.Settings {
		if !isSeed(s.Path) {
			names = append(names, labels[i]+" "+s.Text())
		}
	}
	return names
}

// summary has the median, the range and the best task of all, and, where there are
// seeds and other settings, of the seeds of each of those.
func (r *Results) summary() *report.Table {
	t := report.NewTable("Error: "+r.Error, "model", "settings", "tasks", "median", "least", "largest", "best task")
	labels := r.Sweep.Labels()
	type of struct {
		settings string
		row
	}
	var all, each []of
	for _, x := range r.rows {
		if math.IsNaN(x.error) {
			continue
		}
		all = append(all, of{"all", x})
		if names := x.seedless(labels); 0 < len(names) && len(names) < len(labels) {
			each = append(each, of{strings.Join(names, ", "), x})
		}
	}
	for _, g := range report.Group(append(all, each...), func(o of) string { return o.ModelResult.Name + ": " + o.settings }) {
		var errors []float64
		for _, o := range g {
			errors = append(errors, o.error)
		}
		q := measure.Quantiles(errors, 0.5, 0, 1)
		t.Add(g[0].ModelResult.Name, g[0].settings, len(g), q[0], q[1], q[2], fmt.Sprint(g[floats.MinIdx(errors)].Number))
	}
	return t
}

// measures are the names of the numbers of the tests, the one to compare by first.
func (r *Results) measures() []string {
	var names []string
	if r.Error != "" {
		names = append(names, r.Error)
	}
	for _, x := range r.rows {
		for _, t := range x.Test {
			if !slices.Contains(names, t.Name) {
				names = append(names, t.Name)
			}
		}
	}
	return names
}

// all has a row for each model of each task that is done.
func (r *Results) all() *report.Table {
	const most = 6 // measures: a table must be read
	measures := r.measures()
	measures = measures[:min(most, len(measures))]
	t := report.NewTable("All", slices.Concat([]string{"task"}, r.Sweep.Labels(), []string{"model"}, measures, []string{"loss", "seconds"})...)
	for _, x := range r.rows {
		cells := []any{x.Number}
		for _, s := range x.Settings {
			if v, ok := s.Number(); ok {
				cells = append(cells, v)
			} else {
				cells = append(cells, s.Text())
			}
		}
		cells = append(cells, x.ModelResult.Name)
		for _, m := range measures {
			if v := x.value(m); math.IsNaN(v) {
				cells = append(cells, nil)
			} else {
				cells = append(cells, v)
			}
		}
		t.Add(append(cells, x.Loss, x.Seconds)...)
	}
	return t
}

// writeCSV writes sweep.csv, a row for each model of each task, and for each task
// that is not done.
func (r *Results) writeCSV() error {
	measures := r.measures()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := slices.Concat([]string{"task", "folder", "state"}, r.Sweep.Labels(), []string{"model", "loss", "seconds"}, measures)
	lines := [][]string{header}
	line := func(o Outcome) []string {
		cells := []string{fmt.Sprint(o.Number), o.Name, o.State}
		for _, s := range o.Settings {
			cells = append(cells, s.Text())
		}
		return cells
	}
	for _, o := range r.Outcomes {
		for _, m := range o.Models {
			cells := append(line(o), m.Name, fmt.Sprint(m.Loss), fmt.Sprint(m.Seconds))
			for _, name := range measures {
				cells = append(cells, fmt.Sprint(row{ModelResult: m}.value(name)))
			}
			lines = append(lines, cells)
		}
		if len(o.Models) == 0 {
			cells := line(o)
			lines = append(lines, append(cells, make([]string, len(header)-len(cells))...))
		}
	}
	if err := w.WriteAll(lines); err != nil {
		return errors.Wrap(err, "sweep: Gather")
	}
	return filepkg.WriteBytes(filepath.Join(r.Dir, "sweep.csv"), b.Bytes())
}
