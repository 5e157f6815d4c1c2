package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"spnode/data/problem"
	"spnode/experiments/driver/drivertest"
)

// robertson is the command.
var robertson = &drivertest.Command{Name: "robertson", Run: run}

// small are the flags of a run of seconds.
func small(dir, name string, more ...string) []string {
	return append([]string{"-quick", "-quiet", "-iterations", "10", "-checkpoints", dir, "-run", name}, more...)
}

func readReport(t *testing.T, dir string) (r struct {
	Models []struct {
		Name  string
		Test  map[string]any
		Extra map[string]any
	}
}) {
	t.Helper()
	if err := json.Unmarshal(drivertest.Read(t, filepath.Join(dir, "report.json")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	robertson.Succeed(t, small(dir, "r")...)
	run := filepath.Join(dir, "r")
	for _, name := range []string{"config.json", "report.html", "autoencoder/MANIFEST.json", "direct/weights.npz",
		"figures/fig5_robertson.png", "figures/masses.svg", "figures/contrast.csv", "figures/spectrum.png", "figures/loss.png"} {
		if info, err := os.Stat(filepath.Join(run, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, want a file with content", name, err)
		}
	}
	r := readReport(t, run)
	seen := map[string]bool{}
	for _, m := range r.Models {
		seen[m.Name] = true
		if m.Extra["diverged"] != nil {
			if !strings.HasPrefix(m.Name, "trained-") {
				t.Errorf("%s: %v", m.Name, m.Extra["diverged"])
			}
			continue
		}
		for _, key := range []string{"max_abs", "heldout_max_abs", "heldout_rms", "grid200_max_abs", "grid25_max_abs", "random_max_abs", "single_jump_max_abs", "mass_drift"} {
			if _, ok := m.Test[key]; !ok {
				t.Errorf("%s: test has no %s", m.Name, key)
			}
		}
		// The invariant is kept by construction, after ten iterations too.
		if drift, ok := m.Test["mass_drift"].(float64); m.Name == "masses" && (!ok || drift > 1e-12) {
			t.Errorf("%s: mass drifts by %v", m.Name, m.Test["mass_drift"])
		}
	}
	if !seen["autoencoder"] || !seen["direct"] {
		t.Errorf("got models %v, want autoencoder and direct", seen)
	}

	// -evaluate from the checkpoints gives the same numbers, and makes the states
	// that are held out alone: of total mass 1, and of several.
	fresh := t.TempDir()
	robertson.Succeed(t, "-evaluate", run, "-out", filepath.Join(dir, "again"), "-quiet", "-checkpoints", fresh)
	if kept, err := filepath.Glob(filepath.Join(fresh, ".cache", "*.npz")); err != nil || len(kept) != 2 {
		t.Errorf("-evaluate made the data %v, %v, want two sets", kept, err)
	}
	again := readReport(t, filepath.Join(dir, "again"))
	for _, m := range again.Models {
		for _, first := range r.Models {
			if first.Name == m.Name && !reflect.DeepEqual(first.Test, m.Test) {
				t.Errorf("%s: -evaluate gives %v, the run %v", m.Name, m.Test, first.Test)
			}
		}
	}
}

// Several seeds are reported, with their median in the table.
func TestSeeds(t *testing.T) {
	dir := t.TempDir()
	if out := robertson.Succeed(t, small(dir, "r", "-only", "autoencoder", "-seeds", "2")...); !strings.Contains(out, "median") {
		t.Errorf("got no median: %s", out)
	}
	m := readReport(t, filepath.Join(dir, "r")).Models[0]
	if seeds, ok := m.Extra["seeds"].([]any); !ok || len(seeds) != 2 {
		t.Errorf("got %v", m.Extra)
	}
}

func TestWrongInput(t *testing.T) {
	dir := t.TempDir()
	config := drivertest.Write(t, filepath.Join(dir, "c.json"), `{"data": {"sample": 3}}`)
	for _, c := range []struct {
		args string
		want string
	}{
		{"-only autoencode", `got "autoencode", want one of autoencoder, direct`},
		{"-autoencoder yes", `want one of on, off`},
		{"-invariants no", `want one of on, off`},
		{"-weighting log", `want one of time, log-time, uniform`},
		{"-batch 5000", "at most the 1000 samples"},
		{"-config " + config, `unknown field "data.sample"`},
	} {
		robertson.Refused(t, append(strings.Fields(c.args), "-checkpoints", dir), c.want)
	}
}

func TestPrintConfig(t *testing.T) {
	text := robertson.Succeed(t, "-print-config", "-seed", "5", "-iterations", "7", "-batch", "10", "-weighting", "time", "-seeds", "3")
	path := drivertest.Write(t, filepath.Join(t.TempDir(), "c.json"), text)
	if again := robertson.Succeed(t, "-print-config", "-config", path); again != text {
		t.Fatalf("the configuration does not reproduce itself:\n%s", again)
	}
	var c Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	m := c.Models[0]
	if c.Seed != 5 || m.Train.First.Iterations != 7 || m.LargestBatch() != 10 || m.Train.Weighting != "time" || m.Seeds != 3 {
		t.Errorf("got %+v", m)
	}
}

// -autoencoder and -integrator choose among the models.
func TestFlagsChooseModels(t *testing.T) {
	for args, want := range map[string]string{
		"-autoencoder off":                 "direct",
		"-integrator imex":                 "autoencoder direct masses literal-loss anywhere",
		"-integrator rk4 -autoencoder off": "direct",
		"-only masses,direct":              "direct masses",
	} {
		var c Config
		if err := json.Unmarshal([]byte(robertson.Succeed(t, append(strings.Fields(args), "-print-config")...)), &c); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range c.Models {
			names = append(names, m.Name)
			if method, given := strings.CutPrefix(args, "-integrator "); given && m.Model.Integrator != strings.Fields(method)[0] {
				t.Errorf("%s: %s is integrated by %s", args, m.Name, m.Model.Integrator)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: got %s, want %s", args, got, want)
		}
	}
}

// Training, held-out and fine grids fit each other.
func TestGrids(t *testing.T) {
	c := defaultConfig()
	fine, paper := c.fineTimes(), problem.RobertsonTimes(50)
	if len(fine) != 981 || fine[0] != paper[0] || fine[980] != paper[49] {
		t.Fatalf("%d fine times from %g to %g", len(fine), fine[0], fine[len(fine)-1])
	}
	for k, v := range paper {
		if math.Abs(fine[20*k]-v) > 1e-12*v {
			t.Errorf("time %d: %g, want %g", k, fine[20*k], v)
		}
	}
}
