package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/drivertest"
	"spnode/model"
	"spnode/ops/opstest"
)

// tinyConfig is a run of two kinds of model, one of them with two seeds, in a
// fraction of a second.
const tinyConfig = `{
  "data": {"samples": 12, "held_out": 5, "steps": 20, "tolerance": 1e-8, "first_step": 0.01, "grids": "own", "test_time": 1},
  "models": [
    {"name": "eps0-etd1", "epsilon": 0, "times": [0, 20], "seeds": 2,
     "model": {"dim": 2, "autoencoder": {}, "linear": {"shift": 0, "spread": 0.1}, "nonlinear": {"kind": "bilinear", "rank": 2},
               "integrator": "etd1", "substeps": 1, "dtype": "float64", "seed": 0},
     "train": {"workers": 1, "seed": 0, "weighting": "time",
               "first": {"optimizer": "adam", "iterations": 8, "schedule": {"kind": "constant", "rate": 0.01}},
               "lbfgs": {"iterations": 6, "memory": 5, "grad_tol": 0, "loss_tol": 1e-20},
               "restart_above": 1e-12, "restarts": 1, "backoffs": 10}},
    {"name": "eps1-etdrk4", "epsilon": 1, "times": [0, 10, 20], "seeds": 1,
     "model": {"dim": 2, "autoencoder": {}, "linear": {"shift": 0, "spread": 0.1},
               "nonlinear": {"kind": "lipschitz", "hidden": [4], "lipschitz": 10, "separate_linear": true, "bias_spread": 1, "last_scale": 0.1},
               "integrator": "etdrk4", "substeps": 1, "dtype": "float64", "seed": 0},
     "train": {"phases": [{"from": 0, "batch": 4}], "workers": 2, "seed": 0, "weighting": "time",
               "first": {"optimizer": "adam", "iterations": 10, "schedule": {"kind": "constant", "rate": 0.01}},
               "lbfgs": {"iterations": 0, "memory": 5, "grad_tol": 0, "loss_tol": 0},
               "backoffs": 10}}
  ]
}`

// transient is the command, whose shared run is of tinyConfig.
var transient = &drivertest.Command{Name: "transient", Run: run, Config: func() ([]byte, error) { return []byte(tinyConfig), nil }}

func TestMain(m *testing.M) { transient.Main(m) }

// The names of this experiment in the report; those of all are the driver's.
func TestReportHasItsKeys(t *testing.T) {
	dir, _ := transient.Shared(t)
	var r map[string]any
	drivertest.Report(t, dir, &r)
	drivertest.WantReasons(t, "report", r)
	models := r["models"].([]any)
	if len(models) != 2 {
		t.Fatalf("got %d models, want 2", len(models))
	}
	keys := []string{"train_grid", "dt_0.2", "dt_0.02", "linear"}
	for i, m := range models {
		name := []string{"eps0-etd1", "eps1-etdrk4"}[i]
		m := m.(map[string]any)
		test := drivertest.WantKeys(t, name+".test", m["test"], keys)
		for _, grid := range keys[:3] {
			e := drivertest.WantKeys(t, name+".test."+grid, test[grid], []string{"max_abs", "rms", "rel"})
			for k, v := range e {
				if x, err := v.(json.Number).Float64(); err != nil || !(x > 0) {
					t.Errorf("%s.test.%s.%s is %v, want a number above 0", name, grid, k, v)
				}
			}
		}
		linear := drivertest.WantKeys(t, name+".test.linear", test["linear"], [][]string{{"A", "max_abs_error", "data_floor"}, {"A", "max_abs_error"}}[i])
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
	extra := drivertest.WantKeys(t, "extra", models[0].(map[string]any)["extra"], []string{"seeds"}) // of the first alone
	for _, s := range extra["seeds"].([]any) {
		drivertest.WantKeys(t, "seed.test", s.(map[string]any)["test"], keys)
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
	code, stdout, stderr := transient.Execute(context.Background(), "-quick", "-iterations", "20", "-checkpoints", root, "-run", "q")
	if code != command.ExitOK {
		t.Fatalf("exit code %d, %s", code, stderr)
	}

	want := []string{"config.json", "report.json", "report.html", "report.md"}
	for _, m := range models {
		for _, f := range []string{"MANIFEST.json", "config.json", "train.json", "weights.npz", "optimizer.npz", "metrics.csv"} {
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
	if got := slices.Sorted(maps.Keys(drivertest.Contents(t, dir))); !slices.Equal(got, want) {
		t.Errorf("got the files\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, path := range []string{dir, filepath.Join(dir, "report.json"), filepath.Join(dir, "report.html"), filepath.Join(dir, "figures")} {
		if !strings.Contains(stdout, path) {
			t.Errorf("standard output doesn't say %s", path)
		}
	}

	html := string(drivertest.Read(t, filepath.Join(dir, "report.html")))
	if n := strings.Count(html, "<svg"); n != len(figures) {
		t.Errorf("report.html has %d pictures, want %d", n, len(figures))
	}
	for _, s := range append(models, "Figure 2 of the paper", "What the paper says", "spectral abscissa", "held_out") {
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
		if im, err := png.Decode(bytes.NewReader(drivertest.Read(t, path+".png"))); err != nil || im.Bounds().Dx() < 600 {
			t.Errorf("%s.png: %v", f, err)
		}
		for d := xml.NewDecoder(bytes.NewReader(drivertest.Read(t, path+".svg"))); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s.svg: %v", f, err)
				break
			}
		}
		if rows, err := csv.NewReader(bytes.NewReader(drivertest.Read(t, path+".csv"))).ReadAll(); err != nil || len(rows) < 10 {
			t.Errorf("%s.csv: %d rows, %v", f, len(rows), err)
		}
	}
	for _, m := range models {
		rows, err := csv.NewReader(bytes.NewReader(drivertest.Read(t, filepath.Join(dir, m, "metrics.csv")))).ReadAll()
		if err != nil || !slices.Equal(rows[0][:5], []string{"iteration", "loss", "gradient_norm", "rate", "seconds"}) || len(rows) < 21 {
			t.Errorf("%s/metrics.csv: %d rows, %v", m, len(rows), err)
		}
	}
	// 100 and 50 states, and 20 iterations in all.
	var r map[string]any
	drivertest.Report(t, dir, &r)
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

// The seed determines the states to train on and those to test on, which differ.
func TestSeedReachesTheData(t *testing.T) {
	c := defaultConfig()
	c.Data.Samples, c.Data.HeldOut, c.Data.Steps = 5, 5, 3
	other := c
	other.Seed = 1
	m := ModelConfig{Times: []int{0, 1}}
	var states [][]float64
	for _, c := range []Config{c, other} {
		t0, err := c.truth(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, tr := range t0.training.Trajectories {
			states = append(states, tr.States[0])
		}
		states = append(states, t0.grids[coarse].States()[0]...)
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
			config := drivertest.Write(t, filepath.Join(root, "c.json"), text)
			stdout := transient.Succeed(t, "-config", config, "-checkpoints", root, "-run", "r", "-quiet")
			if !strings.Contains(stdout, "report.html") {
				t.Errorf("got %s", stdout)
			}
			var r map[string]any
			drivertest.Report(t, filepath.Join(root, "r"), &r)
			drivertest.WantReasons(t, "report", r)
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
