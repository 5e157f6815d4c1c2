package predict_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"spnode/data/npz"
	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/predict"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
)

// savedModel makes a model, with parameters that no training has touched, and
// saves it. The scaling is there so that physical and scaled variables differ.
func savedModel(t *testing.T, dir string, change func(*model.Config)) *model.Model {
	t.Helper()
	cfg := model.DefaultConfig(2)
	cfg.Nonlinear.Hidden, cfg.Nonlinear.LastScale = []int{4}, 2
	cfg.Offset, cfg.Factor = []float64{0.5, -1}, []float64{2, 0.25}
	cfg.Components = []string{"x1", "x2"}
	cfg.Integrator = "etd1"
	if change != nil {
		change(&cfg)
	}
	m, err := model.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	return m
}

// nothing is the configuration of a command that only predicts.
type nothing struct{ driver.Common[driver.Recipe] }

func (*nothing) Describe() string { return "" }
func (*nothing) Validate() error  { return nil }

// predicted runs such a command.
func predicted(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	run := driver.Experiment[nothing, *nothing]{Flags: driver.NewFlags("x", ""), Default: func() (c nothing) { return c }}.Run
	code = command.Execute(context.Background(), "x", run, args, &out, &err)
	return code, out.String(), err.String()
}

func writeFile(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wantBits compares what a file holds, laid out (time, sample, component), with
// states.
func wantBits(t *testing.T, got []float64, want [][][]float64) {
	t.Helper()
	i := 0
	for k := range want {
		for s := range want[k] {
			for j, v := range want[k][s] {
				if i >= len(got) || math.Float64bits(got[i]) != math.Float64bits(v) {
					t.Fatalf("time %d, sample %d, component %d: got %v, want %v", k, s, j, got[min(i, len(got)-1)], v)
				}
				i++
			}
		}
	}
	if i != len(got) {
		t.Errorf("got %d numbers, want %d", len(got), i)
	}
}

// parsePrediction reads the CSV back into the layout of wantBits, and checks
// its columns, their order and the times.
func parsePrediction(t *testing.T, text string, times []float64, samples int) []float64 {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if h := strings.Join(rows[0], ","); h != "sample,t,x1,x2" {
		t.Fatalf("header is %s", h)
	}
	if len(rows) != 1+samples*len(times) {
		t.Fatalf("got %d rows, want %d", len(rows)-1, samples*len(times))
	}
	got := make([]float64, 2*samples*len(times))
	for i, row := range rows[1:] {
		s, k := i/len(times), i%len(times)
		if row[0] != strconv.Itoa(s) || row[1] != strconv.FormatFloat(times[k], 'g', -1, 64) {
			t.Fatalf("row %d is %v, want sample %d at t = %g", i, row, s, times[k])
		}
		for j := range 2 {
			v, err := strconv.ParseFloat(row[2+j], 64)
			if err != nil {
				t.Fatal(err)
			}
			got[(k*samples+s)*2+j] = v
		}
	}
	return got
}

// What -predict writes, in every format and to standard output, is the bits of
// model.Predict in the data's own variables.
func TestPrediction(t *testing.T) {
	dir := t.TempDir()
	m := savedModel(t, filepath.Join(dir, "run", "only"), nil)
	states := [][]float64{{0.25, -1.5}, {1e-3, 4}, {-0.7, 1.0 / 3}}
	initialCSV := writeFile(t, filepath.Join(dir, "u0.csv"), []byte("x1,x2\n0.25,-1.5\n1e-3,4\n-0.7,0.3333333333333333\n"))
	swappedCSV := writeFile(t, filepath.Join(dir, "swapped.csv"), []byte("x2,x1\n-1.5,0.25\n4,1e-3\n0.3333333333333333,-0.7\n"))
	array, err := npz.EncodeNPY(npz.Array{Shape: []int{3, 2}, Data: []float64{0.25, -1.5, 1e-3, 4, -0.7, 1.0 / 3}})
	if err != nil {
		t.Fatal(err)
	}
	initialNPY := writeFile(t, filepath.Join(dir, "u0.npy"), array)
	timesFile := writeFile(t, filepath.Join(dir, "times.txt"), []byte("2\n2.5\n7\n"))

	for i, c := range []struct {
		name, initial, spec string
		times               []float64
		integrator          string
		substeps            int
	}{
		{"as trained", initialCSV, "0:1:0.25", []float64{0, 0.25, 0.5, 0.75, 1}, "", 0},
		{"array, times in a file", initialNPY, timesFile, []float64{2, 2.5, 7}, "", 0},
		{"components in another order", swappedCSV, "0:1:0.25", []float64{0, 0.25, 0.5, 0.75, 1}, "", 0},
		{"one time", initialCSV, "3:3:1", []float64{3}, "", 0},
		{"substeps", initialCSV, "0:1:0.5", []float64{0, 0.5, 1}, "", 3},
		{"etdrk4", initialNPY, "0:1:0.5", []float64{0, 0.5, 1}, "etdrk4", 0},
		{"imex with substeps", initialNPY, "0:100:50", []float64{0, 50, 100}, "imex", 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := m.Config()
			args := []string{"-predict", filepath.Join(dir, "run"), "-initial", c.initial, "-times", c.spec}
			if c.integrator != "" {
				cfg.Integrator = c.integrator
				args = append(args, "-integrator", c.integrator)
			}
			if c.substeps > 0 {
				cfg.Substeps = c.substeps
				args = append(args, "-substeps", strconv.Itoa(c.substeps))
			}
			deployed, err := m.WithIntegrator(cfg.Integrator, cfg.Substeps)
			if err != nil {
				t.Fatal(err)
			}
			want, err := deployed.Predict(states, c.times)
			if err != nil {
				t.Fatal(err)
			}
			if c.integrator != "" || c.substeps > 0 {
				plain, err := m.Predict(states, c.times)
				if err != nil {
					t.Fatal(err)
				}
				if last := len(plain) - 1; plain[last][0][0] == want[last][0][0] {
					t.Fatal("the case shows nothing: as without the flags")
				}
			}
			to := func(out string) string {
				t.Helper()
				code, stdout, stderr := predicted(append(args, "-out", out)...)
				if code != command.ExitOK || stderr != "" {
					t.Fatalf("-out %s: exit code %d, %s", out, code, stderr)
				}
				return stdout
			}
			stdout := to("-")
			wantBits(t, parsePrediction(t, stdout, c.times, 3), want)

			file := func(ext string) string { return filepath.Join(dir, fmt.Sprint("out", i, ext)) }
			if s := to(file(".csv")); !strings.HasPrefix(s, file(".csv")+": 3 trajectories at ") || strings.Count(s, "\n") != 1 {
				t.Errorf("beside a file, standard output has %q, want a line on it", s)
			}
			if got := string(readFile(t, file(".csv"))); got != stdout {
				t.Errorf("the .csv file and standard output differ")
			}

			to(file(".npy"))
			a, err := npz.DecodeNPY(readFile(t, file(".npy")))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprint(a.Shape), fmt.Sprint([]int{len(c.times), 3, 2}); got != want {
				t.Errorf(".npy has shape %s, want %s", got, want)
			}
			wantBits(t, a.Data, want)

			to(file(".npz"))
			arrays, err := npz.Decode(readFile(t, file(".npz")), "t", "u")
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(arrays[0].Data) != fmt.Sprint(c.times) {
				t.Errorf("t is %v, want %v", arrays[0].Data, c.times)
			}
			if got, want := fmt.Sprint(arrays[1].Shape), fmt.Sprint([]int{len(c.times), 3, 2}); got != want {
				t.Errorf("u has shape %s, want %s", got, want)
			}
			wantBits(t, arrays[1].Data, want)
		})
	}
}

// Every mistake is one line, exit code 2, and leaves no file.
func TestPredictionMistakes(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	file := func(name, content string) string { return writeFile(t, path(name), []byte(content)) }
	savedModel(t, path("one"), nil)
	savedModel(t, path("several/a"), nil)
	savedModel(t, path("several/b"), nil)
	savedModel(t, path("damaged"), nil)
	weights := filepath.Join(path("damaged"), "weights.npz")
	b := readFile(t, weights)
	b[len(b)/2] ^= 1
	writeFile(t, weights, b)
	savedModel(t, path("wide"), func(c *model.Config) { c.Dim, c.Components, c.Offset, c.Factor = 3, nil, nil, nil })
	if err := os.Mkdir(path("foreign"), 0o755); err != nil {
		t.Fatal(err)
	}
	file("foreign/MANIFEST.json", `{"name": "an app", "icons": []}`)
	if err := os.Mkdir(path("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	good := file("u0.csv", "1,2\n3,4\n")
	existing := file("existing.csv", "precious")
	nan, err := npz.EncodeNPY(npz.Array{Shape: []int{2, 2}, Data: []float64{1, 2, math.NaN(), 4}})
	if err != nil {
		t.Fatal(err)
	}
	nanArray := writeFile(t, path("nan.npy"), nan)

	out := path("out.csv")
	for _, c := range []struct {
		name, dir, initial, times, out string
		more                           string
		says                           []string
	}{
		{"several models", path("several"), good, "0:1:1", out, "", []string{"several models", "a, b"}},
		{"missing", path("nowhere"), good, "0:1:1", out, "", []string{path("nowhere"), "no such folder"}},
		{"a file", good, good, "0:1:1", out, "", []string{good}},
		{"no checkpoint", path("empty"), good, "0:1:1", out, "", []string{path("empty"), "MANIFEST.json"}},
		{"foreign", path("foreign"), good, "0:1:1", out, "", []string{"foreign", "spnode checkpoint"}},
		{"damaged", path("damaged"), good, "0:1:1", out, "", []string{weights, "SHA-256"}},
		{"states of another dimension", path("wide"), good, "0:1:1", out, "", []string{"3", "2"}},
		{"NaN", path("one"), file("nan.csv", "x1,x2\n1,2\n3,NaN\n"), "0:1:1", out, "", []string{"nan.csv", "line 3, column 2", "NaN"}},
		{"Inf", path("one"), file("inf.csv", "1,2\n-Inf,3\n"), "0:1:1", out, "", []string{"inf.csv", "line 2, column 1"}},
		{"NaN in an array", path("one"), nanArray, "0:1:1", out, "", []string{"nan.npy", "row 2, column 1", "NaN"}},
		{"no number", path("one"), file("text.csv", "1,2\n3,x\n"), "0:1:1", out, "", []string{"text.csv", "line 2, column 2", `"x"`}},
		{"ragged", path("one"), file("ragged.csv", "1,2\n3\n"), "0:1:1", out, "", []string{"ragged.csv", "line 2", "has 1 columns, want 2"}},
		{"three components", path("one"), file("three.csv", "1,2,3\n"), "0:1:1", out, "", []string{"3", "2"}},
		{"other components", path("one"), file("names.csv", "foo,bar\n1,2\n"), "0:1:1", out, "", []string{"names.csv", `"foo", "bar"`, `want components "x1", "x2" among them`}},
		{"no initial states", path("one"), path("none.csv"), "0:1:1", out, "", []string{"none.csv"}},
		{"initial states as .xls", path("one"), file("u0.doc", "1,2\n"), "0:1:1", out, "", []string{`".doc", want one of .csv`}},
		{"times that repeat", path("one"), good, file("times.txt", "0\n1\n1\n"), out, "", []string{"times.txt", "times that increase"}},
		{"times that go back", path("one"), good, "1:0:0.1", out, "", []string{`"1:0:0.1"`}},
		{"no times", path("one"), good, "often", out, "", []string{`"often"`, "start:stop:step"}},
		{"unknown extension", path("one"), good, "0:1:1", path("out.txt"), "", []string{"out.txt", ".csv, .npy or .npz"}},
		{"no extension", path("one"), good, "0:1:1", path("out"), "", []string{"flag -out"}},
		{"file that exists", path("one"), good, "0:1:1", existing, "", []string{existing, "never overwritten", "another name"}},
		{"folder that does not", path("one"), good, "0:1:1", path("nowhere/out.csv"), "", []string{path("nowhere/out.csv"), "folder"}},
		{"unknown integrator", path("one"), good, "0:1:1", out, "-integrator rk5", []string{`"rk5"`, "etdrk4"}},
		{"no substeps", path("one"), good, "0:1:1", out, "-substeps 0", []string{"-substeps"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"-predict", c.dir, "-initial", c.initial, "-times", c.times, "-out", c.out}
			code, stdout, stderr := predicted(append(args, strings.Fields(c.more)...)...)
			if code != command.ExitUsage || stdout != "" {
				t.Errorf("exit code %d and %q on standard output, want %d and nothing", code, stdout, command.ExitUsage)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
				t.Errorf("got %q, want one line", stderr)
			}
			for _, s := range c.says {
				if !strings.Contains(stderr, s) {
					t.Errorf("got %q, want it to say %q", stderr, s)
				}
			}
			if _, err := os.Stat(c.out); err == nil && c.out != existing {
				t.Errorf("%s was written", c.out)
			}
		})
	}
	if got := string(readFile(t, existing)); got != "precious" {
		t.Errorf("the file that was there now holds %q", got)
	}
}

// A model of any dimension is predicted, and its components are numbered if they
// have no names.
func TestPredictionOfAnyModel(t *testing.T) {
	dir := t.TempDir()
	savedModel(t, filepath.Join(dir, "m"), func(c *model.Config) { c.Dim, c.Components, c.Offset, c.Factor = 3, nil, nil, nil })
	initial := writeFile(t, filepath.Join(dir, "u0.csv"), []byte("1,2,3\n"))
	code, stdout, stderr := predicted("-predict", filepath.Join(dir, "m"), "-initial", initial, "-times", "0:1:1", "-out", "-")
	if code != command.ExitOK || !strings.HasPrefix(stdout, "sample,t,u1,u2,u3\n0,0,1,2,3\n") {
		t.Errorf("exit code %d, %q, %s", code, stdout, stderr)
	}
}

// States that leave the range of the training's data are told of, by component, and
// those that are in it, and far from where its trajectories begin.
func TestPredictionOutside(t *testing.T) {
	dir := t.TempDir()
	savedModel(t, filepath.Join(dir, "m"), func(c *model.Config) {
		c.Ranges = [][2]float64{{0, 2}, {-1, 1}}
		c.Offset, c.Factor = nil, nil
		// Trained from (1, 0) ± (0.05, 1).
		c.Autoencoder = latent.AutoencoderConfig{Latent: 2, Hidden: []int{3}, Offset: []float64{1, 0}, Factor: []float64{20, 1}}
	})
	for states, want := range map[string][]string{
		"1.1,1.1\n1,-1.1\n": nil, // a little outside is as other states are
		"1,0\n0.4,0\n":      {"1 of 2 states are far from those that the model was trained to start from; x1 of state 1 by 12 deviations"},
		"5,0\n3,0\n0.6,0\n": {"x1 of 2 of 3 states is outside of what the model was trained on, 0 to 2; it is 5 in state 0"},
		"1,0\n-1,-7\n":      {"x1 of 1 of 2", "x2 of 1 of 2 states", "-1 to 1; it is -7 in state 1"},
	} {
		initial := writeFile(t, filepath.Join(dir, "u0.csv"), []byte(states))
		code, _, stderr := predicted("-predict", filepath.Join(dir, "m"), "-initial", initial, "-times", "0:1:1", "-out", "-")
		if code != command.ExitOK || len(want) != strings.Count(stderr, "\n") && len(want) < 2 {
			t.Errorf("%q: exit code %d, %s", states, code, stderr)
		}
		for _, s := range want {
			if !strings.Contains(stderr, s) {
				t.Errorf("%q: got %q, want it to say %q", states, stderr, s)
			}
		}
	}
}

// A restart in the range of the data, where no sample of the training begins, is told of
// also where there is no autoencoder.
func TestPredictionRestarts(t *testing.T) {
	dir := t.TempDir()
	savedModel(t, filepath.Join(dir, "m"), func(c *model.Config) {
		c.Ranges, c.Starts = [][2]float64{{0, 2}, {-1, 1}}, [][2]float64{{0.9, 1}, {-1, 1}}
	})
	initial := writeFile(t, filepath.Join(dir, "u0.csv"), []byte("1,0.5\n0.7,0.5\n"))
	code, _, stderr := predicted("-predict", filepath.Join(dir, "m"), "-initial", initial, "-times", "0:1e-6:1e-6", "-out", "-")
	want := "x: x1 of 1 of 2 states is outside of what samples of the training begin with, 0.9 to 1; it is 0.7 in state 1: the prediction may be wrong without another sign\n"
	if code != command.ExitOK || stderr != want {
		t.Errorf("exit code %d, %q, want %q", code, stderr, want)
	}
}

// Predictions that leave that range are told of too.
func TestPredictionLeaves(t *testing.T) {
	dir := t.TempDir()
	savedModel(t, filepath.Join(dir, "m"), func(c *model.Config) {
		c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
		c.Offset, c.Factor = nil, nil
		c.Linear.Rates = []float64{1, 2} // to 0
		c.Ranges = [][2]float64{{1, 2}, {-3, 3}}
	})
	initial := writeFile(t, filepath.Join(dir, "u0.csv"), []byte("1,0\n2,0\n0.5,0\n"))
	for times, want := range map[string]string{
		"0:0.01:0.01": "x1 of 1 of 3 states is outside",
		"0:50:1":      "x1 of 2 of 3 predictions leaves what the model was trained on, 1 to 2; it is ",
	} {
		code, _, stderr := predicted("-predict", filepath.Join(dir, "m"), "-initial", initial, "-times", times, "-out", "-")
		if code != command.ExitOK || !strings.Contains(stderr, want) || strings.Contains(stderr, "predictions") != strings.Contains(want, "predictions") {
			t.Errorf("%s: exit code %d, %q, want %q", times, code, stderr, want)
		}
	}
}

// Parameters and inputs outside of the training's are told of, with values and range, and
// nothing is said by a checkpoint that does not know them.
func TestPredictionGivenOutside(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, filepath.Join(dir, "d.csv"), []byte("run,t,x1,x2,parameter:T,input:w\na,0,1,2,350,0\na,1,,,350,1\nb,0,1,2,900,0\nb,1,,,900,-7\n"))
	for name, ranges := range map[string][][2]float64{"known": {{300, 400}, {0, 1}}, "old": nil} {
		savedModel(t, filepath.Join(dir, name), func(c *model.Config) {
			c.Parameters.Names, c.Inputs.Names = []string{"T"}, []string{"w"}
			if ranges != nil {
				c.Parameters.Ranges, c.Inputs.Ranges = ranges[:1], ranges[1:]
			}
		})
		code, _, stderr := predicted("-predict", filepath.Join(dir, name), "-trajectories", file, "-out", "-")
		var want string
		if ranges != nil {
			want = "x: parameter T of 1 of 2 trajectories is outside of what the model was trained on, 300 to 400; it is 900 in trajectory 1: the prediction may be wrong without another sign\n" +
				"x: input w of 1 of 2 trajectories is outside of what the model was trained on, 0 to 1; it is -7 in trajectory 1: the prediction may be wrong without another sign\n"
		}
		if code != command.ExitOK || stderr != want {
			t.Errorf("%s: exit code %d, %q, want %q", name, code, stderr, want)
		}
	}
}

// A rollout that leaves the finite numbers is a failed run that says what to
// try, and leaves no file.
func TestPredictionRunsAway(t *testing.T) {
	dir := t.TempDir()
	savedModel(t, filepath.Join(dir, "m"), func(c *model.Config) {
		c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 2}
		c.Integrator = "euler"
	})
	initial := writeFile(t, filepath.Join(dir, "u0.csv"), []byte("1e3,2e3\n"))
	for _, out := range []string{"-", filepath.Join(dir, "out.npz")} {
		code, stdout, stderr := predicted("-predict", filepath.Join(dir, "m"), "-initial", initial, "-times", "0:1000:10", "-out", out)
		if code != command.ExitFailed || stdout != "" {
			t.Errorf("-out %s: exit code %d and %q on standard output, want %d and nothing", out, code, stdout, command.ExitFailed)
		}
		if strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "runs away") || !strings.Contains(stderr, "-substeps") {
			t.Errorf("-out %s: got %q", out, stderr)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s was written", out)
		}
	}
}

// What a killed writer has left beside a run's only model is no second model,
// and the model that it was about to replace is found.
func TestLoadModelAfterAKilledWriter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m")
	want := savedModel(t, path, nil)
	savedModel(t, filepath.Join(dir, ".m.old"), nil)
	if _, err := predict.Load(dir); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	got, err := predict.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range want.Params().Flat {
		if got.Params().Flat[i] != v {
			t.Fatalf("parameter %d is %v, want %v", i, got.Params().Flat[i], v)
		}
	}
}

// Trajectories of a file are predicted at the times of each, with its parameters and
// inputs.
func TestPredictTrajectories(t *testing.T) {
	dir := t.TempDir()
	m := savedModel(t, filepath.Join(dir, "m"), func(c *model.Config) {
		c.Parameters = dynamics.ParametersConfig{Known: dynamics.Known{Names: []string{"T"}}, Time: true}
		c.Inputs = dynamics.InputsConfig{Known: dynamics.Known{Names: []string{"w"}}}
	})
	file := writeFile(t, filepath.Join(dir, "d.csv"), []byte(`run,t,x1,x2,parameter:T,input:w
a,0,1,2,0.5,0
a,0.5,,,0.5,1
a,2,,,0.5,-1
b,1,0,1,0.7,2
b,1.25,,,0.7,3
`))
	code, out, errs := predicted("-predict", filepath.Join(dir, "m"), "-trajectories", file, "-out", "-")
	if code != 0 {
		t.Fatal(errs)
	}
	want, err := m.PredictEach([]model.Run{
		{State: []float64{1, 2}, Times: []float64{0, 0.5, 2}, Parameters: []float64{0.5}, Input: model.Signal{Values: [][]float64{{0}, {1}, {-1}}}},
		{State: []float64{0, 1}, Times: []float64{1, 1.25}, Parameters: []float64{0.7}, Input: model.Signal{Values: [][]float64{{2}, {3}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range append(want[0], want[1]...) {
		for _, v := range u {
			if text := strconv.FormatFloat(v, 'g', -1, 64); !strings.Contains(out, text) {
				t.Errorf("got\n%s\nwant %s in it", out, text)
			}
		}
	}
	code, _, errs = predicted("-predict", filepath.Join(dir, "m"), "-initial", writeFile(t, filepath.Join(dir, "i.csv"), []byte("1,2\n")), "-times", "0:1:1", "-out", "-")
	if code == 0 || !strings.Contains(errs, "parameters [T] and inputs [w]") || !strings.Contains(errs, "-trajectories FILE") {
		t.Errorf("without parameters: got %d, %s", code, errs)
	}
}
