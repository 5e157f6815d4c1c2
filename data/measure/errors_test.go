package measure

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
)

// set has states by time, sample and component.
func set(states [][][]float64) *data.Dataset {
	return data.Shared(floats.Span(make([]float64, len(states)), 0, 1), states, nil)
}

func TestCompare(t *testing.T) {
	truth := [][][]float64{{{1, 0.5}, {2, 0.25}}, {{3, -0.5}, {0, 0}}}
	pred := [][][]float64{{{1, 0.5}, {5, 0.25}}, {{3, -0.75}, {-4, 0}}}
	for _, c := range []struct {
		scale              []float64
		first, second, rms float64
		relative           float64
	}{
		{nil, 4, 0.25, math.Sqrt(25.0625 / 8), math.Sqrt(25.0625 / 14.5625)},
		{[]float64{1, 4}, 4, 1, math.Sqrt(26. / 8), math.Sqrt(26. / 23)},
	} {
		// All sums are exact.
		e := Compare(set(pred), set(truth), c.scale)
		if len(e.Each) != 2 || e.Each[0] != c.first || e.Each[1] != c.second || e.MaxAbs != max(c.first, c.second) || e.RMS != c.rms || e.Relative != c.relative {
			t.Errorf("scale %v: got %+v, want %+v", c.scale, e, c)
		}
	}
	if e := Compare(set(truth), set(truth), nil); e.MaxAbs != 0 || e.RMS != 0 || e.Relative != 0 {
		t.Errorf("the truth itself: got %+v", e)
	}
	pred[0][0][1] = math.NaN() // and what follows is no less wrong
	if e := Compare(set(pred), set(truth), nil); e.Each[0] != 4 || !math.IsNaN(e.Each[1]) || !math.IsNaN(e.MaxAbs) || !math.IsNaN(e.RMS) || !math.IsNaN(e.Relative) {
		t.Errorf("got %+v, want NaN for the second component", e)
	}
}

func TestCompareWrong(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	// Two times, two samples; the truth's norm is 5√2.
	want := [][][]float64{{{3, 4}, {0, 0}}, {{0, 0}, {-4, 3}}}
	type errors struct{ maxAbs, rms, relative float64 }
	for _, c := range []struct {
		name string
		u    [][][]float64
		want errors
	}{
		{"exact", want, errors{}},
		// Errors 1, −2 and 2: their norm is 3, of 8 numbers.
		{"off", [][][]float64{{{4, 4}, {0, -2}}, {{0, 0}, {-4, 5}}}, errors{2, 3 / math.Sqrt(8), 3 / math.Sqrt(50)}},
		{"NaN first", [][][]float64{{{nan, 4}, {0, 1}}, {{0, 0}, {-4, 3}}}, errors{nan, nan, nan}},
		{"NaN last", [][][]float64{{{3, 4}, {0, 1}}, {{0, 0}, {-4, nan}}}, errors{nan, nan, nan}},
		{"Inf", [][][]float64{{{3, 4}, {-inf, 1}}, {{0, 0}, {-4, 3}}}, errors{inf, inf, inf}},
		{"Inf and NaN", [][][]float64{{{3, 4}, {inf, 1}}, {{nan, 0}, {-4, 3}}}, errors{nan, nan, nan}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Compare(set(c.u), set(want), nil)
			for i, x := range []float64{got.MaxAbs, got.RMS, got.Relative} {
				y := []float64{c.want.maxAbs, c.want.rms, c.want.relative}[i]
				same := x == y || math.IsNaN(x) && math.IsNaN(y)
				if near := math.Abs(x-y) <= 4e-16*y; !same && !near { // two square roots
					t.Errorf("got %+v, want %+v", got, c.want)
				}
			}
		})
	}
}

func ExampleCompare() {
	times := []float64{0, 1}
	truth := data.Shared(times, [][][]float64{{{1, 0.001}}, {{2, 0.002}}}, nil)
	pred := data.Shared(times, [][][]float64{{{1, 0.001}}, {{2.5, 0.0015}}}, nil)
	fmt.Printf("%.2g\n", Compare(pred, truth, []float64{1, 1000}).Each)
	// Output: [0.5 0.5]
}

func TestDrift(t *testing.T) {
	truth := set([][][]float64{{{1, 2}, {0, 1}}, {{3, 1}, {2, 0}}})
	pred := set([][][]float64{{{1, 2}, {0, 1.5}}, {{3, 1}, {4, 0}}})
	// The second sample is off by 1 at first and then, 4 against 2, by 2.
	if got := Drift(pred, truth, []float64{1, 2}); got != 2 {
		t.Errorf("got %g, want 2", got)
	}
}
