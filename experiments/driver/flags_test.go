package driver

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
)

func TestFlags(t *testing.T) {
	f := NewFlags("transient", "learns")
	epsilon := f.Set.Float64("epsilon", 1, "weight `E` of the nonlinear term")
	err := f.Parse(strings.Fields("-seed 7 -iterations=30 --batch 5 -lr 1e-3 -dtype float32 -workers 2 -run a.b_c-1 -quick -epsilon 0"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if f.Seed != 7 || f.Iterations != 30 || f.Batch != 5 || f.LR != 1e-3 || f.Dtype != "float32" || f.Workers != 2 || f.Run != "a.b_c-1" || f.Resume || !f.Quick || *epsilon != 0 {
		t.Errorf("got %+v", f)
	}
	if f.Checkpoints != filepath.Join("checkpoints", "transient") {
		t.Errorf("got -checkpoints %q by default", f.Checkpoints)
	}
	for name, want := range map[string]bool{"seed": true, "epsilon": true, "quick": true, "integrator": false, "checkpoints": false, "nonsense": false} {
		if f.Given(name) != want {
			t.Errorf("Given(%q) is %v", name, !want)
		}
	}
}

func TestBadFlags(t *testing.T) {
	for args, want := range map[string]string{
		"-iterations x":                `invalid value "x" for flag -iterations: want a whole number of at least 1`,
		"-batch 0":                     `"0" for flag -batch: want a whole number of at least 1`,
		"-lr -1":                       "want a positive number",
		"-lr Inf":                      "want a positive number",
		"-lr NaN":                      "want a positive number",
		"-seed -1":                     "want a whole number of at least 0",
		"-dtype float16":               `"float16" for flag -dtype: want one of float64, float32`,
		"-itertions 3":                 "not defined: -itertions",
		"-seed":                        "needs an argument",
		"extra":                        `got "extra" after the flags`,
		"-quick false":                 `got "false" after the flags`,
		"-predict a -evaluate b":       "got both",
		"-predict a -initial b -out c": "got no -times",
		"-predict a -trajectories b -times 0:1:1 -out c": "want them in the file alone",
		"-out x":            "neither -predict nor -evaluate",
		"-times 0:1:1":      "want -predict DIR",
		"-task 1":           "got no -sweep",
		"-tasks":            "got no -sweep",
		"-parallel 2":       "got no -sweep",
		"-by x":             "got no -gather",
		"-sweep= -task 1":   "got an empty value",
		"-gather a -seed 3": "flag -seed: got it with -gather",
		"-predict a -initial b -times c -out d -seed 3": "flag -seed: got it with -predict",
		"-predict a -initial b -times c -out d -quick":  "flag -quick: got it with -predict",
		"-predict a -initial b -times c -out d -own 1":  "flag -own: got it with -predict",
		"-evaluate a -iterations 3":                     "flag -iterations: got it with -evaluate",
		"-evaluate a -integrator imex":                  "flag -integrator: got it with -evaluate",
		"-evaluate a -out d -own 1":                     "flag -own: got it with -evaluate",
		"-evaluate a -config c":                         "flag -config: got it with -evaluate",
		"-run=":                                         "got an empty value",
		"-run ../x":                                     `got "../x", want a folder name`,
		"-run .x":                                       "dot",
		"-evaluate= -out x":                             "got an empty value",
		"-predict a -initial b -times c -out= ":         "got an empty value",
	} {
		t.Run(args, func(t *testing.T) {
			f := NewFlags("x", "")
			f.Set.Int("own", 0, "")
			err := f.Parse(strings.Fields(args), io.Discard)
			var usage *command.UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("got %v, want a UsageError", err)
			}
			if s := err.Error(); !strings.Contains(s, want) || strings.Contains(s, "\n") {
				t.Errorf("got %q, want one line with %q", s, want)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	f := NewFlags("transient", "learns transient growth")
	f.Set.Float64("epsilon", 1, "weight `E`")
	var out bytes.Buffer
	if err := f.Parse([]string{"-help"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("got %v", err)
	}
	at := -1
	for _, want := range []string{"transient learns transient growth", "train (no mode flag):", "-config FILE", "this experiment:", "-epsilon E", "(default 1)", "predict (", "-times SPEC", "evaluate:", "-evaluate DIR"} {
		i := strings.Index(out.String(), want)
		if i <= at {
			t.Errorf("%q is missing or out of order in\n%s", want, out.String())
		}
		at = i
	}
	f.Set.VisitAll(func(fl *flag.Flag) {
		if n := strings.Count(out.String(), "\n  -"+fl.Name+" "); n != 1 {
			t.Errorf("-%s is listed %d times", fl.Name, n)
		}
	})
}

// The command that goes on with a run is one that a shell understands.
func TestInterruptedIsACommand(t *testing.T) {
	for _, c := range []struct{ checkpoints, name, want string }{
		{"out/x", "a.b-1", "go run ./experiments/x -checkpoints out/x -run a.b-1 -resume"},
		{"my runs", "it's $HOME", `go run ./experiments/x -checkpoints 'my runs' -run 'it'\''s $HOME' -resume`},
	} {
		f := NewFlags("x", "")
		if err := f.Parse([]string{"-checkpoints", c.checkpoints, "-run", c.name}, os.Stderr); err != nil {
			t.Fatal(err)
		}
		err := f.Interrupted(&runs.Run{Name: c.name}, context.Canceled)
		var interrupted *command.InterruptedError
		if !errors.As(err, &interrupted) || interrupted.Resume != c.want {
			t.Errorf("got %v, want the command %s", err, c.want)
			continue
		}
		sh, err := exec.LookPath("sh")
		if err != nil {
			continue // the spelling above is checked anywhere
		}
		out, err := exec.Command(sh, "-c", strings.Replace(c.want, "go run ./experiments/x", "printf '%s\\n'", 1)).Output()
		if want := strings.Join([]string{"-checkpoints", c.checkpoints, "-run", c.name, "-resume"}, "\n") + "\n"; err != nil || string(out) != want {
			t.Errorf("a shell takes it for %q, %v, want %q", out, err, want)
		}
	}
}
