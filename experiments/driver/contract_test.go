package driver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/measure"
	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/drivertest"
	"spnode/experiments/driver/runs"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/train"
	"spnode/ops/opstest"
)

// The contract of all commands, on an experiment that has nothing of its own but
// two models of a decay, one of them from two seeds.

// toyConfig is the configuration of the experiment.
type toyConfig struct {
	Samples int `json:"samples"`
	driver.Common[driver.Recipe]
}

func (c *toyConfig) Describe() string { return fmt.Sprint(c.Samples, " samples") }

func (c *toyConfig) Validate() error {
	if c.Samples < 1 {
		return errors.Errorf("samples: got %d, want a positive number", c.Samples)
	}
	return driver.Validate(c.Recipes(), 2)
}

// toyModels have Adam that restarts, so that a resumed run must, too, and L-BFGS;
// batches and two workers.
const toyModels = `[
  {"name": "one", "seeds": 2,
   "model": {"dim": 2, "components": ["x1", "x2"], "autoencoder": {}, "linear": {"shift": 0, "spread": 0.1}, "nonlinear": {"kind": "bilinear", "rank": 2},
             "integrator": "etd1", "substeps": 1, "dtype": "float64", "seed": 0},
   "train": {"workers": 1, "seed": 0, "weighting": "time",
             "first": {"optimizer": "adam", "iterations": 8, "schedule": {"kind": "constant", "rate": 0.01}},
             "lbfgs": {"iterations": 6, "memory": 5, "grad_tol": 0, "loss_tol": 1e-20},
             "restart_above": 1e-12, "restarts": 1, "backoffs": 10}},
  {"name": "two", "seeds": 1,
   "model": {"dim": 2, "components": ["x1", "x2"], "autoencoder": {}, "linear": {"shift": 0, "spread": 0.1},
             "nonlinear": {"kind": "lipschitz", "hidden": [4], "lipschitz": 10, "separate_linear": true, "bias_spread": 1, "last_scale": 0.1},
             "integrator": "etdrk4", "substeps": 1, "dtype": "float64", "seed": 0},
   "train": {"phases": [{"from": 0, "batch": 4}], "workers": 2, "seed": 0, "weighting": "time",
             "first": {"optimizer": "adam", "iterations": 10, "schedule": {"kind": "constant", "rate": 0.01}},
             "lbfgs": {"iterations": 0, "memory": 5, "grad_tol": 0, "loss_tol": 0},
             "backoffs": 10}}
]`

// toyFolders are the folders of its checkpoints.
var toyFolders = []string{"one", "seeds/one-1", "two"}

func toyRun(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("toy", "learns a decay")
	f.Set.Int("own", 0, "a flag of its own")
	return driver.Experiment[toyConfig, *toyConfig]{
		Flags: f,
		Default: func() toyConfig {
			c := toyConfig{Samples: 12}
			if err := json.Unmarshal([]byte(toyModels), &c.Models); err != nil {
				panic(err)
			}
			return c
		},
		Quick: func(c *toyConfig) { c.Samples = 6 },
		Learn: toyLearn,
	}.Run(ctx, args, stdout, stderr)
}

// toyData are decays from random states, (e^{−t}, e^{−2t}).
func toyData(n int, seed uint64) *data.Dataset {
	r := rand.New(rand.NewPCG(seed, 1))
	times := []float64{0, 0.5, 1.5}
	u := make([][][]float64, len(times))
	for range n {
		a, b := r.NormFloat64(), r.NormFloat64()
		for k, t := range times {
			u[k] = append(u[k], []float64{a * math.Exp(-t), b * math.Exp(-2*t)})
		}
	}
	return data.Shared(times, u, nil)
}

// toyLearn reports the largest error over the data.
func toyLearn(s *driver.Session, c toyConfig) (*report.Page, error) {
	d := toyData(c.Samples, c.Seed)
	table := report.NewTable("Errors", "model", "largest")
	seeds := report.NewTable("Seeds", "model", "seed", "largest")
	models, err := driver.Learn(s, c.Models, func(driver.Recipe, *model.Config) (*data.Dataset, error) { return d, nil },
		func(_ driver.Recipe, f driver.Fitted) (float64, error) {
			u, err := train.Predict(f.Model, d)
			if err != nil {
				return 0, err
			}
			return measure.Compare(u, d, nil).MaxAbs, nil
		})
	if err != nil {
		return nil, err
	}
	for _, t := range models {
		table.Add(t.Name, t.Test)
		t.SeedRows(seeds, func(s report.Seed[float64]) []any { return []any{s.Test} })
	}
	figures, err := report.Draw(driver.LossDrawing("", models, nil))
	return &report.Page{Title: "Toy", Tables: []*report.Table{table, seeds}, Figures: figures}, err
}

var toy = &drivertest.Command{
	Name: "toy", Run: toyRun,
	Config: func() ([]byte, error) { return []byte("{}"), nil },
}

// TestMain: with an interval of saves in the environment the process is the command.
func TestMain(m *testing.M) {
	if text := os.Getenv("TOY_SAVES"); text != "" {
		interval, err := time.ParseDuration(text)
		if err != nil {
			panic(err)
		}
		runs.SaveInterval = interval
		command.Main("toy", toyRun)
	}
	toy.Main(m)
}

func sharedRun(t testing.TB) string {
	dir, _ := toy.Shared(t)
	return dir
}

// ownRun is a run in a folder of the test's own.
func ownRun(t *testing.T, args ...string) string {
	t.Helper()
	root := t.TempDir()
	toy.Succeed(t, append([]string{"-checkpoints", root, "-run", "r", "-quiet"}, args...)...)
	return filepath.Join(root, "r")
}

// wantSameModels fails unless two runs have the same bits of all parameters and
// the same numbers of all tests.
func wantSameModels(t testing.TB, got, want string) {
	t.Helper()
	for _, name := range toyFolders {
		if !slices.Equal(drivertest.Weights(t, filepath.Join(got, name)), drivertest.Weights(t, filepath.Join(want, name))) {
			t.Errorf("%s: the parameters of %s differ from those of %s", name, got, want)
		}
	}
	if a, b := drivertest.Tests(t, got), drivertest.Tests(t, want); !reflect.DeepEqual(a, b) {
		t.Errorf("the tests of %s are\n%v\nwant those of %s\n%v", got, a, want, b)
	}
}

// A run has everything that the contract names, and no file beside it.
func TestRunWritesEverything(t *testing.T) {
	dir, stdout := toy.Shared(t)
	want := []string{"config.json", "report.json", "report.html", "report.md", "figures/loss.png", "figures/loss.svg", "figures/loss.csv"}
	for _, m := range toyFolders {
		for _, f := range []string{"MANIFEST.json", "config.json", "train.json", "weights.npz", "optimizer.npz", "metrics.csv"} {
			want = append(want, m+"/"+f)
		}
	}
	slices.Sort(want)
	var got []string
	for name := range drivertest.Contents(t, dir) {
		got = append(got, name)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got the files\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, s := range []string{"toy: 12 samples, seed 0, run " + dir, "one: etd1, latent 2, g bilinear, 8 iterations of adam, 6 of L-BFGS", "Seeds",
		filepath.Join(dir, "report.json"), filepath.Join(dir, "report.html"), filepath.Join(dir, "figures")} {
		if !strings.Contains(stdout, s) {
			t.Errorf("standard output lacks %q:\n%s", s, stdout)
		}
	}
	md := string(drivertest.Read(t, filepath.Join(dir, "report.md")))
	if !strings.Contains(md, "**Errors**\n\n| model | largest |\n") || !strings.Contains(md, "\n| one ") {
		t.Errorf("report.md is\n%s", md)
	}
}

// report.json has the keys of the contract, its configuration is config.json, and
// the model is the first of its seeds.
func TestReportHasItsKeys(t *testing.T) {
	dir := sharedRun(t)
	var r map[string]any
	drivertest.Report(t, dir, &r)
	drivertest.WantKeys(t, "report", r, []string{"experiment", "seconds", "go", "cpu", "provenance", "config", "models"})
	drivertest.WantKeys(t, "provenance", r["provenance"], []string{"date", "version", "kernel", "command"})
	if r["experiment"] != "toy" {
		t.Errorf("experiment is %v", r["experiment"])
	}
	drivertest.WantReasons(t, "report", r)
	var inReport, inFile map[string]any
	text, err := json.Marshal(r["config"])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text []byte
		into *map[string]any
	}{{text, &inReport}, {drivertest.Read(t, filepath.Join(dir, "config.json")), &inFile}} {
		if err := json.Unmarshal(c.text, c.into); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(inReport, inFile) {
		t.Errorf("the report's config is not config.json")
	}
	models := r["models"].([]any)
	if len(models) != 2 {
		t.Fatalf("got %d models, want 2", len(models))
	}
	for i, m := range models {
		name := []string{"one", "two"}[i]
		m := drivertest.WantKeys(t, name, m, []string{"name", "checkpoint", "parameters", "train", "stability", "test"}, "extra")
		if m["name"] != name || m["checkpoint"] != filepath.Join(dir, name) {
			t.Errorf("%s: name is %v and checkpoint %v", name, m["name"], m["checkpoint"])
		}
		if n := len(drivertest.Weights(t, m["checkpoint"].(string))); fmt.Sprint(m["parameters"]) != fmt.Sprint(n) {
			t.Errorf("%s: got %v parameters, want %d", name, m["parameters"], n)
		}
		trained := drivertest.WantKeys(t, name+".train", m["train"], []string{"iterations", "seconds", "milliseconds_per_iteration", "loss"})
		if want := []string{"14", "10"}[i]; fmt.Sprint(trained["iterations"]) != want {
			t.Errorf("%s: got %v iterations, want %s", name, trained["iterations"], want)
		}
		result, err := train.LoadResult(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if loss, err := trained["loss"].(json.Number).Float64(); err != nil || loss != result.Loss || !(loss > 0) {
			t.Errorf("%s: loss is %v, want the checkpoint's %g", name, trained["loss"], result.Loss)
		}
		stability, ok := m["stability"].(map[string]any)
		for _, k := range []string{"spectrum", "spectral_abscissa", "numerical_abscissa", "shift", "theorem3_bound", "certificate", "lipschitz"} {
			if _, has := stability[k]; !ok || !has {
				t.Errorf("%s.stability: key %q is missing", name, k)
			}
		}
	}
	seeds := drivertest.WantKeys(t, "extra", models[0].(map[string]any)["extra"], []string{"seeds"})["seeds"].([]any)
	if len(seeds) != 2 {
		t.Fatalf("got %d seeds, want 2", len(seeds))
	}
	for k, s := range seeds {
		s := drivertest.WantKeys(t, "seed", s, []string{"seed", "iterations", "seconds", "milliseconds_per_iteration", "loss", "starts", "test"})
		if fmt.Sprint(s["seed"]) != fmt.Sprint(k) || fmt.Sprint(s["starts"]) != "2" {
			t.Errorf("seed %d is number %v after %v starts, want 2", k, s["seed"], s["starts"])
		}
	}
	if first, second := seeds[0].(map[string]any), seeds[1].(map[string]any); first["test"] != models[0].(map[string]any)["test"] || first["test"] == second["test"] {
		t.Error("the model is not the first of two seeds that differ")
	}
	if _, ok := models[1].(map[string]any)["extra"]; ok {
		t.Error("a model of one seed has more to say")
	}
}

func TestSeedDeterminesTheRun(t *testing.T) {
	first := ownRun(t)
	wantSameModels(t, first, sharedRun(t))
	other := ownRun(t, "-seed", "1")
	a, b := drivertest.Tests(t, first), drivertest.Tests(t, other)
	for i, name := range toyFolders {
		if slices.Equal(drivertest.Weights(t, filepath.Join(first, name)), drivertest.Weights(t, filepath.Join(other, name))) {
			t.Errorf("%s: the seed changes no parameter", name)
		}
		if i != 1 && reflect.DeepEqual(a[name], b[name]) {
			t.Errorf("%s: the seed changes no test", name)
		}
	}
}

func TestRunIsNeverOverwritten(t *testing.T) {
	dir := sharedRun(t)
	before := drivertest.Contents(t, dir)
	toy.Refused(t, []string{"-checkpoints", filepath.Dir(dir), "-run", "shared"}, dir, "never overwritten", "-resume", "-run")
	if !reflect.DeepEqual(drivertest.Contents(t, dir), before) {
		t.Error("the run has changed")
	}
}

// goOn returns the arguments of the command that an interrupted run tells.
func goOn(t *testing.T, stderr string) []string {
	t.Helper()
	_, told, found := strings.Cut(stderr, "go on with: go run ./experiments/toy ")
	if !found || strings.Count(stderr, "\n") != 1 {
		t.Fatalf("got %q, want one line that says how to go on", stderr)
	}
	return strings.Fields(told)
}

// A run that is interrupted and gone on with, by the command that it tells, ends
// as if it had not been, wherever that was; also if it is interrupted again.
func TestInterruptedRunGoesOn(t *testing.T) {
	want := sharedRun(t)
	// The looks of the first model are 1 to 32, those of its second seed 33 to
	// 64, in two attempts each, and those of the last model 65 to 76.
	places := []int{1, 5, 12, 20, 33, 50, 65, 70}
	if opstest.Thin() {
		places = []int{12, 70}
	}
	for _, n := range places {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			root := t.TempDir()
			code, stdout, stderr := toy.Execute(drivertest.EndsAtLook(n), "-checkpoints", root, "-run", "r", "-quiet")
			if code != command.ExitInterrupted {
				t.Fatalf("exit code %d, %s, want %d", code, stderr, command.ExitInterrupted)
			}
			dir := filepath.Join(root, "r")
			if strings.Contains(stdout, "written") {
				t.Errorf("standard output has results: %s", stdout)
			}
			if _, err := os.Stat(filepath.Join(dir, "report.json")); err == nil {
				t.Error("there is a report")
			}
			resume := append(goOn(t, stderr), "-quiet")
			if n == 1 || n == 12 { // once more, some iterations on
				code, _, stderr = toy.Execute(drivertest.EndsAtLook(4), resume...)
				if code != command.ExitInterrupted || !slices.Equal(append(goOn(t, stderr), "-quiet"), resume) {
					t.Fatalf("the second time: exit code %d, %s", code, stderr)
				}
			}
			toy.Succeed(t, resume...)
			wantSameModels(t, dir, want)
		})
	}
}

// A run that is finished stays as it is, to the byte; one that lacks its report
// gets it again.
func TestCompleteRunGoesOn(t *testing.T) {
	dir := ownRun(t)
	before := drivertest.Contents(t, dir)
	again := []string{"-checkpoints", filepath.Dir(dir), "-run", "r", "-resume", "-quiet"}
	if stdout := toy.Succeed(t, again...); !strings.Contains(stdout, "is finished") {
		t.Errorf("got %q", stdout)
	}
	if !reflect.DeepEqual(drivertest.Contents(t, dir), before) {
		t.Error("a finished run has changed")
	}
	if err := os.Remove(filepath.Join(dir, "report.json")); err != nil {
		t.Fatal(err)
	}
	if stdout := toy.Succeed(t, again...); !strings.Contains(stdout, "two") {
		t.Errorf("got no table: %s", stdout)
	}
	after := drivertest.Contents(t, dir)
	if len(after) != len(before) {
		t.Errorf("there were %d files, now %d", len(before), len(after))
	}
	for name, digest := range before {
		// These say how long it took.
		if timed := name == "report.json" || name == "report.html"; after[name] != digest && !timed {
			t.Errorf("%s has changed", name)
		}
	}
	wantSameModels(t, dir, sharedRun(t))
}

// The flags that a run was begun with are no mistake when it is gone on with: a
// scheduler starts the same line again. Nor are fewer of them.
func TestSameLine(t *testing.T) {
	root := t.TempDir()
	line := []string{"-checkpoints", root, "-run", "r", "-resume", "-quiet", "-quick", "-seed", "3", "-only", "one", "-iterations", "9", "-workers", "1"}
	code, _, stderr := toy.Execute(drivertest.EndsAtLook(5), line...)
	if code != command.ExitInterrupted {
		t.Fatalf("exit code %d, %s, want %d", code, stderr, command.ExitInterrupted)
	}
	toy.Refused(t, append(slices.Clone(line), "-seed", "4"), "seed was 3 and is 4")
	code, _, stderr = toy.Execute(drivertest.EndsAtLook(5), "-checkpoints", root, "-resume", "-quiet", "-workers", "1")
	if code != command.ExitInterrupted {
		t.Fatalf("without a name: exit code %d, %s, want %d", code, stderr, command.ExitInterrupted)
	}
	toy.Succeed(t, line...)
	want := ownRun(t, "-quick", "-seed", "3", "-only", "one", "-iterations", "9", "-workers", "1")
	for _, name := range []string{"one", "seeds/one-1"} {
		if !slices.Equal(drivertest.Weights(t, filepath.Join(root, "r", name)), drivertest.Weights(t, filepath.Join(want, name))) {
			t.Errorf("%s differs from a run that was not interrupted", name)
		}
	}
	if stdout := toy.Succeed(t, line...); !strings.Contains(stdout, "is finished") {
		t.Errorf("got %q", stdout)
	}
	toy.Refused(t, []string{"-checkpoints", root, "-resume"}, "no unfinished run", root)
}

func TestResumeMistakes(t *testing.T) {
	dir := sharedRun(t)
	before := drivertest.Contents(t, dir)
	resume := []string{"-checkpoints", filepath.Dir(dir), "-run", "shared", "-resume"}
	for _, flag := range []string{"-seed 1", "-seeds 2", "-only one", "-iterations 5", "-batch 3", "-lr 0.1", "-integrator imex", "-dtype float32", "-workers 2", "-substeps 2", "-quick"} {
		args := append(slices.Clone(resume), strings.Fields(flag)...)
		toy.Refused(t, args, strings.Fields(flag)[0], "-resume")
	}
	toy.Refused(t, append(slices.Clone(resume), "-config", "x.json"), "x.json")
	if !reflect.DeepEqual(drivertest.Contents(t, dir), before) {
		t.Error("the run has changed")
	}

	root := t.TempDir()
	damaged := filepath.Join(root, "r")
	if err := os.CopyFS(damaged, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(damaged, "report.json")); err != nil {
		t.Fatal(err)
	}
	again := []string{"-checkpoints", root, "-run", "r", "-resume", "-quiet"}
	file := filepath.Join(damaged, "one", "weights.npz")
	b := drivertest.Read(t, file)
	drivertest.Write(t, file, string(b[:len(b)-1]))
	code, _, stderr := toy.Execute(context.Background(), again...)
	if code != command.ExitUsage || !strings.Contains(stderr, file) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("a damaged checkpoint: exit code %d, %q", code, stderr)
	}
	if !slices.Equal(drivertest.Read(t, file), b[:len(b)-1]) {
		t.Error("the damaged file has been replaced")
	}
	drivertest.Write(t, filepath.Join(damaged, "config.json"), `{"seed": 0}`)
	toy.Refused(t, again, "samples", "want a positive number")
	if err := os.Remove(filepath.Join(damaged, "config.json")); err != nil {
		t.Fatal(err)
	}
	toy.Refused(t, again, filepath.Join(damaged, "config.json"))
}

// -evaluate makes the same data and comes to the same numbers, in a folder of
// its own.
func TestEvaluate(t *testing.T) {
	dir := sharedRun(t)
	before := drivertest.Contents(t, dir)
	out := filepath.Join(t.TempDir(), "a", "b")
	stdout := toy.Succeed(t, "-evaluate", dir, "-out", out)
	if got, want := drivertest.Tests(t, out), drivertest.Tests(t, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("got the tests\n%v\nwant\n%v", got, want)
	}
	if !reflect.DeepEqual(drivertest.Contents(t, dir), before) {
		t.Error("the run has changed")
	}
	for _, s := range []string{"one", "two", "Errors", filepath.Join(out, "report.html")} {
		if !strings.Contains(stdout, s) {
			t.Errorf("standard output lacks %q", s)
		}
	}
	// Tables and figures are those of the run, too: what is drawn has the same numbers.
	after := drivertest.Contents(t, out)
	for _, name := range []string{"figures/loss.png", "figures/loss.svg", "figures/loss.csv", "report.md"} {
		if after[name] != before[name] {
			t.Errorf("%s differs from the run's", name)
		}
	}
	for _, name := range []string{"report.json", "report.html"} {
		if _, ok := after[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}

	toy.Refused(t, []string{"-evaluate", dir, "-out", out}, "-out", out, "never overwritten")
	if !reflect.DeepEqual(drivertest.Contents(t, out), after) {
		t.Error("what was there has changed")
	}
	toy.Refused(t, []string{"-evaluate", dir, "-out", filepath.Join(out, "report.json")}, "never overwritten")
}

// Without -out the folder is below the run, which otherwise stays as it is and
// can still be evaluated and predicted with.
func TestEvaluateBesideTheRun(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "r")
	if err := os.CopyFS(dir, os.DirFS(sharedRun(t))); err != nil {
		t.Fatal(err)
	}
	before := drivertest.Contents(t, dir)
	toy.Succeed(t, "-evaluate", dir)
	made, err := filepath.Glob(filepath.Join(dir, "evaluation-*", "report.json"))
	if err != nil || len(made) != 1 {
		t.Fatalf("got the reports %v, %v, want one", made, err)
	}
	if got, want := drivertest.Tests(t, filepath.Dir(made[0])), drivertest.Tests(t, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("got the tests\n%v\nwant\n%v", got, want)
	}
	after := drivertest.Contents(t, dir)
	for name, digest := range before {
		if after[name] != digest {
			t.Errorf("%s has changed", name)
		}
	}

	// Of several seeds the further ones need not be kept, which is said.
	if err := os.RemoveAll(filepath.Join(dir, "seeds")); err != nil {
		t.Fatal(err)
	}
	stdout := toy.Succeed(t, "-evaluate", dir, "-out", filepath.Join(root, "first"))
	if want := filepath.Join("seeds", "one-1") + ": no checkpoint, left out; what its training came to is in " + filepath.Join(dir, "report.json") + "\n"; !strings.Contains(stdout, want) {
		t.Errorf("standard output lacks %q:\n%s", want, stdout)
	}
	var whole, first struct{ Models []struct{ Test json.Number } }
	drivertest.Report(t, sharedRun(t), &whole)
	drivertest.Report(t, filepath.Join(root, "first"), &first)
	if !reflect.DeepEqual(first, whole) {
		t.Errorf("without the further seeds it reports %v, want %v", first, whole)
	}
	for _, c := range []struct {
		name  string
		spoil func() error
		says  []string
	}{
		{"a model that is not there", func() error { return os.RemoveAll(filepath.Join(dir, "two")) }, []string{filepath.Join(dir, "two")}},
		{"a model without its weights", func() error { return os.Remove(filepath.Join(dir, "one", "weights.npz")) }, []string{"weights.npz"}},
		{"a configuration that is none", func() error { return os.WriteFile(filepath.Join(dir, "config.json"), []byte("{"), 0o644) }, []string{"config.json"}},
		{"a run that is not there", func() error { return os.RemoveAll(dir) }, []string{dir}},
	} {
		if err := c.spoil(); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(root, "out")
		code, _, stderr := toy.Execute(context.Background(), "-evaluate", dir, "-out", out)
		if code != command.ExitUsage || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q, want %d and one line", c.name, code, stderr, command.ExitUsage)
		}
		for _, s := range c.says {
			if !strings.Contains(stderr, s) {
				t.Errorf("%s: got %q, want it to say %q", c.name, stderr, s)
			}
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: %s was made", c.name, out)
		}
	}
}

// -predict through the command, with one of a run's models.
func TestPredict(t *testing.T) {
	dir := sharedRun(t)
	initial := drivertest.Write(t, filepath.Join(t.TempDir(), "u0.csv"), "x1,x2\n1,-0.5\n0.25,0.125\n")
	args := []string{"-predict", filepath.Join(dir, "two"), "-initial", initial, "-times", "0:2:1", "-out", "-"}
	m, err := model.Load(filepath.Join(dir, "two"))
	if err != nil {
		t.Fatal(err)
	}
	u0, times := [][]float64{{1, -0.5}, {0.25, 0.125}}, []float64{0, 1, 2}
	for _, more := range [][]string{nil, {"-integrator", "etd1", "-substeps", "4"}} {
		deployed := m
		if more != nil {
			if deployed, err = m.WithIntegrator("etd1", 4); err != nil {
				t.Fatal(err)
			}
		}
		u, err := deployed.Predict(u0, times)
		if err != nil {
			t.Fatal(err)
		}
		want := "sample,t,x1,x2\n"
		for s := range u0 {
			for k, time := range times {
				want += fmt.Sprintf("%d,%v,%v,%v\n", s, time, u[k][s][0], u[k][s][1])
			}
		}
		if got := toy.Succeed(t, append(args, more...)...); got != want {
			t.Errorf("%v: got\n%s\nwant\n%s", more, got, want)
		}
	}

	toy.Refused(t, []string{"-predict", dir, "-initial", initial, "-times", "0:2:1", "-out", "-"}, "several models", "one, two")
	toy.Refused(t, []string{"-predict", filepath.Join(dir, "two"), "-initial", initial, "-times", "0:2:1", "-out", initial}, initial, "never overwritten")
}

// -only and -seeds restrict and repeat the models of any experiment.
func TestOnlyAndSeeds(t *testing.T) {
	var c toyConfig
	if err := json.Unmarshal([]byte(toy.Succeed(t, "-print-config", "-only", "two", "-seeds", "3")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Models) != 1 || c.Models[0].Name != "two" || c.Models[0].Seeds != 3 {
		t.Errorf("got %+v", c.Models)
	}
	toy.Refused(t, []string{"-only", "two,three"}, `got "three", want one of one, two`)
	toy.Refused(t, []string{"-seeds", "0"}, "want a whole number of at least 1")
}
