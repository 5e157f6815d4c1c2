package measure

import (
	"math"
	"reflect"
	"testing"

	"github.com/pkg/errors"

	"spnode/data"
)

// agreementData has a truth of four samples and a prediction from t = 5 on that
// goes wrong at different times and in different ways.
func agreementData() (pred, truth *data.Dataset) {
	truth = data.Zeros([]float64{5, 5.5, 6, 6.5}, 5, []string{"x", "y"})
	pred = data.Zeros([]float64{0, 0.5, 1, 1.5}, 5, []string{"x", "y"})
	for s := range truth.Trajectories {
		for i := range 4 {
			copy(truth.Trajectories[s].States[i], []float64{3, 4})
			copy(pred.Trajectories[s].States[i], []float64{3, 4})
		}
	}
	pred.Trajectories[0].States[1] = []float64{3, 7}            // 0.6 off, and back again
	pred.Trajectories[1].States[2] = []float64{math.NaN(), 4}   // not a number
	pred.Trajectories[2].States[3] = []float64{3, math.Inf(-1)} // infinite
	pred.Trajectories[3].States[1] = []float64{3, 6.4}          // 0.48 off
	pred.Trajectories[4].States[1], truth.Trajectories[4].States[1] = []float64{1, 0}, []float64{0, 0}
	pred.Trajectories[4].States[0], truth.Trajectories[4].States[0] = []float64{0, 0}, []float64{0, 0}
	return pred, truth
}

func TestAgree(t *testing.T) {
	a, err := Agree(agreementData())
	if err != nil {
		t.Fatal(err)
	}
	inf := math.Inf(1)
	want := [][]float64{{0, 0, 0, 0, 0}, {0.6, 0, 0, 0.48, inf}, {0, inf, 0, 0, 0}, {0, 0, inf, 0, 0}}
	for i, row := range a.Errors {
		for s, e := range row {
			if e != want[i][s] && !(math.Abs(e-want[i][s]) < 1e-15) { // roundings of a division
				t.Errorf("time %d, sample %d: got %g, want %g", i, s, e, want[i][s])
			}
		}
	}
	for threshold, want := range map[float64][]float64{
		0.5: {0.5, 1, 1.5, 1.5, 0.5},
		0.4: {0.5, 1, 1.5, 0.5, 0.5},
		0.7: {1.5, 1, 1.5, 1.5, 0.5},
	} {
		if got := a.Until(threshold); !reflect.DeepEqual(got, want) {
			t.Errorf("threshold %g: got %v, want %v", threshold, got, want)
		}
	}
}

func TestAgreeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		change func(pred, truth *data.Dataset)
		is     error
	}{
		"grid":       {func(_, truth *data.Dataset) { truth.Trajectories[2].Times = []float64{5, 5.5, 6, 6.6} }, data.ErrShape},
		"truth":      {func(_, truth *data.Dataset) { truth.Trajectories[1].States[1][1] = math.NaN() }, data.ErrNotFinite},
		"times":      {func(pred, _ *data.Dataset) { pred.Trajectories[0].Times[2] += 0.01 }, data.ErrShape},
		"time":       {func(pred, _ *data.Dataset) { pred.Trajectories[0].Times[2] = math.NaN() }, data.ErrShape},
		"fewer":      {func(pred, _ *data.Dataset) { pred.Trajectories[1].Times = pred.Trajectories[1].Times[:3] }, data.ErrShape},
		"states":     {func(pred, _ *data.Dataset) { pred.Trajectories[1].States = pred.Trajectories[1].States[:3] }, data.ErrShape},
		"samples":    {func(pred, _ *data.Dataset) { pred.Trajectories = pred.Trajectories[:3] }, data.ErrShape},
		"components": {func(pred, _ *data.Dataset) { pred.Trajectories[2].States[1] = pred.Trajectories[2].States[1][:1] }, data.ErrShape},
	} {
		pred, truth := agreementData()
		c.change(pred, truth)
		if _, err := Agree(pred, truth); !errors.Is(err, c.is) {
			t.Errorf("%s: got %v, want %v", name, err, c.is)
		}
	}
}

// TestQuantiles has the values of numpy.quantile, whose default this is.
func TestQuantiles(t *testing.T) {
	x := []float64{7, 1, 3, 10, 2}
	got := Quantiles(x, 0, 0.1, 0.5, 0.9, 1)
	for i, want := range []float64{1, 1.4, 3, 8.8, 10} {
		if math.Abs(got[i]-want) > 1e-14 { // roundings
			t.Errorf("quantile %d: got %g, want %g", i, got[i], want)
		}
	}
	if !reflect.DeepEqual(x, []float64{7, 1, 3, 10, 2}) {
		t.Errorf("x was changed to %v", x)
	}
	if got := Quantiles([]float64{4}, 0.3); got[0] != 4 {
		t.Errorf("one number: got %v", got)
	}
	if got := Quantiles([]float64{1, math.NaN()}, 0, 0.5, 1); got[0] != 1 || !math.IsInf(got[1], 1) || !math.IsInf(got[2], 1) {
		t.Errorf("one that ran away: got %v", got)
	}
	for _, bad := range [][2][]float64{{nil, {0.5}}, {{1}, {-0.1}}, {{1}, {1.1}}, {{1}, {math.NaN()}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v at %v: got no panic", bad[0], bad[1])
				}
			}()
			Quantiles(bad[0], bad[1]...)
		}()
	}
}

func TestRMS(t *testing.T) {
	d := data.Shared([]float64{0, 1, 2}, [][][]float64{{{1, 1}, {0, 0}}, {{1, 1}, {6, 8}}, {{1, 1}, {6, 8}}}, nil)
	if got, want := RMS(d), []float64{1, math.Sqrt(200. / 6)}; !reflect.DeepEqual(got, want) {
		t.Errorf("rms: got %v, want %v", got, want)
	}
	if got, want := RMSChange(d), []float64{0, 5}; !reflect.DeepEqual(got, want) {
		t.Errorf("rms of the change: got %v, want %v", got, want)
	}
	if got := RMSChange(d.AtTimes(0)); len(got) != 2 || !math.IsNaN(got[0]) {
		t.Errorf("one time: got %v, want NaN", got)
	}
}

func TestWithin(t *testing.T) {
	pred, truth := agreementData()
	truth.Trajectories[1].States[2][1] = math.NaN() // where the prediction has none either
	for s, want := range [][2]float64{{0.75, 0.5}, {1, math.Inf(1)}, {0.75, 1.5}, {1, math.Inf(1)}, {0.75, 0.5}} {
		if share, until := Within(pred.Trajectories[s], truth.Trajectories[s], nil, nil); share != want[0] || until != want[1] {
			t.Errorf("sample %d: got %g, %g, want %v", s, share, until, want)
		}
	}
	rest := data.Trajectory{Times: []float64{0, 1, 2, 3}, States: [][]float64{{1, 0}, {0.1, 0.1}, {-0.1, 0}, {0, 0.2}}}
	zero := data.Trajectory{Times: rest.Times, States: [][]float64{{1, 0}, {0, 0}, {0, 0}, {0, 0}}}
	for noise, want := range map[float64][2]float64{0: {0.25, 1}, 0.04: {0.75, 3}, 0.1: {1, math.Inf(1)}} {
		if share, until := Within(zero, rest, nil, []float64{noise, noise}); share != want[0] || until != want[1] {
			t.Errorf("at rest with noise of %g: got %g, %g, want %v", noise, share, until, want)
		}
	}
	// In units of a thousandth the second component, which is lost, counts for as much.
	large := data.Trajectory{Times: rest.Times, States: [][]float64{{1000, 1}, {1000, 1}, {500, 1}, {0, 1}}}
	lost := data.Trajectory{Times: rest.Times, States: [][]float64{{1000, 1}, {1000, 0.5}, {500, 0}, {0, 0}}}
	for _, c := range []struct {
		scale []float64
		want  [2]float64
	}{{nil, [2]float64{0.75, 3}}, {[]float64{1000, 1}, [2]float64{0.5, 2}}} {
		if share, until := Within(lost, large, c.scale, nil); share != c.want[0] || until != c.want[1] {
			t.Errorf("by scales of %v: got %g, %g, want %v", c.scale, share, until, c.want)
		}
	}
}
