package driver

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/drivertest"
	"spnode/experiments/driver/runs"
	"spnode/experiments/driver/terminal"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/train"
)

// A session trains, and what was trained can be had from its checkpoint without
// preparing anything. A run that is gone on with knows what it took before.
func TestSession(t *testing.T) {
	cfg, how, d := drivertest.Small()
	quiet := terminal.NewProgress(os.Stderr, true)
	recipe := Recipe{Name: "m", Seeds: 2, Model: cfg, Train: how}
	prepare := func(*model.Config) (*data.Dataset, error) { return d, nil }
	session := func(ctx context.Context, r *runs.Run, dir string) *Session {
		return &Session{Context: ctx, Dir: dir, Report: report.New("x", nil), Progress: quiet, Stdout: io.Discard, run: r}
	}
	root := t.TempDir()
	r := drivertest.OpenRun(t, root, false)
	if _, err := session(drivertest.EndsAtLook(5), r, r.Dir).Train(recipe, prepare); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want that it was stopped", err)
	}
	before, err := train.LoadResult(r.Model("m"))
	if err != nil {
		t.Fatal(err)
	}

	r = drivertest.OpenRun(t, root, true)
	s := session(context.Background(), r, r.Dir)
	fitted, err := s.Train(recipe, prepare)
	if err != nil {
		t.Fatal(err)
	}
	if len(fitted) != 2 || fitted[0].Name != "m" || fitted[1].Name != filepath.Join("seeds", "m-1") || fitted[1].Seed != 1 {
		t.Fatalf("got %+v, want the model and its second seed", fitted)
	}
	// What is saved of the time is its float64.
	if result := fitted[0].Result; before.Seconds <= 0 || r.Earlier != before.Seconds || result.Seconds <= before.Seconds {
		t.Errorf("trained for %g s, of which %g before; the run has %v", result.Seconds, before.Seconds, r.Earlier)
	}
	if s.Missing("none") {
		t.Error("a training misses a checkpoint")
	}

	stored := session(context.Background(), nil, r.Dir)
	unneeded := func(*model.Config) (*data.Dataset, error) {
		t.Error("an evaluation prepares a training")
		return nil, nil
	}
	again, err := stored.Train(recipe, unneeded)
	if err != nil {
		t.Fatal(err)
	}
	for k, f := range again {
		if !slices.Equal(f.Model.Params().Flat, fitted[k].Model.Params().Flat) || f.Result.Loss != fitted[k].Result.Loss {
			t.Errorf("seed %d has loss %g, want that of the training, %g", k, f.Result.Loss, fitted[k].Result.Loss)
		}
	}
	if stored.Missing("m") || !stored.Missing(filepath.Join("seeds", "m-2")) {
		t.Error("the checkpoints that are missing are told wrongly")
	}
	var usage *command.UsageError
	recipe.Name = "none"
	if _, err := stored.Train(recipe, unneeded); !errors.As(err, &usage) {
		t.Errorf("of a model that is not there got %v, want a UsageError", err)
	}
}

// The seeds of a run and of its models determine the starts and the orders of the
// samples, each of them.
func TestSeedsDiffer(t *testing.T) {
	cfg, how, d := drivertest.Small()
	how.First.Iterations, how.LBFGS.Iterations = 0, 0
	seen := map[string]bool{}
	for seed := range uint64(3) {
		r := drivertest.OpenRun(t, t.TempDir(), false)
		s := &Session{Context: context.Background(), Dir: r.Dir, Progress: terminal.NewProgress(io.Discard, true), run: r, seed: seed}
		fitted, err := s.Train(Recipe{Name: "m", Seeds: 3, Model: cfg, Train: how}, func(*model.Config) (*data.Dataset, error) { return d, nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fitted {
			seen[fmt.Sprint(f.Model.Params().Flat)] = true
		}
	}
	if len(seen) != 9 {
		t.Errorf("9 seeds have %d starts", len(seen))
	}
}

// Members of a bootstrap see trajectories that are drawn again, by their seed.
func TestResample(t *testing.T) {
	_, _, d := drivertest.Small()
	a, again, b := resample(d, 1), resample(d, 1), resample(d, 2)
	if a.Samples() != d.Samples() {
		t.Fatalf("got %d trajectories, want as many as there are, %d", a.Samples(), d.Samples())
	}
	first := func(d *data.Dataset) (all []float64) {
		for _, tr := range d.Trajectories {
			all = append(all, tr.States[0]...)
		}
		return all
	}
	if !slices.Equal(first(a), first(again)) {
		t.Error("the same seed draws others")
	}
	if slices.Equal(first(a), first(b)) || slices.Equal(first(a), first(d)) {
		t.Error("another seed, or none, draws the same")
	}
}
