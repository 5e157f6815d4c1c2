package driver

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pkg/errors"

	"spnode/model"
)

// Of several attempts the model has the one that ended lowest, the first if none
// has ended.
func TestLossCurve(t *testing.T) {
	entry := func(attempt int, stage string, k int, loss float64) model.Metrics {
		return model.Metrics{Attempt: attempt, Stage: stage, Iteration: k, Total: 7, Loss: loss}
	}
	log := []model.Metrics{
		entry(0, "adam", 1, 9), entry(0, "lbfgs", 1, 3),
		entry(1, "adam", 1, 8), entry(1, "adam", 2, math.Inf(1)), entry(1, "lbfgs", 1, 2),
		entry(2, "adam", 1, 1), entry(2, "lbfgs", 1, 4),
	}
	for end, want := range map[int][2][]float64{
		0: {}, 1: {{1}, {9}}, 2: {{1, 8}, {9, 3}}, 5: {{1, 8}, {8, 2}}, 7: {{1, 8}, {8, 2}},
	} {
		x, y := LossCurve(log[:end])
		if !slices.Equal(x, want[0]) || !slices.Equal(y, want[1]) {
			t.Errorf("of the first %d entries got %v at %v, want %v at %v", end, y, x, want[1], want[0])
		}
	}
}

// A session trains, and what was trained can be had from its checkpoint without
// preparing anything. A run that is gone on with knows what it took before.
func TestSession(t *testing.T) {
	cfg, train, d := smallFit()
	quiet := NewProgress(os.Stderr, true)
	prepare := func() (Training, error) { return Training{cfg, train, d}, nil }
	session := func(ctx context.Context, r *Run, dir string) *Session {
		return &Session{Context: ctx, Dir: dir, Report: NewReport("x", nil), Progress: quiet, Stdout: io.Discard, run: r}
	}
	root := t.TempDir()
	r := openTestRun(t, root, false)
	if _, _, err := session(endsAtLook(5), r, r.Dir).Model("m", prepare); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want that it was stopped", err)
	}
	before, err := model.LoadResult(r.Model("m"))
	if err != nil {
		t.Fatal(err)
	}

	r = openTestRun(t, root, true)
	s := session(context.Background(), r, r.Dir)
	m, result, err := s.Model("m", prepare)
	if err != nil {
		t.Fatal(err)
	}
	// What is saved of the time is its float64.
	if before.Seconds <= 0 || r.earlier != seconds(before.Seconds) || result.Seconds <= before.Seconds {
		t.Errorf("trained for %g s, of which %g before; the run has %v", result.Seconds, before.Seconds, r.earlier)
	}
	if s.Missing("none") {
		t.Error("a training misses a checkpoint")
	}

	stored := session(context.Background(), nil, r.Dir)
	again, sameResult, err := stored.Model("m", func() (Training, error) {
		t.Error("an evaluation prepares a training")
		return Training{}, nil
	})
	if err != nil || !slices.Equal(again.Params().Flat, m.Params().Flat) || sameResult.Loss != result.Loss {
		t.Errorf("got %v and loss %g, want that of the training, %g", err, sameResult.Loss, result.Loss)
	}
	if stored.Missing("m") || !stored.Missing(filepath.Join("seeds", "m-1")) {
		t.Error("the checkpoints that are missing are told wrongly")
	}
	var usage *UsageError
	if _, _, err := stored.Model("none", prepare); !errors.As(err, &usage) {
		t.Errorf("of a model that is not there got %v, want a UsageError", err)
	}
}
