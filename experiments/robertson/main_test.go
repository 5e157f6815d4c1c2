package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spnode/data/problem"
	"spnode/experiments/driver"
)

// command runs the command and returns its exit code and what it printed.
func command(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = driver.Execute(context.Background(), "robertson", run, args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

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
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	if code, _, errs := command(t, small(dir, "r")...); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	run := filepath.Join(dir, "r")
	for _, name := range []string{"config.json", "report.html", "autoencoder/MANIFEST.json", "plain/weights.npz",
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
	if !seen["autoencoder"] || !seen["plain"] {
		t.Errorf("got models %v, want autoencoder and plain", seen)
	}

	// -evaluate from the checkpoints gives the same numbers, and makes the states
	// that are held out alone: of total mass 1, and of several.
	fresh := t.TempDir()
	if code, _, errs := command(t, "-evaluate", run, "-out", filepath.Join(dir, "again"), "-quiet", "-checkpoints", fresh); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	if kept, err := filepath.Glob(filepath.Join(fresh, ".cache", "*.npz")); err != nil || len(kept) != 2 {
		t.Errorf("-evaluate made the data %v, %v, want two sets", kept, err)
	}
	again := readReport(t, filepath.Join(dir, "again"))
	for _, m := range again.Models {
		for _, first := range r.Models {
			if first.Name == m.Name && asJSON(first.Test) != asJSON(m.Test) {
				t.Errorf("%s: -evaluate gives %s, the run %s", m.Name, asJSON(m.Test), asJSON(first.Test))
			}
		}
	}

	// Physical variables in and out, without the data.
	initial := filepath.Join(dir, "initial.csv")
	if err := os.WriteFile(initial, []byte("y1,y2,y3\n1,1.6e-7,0\n0.97,1e-6,0.03\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := command(t, "-predict", filepath.Join(run, "masses"), "-initial", initial, "-times", "log:4e-6:4e6:9", "-out", "-")
	if code != 0 || strings.Count(out, "\n") != 1+2*9 || !strings.HasPrefix(out, "sample,t,y1,y2,y3\n") {
		t.Errorf("-predict: exit code %d, %s%s", code, out, errs)
	}
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestSeedsAndResume(t *testing.T) {
	dir := t.TempDir()
	args := small(dir, "r", "-only", "autoencoder", "-seeds", "2")
	if code, out, errs := command(t, args...); code != 0 || !strings.Contains(out, "median") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	weights := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, "r", name, "weights.npz"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first, second := weights("autoencoder"), weights("seeds/autoencoder-1")
	if bytes.Equal(first, second) {
		t.Error("two seeds have the same weights")
	}
	if code, _, errs := command(t, "-checkpoints", dir, "-run", "r", "-resume", "-quiet"); code != 0 {
		t.Fatalf("-resume: exit code %d: %s", code, errs)
	}
	if !bytes.Equal(first, weights("autoencoder")) {
		t.Error("a complete run that is resumed has other weights")
	}
}

func TestWrongInput(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "c.json")
	if err := os.WriteFile(config, []byte(`{"data": {"sample": 3}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		want string
	}{
		{"-only autoencode", `got "autoencode", want one of autoencoder, plain`},
		{"-integrator etd", `got "etd", want one of etd1`},
		{"-autoencoder yes", `want one of on, off`},
		{"-invariants no", `want one of on, off`},
		{"-weighting log", `want one of time, log-time, uniform`},
		{"-seeds 0", "want a whole number of at least 1"},
		{"-batch 5000", "at most the 1000 samples"},
		{"-config " + config, `unknown field "data.sample"`},
		{"-evaluate " + dir, "config.json"},
		{"-predict " + dir + " -initial x.csv -times 0:1:1 -out -", "MANIFEST.json"},
	} {
		code, _, errs := command(t, append(strings.Fields(c.args), "-checkpoints", dir)...)
		if code != driver.ExitUsage || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q, want 2 and one line with %q", c.args, code, errs, c.want)
		}
	}
}

func TestPrintConfig(t *testing.T) {
	_, text, _ := command(t, "-print-config", "-seed", "5", "-iterations", "7", "-batch", "10", "-weighting", "time", "-seeds", "3")
	path := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, again, errs := command(t, "-print-config", "-config", path)
	if code != 0 || again != text {
		t.Fatalf("exit code %d: %s\nthe configuration does not reproduce itself", code, errs)
	}
	var c Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	m := c.Models[0]
	if c.Seed != 5 || m.Train.Adam.Iterations != 7 || m.Train.Batch != 10 || m.Train.Weighting != "time" || m.Seeds != 3 {
		t.Errorf("got %+v", m)
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
