package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"spnode/model/train"
)

// Of several attempts the model has the one that ended lowest, the first if none
// has ended.
func TestLossCurve(t *testing.T) {
	entry := func(attempt int, stage string, k int, loss float64) train.Metrics {
		return train.Metrics{Attempt: attempt, Stage: stage, Iteration: k, Total: 7, Loss: loss}
	}
	log := []train.Metrics{
		entry(0, "adam", 1, 9), entry(0, "lbfgs", 1, 3),
		entry(1, "adam", 1, 8), entry(1, "adam", 2, math.Inf(1)), entry(1, "lbfgs", 1, 2),
		entry(2, "adam", 1, 1), entry(2, "lbfgs", 1, 4),
	}
	for end, want := range map[int][2][]float64{
		0: {}, 1: {{1}, {9}}, 2: {{1, 8}, {9, 3}}, 5: {{1, 8}, {8, 2}}, 7: {{1, 8}, {8, 2}},
	} {
		x, y, first := LossCurve(log[:end])
		if !slices.Equal(x, want[0]) || !slices.Equal(y, want[1]) || first != min(end, 1) { // one entry each is of Adam
			t.Errorf("of the first %d entries got %v at %v, %d before L-BFGS, want %v at %v", end, y, x, first, want[1], want[0])
		}
	}
}

// A model without a log is not drawn, and of none there is no figure.
func TestLossFigure(t *testing.T) {
	none := Loss{Model: "not trained"}
	if f, err := LossFigure(none); f != nil || err != nil {
		t.Errorf("without a training got %v, %v", f, err)
	}
	log := []train.Metrics{{Stage: "adam", Iteration: 1, Total: 2, Loss: 8}, {Stage: "adam", Iteration: 2, Total: 2, Loss: 0.5}}
	f, err := LossFigure(Loss{Panel: "empty"}, none, Loss{Model: "m", Result: train.Result{Log: log, Phases: []int{2}}})
	if err != nil {
		t.Fatal(err)
	}
	if text := string(f.CSV()); strings.Count(text, "\n") != 4 || strings.Contains(text, "not trained") || !strings.Contains(text, "m") {
		t.Errorf("got\n%s\nwant the header, two points of m and a ring", text)
	}
}

func TestGroup(t *testing.T) {
	got := Group([]string{"b1", "a1", "b2"}, func(s string) string { return s[:1] })
	if want := [][]string{{"b1", "b2"}, {"a1"}}; !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}
