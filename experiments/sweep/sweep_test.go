package sweep

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func mustParse(t *testing.T, text string) *Sweep {
	t.Helper()
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The last setting of a grid varies fastest, samples vary slowest.
func TestTasks(t *testing.T) {
	s := mustParse(t, `{
		"grid": {"models.0.model.nonlinear.hidden": [[30], [100, 100]], "seed": [7, 8]},
		"sample": {"count": 2, "seed": 1, "settings": {"models.0.model.seed": {"choice": [5]}}}
	}`)
	var names []string
	for i, task := range s.Tasks() {
		if task.Number != i {
			t.Errorf("task %d has number %d", i, task.Number)
		}
		names = append(names, task.Name)
	}
	want := []string{
		"0-model.seed5-hidden30-seed7", "1-model.seed5-hidden30-seed8", "2-model.seed5-hidden100_100-seed7", "3-model.seed5-hidden100_100-seed8",
		"4-model.seed5-hidden30-seed7", "5-model.seed5-hidden30-seed8", "6-model.seed5-hidden100_100-seed7", "7-model.seed5-hidden100_100-seed8",
	}
	// "seed" is also the end of "model.seed", so that it cannot be told by itself.
	if !slices.Equal(names, want) {
		t.Errorf("got the names\n%q\nwant\n%q", names, want)
	}
	if again := mustParse(t, `{"grid":{"models.0.model.nonlinear.hidden":[[30],[100,100]],"seed":[7,8]},"sample":{"count":2,"seed":1,"settings":{"models.0.model.seed":{"choice":[5]}}}}`); again.Checksum() != s.Checksum() {
		t.Error("spaces change the checksum")
	}
}

// A sample is drawn from its seed and number alone, within its ends.
func TestSamples(t *testing.T) {
	text := func(count, seed int) string {
		return fmt.Sprintf(`{"sample": {"count": %d, "seed": %d, "settings": {
			"a": {"log_uniform": [1e-4, 1e-2]}, "b": {"uniform": [-1, 1]}, "c": {"choice": ["x", [1, 2]]}}}}`, count, seed)
	}
	few, many, other := mustParse(t, text(3, 1)), mustParse(t, text(1000, 1)), mustParse(t, text(3, 2))
	for i, task := range few.Tasks() {
		if !reflect.DeepEqual(task.Settings, many.Tasks()[i].Settings) {
			t.Errorf("sample %d: %s, of more %s", i, task.Settings, many.Tasks()[i].Settings)
		}
	}
	if reflect.DeepEqual(few.Tasks()[0].Settings, other.Tasks()[0].Settings) {
		t.Error("the seed changes nothing")
	}
	small, choices := 0, map[string]int{}
	for _, task := range many.Tasks() {
		a, _ := task.Settings[0].Number()
		b, _ := task.Settings[1].Number()
		if a < 1e-4 || a > 1e-2 || b < -1 || b > 1 {
			t.Errorf("got a = %g and b = %g", a, b)
		}
		if a < 1e-3 {
			small++
		}
		choices[task.Settings[2].Text()]++
	}
	// Half of 1000 with a standard deviation of 16; six of these.
	if small < 400 || small > 600 || choices["x"] < 400 || choices["x"] > 600 || len(choices) != 2 {
		t.Errorf("%d of 1000 below the middle decade, choices %v, want about half", small, choices)
	}
}

func TestParseMistakes(t *testing.T) {
	for text, want := range map[string]string{
		``:                                    "EOF",
		`{}`:                                  `neither "grid" nor "sample"`,
		`{"grids": {}}`:                       `unknown field "grids"`,
		`{"grid": {"seed": [1]}} x`:           "more after the end",
		`{"grid": {"seed": []}}`:              "want a list of values",
		`{"grid": {"seed": [1], "seed":[2]}}`: "twice",
		`{"grid": {"a..b": [1]}}`:             "between dots",
		`{"grid": {"": [1]}}`:                 "between dots",
		`{"grid": {"a": [1], "a.b": [1]}}`:    "part of the other",
		`{"grid": {"a": [1], "A": [1]}}`:      "part of the other",
		`{"sample": {"count": 0, "settings": {"a": {"choice": [1]}}}}`:                              "count 0",
		`{"sample": {"count": 1, "settings": {"a": {"normal": [0, 1]}}}}`:                           "choice, uniform or log_uniform",
		`{"sample": {"count": 1, "settings": {"a": {"log_uniform": [0, 1]}}}}`:                      "positive",
		`{"sample": {"count": 1, "settings": {"a": {"uniform": [1, 1]}}}}`:                          "lo < hi",
		`{"sample": {"count": 1, "settings": {"a": [1, 2]}}}`:                                       "want one of",
		`{"sample": {"count": 1000000, "settings": {"a": {"choice": [1]}}}, "grid": {"b": [1, 2]}}`: "tasks in all",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestApply(t *testing.T) {
	config := []byte(`{"seed": 18446744073709551615, "models": [{"name": "a", "rates": [1, 2]}, {"name": "b", "model": {"x": 1}}]}`)
	all := func(string) bool { return true }
	apply := func(path, value string) (string, error) {
		got, err := Task{Settings: []Setting{{path, json.RawMessage(value)}}}.Apply(config, all)
		return string(got), err
	}
	for _, c := range [][3]string{
		{"Seed", "3", `{"models":[{"name":"a","rates":[1,2]},{"model":{"x":1},"name":"b"}],"seed":3}`},
		{"models.0.rates.1", "null", `{"models":[{"name":"a","rates":[1,null]},{"model":{"x":1},"name":"b"}],"seed":18446744073709551615}`},
		{"models.0.model.y", `"z"`, `{"models":[{"model":{"y":"z"},"name":"a","rates":[1,2]},{"model":{"x":1},"name":"b"}],"seed":18446744073709551615}`},
	} {
		if got, err := apply(c[0], c[1]); err != nil || got != c[2] {
			t.Errorf("%s: got %s, %v, want %s", c[0], got, err, c[2])
		}
	}
	for path, want := range map[string]string{"models.2.x": "2 elements", "models.x": "2 elements", "seed.x": "no parts", "models.-1.x": "2 elements"} {
		if _, err := apply(path, "1"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

// halfDone is the folder of a sweep in all states.
func halfDone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "s")
	s := mustParse(t, `{"grid": {"models.0.model.integrator": ["etd1", "<b>"], "seed": [0, 1, 2, 3]}}`)
	f, err := Keep(dir, "x", []string{"-quick=true"}, s)
	if err != nil {
		t.Fatal(err)
	}
	for i, test := range []string{`{"A": [[9]], "heldout": 3, "max_abs": [1, 5, 2], "grids": [{"on": "a", "rms": 7}, {"rms": 8}]}`, `{"heldout": 1, "max_abs": [1]}`, `{"heldout": null, "heldout_reason": "+Inf"}`} {
		task := s.Tasks()[i]
		write(t, filepath.Join(f.Task(task), "report.json"),
			fmt.Sprintf(`{"seconds": 2, "models": [{"name": "m", "train": {"loss": 0.5, "seconds": %d}, "test": %s}]}`, 10+i, test))
	}
	write(t, filepath.Join(f.Task(s.Tasks()[3]), "report.json"), `{"models": [{"name": "m", "train": {}, "test": null, "extra": {"diverged": "it ran away"}}]}`)
	for i, log := range []string{"begun\n", "begun\nnow " + SavedWord + "\n", "begun\nnow " + FailedWord + "1: no luck\n\n"} {
		write(t, filepath.Join(f.Task(s.Tasks()[4+i]), LogName), log)
	}
	return dir
}

func TestGather(t *testing.T) {
	dir := halfDone(t)
	r, err := Gather(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, o := range r.Outcomes {
		states = append(states, o.State)
	}
	if want := []string{Done, Done, Done, Done, Stopped, Saved, Failed, Missing}; !slices.Equal(states, want) {
		t.Errorf("got the states %q, want %q", states, want)
	}
	if r.Error != "heldout" || r.Outcomes[6].Last != "now "+FailedWord+"1: no luck" {
		t.Errorf("compared by %q, last line %q", r.Error, r.Outcomes[6].Last)
	}
	page, err := r.Write()
	if err != nil {
		t.Fatal(err)
	}
	// Of 1, 3 and +Inf; the one that ran away has none.
	if got := page.Tables[1].Rows[0]; !slices.Equal(got, []string{"m", "all", "3", "3", "1", "+Inf", "1"}) {
		t.Errorf("got the summary %q", got)
	}
	if got := page.Tables[2].Rows[0]; !slices.Equal(got, []string{"0", "etd1", "0", "m", "3", "5", "7", "8", "0.5", "10"}) {
		t.Errorf("got the first row %q", got)
	}
	if n := len(page.Tables[0].Rows); n != 4 {
		t.Errorf("%d tasks are not done, want 4", n)
	}
	if len(page.Figures) != 1 {
		t.Errorf("got %d figures, want 1", len(page.Figures))
	}
	html, err := page.HTML()
	if err != nil || !strings.Contains(string(html), "no luck") {
		t.Errorf("the page lacks a last line: %v", err)
	}
	if r, err = Gather(dir, "max_abs"); err != nil || r.rows[0].error != 5 {
		t.Errorf("by max_abs: got %v, %v", r.rows, err)
	}
	if _, err := Gather(dir, "mean"); err == nil || !strings.Contains(err.Error(), "heldout, max_abs, grids.a.rms, grids.1.rms") {
		t.Errorf("by what is not there: got %v", err)
	}
	csv, err := os.ReadFile(filepath.Join(dir, "sweep.csv"))
	if err != nil || strings.Count(string(csv), "\n") != 9 || !strings.Contains(string(csv), "2,2-integratoretd1-seed2,done,etd1,2,m,0.5,12,+Inf,NaN,NaN,NaN") {
		t.Errorf("sweep.csv is\n%s%v", csv, err)
	}
}

func TestKeep(t *testing.T) {
	dir := halfDone(t)
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Keep(dir, "x", []string{"-quick=true"}, f.Sweep); err != nil {
		t.Error(err)
	}
	other := mustParse(t, `{"grid": {"seed": [1]}}`)
	for name, c := range map[string]struct {
		experiment string
		flags      []string
		sweep      *Sweep
	}{
		"the experiment": {"y", []string{"-quick=true"}, f.Sweep},
		"the flags":      {"x", nil, f.Sweep},
		"another sweep":  {"x", []string{"-quick=true"}, other},
	} {
		if _, err := Keep(dir, c.experiment, c.flags, c.sweep); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no sweep: got %v", err)
	}
	path := filepath.Join(dir, Name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.Replace(string(text), "etd1", "etd2", 1))
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("damaged: got %v", err)
	}
}

// The band of eleven members at 0, 0.1, …, 1 is 0.1 to 0.9.
func TestEnsemble(t *testing.T) {
	var members [][][][]float64
	for i := range 11 {
		members = append(members, [][][]float64{{{1, 2}}, {{float64((7*i)%11) / 10, 3}}})
	}
	e, err := NewEnsemble([]float64{0, 1}, []string{"x", "y"}, members)
	if err != nil {
		t.Fatal(err)
	}
	states, names := e.Columns()
	if !slices.Equal(names, []string{"x", "y", "x_p10", "y_p10", "x_p90", "y_p90"}) {
		t.Errorf("got the columns %q", names)
	}
	for k, want := range [][]float64{{1, 2, 1, 2, 1, 2}, {0.5, 3, 0.1, 3, 0.9, 3}} {
		for c, v := range states[k][0] {
			if math.Abs(v-want[c]) > 1e-15*11 { // eleven roundings
				t.Errorf("time %d: got %v, want %v", k, states[k][0], want)
				break
			}
		}
	}
	if _, err := e.Figure("", 0, 6); err != nil {
		t.Error(err)
	}
	if _, err := NewEnsemble(nil, nil, members[:1]); err == nil {
		t.Error("one member was accepted")
	}
}
