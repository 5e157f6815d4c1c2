package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"spnode/experiments/driver"
	"spnode/model"
	"spnode/ops/opstest"
)

// scratch holds what tests share: runs that many of them look at.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "transient"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// tinyConfig is a run of two kinds of model, one of them with two seeds, in a
// fraction of a second. Adam restarts, so that a resumed run must, too.
const tinyConfig = `{
  "data": {"samples": 12, "held_out": 5, "steps": 20, "tolerance": 1e-8, "first_step": 0.01, "test_time": 1},
  "models": [
    {"name": "eps0-etd1", "epsilon": 0, "times": [0, 20], "seeds": 2,
     "model": {"dim": 2, "autoencoder": {}, "linear": {"shift": 0, "spread": 0.1}, "nonlinear": {"kind": "bilinear", "rank": 2},
               "integrator": "etd1", "substeps": 1, "dtype": "float64", "seed": 0},
     "train": {"batch": 0, "workers": 1, "seed": 0, "weighting": "time",
               "adam": {"iterations": 8, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "schedule": {"kind": "constant", "rate": 0.01}},
               "lbfgs": {"iterations": 6, "memory": 5, "grad_tol": 0, "loss_tol": 1e-20},
               "restart_above": 1e-12, "restarts": 1, "backoffs": 10}},
    {"name": "eps1-etdrk4", "epsilon": 1, "times": [0, 10, 20], "seeds": 1,
     "model": {"dim": 2, "autoencoder": {}, "linear": {"shift": 0, "spread": 0.1},
               "nonlinear": {"kind": "lipschitz", "hidden": [4], "lipschitz": 10, "separate_linear": true, "bias_spread": 1, "last_scale": 0.1},
               "integrator": "etdrk4", "substeps": 1, "dtype": "float64", "seed": 0},
     "train": {"batch": 4, "workers": 2, "seed": 0, "weighting": "time",
               "adam": {"iterations": 10, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "schedule": {"kind": "constant", "rate": 0.01}},
               "lbfgs": {"iterations": 0, "memory": 5, "grad_tol": 0, "loss_tol": 0},
               "backoffs": 10}}
  ]
}`

// tinyModels are the folders of its checkpoints.
var tinyModels = []string{"eps0-etd1", "seeds/eps0-etd1-1", "eps1-etdrk4"}

func writeFile(t testing.TB, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// command runs the command, in a context that may end, and returns its exit code
// and what it wrote.
func command(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = driver.Execute(ctx, "transient", run, args, &out, &err)
	return code, out.String(), err.String()
}

// succeed runs the command and returns its standard output.
func succeed(t testing.TB, args ...string) string {
	t.Helper()
	code, stdout, stderr := command(context.Background(), args...)
	if code != driver.ExitOK {
		t.Fatalf("%v: exit code %d, %s", args, code, stderr)
	}
	return stdout
}

// refused runs the command and fails unless it is a mistake of the user's, told
// in one line that says all of says.
func refused(t testing.TB, args []string, says ...string) {
	t.Helper()
	code, stdout, stderr := command(context.Background(), args...)
	if code != driver.ExitUsage || stdout != "" {
		t.Errorf("%v: exit code %d and %q on standard output, want %d and nothing", args, code, stdout, driver.ExitUsage)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "transient: ") {
		t.Errorf("%v: got %q, want one line", args, stderr)
	}
	for _, s := range says {
		if !strings.Contains(stderr, s) {
			t.Errorf("%v: got %q, want it to say %q", args, stderr, s)
		}
	}
}

// tinyRun is a run of tinyConfig that tests share and none changes, and the
// folder that holds it.
var tinyRun = sync.OnceValues(func() (dir string, err error) {
	config := filepath.Join(scratch, "tiny.json")
	if err := os.WriteFile(config, []byte(tinyConfig), 0o644); err != nil {
		return "", err
	}
	code, _, stderr := command(context.Background(), "-config", config, "-checkpoints", scratch, "-run", "tiny", "-quiet")
	if code != driver.ExitOK || stderr != "" {
		return "", fmt.Errorf("exit code %d, %s", code, stderr)
	}
	return filepath.Join(scratch, "tiny"), nil
})

func sharedRun(t testing.TB) string {
	t.Helper()
	dir, err := tinyRun()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// weights are the bits of a checkpoint's parameters.
func weights(t testing.TB, dir string) []uint64 {
	t.Helper()
	m, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var bits []uint64
	for _, v := range m.Params().Flat {
		bits = append(bits, math.Float64bits(v))
	}
	return bits
}

// wantSameModels fails unless two runs of tinyConfig have the same bits of all
// parameters and the same numbers of all tests.
func wantSameModels(t testing.TB, got, want string) {
	t.Helper()
	for _, name := range tinyModels {
		if !slices.Equal(weights(t, filepath.Join(got, name)), weights(t, filepath.Join(want, name))) {
			t.Errorf("%s: the parameters of %s differ from those of %s", name, got, want)
		}
	}
	if a, b := tests(t, got), tests(t, want); !reflect.DeepEqual(a, b) {
		t.Errorf("the tests of %s are\n%v\nwant those of %s\n%v", got, a, want, b)
	}
}

// report parses a folder's report.json, with the numbers as they are written.
func report(t testing.TB, dir string) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(readFile(t, filepath.Join(dir, "report.json"))))
	d.UseNumber()
	var r map[string]any
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

// tests are the parts of a report that depend on nothing but the models: for
// each, its test and stability, and those of its seeds.
func tests(t testing.TB, dir string) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, m := range report(t, dir)["models"].([]any) {
		m := m.(map[string]any)
		parts := []any{m["test"], m["stability"], m["parameters"], m["train"].(map[string]any)["loss"], m["train"].(map[string]any)["iterations"]}
		if extra, ok := m["extra"].(map[string]any); ok {
			parts = append(parts, extra["data_floor_of_A"])
			if seeds, ok := extra["seeds"].([]any); ok {
				for _, s := range seeds {
					s := s.(map[string]any)
					parts = append(parts, s["seed"], s["loss"], s["starts"], s["test"])
				}
			}
		}
		all[m["name"].(string)] = parts
	}
	if len(all) == 0 {
		t.Fatalf("%s: the report has no models", dir)
	}
	return all
}

// contents are the digests of the files below a folder.
func contents(t testing.TB, dir string) map[string][32]byte {
	t.Helper()
	all := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(rel)] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantKeys fails unless an object has exactly these keys, or also those of more.
func wantKeys(t *testing.T, what string, got any, want []string, more ...string) map[string]any {
	t.Helper()
	o, ok := got.(map[string]any)
	if !ok {
		t.Fatalf("%s is %v, want an object", what, got)
	}
	for _, k := range want {
		if _, ok := o[k]; !ok {
			t.Errorf("%s: key %q is missing", what, k)
		}
	}
	for k := range o {
		if !slices.Contains(want, k) && !slices.Contains(more, k) {
			t.Errorf("%s: key %q is unknown", what, k)
		}
	}
	return o
}

// wantReasons fails unless every null below v has its reason beside it.
func wantReasons(t *testing.T, place string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		apart, _ := v["not_finite"].(map[string]any)
		for k, e := range v {
			if e == nil && v[k+"_reason"] == nil && apart[k] == nil {
				t.Errorf("%s.%s is null without a reason", place, k)
			}
			wantReasons(t, place+"."+k, e)
		}
	case []any:
		for i, e := range v {
			wantReasons(t, fmt.Sprintf("%s[%d]", place, i), e)
		}
	}
}

// The contract of all drivers, and the names of this one.
func TestReportHasItsKeys(t *testing.T) {
	dir := sharedRun(t)
	r := wantKeys(t, "report", report(t, dir), []string{"experiment", "seconds", "go", "cpu", "config", "models"})
	if r["experiment"] != "transient" {
		t.Errorf("experiment is %v", r["experiment"])
	}
	wantReasons(t, "report", r)

	var inReport, inFile map[string]any
	text, err := json.Marshal(r["config"])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text []byte
		into *map[string]any
	}{{text, &inReport}, {readFile(t, filepath.Join(dir, "config.json")), &inFile}} {
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
		name := []string{"eps0-etd1", "eps1-etdrk4"}[i]
		m := wantKeys(t, name, m, []string{"name", "checkpoint", "parameters", "train", "stability", "test"}, "extra")
		if m["name"] != name || m["checkpoint"] != filepath.Join(dir, name) {
			t.Errorf("%s: name is %v and checkpoint %v", name, m["name"], m["checkpoint"])
		}
		if n := len(weights(t, m["checkpoint"].(string))); fmt.Sprint(m["parameters"]) != fmt.Sprint(n) {
			t.Errorf("%s: got %v parameters, want %d", name, m["parameters"], n)
		}
		train := wantKeys(t, name+".train", m["train"], []string{"iterations", "seconds", "milliseconds_per_iteration", "loss"})
		if want := []string{"14", "10"}[i]; fmt.Sprint(train["iterations"]) != want {
			t.Errorf("%s: got %v iterations, want %s", name, train["iterations"], want)
		}
		result, err := model.LoadResult(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if loss, err := train["loss"].(json.Number).Float64(); err != nil || loss != result.Loss || !(loss > 0) {
			t.Errorf("%s: loss is %v, want the checkpoint's %g", name, train["loss"], result.Loss)
		}
		stability, ok := m["stability"].(map[string]any)
		for _, k := range []string{"spectrum", "spectral_abscissa", "numerical_abscissa", "shift", "theorem3_bound", "certificate", "lipschitz"} {
			if _, has := stability[k]; !ok || !has {
				t.Errorf("%s.stability: key %q is missing", name, k)
			}
		}
		test := wantKeys(t, name+".test", m["test"], []string{"train_grid", "dt_0.2", "dt_0.02", "linear"})
		for _, grid := range []string{"train_grid", "dt_0.2", "dt_0.02"} {
			e := wantKeys(t, name+".test."+grid, test[grid], []string{"max_abs", "rms", "rel"})
			for k, v := range e {
				if x, err := v.(json.Number).Float64(); err != nil || !(x > 0) {
					t.Errorf("%s.test.%s.%s is %v, want a number above 0", name, grid, k, v)
				}
			}
		}
		linear := wantKeys(t, name+".test.linear", test["linear"], []string{"A", "max_abs_error", "spectral_abscissa", "numerical_abscissa"})
		for _, k := range []string{"spectral_abscissa", "numerical_abscissa"} {
			if linear[k] != stability[k] {
				t.Errorf("%s: %s is %v of the linear part, %v in the stability report", name, k, linear[k], stability[k])
			}
		}
		a, err := model.Load(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want := a.Linear()
		for i, row := range linear["A"].([]any) {
			for j, v := range row.([]any) {
				if x, err := v.(json.Number).Float64(); err != nil || x != want.At(i, j) {
					t.Errorf("%s: A[%d][%d] is %v, want %v", name, i, j, v, want.At(i, j))
				}
			}
		}
	}
	// Only the first has seeds, and a floor.
	extra := wantKeys(t, "extra", models[0].(map[string]any)["extra"], []string{"seeds", "data_floor_of_A"})
	seeds := extra["seeds"].([]any)
	if len(seeds) != 2 {
		t.Fatalf("got %d seeds, want 2", len(seeds))
	}
	for k, s := range seeds {
		s := wantKeys(t, "seed", s, []string{"seed", "loss", "starts", "seconds", "test"})
		wantKeys(t, "seed.test", s["test"], []string{"train_grid", "dt_0.2", "dt_0.02", "linear"})
		if fmt.Sprint(s["seed"]) != fmt.Sprint(k) || fmt.Sprint(s["starts"]) != "2" {
			t.Errorf("seed %d is number %v after %v starts, want 2", k, s["seed"], s["starts"])
		}
	}
	if first, second := seeds[0].(map[string]any), seeds[1].(map[string]any); !reflect.DeepEqual(first["test"], models[0].(map[string]any)["test"]) || reflect.DeepEqual(first["test"], second["test"]) {
		t.Error("the model is not the first of two seeds that differ")
	}
	if _, ok := models[1].(map[string]any)["extra"]; ok {
		t.Error("a model of ε = 1 has more to say")
	}
}

// The default models with -quick: everything that the contract names, and no
// file beside it.
func TestQuickRunWritesEverything(t *testing.T) {
	models := []string{"eps0-etd1", "eps0-imex", "eps1-etd1", "eps1-imex", "eps1-etdrk4"}
	root := t.TempDir()
	dir := filepath.Join(root, "q")
	code, stdout, stderr := command(context.Background(), "-quick", "-iterations", "20", "-checkpoints", root, "-run", "q")
	if code != driver.ExitOK {
		t.Fatalf("exit code %d, %s", code, stderr)
	}

	want := []string{"config.json", "report.json", "report.html"}
	for _, m := range models {
		for _, f := range []string{"MANIFEST.json", "config.json", "weights.npz", "optimizer.npz", "metrics.csv"} {
			want = append(want, m+"/"+f)
		}
		for _, s := range []string{m + ": adam  ", m + ": lbfgs  "} {
			if !strings.Contains(stderr, s) {
				t.Errorf("the progress lacks a line with %q", s)
			}
		}
		if !strings.Contains(stdout, "\n  "+m+" ") {
			t.Errorf("the table lacks %s", m)
		}
	}
	figures := []string{"fig2_growth", "fig3_eps0", "fig4_eps1", "loss", "error_over_time"}
	for _, f := range figures {
		for _, ext := range []string{".png", ".svg", ".csv"} {
			want = append(want, "figures/"+f+ext)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(contents(t, dir))); !slices.Equal(got, want) {
		t.Errorf("got the files\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, path := range []string{dir, filepath.Join(dir, "report.json"), filepath.Join(dir, "report.html"), filepath.Join(dir, "figures")} {
		if !strings.Contains(stdout, path) {
			t.Errorf("standard output doesn't say %s", path)
		}
	}

	html := string(readFile(t, filepath.Join(dir, "report.html")))
	if n := strings.Count(html, "<svg"); n != len(figures) {
		t.Errorf("report.html has %d pictures, want %d", n, len(figures))
	}
	for _, s := range append(models, "Figure 2 of the paper", "What the paper says", "spectral_abscissa", "held_out") {
		if !strings.Contains(html, s) {
			t.Errorf("report.html lacks %q", s)
		}
	}
	for _, outside := range []string{`src="http`, `href="http`, "@import"} {
		if strings.Contains(html, outside) {
			t.Errorf("report.html has %q, want one file that needs no other", outside)
		}
	}
	for _, f := range figures {
		path := filepath.Join(dir, "figures", f)
		if im, err := png.Decode(bytes.NewReader(readFile(t, path+".png"))); err != nil || im.Bounds().Dx() < 600 {
			t.Errorf("%s.png: %v", f, err)
		}
		for d := xml.NewDecoder(bytes.NewReader(readFile(t, path+".svg"))); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s.svg: %v", f, err)
				break
			}
		}
		if rows, err := csv.NewReader(bytes.NewReader(readFile(t, path+".csv"))).ReadAll(); err != nil || len(rows) < 10 {
			t.Errorf("%s.csv: %d rows, %v", f, len(rows), err)
		}
	}
	for _, m := range models {
		rows, err := csv.NewReader(bytes.NewReader(readFile(t, filepath.Join(dir, m, "metrics.csv")))).ReadAll()
		if err != nil || !slices.Equal(rows[0][:5], []string{"iteration", "loss", "gradient_norm", "rate", "seconds"}) || len(rows) < 21 {
			t.Errorf("%s/metrics.csv: %d rows, %v", m, len(rows), err)
		}
	}
	// 100 and 50 states, and 20 iterations in all.
	r := report(t, dir)
	d := r["config"].(map[string]any)["data"].(map[string]any)
	if fmt.Sprintf("%v %v", d["samples"], d["held_out"]) != "100 50" {
		t.Errorf("-quick has %v samples and %v held out", d["samples"], d["held_out"])
	}
	if n := len(r["models"].([]any)); n != len(models) {
		t.Fatalf("the report has %d models, want %d", n, len(models))
	}
	for i, m := range r["models"].([]any) {
		m := m.(map[string]any)
		if m["name"] != models[i] || fmt.Sprint(m["train"].(map[string]any)["iterations"]) != "20" {
			t.Errorf("model %d: got %v with %v iterations, want %s with 20", i, m["name"], m["train"].(map[string]any)["iterations"], models[i])
		}
	}
}

// tiny runs tinyConfig into a folder of the test's own and returns it.
func tiny(t *testing.T, args ...string) string {
	t.Helper()
	root := t.TempDir()
	config := writeFile(t, filepath.Join(root, "c.json"), tinyConfig)
	succeed(t, append([]string{"-config", config, "-checkpoints", root, "-run", "r", "-quiet"}, args...)...)
	return filepath.Join(root, "r")
}

func TestSeedDeterminesTheRun(t *testing.T) {
	first := tiny(t)
	wantSameModels(t, first, sharedRun(t))
	other := tiny(t, "-seed", "1")
	a, b := tests(t, first), tests(t, other)
	for i, name := range tinyModels {
		if slices.Equal(weights(t, filepath.Join(first, name)), weights(t, filepath.Join(other, name))) {
			t.Errorf("%s: the seed changes no parameter", name)
		}
		if i != 1 && reflect.DeepEqual(a[name], b[name]) {
			t.Errorf("%s: the seed changes no test", name)
		}
	}
}

// The seed determines the data, held out apart, the start and the order of the
// samples, each of them.
func TestSeedReachesEverything(t *testing.T) {
	c := defaultConfig()
	c.Data.Samples, c.Data.HeldOut, c.Data.Steps = 5, 5, 3
	other := c
	other.Seed = 1
	m := ModelConfig{Times: []int{0, 1}, Model: model.DefaultConfig(2)}
	var states [][]float64
	for _, c := range []Config{c, other} {
		d, err := c.trainingData(0)
		if err != nil {
			t.Fatal(err)
		}
		held, err := c.heldOut(m, d)
		if err != nil {
			t.Fatal(err)
		}
		states = append(append(states, d.States()[0]...), held.initial...)
	}
	if len(states) != 20 {
		t.Fatalf("got %d states, want 20", len(states))
	}
	seen := map[[2]float64]bool{}
	for _, x := range states {
		if seen[[2]float64(x)] || max(math.Abs(x[0]), math.Abs(x[1])) > 1 {
			t.Errorf("state %v comes twice or is outside [-1, 1]²", x)
		}
		seen[[2]float64(x)] = true
	}
	starts, orders := map[uint64]bool{}, map[uint64]bool{}
	for seed := range uint64(3) {
		for k := range 5 {
			c, train := driver.Seeded(m.Model, m.Train, seed, k)
			starts[c.Seed], orders[train.Seed] = true, true
		}
	}
	if len(starts) != 15 || len(orders) != 15 {
		t.Errorf("15 seeds have %d starts and %d orders of the samples", len(starts), len(orders))
	}
}

func TestRunIsNeverOverwritten(t *testing.T) {
	dir := sharedRun(t)
	before := contents(t, dir)
	refused(t, []string{"-checkpoints", scratch, "-run", "tiny"}, dir, "never overwritten", "-resume", "-run")
	if !reflect.DeepEqual(contents(t, dir), before) {
		t.Error("the run has changed")
	}
}

// looks is a context that ends at the n-th look at it, of which a training takes
// one before every iteration.
type looks struct {
	context.Context
	cancel context.CancelFunc
	n      int
}

func endsAtLook(n int) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	return &looks{ctx, cancel, n}
}

func (l *looks) Err() error {
	if l.n--; l.n <= 0 {
		l.cancel()
	}
	return l.Context.Err()
}

// goOn returns the arguments of the command that an interrupted run tells.
func goOn(t *testing.T, stderr string) []string {
	t.Helper()
	_, told, found := strings.Cut(stderr, "go on with: go run ./experiments/transient ")
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
			config := writeFile(t, filepath.Join(root, "c.json"), tinyConfig)
			code, stdout, stderr := command(endsAtLook(n), "-config", config, "-checkpoints", root, "-run", "r", "-quiet")
			if code != driver.ExitInterrupted {
				t.Fatalf("exit code %d, %s, want %d", code, stderr, driver.ExitInterrupted)
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
				code, _, stderr = command(endsAtLook(4), resume...)
				if code != driver.ExitInterrupted || !slices.Equal(append(goOn(t, stderr), "-quiet"), resume) {
					t.Fatalf("the second time: exit code %d, %s", code, stderr)
				}
			}
			succeed(t, resume...)
			wantSameModels(t, dir, want)
		})
	}
}

// To go on with a complete run draws its report anew and changes nothing else.
func TestCompleteRunGoesOn(t *testing.T) {
	dir := tiny(t)
	before := contents(t, dir)
	stdout := succeed(t, "-checkpoints", filepath.Dir(dir), "-run", "r", "-resume", "-quiet")
	if !strings.Contains(stdout, "eps1-etdrk4") {
		t.Errorf("got no table: %s", stdout)
	}
	after := contents(t, dir)
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

func TestResumeMistakes(t *testing.T) {
	dir := sharedRun(t)
	before := contents(t, dir)
	resume := []string{"-checkpoints", scratch, "-run", "tiny", "-resume"}
	for _, flag := range []string{"-seed 1", "-iterations 5", "-batch 3", "-lr 0.1", "-integrator imex", "-dtype float32", "-workers 2", "-substeps 2", "-epsilon 0", "-quick", "-config x.json"} {
		args := append(slices.Clone(resume), strings.Fields(flag)...)
		refused(t, args, strings.Fields(flag)[0], "-resume")
	}
	refused(t, []string{"-checkpoints", scratch, "-run", "none", "-resume"}, "none", "does not exist")
	refused(t, []string{"-resume"}, "-run NAME")
	if !reflect.DeepEqual(contents(t, dir), before) {
		t.Error("the run has changed")
	}

	root := t.TempDir()
	damaged := filepath.Join(root, "r")
	if err := os.CopyFS(damaged, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	again := []string{"-checkpoints", root, "-run", "r", "-resume", "-quiet"}
	file := filepath.Join(damaged, "eps0-etd1", "weights.npz")
	b := readFile(t, file)
	writeFile(t, file, string(b[:len(b)-1]))
	code, _, stderr := command(context.Background(), again...)
	if code != driver.ExitUsage || !strings.Contains(stderr, file) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("a damaged checkpoint: exit code %d, %q", code, stderr)
	}
	if !bytes.Equal(readFile(t, file), b[:len(b)-1]) {
		t.Error("the damaged file has been replaced")
	}
	writeFile(t, filepath.Join(damaged, "config.json"), `{"seed": 0}`)
	refused(t, again, "data", "want positive numbers")
	if err := os.Remove(filepath.Join(damaged, "config.json")); err != nil {
		t.Fatal(err)
	}
	refused(t, again, filepath.Join(damaged, "config.json"))
}

// -evaluate makes the same data and comes to the same numbers, in a folder of
// its own.
func TestEvaluate(t *testing.T) {
	dir := sharedRun(t)
	before := contents(t, dir)
	out := filepath.Join(t.TempDir(), "a", "b")
	stdout := succeed(t, "-evaluate", dir, "-out", out)
	if got, want := tests(t, out), tests(t, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("got the tests\n%v\nwant\n%v", got, want)
	}
	if !reflect.DeepEqual(contents(t, dir), before) {
		t.Error("the run has changed")
	}
	for _, s := range []string{"eps0-etd1", "eps1-etdrk4", "What the paper says", filepath.Join(out, "report.html")} {
		if !strings.Contains(stdout, s) {
			t.Errorf("standard output lacks %q", s)
		}
	}
	// The figures are those of the run, too: what is drawn has the same numbers.
	after := contents(t, out)
	drawn := 0
	for name, digest := range before {
		if strings.HasPrefix(name, "figures/") {
			drawn++
			if after[name] != digest {
				t.Errorf("%s differs from the run's", name)
			}
		}
	}
	if drawn != 15 {
		t.Errorf("the run has %d files of figures, want 15", drawn)
	}
	for _, name := range []string{"report.json", "report.html"} {
		if _, ok := after[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}

	refused(t, []string{"-evaluate", dir, "-out", out}, "-out", out, "never overwritten")
	if !reflect.DeepEqual(contents(t, out), after) {
		t.Error("what was there has changed")
	}
	refused(t, []string{"-evaluate", dir, "-out", filepath.Join(out, "report.json")}, "never overwritten")
}

// Without -out the folder is below the run, which otherwise stays as it is and
// can still be evaluated and predicted with.
func TestEvaluateBesideTheRun(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "r")
	if err := os.CopyFS(dir, os.DirFS(sharedRun(t))); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	succeed(t, "-evaluate", dir)
	made, err := filepath.Glob(filepath.Join(dir, "evaluation-*", "report.json"))
	if err != nil || len(made) != 1 {
		t.Fatalf("got the reports %v, %v, want one", made, err)
	}
	if got, want := tests(t, filepath.Dir(made[0])), tests(t, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("got the tests\n%v\nwant\n%v", got, want)
	}
	after := contents(t, dir)
	for name, digest := range before {
		if after[name] != digest {
			t.Errorf("%s has changed", name)
		}
	}

	for _, c := range []struct {
		name  string
		spoil func() error
		says  []string
	}{
		{"a model that is not there", func() error { return os.RemoveAll(filepath.Join(dir, "seeds")) }, []string{"eps0-etd1-1"}},
		{"a model without its weights", func() error { return os.Remove(filepath.Join(dir, "eps0-etd1", "weights.npz")) }, []string{"weights.npz"}},
		{"a configuration that is none", func() error { return os.WriteFile(filepath.Join(dir, "config.json"), []byte("{"), 0o644) }, []string{"config.json"}},
		{"a run that is not there", func() error { return os.RemoveAll(dir) }, []string{dir}},
	} {
		if err := c.spoil(); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(root, "out")
		refused(t, []string{"-evaluate", dir, "-out", out}, c.says...)
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: %s was made", c.name, out)
		}
	}
}

// -predict through the command, with one of a run's models.
func TestPredict(t *testing.T) {
	dir := sharedRun(t)
	initial := writeFile(t, filepath.Join(t.TempDir(), "u0.csv"), "x1,x2\n1,-0.5\n0.25,0.125\n")
	args := []string{"-predict", filepath.Join(dir, "eps1-etdrk4"), "-initial", initial, "-times", "0:2:1", "-out", "-"}
	m, err := model.Load(filepath.Join(dir, "eps1-etdrk4"))
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
		if got := succeed(t, append(args, more...)...); got != want {
			t.Errorf("%v: got\n%s\nwant\n%s", more, got, want)
		}
	}

	refused(t, []string{"-predict", dir, "-initial", initial, "-times", "0:2:1", "-out", "-"}, "several models", "eps0-etd1, eps1-etdrk4")
	refused(t, []string{"-predict", filepath.Join(dir, "eps1-etdrk4"), "-initial", initial, "-times", "0:2:1", "-out", initial}, initial, "never overwritten")
}

// What a run does with a configuration at its edges: another ε, no training at
// all, one sample.
func TestUnusualConfigurations(t *testing.T) {
	if opstest.Thin() {
		t.Skip("four runs with their figures")
	}
	for name, replace := range map[string][]string{
		"another ε":     {`"epsilon": 1, "times"`, `"epsilon": 0.5, "times"`},
		"no iterations": {`"iterations": 8`, `"iterations": 0`, `"iterations": 6`, `"iterations": 0`, `"iterations": 10`, `"iterations": 0`},
		"one of each":   {`"samples": 12, "held_out": 5`, `"samples": 1, "held_out": 1`, `"batch": 4`, `"batch": 1`},
		"later times":   {`"times": [0, 20]`, `"times": [5, 20]`, `"times": [0, 10, 20]`, `"times": [3, 4, 5, 6, 9]`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.NewReplacer(replace...).Replace(tinyConfig)
			if text == tinyConfig {
				t.Fatal("nothing was replaced")
			}
			root := t.TempDir()
			config := writeFile(t, filepath.Join(root, "c.json"), text)
			stdout := succeed(t, "-config", config, "-checkpoints", root, "-run", "r", "-quiet")
			if !strings.Contains(stdout, "report.html") {
				t.Errorf("got %s", stdout)
			}
			r := report(t, filepath.Join(root, "r"))
			wantReasons(t, "report", r)
			if n := len(r["models"].([]any)); n != 2 {
				t.Errorf("the report has %d models, want 2", n)
			}
			for _, f := range []string{"loss.csv", "error_over_time.csv"} {
				shown, err := os.ReadFile(filepath.Join(root, "r", "figures", f))
				if name == "no iterations" && f == "loss.csv" {
					if err == nil {
						t.Error("losses are drawn")
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range []string{"eps0-etd1", "eps1-etdrk4"} {
					if !strings.Contains(string(shown), m) {
						t.Errorf("%s lacks %s", f, m)
					}
				}
			}
		})
	}
}
