package ks

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// Finer runs go through the same states as those a unit apart, to the solver's error
// of 3e-6 a unit.
func TestRefine(t *testing.T) {
	m := DefaultSolver()
	m.Transient = 20
	runs, err := m.Runs(context.Background(), 2, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.Refine(context.Background(), runs, 0.25)
	if err != nil {
		t.Fatal(err)
	}
	for s, run := range d.Trajectories {
		if n := len(run.Times); n != 13 || run.Times[12] != 3 {
			t.Fatalf("got %d snapshots to t = %g", n, run.Times[n-1])
		}
		for k, want := range runs.Trajectories[s].States {
			if e := floats.Distance(run.States[4*k], want, 2) / floats.Norm(want, 2); e > 2e-5 {
				t.Errorf("run %d is off by %g at t = %d", s, e, k)
			}
		}
	}
}
