package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/drivertest"
)

// tiny is the configuration of a run of seconds on the sample: two recipes are
// tried, and the better one is trained with two members.
func tiny() ([]byte, error) {
	c := defaultConfig()
	c.Data = "hires.csv"
	if err := c.plan(); err != nil {
		return nil, err
	}
	for i := range c.Models {
		c.Models[i].Train.First.Iterations = 30 + 10*i
	}
	c.Members = 2
	return json.Marshal(c)
}

var fit = &drivertest.Command{Name: "fit", Run: run, Config: tiny}

func TestMain(m *testing.M) { fit.Main(m) }

func TestReportHasItsKeys(t *testing.T) {
	dir, stdout := fit.Shared(t)
	if !strings.Contains(stdout, "held out") || !strings.Contains(stdout, "chosen:") {
		t.Errorf("got\n%s\nwant a verdict and what was chosen", stdout)
	}
	var r map[string]any
	drivertest.Report(t, dir, &r)
	drivertest.WantReasons(t, "report", r)
	models := r["models"].([]any)
	if len(models) != 1 {
		t.Fatalf("got %d models, want the chosen one", len(models))
	}
	test := models[0].(map[string]any)["test"]
	drivertest.WantKeys(t, "test", test, []string{"trajectories", "errors", "components", "baselines", "invariants", "verdict", "better", "band"}, "better_reason")
	if errs := test.(map[string]any)["errors"].([]any); len(errs) != len(grounds) {
		t.Errorf("got %d rows of errors, want %d", len(errs), len(grounds))
	}
	html := string(drivertest.Read(t, filepath.Join(dir, "report.html")))
	for _, want := range []string{"restarted from the middle", "half-life", "nothing changes", "-predict", "PfrX", "What was inferred"} {
		if !strings.Contains(html, want) {
			t.Errorf("report.html: no %q", want)
		}
	}
}

// The run's folder alone is enough to predict by, and components have the names of
// the file.
func TestPredict(t *testing.T) {
	dir, _ := fit.Shared(t)
	d, err := data.Read("hires.csv")
	if err != nil {
		t.Fatal(err)
	}
	scratch := t.TempDir()
	var text strings.Builder
	text.WriteString(strings.Join(d.Components, ",") + "\n")
	text.WriteString("1,0,0,0,0,0,0,0.0057\n")
	initial := drivertest.Write(t, filepath.Join(scratch, "u0.csv"), text.String())
	out := filepath.Join(scratch, "p.csv")
	fit.Succeed(t, "-predict", dir, "-initial", initial, "-times", "0:10:0.5", "-out", out)
	p, err := data.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if p.Samples() != 1 || len(p.Trajectories[0].Times) != 21 || p.Components[3] != d.Components[3] {
		t.Errorf("got %s, want one trajectory of 21 times with the components %v", p, d.Components)
	}
}

// An evaluation makes the tests of the report anew, to the same numbers.
func TestEvaluate(t *testing.T) {
	dir, _ := fit.Shared(t)
	out := filepath.Join(t.TempDir(), "e")
	fit.Succeed(t, "-evaluate", dir, "-out", out, "-quiet")
	var want, got map[string]any
	drivertest.Report(t, dir, &want)
	drivertest.Report(t, out, &got)
	text := func(r map[string]any) string {
		b, err := json.Marshal(r["models"].([]any)[0].(map[string]any)["test"])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if text(want) != text(got) {
		t.Errorf("got\n%s\nwant\n%s", text(got), text(want))
	}
}

// A run that was interrupted goes on to the bits of one that was not.
func TestResume(t *testing.T) {
	dir, _ := fit.Shared(t)
	scratch := t.TempDir()
	text, err := fit.Config()
	if err != nil {
		t.Fatal(err)
	}
	config := drivertest.Write(t, filepath.Join(scratch, "c.json"), string(text))
	code, _, _ := fit.Execute(drivertest.EndsAtLook(45), "-config", config, "-checkpoints", scratch, "-run", "x", "-quiet")
	if code != command.ExitInterrupted {
		t.Fatalf("got exit code %d, want %d", code, command.ExitInterrupted)
	}
	fit.Refused(t, []string{"-checkpoints", scratch, "-run", "x", "-resume", "-minutes", "7"}, "minutes")
	fit.Succeed(t, "-checkpoints", scratch, "-run", "x", "-resume", "-quiet")
	want, got := drivertest.Weights(t, filepath.Join(dir, modelName)), drivertest.Weights(t, filepath.Join(scratch, "x", modelName))
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("weight %d: got %x, want %x", i, got[i], want[i])
		}
	}
}

// The unit of time and those of the components change nothing, to the bit where they
// are powers of two.
func TestUnits(t *testing.T) {
	d, err := data.Read("hires.csv")
	if err != nil {
		t.Fatal(err)
	}
	d = d.Batch(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	other := &data.Dataset{Components: d.Components}
	for _, tr := range d.Trajectories {
		o := data.Trajectory{}
		for k, u := range tr.States {
			o.Times = append(o.Times, tr.Times[k]*0x1p-30)
			v := make([]float64, len(u))
			for j := range u {
				v[j] = u[j] * 0x1p17
			}
			o.States = append(o.States, v)
		}
		other.Trajectories = append(other.Trajectories, o)
	}
	scratch := t.TempDir()
	var reports [][]offs
	for name, d := range map[string]*data.Dataset{"a": d, "b": other} {
		path := filepath.Join(scratch, name+".npz")
		if err := d.Write(path); err != nil {
			t.Fatal(err)
		}
		fit.Succeed(t, "-data", path, "-recipe", "latent-linear", "-minutes", "0.001", "-invariants", "none", "-checkpoints", scratch, "-run", name, "-quiet")
		var r struct {
			Models []struct {
				Test struct {
					Errors []offs `json:"errors"`
				} `json:"test"`
			} `json:"models"`
		}
		drivertest.Report(t, filepath.Join(scratch, name), &r)
		errs := r.Models[0].Test.Errors
		for i := range errs {
			errs[i].Agrees = nil // a time, in the unit of the data's
		}
		reports = append(reports, errs)
	}
	if !reflect.DeepEqual(reports[0], reports[1]) {
		t.Errorf("got %v\nand %v", reports[0], reports[1])
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{}, {"-data", "hires.csv", "-recipe", "none"}, {"-data", "hires.csv", "-minutes", "0"}, {"-data", "hires.csv", "-latent", "x"},
		{"-data", "hires.csv", "-hold-out", "1.5"}, {"-data", "hires.csv", "-hold-out", "none.csv"}, {"-data", "hires.csv", "-recipe", "field"},
		{"-data", "hires.csv", "-members", "0"}, {"-data", "hires.csv", "-components", "Pr,nobody"},
		{"-data", "hires.csv", "-transform", "Pr=root"}, {"-data", "hires.csv", "-transform", "nobody=log"}, {"-data", "hires.csv", "-transform", "PfrX=log"}, // which is 0
	} {
		var stdout, stderr strings.Builder
		if code := command.Execute(context.Background(), "fit", run, append(args, "-checkpoints", t.TempDir()), &stdout, &stderr); code != command.ExitUsage || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: got exit code %d and %q, want %d and one line", args, code, stderr.String(), command.ExitUsage)
		}
	}
	if _, err := os.Stat("checkpoints"); err == nil {
		t.Error("a refused command made a folder")
	}
}
