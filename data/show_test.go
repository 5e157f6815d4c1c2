package data

import (
	"strings"
	"testing"

	"spnode/data/internal/runs"
)

func TestDatasetString(t *testing.T) {
	for _, c := range []struct {
		d    *Dataset
		want string
	}{
		{&Dataset{}, "no times"},
		{Zeros([]float64{0}, 1, []string{"x", "v"}), "1 sample of (x, v), t = 0"},
		{Shared([]float64{0, 0.5}, [][][]float64{{{1}, {2}}, {{3}, {4}}}, nil), "2 samples of (u1), 2 times, t = 0 to 0.5"},
		{Zeros([]float64{0}, 2, runs.Numbered("u", 9)), "2 samples of (u1, u2, u3, u4, …, u9), t = 0"},
		{rich(), "2 samples of (u1, u2, u3), 3 times, t = 0 to 3"},
		{&Dataset{Trajectories: []Trajectory{{Times: []float64{1}, States: [][]float64{{1}}}, {Times: []float64{2, 4}, States: [][]float64{{1}, {2}}}}},
			"2 samples of (u1), 1 to 2 times, t = 1 to 4"},
	} {
		if got := c.d.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestDatasetDescribe(t *testing.T) {
	for _, c := range []struct {
		d    *Dataset
		want string
	}{
		{&Dataset{}, `
trajectories  0, times of their own
times         none each, 0 in all
first time    none
last time     none
steps         none
missing       none`},
		{numbered([]float64{0, 0.5, 2}, 2, 2), `
trajectories  2, one grid
times         3 each, 6 in all
first time    0
last time     2
steps         0.5 … 1.5
missing       none
component u1  0 … 210
component u2  1 … 211`},
		{rich(), `
trajectories  2, times of their own
times         3 each, 6 in all
first time    0
last time     1 … 3
steps         0.5 … 2
missing       1 of 18 values (5.6 %)
component u1  0 … 210
component u2  1 … 201, 1 missing
component u3  2 … 212
input w       0 … 2
parameter p   1
parameter q   2
weights       0.5 … 1`},
	} {
		if got := "\n" + c.d.Describe(); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
	if got := strings.Count(numbered([]float64{0}, 1, 1000).Describe(), "\n"); got != 30 {
		t.Errorf("of a thousand components: got %d lines, want 30", got+1)
	}
}

// What is shown in a notebook may be nothing.
func TestShowNothing(t *testing.T) {
	var none *Dataset
	for _, d := range []*Dataset{none, {}, {Trajectories: make([]Trajectory, 1)}} {
		t.Log(d.String(), d.Describe())
	}
}
