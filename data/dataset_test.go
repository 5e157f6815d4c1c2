package data

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
)

// numbered is a Dataset whose state at time i, sample s, component j is
// 100 i + 10 s + j.
func numbered(times []float64, samples, dim int) *Dataset {
	d := Zeros(slices.Clone(times), samples, runs.Numbered("u", dim))
	for s, tr := range d.Trajectories {
		for i, u := range tr.States {
			for j := range u {
				u[j] = float64(100*i + 10*s + j)
			}
		}
	}
	return d
}

// rich is numbered with inputs, parameters and all else that a Dataset may have.
func rich() *Dataset {
	d := numbered([]float64{0, 0.5, 1}, 2, 3)
	d.Inputs, d.Parameters = []string{"w"}, []string{"p", "q"}
	for s := range d.Trajectories {
		d.Trajectories[s].Parameters = []float64{1, 2}
		d.Trajectories[s].Input.Values = [][]float64{{0}, {1}, {2}}
	}
	d.Trajectories[1].Times = []float64{0, 1, 3}
	d.Trajectories[1].Name, d.Trajectories[1].Weight = "second", 0.5
	d.Trajectories[1].Input = Signal{Times: []float64{-1, 4}, Values: [][]float64{{0}, {1}}}
	d.Trajectories[1].States[2][1] = math.NaN()
	return d
}

func TestDatasetValidate(t *testing.T) {
	if err := numbered([]float64{0}, 1, 1).Validate(); err != nil {
		t.Errorf("initial states alone: got %v", err)
	}
	for _, c := range []struct {
		name  string
		spoil func(a, b *Trajectory, d *Dataset)
		is    error
		text  string
	}{
		{"empty", func(_, _ *Trajectory, d *Dataset) { *d = Dataset{} }, ErrShape, "there are no trajectories"},
		{"times equal", func(a, _ *Trajectory, _ *Dataset) { a.Times[2] = 0.5 }, nil, "trajectory 0: time 2 is 0.5 after 0.5, want times that increase"},
		{"times fall", func(_, b *Trajectory, _ *Dataset) { b.Times[2] = 0.25 }, nil, "trajectory \"second\": time 2 is 0.25 after 1, want times that increase"},
		{"time NaN", func(a, _ *Trajectory, _ *Dataset) { a.Times[1] = math.NaN() }, ErrNotFinite, "time 1 is NaN"},
		{"time Inf", func(a, _ *Trajectory, _ *Dataset) { a.Times[2] = math.Inf(1) }, ErrNotFinite, "time 2 is +Inf"},
		{"no times", func(a, _ *Trajectory, _ *Dataset) { a.Times = nil }, ErrShape, "trajectory 0: there are no times"},
		{"more times", func(_, b *Trajectory, _ *Dataset) { b.Times = append(b.Times, 5) }, ErrShape, "the states have 3 times, want 4"},
		{"no components", func(_, _ *Trajectory, d *Dataset) { *d = *numbered([]float64{0}, 2, 0) }, ErrShape, "the states have no components"},
		{"missing", func(a, _ *Trajectory, _ *Dataset) { a.States[1] = nil }, ErrShape, "trajectory 0: time 1 (t=0.5) has 0 components, want 3"},
		{"ragged", func(_, b *Trajectory, _ *Dataset) { b.States[1] = []float64{1} }, ErrShape, "trajectory \"second\": time 1 (t=1) has 1 components, want 3"},
		{"a name that is no text", func(_, _ *Trajectory, d *Dataset) { d.Components = []string{"a", "b\xf6", "c"} }, nil, `name is "b\xf6", want UTF-8`},
		{"a trajectory's name that is no text", func(a, _ *Trajectory, _ *Dataset) { a.Name = "a\x00b" }, nil, "the name is not UTF-8 without NUL"},
		{"names", func(_, _ *Trajectory, d *Dataset) { d.Components = []string{"a"} }, ErrShape, "1 components have names, want 3"},
		{"Inf", func(a, _ *Trajectory, _ *Dataset) { a.States[0][2] = math.Inf(-1) }, ErrNotFinite, "trajectory 0: time 0 (t=0), component 2 is -Inf"},
		{"weight", func(_, b *Trajectory, _ *Dataset) { b.Weight = -1 }, nil, "weight is -1"},
		{"weight Inf", func(_, b *Trajectory, _ *Dataset) { b.Weight = math.Inf(1) }, nil, "weight is +Inf"},
		{"parameters", func(a, _ *Trajectory, _ *Dataset) { a.Parameters = nil }, ErrShape, "the parameters are 0, want the 2"},
		{"parameter", func(_, b *Trajectory, _ *Dataset) { b.Parameters[1] = math.NaN() }, ErrNotFinite, "parameter q is NaN"},
		{"no input", func(a, _ *Trajectory, _ *Dataset) { a.Input = Signal{} }, ErrShape, "trajectory 0: input: there are values at 0 times, want 3"},
		{"input unnamed", func(_, _ *Trajectory, d *Dataset) { d.Inputs = nil }, ErrShape, "there are 3 values, want none"},
		{"input short", func(_, b *Trajectory, _ *Dataset) { b.Input.Times[1] = 2 }, ErrShape, "the values are from t=-1 to 2, want them over the trajectory, 0 to 3"},
		{"input late", func(_, b *Trajectory, _ *Dataset) { b.Input.Times[0], b.Input.Held = 1, true }, ErrShape, "the values are from t=1 to 4"},
		{"input times", func(_, b *Trajectory, _ *Dataset) { b.Input.Times[1] = -1 }, nil, "input: time 1 is -1 after -1, want times that increase"},
		{"input values", func(_, b *Trajectory, _ *Dataset) { b.Input.Values = b.Input.Values[:1] }, ErrShape, "values at 1 times, want 2"},
		{"inputs", func(a, _ *Trajectory, _ *Dataset) { a.Input.Values[2] = []float64{1, 2} }, ErrShape, "input: time 2 (t=1) has 2 values, want the 1"},
		{"input NaN", func(a, _ *Trajectory, _ *Dataset) { a.Input.Values[1][0] = math.NaN() }, ErrNotFinite, "input: time 1 (t=0.5), w is NaN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := rich()
			if err := d.Validate(); err != nil {
				t.Fatal(err)
			}
			c.spoil(&d.Trajectories[0], &d.Trajectories[1], d)
			err := d.Validate()
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %v that says %q", err, c.is, c.text)
			}
		})
	}
	held := rich()
	held.Trajectories[1].Input.Times[1], held.Trajectories[1].Input.Held = 2, true
	if err := held.Validate(); err != nil {
		t.Errorf("an input that holds to the end: got %v", err)
	}
}

func TestShared(t *testing.T) {
	times, states := []float64{0, 1}, [][][]float64{{{1}, {2}}, {{3}, {4}}}
	d := Shared(times, states, []string{"x"})
	want := &Dataset{Components: []string{"x"}, Trajectories: []Trajectory{
		{Times: times, States: [][]float64{{1}, {3}}}, {Times: times, States: [][]float64{{2}, {4}}}}}
	if !reflect.DeepEqual(d, want) || d.Samples() != 2 || d.Dim() != 1 {
		t.Errorf("got %+v, want %+v", d, want)
	}
	if got := d.States(); !reflect.DeepEqual(got, states) || &got[1][0][0] != &states[1][0][0] {
		t.Errorf("got %v, want views of %v", got, states)
	}
	if grid, ok := d.Grid(); !ok || &grid[0] != &times[0] {
		t.Errorf("got the grid %v, %v, want %v", grid, ok, times)
	}
	d.Trajectories[1].Times = []float64{0, 1} // the same to the bit
	if _, ok := d.Grid(); !ok {
		t.Error("equal times are no grid")
	}
	if err := Shared(times, [][][]float64{{{1}}, {{3}, {4}}}, nil).Validate(); !errors.Is(err, ErrShape) {
		t.Errorf("a state is missing: got %v", err)
	}

	own := rich()
	if _, ok := own.Grid(); ok {
		t.Error("trajectories with times of their own have a grid")
	}
	defer func() {
		if recover() == nil {
			t.Error("they have states on a grid")
		}
	}()
	own.States()
}

func TestDatasetParts(t *testing.T) {
	d := numbered([]float64{0, 1, 2, 3}, 3, 2)
	part := d.AtTimes(0, 3).Batch(2, 0)
	want := Shared([]float64{0, 3}, [][][]float64{{{20, 21}, {0, 1}}, {{320, 321}, {300, 301}}}, []string{"u1", "u2"})
	if !reflect.DeepEqual(part, want) {
		t.Errorf("got %v, want %v", part, want)
	}
	if a, b := part.Trajectories[0].Times, part.Trajectories[1].Times; &a[0] != &b[0] {
		t.Error("the times are no longer shared")
	}
	own := rich().AtTimes(0, 2)
	if err := own.Validate(); err != nil || own.Trajectories[1].Times[1] != 3 || own.Trajectories[0].Times[1] != 1 {
		t.Errorf("got %+v, %v", own, err)
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
