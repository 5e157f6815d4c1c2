package data

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// numbered is a Dataset whose state at time i, sample s, component j is 100 i + 10 s + j.
func numbered(times []float64, samples, dim int) *Dataset {
	d := newDataset(len(times), samples, dim, nil)
	copy(d.Times, times)
	d.Components = d.names()
	for i, u := range d.States {
		for s, row := range u {
			for j := range row {
				row[j] = float64(100*i + 10*s + j)
			}
		}
	}
	return d
}

func TestDatasetValidate(t *testing.T) {
	if err := numbered([]float64{0}, 1, 1).Validate(); err != nil {
		t.Errorf("initial states alone: got %v", err)
	}
	for _, c := range []struct {
		name  string
		spoil func(d *Dataset)
		is    error
		text  string
	}{
		{"empty", func(d *Dataset) { *d = Dataset{} }, ErrShape, "times, got none"},
		{"times equal", func(d *Dataset) { d.Times[2] = d.Times[1] }, nil, "time 1 is 0.5, time 2 is 0.5"},
		{"times fall", func(d *Dataset) { d.Times[2] = 0.25 }, nil, "time 1 is 0.5, time 2 is 0.25"},
		{"time NaN", func(d *Dataset) { d.Times[1] = math.NaN() }, ErrNotFinite, "time 1, got NaN"},
		{"time Inf", func(d *Dataset) { d.Times[2] = math.Inf(1) }, ErrNotFinite, "time 2, got +Inf"},
		{"more times", func(d *Dataset) { d.Times = append(d.Times, 2) }, ErrShape, "states, got 3 times, want 4"},
		{"no samples", func(d *Dataset) { clear(d.States) }, ErrShape, "0 samples"},
		{"no components", func(d *Dataset) { *d = *numbered([]float64{0}, 2, 0) }, ErrShape, "0 components"},
		{"samples", func(d *Dataset) { d.States[1] = d.States[1][:1] }, ErrShape, "time 1 (t=0.5): got 1 samples, want 2"},
		{"ragged", func(d *Dataset) { d.States[1][1] = []float64{1} }, ErrShape, "time 1 (t=0.5): sample 1: got 1 components, want 3"},
		{"names", func(d *Dataset) { d.Components = []string{"a"} }, ErrShape, "got 1 names, want 3"},
		{"NaN", func(d *Dataset) { d.States[2][1][0] = math.NaN() }, ErrNotFinite, "time 2 (t=1): sample 1, component 0: got NaN"},
		{"Inf", func(d *Dataset) { d.States[0][0][2] = math.Inf(-1) }, ErrNotFinite, "time 0 (t=0): sample 0, component 2: got -Inf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := numbered([]float64{0, 0.5, 1}, 2, 3)
			if err := d.Validate(); err != nil {
				t.Fatal(err)
			}
			c.spoil(d)
			err := d.Validate()
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %v that says %q", err, c.is, c.text)
			}
		})
	}
}

func TestDatasetParts(t *testing.T) {
	d := numbered([]float64{0, 1, 2, 3}, 3, 2)
	part := d.AtTimes(0, 3).Batch(2, 0)
	want := &Dataset{
		Times:      []float64{0, 3},
		States:     [][][]float64{{{20, 21}, {0, 1}}, {{320, 321}, {300, 301}}},
		Components: []string{"u1", "u2"},
	}
	if !reflect.DeepEqual(part, want) {
		t.Errorf("got %v, want %v", part, want)
	}
	train, test, err := d.Split(2)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(train, d.Batch(0, 1)) || !reflect.DeepEqual(test, d.Batch(2)) {
		t.Errorf("Split(2): got %v and %v", train, test)
	}
	for _, n := range []int{-1, 0, 3, 4} {
		if _, _, err := d.Split(n); err == nil {
			t.Errorf("Split(%d) of 3 samples: got no error", n)
		}
	}
}

func TestDatasetWindows(t *testing.T) {
	d := numbered([]float64{5, 5.1, 5.2, 5.3, 5.4, 5.5}, 2, 1)
	w, err := d.Windows(3, 2)
	if err != nil {
		t.Fatal(err)
	}
	// Starts 0 and 2 of sample 0, then of sample 1; a start at 4 would want time 7.
	want := [][][]float64{{{0}, {200}, {10}, {210}}, {{100}, {300}, {110}, {310}}, {{200}, {400}, {210}, {410}}, {{300}, {500}, {310}, {510}}}
	if !reflect.DeepEqual(w.States, want) {
		t.Errorf("got states %v, want %v", w.States, want)
	}
	for i, got := range w.Times {
		if math.Abs(got-float64(i)*0.1) > 1e-15 { // roundings of i(5.5 − 5)/5
			t.Errorf("time %d: got %v, want %v", i, got, float64(i)*0.1)
		}
	}
	if err := w.Validate(); err != nil {
		t.Error(err)
	}
	if w, err := d.Windows(5, 1); err != nil || w.Samples() != 2 {
		t.Errorf("the whole as a window: got %v, %v", w, err)
	}

	for _, c := range []struct {
		name           string
		times          []float64
		length, stride int
		text           string
	}{
		{"length 0", grid(3, 1), 0, 1, "length, got 0"},
		{"length too long", grid(3, 1), 4, 1, "length, got 4"},
		{"stride 0", grid(3, 1), 1, 0, "stride, got 0"},
		{"grid", []float64{0, 1, 2.01, 3}, 1, 1, "step 1 from t=1 to t=2.01"},
	} {
		if _, err := numbered(c.times, 1, 1).Windows(c.length, c.stride); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want an error that says %q", c.name, err, c.text)
		}
	}
}
