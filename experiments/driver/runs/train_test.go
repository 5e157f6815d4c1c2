package runs_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/drivertest"
	"spnode/experiments/driver/runs"
	"spnode/experiments/driver/terminal"
	"spnode/model/train"
)

func TestFit(t *testing.T) {
	cfg, how, d := drivertest.Small()
	quiet := terminal.NewProgress(os.Stderr, true)
	m, result, err := drivertest.OpenRun(t, t.TempDir(), false).Fit(context.Background(), quiet, "m", cfg, how, d)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(m.Params().Flat)
	if result.Iterations != 10 {
		t.Errorf("got %d iterations, want 10", result.Iterations)
	}

	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, r *runs.Run) // what happens between the two
	}{
		{"stopped", func(*testing.T, *runs.Run) {}},
		{"a writer killed between its two renames", func(t *testing.T, r *runs.Run) {
			if err := os.Rename(r.Model("m"), r.Model(".m.old")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			r := drivertest.OpenRun(t, dir, false)
			if _, _, err := r.Fit(drivertest.EndsAtLook(5), quiet, "m", cfg, how, d); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want that it was stopped", err)
			}
			before, err := train.LoadResult(r.Model("m"))
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(t, r)
			var out bytes.Buffer
			m, result, err := drivertest.OpenRun(t, dir, true).Fit(context.Background(), terminal.NewProgress(&out, false), "m", cfg, how, d)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(m.Params().Flat, want) || result.Iterations != 10 {
				t.Errorf("after %d iterations got %v, want %v after 10", result.Iterations, m.Params().Flat, want)
			}
			// What was done is not done again, which the clock would tell.
			if len(before.Log) != 4 || len(result.Log) != 10 || !slices.Equal(result.Log[:4], before.Log) {
				t.Errorf("got the log %+v, want 10 iterations that go on from %+v", result.Log, before.Log)
			}
			for _, line := range []string{"m: adam  ", "m: lbfgs  "} {
				if strings.Count(out.String(), line) != 1 {
					t.Errorf("got progress\n%s\nwant one line with %q", out.String(), line)
				}
			}
		})
	}

	t.Run("not a run that goes on", func(t *testing.T) {
		dir := t.TempDir()
		r := drivertest.OpenRun(t, dir, false)
		if _, _, err := r.Fit(drivertest.EndsAtLook(1), quiet, "m", cfg, how, d); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		// A second model that the interrupted process did not come to.
		m, _, err := drivertest.OpenRun(t, dir, true).Fit(context.Background(), quiet, "other", cfg, how, d)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.Params().Flat, want) {
			t.Error("a model begun in a resumed run differs")
		}
	})
}

// A training that cannot be begun or gone on with is the user's to mend.
func TestFitMistakes(t *testing.T) {
	quiet := terminal.NewProgress(os.Stderr, true)
	usage := func(t *testing.T, err error, says string) {
		t.Helper()
		var u *command.UsageError
		if !errors.As(err, &u) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want a UsageError that says %q", err, says)
		}
	}
	cfg, how, d := drivertest.Small()
	r := drivertest.OpenRun(t, t.TempDir(), false)
	bad := cfg
	bad.Integrator = "rk5"
	_, _, err := r.Fit(context.Background(), quiet, "m", bad, how, d)
	usage(t, err, "rk5")
	states := d.States()
	states[0] = [][]float64{{1, 2}, {3, math.NaN()}, {5, 6}, {7, 8}} // later it would be a gap
	nan := data.Shared([]float64{0, 0.5, 1.5}, states, nil)
	_, _, err = r.Fit(context.Background(), quiet, "m", cfg, how, nan)
	usage(t, err, "missing at its first time")

	dir := t.TempDir()
	r = drivertest.OpenRun(t, dir, false)
	if _, _, err := r.Fit(drivertest.EndsAtLook(4), quiet, "m", cfg, how, d); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r = drivertest.OpenRun(t, dir, true)
	other := data.Shared([]float64{0, 0.5, 1.6}, d.States(), nil)
	_, _, err = r.Fit(context.Background(), quiet, "m", cfg, how, other)
	usage(t, err, "not what")
	optimizer := filepath.Join(r.Model("m"), "optimizer.npz")
	b := drivertest.Read(t, optimizer)
	b[len(b)/3] ^= 4
	drivertest.Write(t, optimizer, string(b))
	_, _, err = r.Fit(context.Background(), quiet, "m", cfg, how, d)
	usage(t, err, optimizer)
	if !slices.Equal(drivertest.Read(t, optimizer), b) {
		t.Error("the damaged file has been replaced")
	}
}
