package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"spnode/data/ks"
	"spnode/experiments/driver"
	"spnode/ops/opstest"
)

// scratch holds what tests share: a run that many of them look at.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "ks"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// command runs the command and returns its exit code and what it printed.
func command(ctx context.Context, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = driver.Execute(ctx, "ks", run, args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
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

// tiny is the default configuration in a fraction of a second, with a second seed
// of one of the models.
func tiny() Config {
	c := defaultConfig()
	c.Data = DataConfig{Runs: 3, Train: 40, Gap: 2, Test: 41, FloorRuns: 2, Solver: c.Data.Solver}
	c.Data.Solver.Transient = 20
	c.Test = TestConfig{Starts: 7, Horizon: 12, LongRuns: 2, LongTime: 40, Lyapunov: 20}
	c.Cost = CostConfig{Batches: []int{4}, Seconds: 1e-3}
	for i := range c.Models {
		m := &c.Models[i]
		m.Train.Batch, m.Train.Adam.Iterations = 6, 8
		m.Model.Dtype = "float64"
		for k := range m.Train.Phases {
			m.Train.Phases[k].Batch = 6
		}
		m.Model.Nonlinear.Hidden = []int{12}
	}
	c.Models[1].Model.Autoencoder.Hidden = []int{9}
	c.Models[1].Seeds = 2
	return c
}

func write(t testing.TB, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func asJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tinyRun is a run that tests share and none changes.
var tinyRun = sync.OnceValues(func() (dir string, err error) {
	text, err := json.Marshal(tiny())
	if err != nil {
		return "", err
	}
	config := filepath.Join(scratch, "tiny.json")
	if err := os.WriteFile(config, text, 0o600); err != nil {
		return "", err
	}
	code, stdout, stderr := command(context.Background(), "-config", config, "-checkpoints", scratch, "-run", "tiny", "-quiet")
	if code != driver.ExitOK || stderr != "" {
		return "", fmt.Errorf("exit code %d, %s", code, stderr)
	}
	return filepath.Join(scratch, "tiny"), os.WriteFile(filepath.Join(scratch, "stdout"), []byte(stdout), 0o600)
})

func sharedRun(t testing.TB) string {
	t.Helper()
	dir, err := tinyRun()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

type storedReport struct {
	Models []struct {
		Name      string
		Test      map[string]any
		Stability map[string]any
		Extra     struct {
			Seeds []struct{ Test map[string]any }
		}
	}
	Extra struct{ Cost []cost }
}

func readReport(t testing.TB, dir string) (r storedReport) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunWritesEverything(t *testing.T) {
	dir := sharedRun(t)
	for _, name := range []string{"config.json", "report.html", "latent20/MANIFEST.json", "latent7/weights.npz", "seeds/latent7-1/weights.npz"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, want a file with content", name, err)
		}
	}
	for _, name := range []string{"fig6_ks20", "fig6_ks7", "fig7_joint_pdf", "error_over_time", "spectrum", "long_run", "loss"} {
		for _, ext := range []string{".png", ".svg", ".csv"} {
			if info, err := os.Stat(filepath.Join(dir, "figures", name+ext)); err != nil || info.Size() == 0 {
				t.Errorf("%s%s: %v, want a file with content", name, ext, err)
			}
		}
	}
	r := readReport(t, dir)
	if len(r.Models) != 2 || r.Models[0].Name != "latent20" || r.Models[1].Name != "latent7" {
		t.Fatalf("got the models %+v", r.Models)
	}
	for _, m := range r.Models {
		for _, key := range []string{"autoencoder_rel", "step1_rel", "step8_rel", "agree_0.3", "agree_0.5", "agree_1.0", "pdf_tv", "pdf_tv_floor", "long_bounded",
			"long_rms", "true_rms", "long_rate", "true_rate", "lyapunov", "true_lyapunov", "dt_half_agree_0.5", "dt_quarter_agree_0.5"} {
			v, ok := m.Test[key]
			if !ok || v == nil {
				t.Errorf("%s: %s is %v", m.Name, key, v)
			}
			if q, nested := v.(map[string]any); strings.Contains(key, "agree") && (!nested || len(q) != 3 || q["median"] == nil || q["p10"] == nil || q["p90"] == nil) {
				t.Errorf("%s: %s is %v, want median, p10 and p90", m.Name, key, v)
			}
		}
		// μ bounds the spectrum by construction.
		if a, ok := m.Stability["spectral_abscissa"].(float64); !ok || a > ks.DefaultEquation().MaxGrowth() {
			t.Errorf("%s: the spectral abscissa is %v", m.Name, m.Stability["spectral_abscissa"])
		}
	}
	if seeds := r.Models[1].Extra.Seeds; len(seeds) != 2 || reflect.DeepEqual(seeds[0].Test, seeds[1].Test) || !reflect.DeepEqual(seeds[0].Test, r.Models[1].Test) {
		t.Errorf("got the seeds %+v, want two that differ, the model's first", seeds)
	}
	if len(r.Extra.Cost) != len(measured) {
		t.Errorf("got the costs %+v, want %d", r.Extra.Cost, len(measured))
	}
	for _, c := range r.Extra.Cost {
		if !(c.Milliseconds > 0 && c.Faster > 0 && c.MatrixFree > 0) {
			t.Errorf("got the cost %+v", c)
		}
	}
	stdout, err := os.ReadFile(filepath.Join(scratch, "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"What is to be shown", "truth", "Seeds", "An iteration of Adam", "report.html"} {
		if !bytes.Contains(stdout, []byte(s)) {
			t.Errorf("standard output lacks %q", s)
		}
	}
}

// -evaluate comes to the same numbers and figures, also where further seeds were
// not kept, and makes no more than the truth.
func TestEvaluate(t *testing.T) {
	if opstest.Thin() {
		t.Skip("the figures once more")
	}
	dir := filepath.Join(t.TempDir(), "r")
	if err := os.CopyFS(dir, os.DirFS(sharedRun(t))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "seeds")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	stdout := succeed(t, "-evaluate", dir, "-out", out, "-quiet", "-checkpoints", scratch)
	if want := filepath.Join("seeds", "latent7-1") + ": no checkpoint, left out"; !strings.Contains(stdout, want) {
		t.Errorf("standard output lacks %q", want)
	}
	first, again := readReport(t, dir), readReport(t, out)
	for i, m := range first.Models {
		if !reflect.DeepEqual(m.Test, again.Models[i].Test) {
			t.Errorf("%s: -evaluate gives %v, the run %v", m.Name, again.Models[i].Test, m.Test)
		}
	}
	drawn, err := filepath.Glob(filepath.Join(dir, "figures", "*.csv"))
	if err != nil || len(drawn) != 7 {
		t.Fatalf("got the figures %v, %v", drawn, err)
	}
	for _, path := range drawn {
		a, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(out, "figures", filepath.Base(path)))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs from the run's, %v", filepath.Base(path), err)
		}
	}
}

// A model predicts from a file, at any step, without the data.
func TestPredict(t *testing.T) {
	dir := sharedRun(t)
	var text strings.Builder
	for _, u := range ks.DefaultEquation().States(2, 1) {
		fmt.Fprintln(&text, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(u)), ","), "[]"))
	}
	initial := write(t, filepath.Join(t.TempDir(), "initial.csv"), []byte(text.String()))
	out := succeed(t, "-predict", filepath.Join(dir, "latent20"), "-initial", initial, "-times", "0:2:0.5", "-out", "-")
	if strings.Count(out, "\n") != 1+2*5 || !strings.HasPrefix(out, "sample,t,u1,u2,") {
		t.Errorf("got %.200s", out)
	}
}

func TestSameSeedSameRun(t *testing.T) {
	if opstest.Thin() {
		t.Skip("a run more")
	}
	dir := sharedRun(t)
	root := t.TempDir()
	c := tiny()
	c.Models, c.Cost.Batches = c.Models[:1], nil
	config := write(t, filepath.Join(root, "c.json"), asJSON(t, c))
	succeed(t, "-config", config, "-checkpoints", root, "-run", "r", "-quiet")
	if got, want := readReport(t, filepath.Join(root, "r")).Models[0].Test, readReport(t, dir).Models[0].Test; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// Gone on with, it is complete, and tested again.
	stdout := succeed(t, "-checkpoints", root, "-run", "r", "-resume", "-quiet")
	if !strings.Contains(stdout, "latent20") {
		t.Errorf("got no table: %s", stdout)
	}
	// In float32 it is another.
	succeed(t, "-config", config, "-checkpoints", root, "-run", "f", "-quiet", "-dtype", "float32")
	if got := readReport(t, filepath.Join(root, "f")).Models[0].Test; reflect.DeepEqual(got, readReport(t, dir).Models[0].Test) || got["lyapunov"] == nil {
		t.Errorf("float32 gives %v", got)
	}
}

func TestInterrupted(t *testing.T) {
	root := t.TempDir()
	config := write(t, filepath.Join(root, "c.json"), asJSON(t, tiny()))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	code, _, stderr := command(ctx, "-config", config, "-checkpoints", root, "-run", "r", "-quiet")
	if code != driver.ExitInterrupted || !strings.Contains(stderr, "go on with: go run ./experiments/ks -checkpoints "+root+" -run r -resume") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

func TestWrongInput(t *testing.T) {
	dir := t.TempDir()
	config := write(t, filepath.Join(dir, "c.json"), []byte(`{"data": {"run": 3}}`))
	long := write(t, filepath.Join(dir, "long.json"), []byte(`{"test": {"horizon": 3000}}`))
	points := write(t, filepath.Join(dir, "points.json"), []byte(`{"data": {"solver": {"problem": {"points": 60}}}}`))
	for _, c := range []struct {
		args string
		want string
	}{
		{"-only latent2", `got "latent2", want one of latent20, latent7, plain20, adam20`},
		{"-latent 8", `got "8", want one of 20, 7, 64`},
		{"-autoencoder on", `want one of pod, plain, pod+mlp`},
		{"-optimizer sgd", `want one of soap, adam`},
		{"-integrator etd", `got "etd", want one of etd1`},
		{"-window 0", "want a whole number of at least 1"},
		{"-window 5000", "want windows shorter than the 5000 snapshots"},
		{"-seeds 0", "want a whole number of at least 1"},
		{"-batch 200000", "at most as many in a batch"},
		{"-config " + config, `unknown field "data.run"`},
		{"-config " + long, "at most the 2499 steps of a test part"},
		{"-config " + points, "power of two"},
		{"-evaluate " + dir, "config.json"},
		{"-evaluate " + dir + " -latent 20", "flag -latent: got it with -evaluate"},
		{"-predict " + dir + " -initial x.csv -times 0:1:1 -out -", "MANIFEST.json"},
	} {
		code, _, errs := command(context.Background(), append(strings.Fields(c.args), "-checkpoints", dir)...)
		if code != driver.ExitUsage || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q, want 2 and one line with %q", c.args, code, errs, c.want)
		}
	}
}
