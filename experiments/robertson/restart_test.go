package main

import (
	"context"
	"testing"

	"spnode/data/measure"
	"spnode/data/problem"
	"spnode/model"
	"spnode/model/train"
)

// The committed model that starts anywhere is right from y(40) on, on any grid, where one
// that was trained from the beginnings alone says 0.96 in place of 0.716 at once.
func TestRestart(t *testing.T) {
	times := []float64{40, 40.00001, 41, 100, 1e3, 1e5, 3e6}
	want, _, err := problem.RobertsonRadau().SolveFrom(context.Background(), problem.Robertson{}, [][]float64{{1, 0, 0}}, 0, times)
	if err != nil {
		t.Fatal(err)
	}
	for name, right := range map[string]bool{"reference-anywhere/anywhere": true, "reference/autoencoder": false} {
		m, err := model.Load("../../checkpoints/robertson/" + name)
		if err != nil {
			t.Fatal(err)
		}
		u, err := train.Predict(m, want)
		if err != nil {
			t.Fatal(err)
		}
		if off := measure.Compare(u, want, scale).MaxAbs; (off < 1e-2) != right {
			t.Errorf("%s: off by %g", name, off)
		} else {
			t.Logf("%s: off by %.2g", name, off)
		}
	}
}
