package main

import (
	"flag"
	"math"
	"strconv"
	"testing"

	"spnode/data"
	"spnode/data/ode"
	"spnode/data/problem"
)

var update = flag.Bool("update", false, "make hires.csv anew")

// TestSample holds the sample file against the problem that it is of.
func TestSample(t *testing.T) {
	times := []float64{0}
	const n = 30
	for i := range n {
		times = append(times, round(1e-3*math.Pow(problem.HIRESTime/1e-3, float64(i)/(n-1)), 6))
	}
	m := ode.DefaultRadau()
	m.AbsTol = 1e-13
	want, _, err := m.Solve(problem.HIRES(), problem.HIRESStates(128, 7), times)
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range want.Trajectories {
		for _, u := range tr.States {
			for j := range u {
				u[j] = round(u[j], 10)
			}
		}
	}
	if *update {
		if err := want.Write("hires.csv"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := data.Read("hires.csv")
	if err != nil {
		t.Fatal(err)
	}
	if got.Samples() != want.Samples() {
		t.Fatalf("got %d trajectories, want %d", got.Samples(), want.Samples())
	}
	for s, tr := range got.Trajectories {
		for k, u := range tr.States {
			for j, v := range u {
				// The last of ten digits, of a number or of one in the difference of
				// which it is.
				if w := want.Trajectories[s].States[k][j]; math.Abs(v-w) > 2e-10 {
					t.Fatalf("trajectory %d, time %g, component %d: got %g, want %g", s, tr.Times[k], j, v, w)
				}
			}
		}
	}
}

// round rounds to so many significant digits.
func round(x float64, digits int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil {
		panic(err)
	}
	return y
}
