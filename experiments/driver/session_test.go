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
