package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"spnode/data/ks"
	"spnode/experiments/driver/drivertest"
	"spnode/ops/opstest"
)

// tiny is a configuration in a fraction of a second, with a second seed of one of the
// models, and one in closed form at the end.
func tiny() Config {
	c := defaultConfig()
	c.Models = []ModelConfig{recipeNamed("latent20"), recipeNamed("latent7"), recipeNamed("manifold8")}
	c.Data = DataConfig{Runs: 3, Train: 40, Gap: 2, Test: 41, FloorRuns: 2, Solver: c.Data.Solver}
	c.Data.Solver.Transient = 20
	c.Test = TestConfig{Starts: 7, Horizon: 12, LongRuns: 2, LongTime: 40, Lyapunov: 20}
	c.Cost = CostConfig{Batches: []int{4}, Seconds: 1e-3}
	c.Test.Ball = 20
	for i := range c.Models {
		m := &c.Models[i]
		m.Train.SetBatch(6)
		m.Model.Dtype = "float64"
		if m.Train.ClosedForm != nil {
			m.Model.Nonlinear.Degree, m.Manifold = 2, 2
			continue
		}
		m.Train.First.Iterations = 8
		m.Model.Nonlinear.Hidden = []int{12}
	}
	c.Models[1].Model.Autoencoder.Hidden = []int{9}
	c.Models[1].Seeds = 2
	return c
}

// kuramoto is the command, whose shared run is of the tiny configuration.
var kuramoto = &drivertest.Command{Name: "ks", Run: run, Config: func() ([]byte, error) { return json.Marshal(tiny()) }}

func TestMain(m *testing.M) { kuramoto.Main(m) }

// config writes a configuration and returns its path.
func config(t testing.TB, c Config) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return drivertest.Write(t, filepath.Join(t.TempDir(), "c.json"), string(text))
}

type storedReport struct {
	Models []struct {
		Name      string
		Test      map[string]any
		Stability map[string]any
		Extra     struct {
			Seeds      []struct{ Test map[string]any }
			ClosedForm map[string]any `json:"closed_form"`
		}
	}
	Extra struct{ Cost []iteration }
}

func readReport(t testing.TB, dir string) (r storedReport) {
	t.Helper()
	text := drivertest.Read(t, filepath.Join(dir, "report.json"))
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunWritesEverything(t *testing.T) {
	dir, stdout := kuramoto.Shared(t)
	for _, name := range []string{"config.json", "report.html", "latent20/MANIFEST.json", "manifold8/weights.npz", "latent7/weights.npz", "seeds/latent7-1/weights.npz"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, want a file with content", name, err)
		}
	}
	for _, name := range []string{"fig6_ks20", "fig6_manifold8", "fig6_ks7", "fig7_joint_pdf", "error_over_time", "spectrum", "long_run", "loss"} {
		for _, ext := range []string{".png", ".svg", ".csv"} {
			if info, err := os.Stat(filepath.Join(dir, "figures", name+ext)); err != nil || info.Size() == 0 {
				t.Errorf("%s%s: %v, want a file with content", name, ext, err)
			}
		}
	}
	r := readReport(t, dir)
	if len(r.Models) != 3 || r.Models[0].Name != "latent20" || r.Models[1].Name != "latent7" {
		t.Fatalf("got the models %+v", r.Models)
	}
	for _, m := range r.Models {
		for _, key := range []string{"autoencoder_rel", "step1_rel", "step8_rel", "agree_0.3", "agree_0.5", "agree_1.0", "pdf_tv", "pdf_tv_floor", "long_bounded",
			"long_rms", "true_rms", "long_rate", "true_rate", "lyapunov", "true_lyapunov", "dt_twice_agree_0.5", "dt_half_agree_0.5", "dt_quarter_agree_0.5"} {
			v, ok := m.Test[key]
			if !ok || v == nil {
				t.Errorf("%s: %s is %v", m.Name, key, v)
			}
			if q, nested := v.(map[string]any); strings.Contains(key, "agree") && (!nested || len(q) != 3 || q["median"] == nil || q["p10"] == nil || q["p90"] == nil) {
				t.Errorf("%s: %s is %v, want median, p10 and p90", m.Name, key, v)
			}
		}
		fit := m.Name == "manifold8"
		if ball, ok := m.Test["ball"].(map[string]any); fit && !ok || ok && (ball["left"] != 0. || m.Stability["bound_radius"] == nil) || fit && (ball["inside"] != 20. || m.Extra.ClosedForm == nil) {
			t.Errorf("%s: got the ball %v, the fit %v and %v", m.Name, ball, m.Extra.ClosedForm, m.Stability)
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
		if !(c.Milliseconds > 0 && c.Faster > 0 && c.Products > 0) {
			t.Errorf("got the cost %+v", c)
		}
	}
	for _, s := range []string{"truth", "Seeds", "An iteration of Adam", "closed form: dynamics by", "report.html"} {
		if !strings.Contains(stdout, s) {
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
	shared, _ := kuramoto.Shared(t)
	dir := filepath.Join(t.TempDir(), "r")
	if err := os.CopyFS(dir, os.DirFS(shared)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "seeds")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	stdout := kuramoto.Succeed(t, "-evaluate", dir, "-out", out, "-quiet", "-checkpoints", kuramoto.Scratch())
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
	if err != nil || len(drawn) != 8 {
		t.Fatalf("got the figures %v, %v", drawn, err)
	}
	for _, path := range drawn {
		if a, b := drivertest.Read(t, path), drivertest.Read(t, filepath.Join(out, "figures", filepath.Base(path))); !bytes.Equal(a, b) {
			t.Errorf("%s differs from the run's", filepath.Base(path))
		}
	}
}

func TestSameSeedSameRun(t *testing.T) {
	if opstest.Thin() {
		t.Skip("a run more")
	}
	dir, _ := kuramoto.Shared(t)
	root := t.TempDir()
	c := tiny()
	c.Models, c.Cost.Batches = c.Models[:1], nil
	config := config(t, c)
	kuramoto.Succeed(t, "-config", config, "-checkpoints", root, "-run", "r", "-quiet")
	if got, want := readReport(t, filepath.Join(root, "r")).Models[0].Test, readReport(t, dir).Models[0].Test; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// In float32 it is another.
	kuramoto.Succeed(t, "-config", config, "-checkpoints", root, "-run", "f", "-quiet", "-dtype", "float32")
	if got := readReport(t, filepath.Join(root, "f")).Models[0].Test; reflect.DeepEqual(got, readReport(t, dir).Models[0].Test) || got["lyapunov"] == nil {
		t.Errorf("float32 gives %v", got)
	}
}

func TestWrongInput(t *testing.T) {
	dir := t.TempDir()
	config := drivertest.Write(t, filepath.Join(dir, "c.json"), `{"data": {"run": 3}}`)
	long := drivertest.Write(t, filepath.Join(dir, "long.json"), `{"test": {"horizon": 3000}}`)
	window := drivertest.Write(t, filepath.Join(dir, "window.json"), `{"data": {"train": 20}}`)
	points := drivertest.Write(t, filepath.Join(dir, "points.json"), `{"data": {"solver": {"problem": {"points": 60}}}}`)
	for _, c := range []struct {
		args string
		want string
	}{
		{"-only latent2", `got "latent2", want one of dmd20, opinf20, bilinear20`},
		{"-interval 0.3", "an interval of 0.3"},
		{"-noise -1", "want a number that is not negative"},
		{"-integrator etd", `"etd" for flag -integrator: want one of etd1`},
		{"-config " + window, "want windows shorter than the 20 snapshots"},
		{"-batch 200000", "at most as many in a batch"},
		{"-config " + config, `unknown field "data.run"`},
		{"-config " + long, "at most the 2499 steps of a test part"},
		{"-config " + points, "power of two"},
		{"-evaluate " + dir + " -noise 0.1", "flag -noise: got it with -evaluate"},
	} {
		kuramoto.Refused(t, append(strings.Fields(c.args), "-checkpoints", dir), c.want)
	}
}
