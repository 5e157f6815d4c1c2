package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/npz"
)

// named returns an array whose shape is that of n numbers, unless given.
func numbersOf(name string, shape []int, data ...float64) npz.Array {
	if shape == nil {
		shape = []int{len(data)}
	}
	return npz.Array{Name: name, Shape: shape, Data: data}
}

var textsOf = func(name string, s ...string) npz.Texts { return npz.Texts{Name: name, Shape: []int{len(s)}, Data: s} }

func TestReadArrays(t *testing.T) {
	u := [][]float64{{1, 10, 2.5, gap, 3, -30}, {4, 40, 5, 50}}
	all := append(append([]float64(nil), u[0]...), u[1]...)
	plainTwo := with(two(), func(d *Dataset) {
		d.Components, d.Trajectories[0].Name, d.Trajectories[1].Name = runs.Numbered("u", 2), "", ""
	})
	plainOne := plainTwo.Batch(0)
	xv := textsOf("components", "x", "v")
	for _, c := range []struct {
		name   string
		arrays []npz.Array
		texts  []npz.Texts
		o      ReadOptions
		want   *Dataset
	}{
		{"one grid", []npz.Array{numbersOf("t", nil, 0, 1), numbersOf("u", []int{2, 2, 1}, 1, 2, 3, 4)}, nil, ReadOptions{},
			Shared([]float64{0, 1}, [][][]float64{{{1}, {2}}, {{3}, {4}}}, nil)},
		{"times of their own, as many", []npz.Array{numbersOf("t", []int{2, 2}, 0, 1, 0, 5), numbersOf("u", []int{2, 2, 1}, 1, 2, 3, 4)}, nil, ReadOptions{},
			&Dataset{Trajectories: []Trajectory{{Times: []float64{0, 1}, States: [][]float64{{1}, {2}}}, {Times: []float64{0, 5}, States: [][]float64{{3}, {4}}}}}},
		{"offsets", []npz.Array{numbersOf("t", nil, 0, 0.5, 1, 0, 1000), numbersOf("u", []int{5, 2}, all...), numbersOf("offsets", nil, 0, 3, 5)}, nil, ReadOptions{}, plainTwo},
		{"one trajectory", []npz.Array{numbersOf("t", nil, 0, 0.5, 1), numbersOf("u", []int{3, 2}, u[0]...)}, nil, ReadOptions{}, plainOne},
		{"one component", []npz.Array{numbersOf("t", []int{3, 1}, 0, 0.5, 1), numbersOf("u", nil, 1, 2, 3)}, nil, ReadOptions{},
			&Dataset{Trajectories: []Trajectory{{Times: []float64{0, 0.5, 1}, States: [][]float64{{1}, {2}, {3}}}}}},
		{"names", []npz.Array{numbersOf("time", nil, 0, 0.5, 1, 0, 1000), numbersOf("x", []int{5, 2}, all...), numbersOf("offsets", nil, 0, 3, 5)},
			[]npz.Texts{xv, textsOf("names", "a", "b")}, ReadOptions{}, two()},
		{"other names", []npz.Array{numbersOf("s", nil, 0, 0.5, 1), numbersOf("y", []int{3, 2}, u[0]...), numbersOf("u", nil, 7)}, nil, ReadOptions{Time: "s", States: "y"}, plainOne},
		{"components chosen", []npz.Array{numbersOf("t", nil, 0), numbersOf("u", []int{1, 2}, 1, 2)}, []npz.Texts{xv}, ReadOptions{Components: []string{"v"}},
			&Dataset{Components: []string{"v"}, Trajectories: []Trajectory{{Times: []float64{0}, States: [][]float64{{2}}}}}},
		{"pairs", []npz.Array{numbersOf("t_a", nil, 0, 0.5, 1), numbersOf("u_a", []int{3, 2}, u[0]...), numbersOf("u_b", []int{2, 2}, u[1]...), numbersOf("t_b", nil, 0, 1000)},
			[]npz.Texts{xv}, ReadOptions{}, two()},
		{"pairs in folders", []npz.Array{numbersOf("a/t", nil, 0, 0.5, 1), numbersOf("a/u", []int{3, 2}, u[0]...), numbersOf("b/t", nil, 0, 1000), numbersOf("b/u", []int{2, 2}, u[1]...)},
			[]npz.Texts{xv}, ReadOptions{}, two()},
		{"numbered pairs", []npz.Array{numbersOf("t0", nil, 0, 0.5, 1), numbersOf("u0", []int{3, 2}, u[0]...), numbersOf("t1", nil, 0, 1000), numbersOf("u1", []int{2, 2}, u[1]...)},
			nil, ReadOptions{}, plainTwo},
		{"pairs with inputs and parameters", []npz.Array{numbersOf("t_a", nil, 0, 1), numbersOf("u_a", []int{2, 1}, 1, 2), numbersOf("w_a", nil, 5, 6), numbersOf("p_a", nil, 300), numbersOf("weight_a", []int{}, 2)},
			[]npz.Texts{textsOf("parameters", "T")}, ReadOptions{Held: true},
			&Dataset{Inputs: []string{"w1"}, Parameters: []string{"T"}, Trajectories: []Trajectory{{Name: "a", Times: []float64{0, 1}, States: [][]float64{{1}, {2}}, Weight: 2,
				Parameters: []float64{300}, Input: Signal{Values: [][]float64{{5}, {6}}, Held: true}}}}},
		{"inputs and parameters named by their arrays", []npz.Array{numbersOf("t", nil, 0, 1), numbersOf("x", []int{2, 1}, 1, 2), numbersOf("u", nil, 5, 6), numbersOf("T", nil, 300)},
			nil, ReadOptions{States: "x", Inputs: []string{"u"}, Parameters: []string{"T"}},
			&Dataset{Inputs: []string{"u"}, Parameters: []string{"T"}, Trajectories: []Trajectory{{Times: []float64{0, 1}, States: [][]float64{{1}, {2}},
				Parameters: []float64{300}, Input: Signal{Values: [][]float64{{5}, {6}}}}}}},
		{"a column of times, and one trajectory", []npz.Array{numbersOf("t", []int{2, 1}, 0, 1), numbersOf("u", []int{2, 1, 1}, 1, 2)}, nil, ReadOptions{},
			&Dataset{Trajectories: []Trajectory{{Times: []float64{0, 1}, States: [][]float64{{1}, {2}}}}}},
		{"times of their own, filled up with NaN", []npz.Array{numbersOf("t", []int{2, 2}, 0, 1, 5, gap), numbersOf("u", []int{2, 2, 1}, 1, 2, 3, 4)}, nil, ReadOptions{},
			&Dataset{Trajectories: []Trajectory{{Times: []float64{0, 1}, States: [][]float64{{1}, {2}}}, {Times: []float64{5}, States: [][]float64{{3}}}}}},
	} {
		b, err := npz.Encode(c.arrays, c.texts...)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.npz")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadWith(path, c.o); err != nil || !alike(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

func TestReadArraysErrors(t *testing.T) {
	times, u := numbersOf("t", nil, 0, 1), numbersOf("u", []int{2, 1}, 5, 6)
	for _, c := range []struct {
		name   string
		arrays []npz.Array
		o      ReadOptions
		is     error
		says   string
	}{
		{"transposed", []npz.Array{times, numbersOf("u", []int{3, 2}, 1, 2, 3, 4, 5, 6)}, ReadOptions{}, ErrShape, "have shapes [2] and [3 2], want (times) and (times, components); try u.T"},
		{"samples first", []npz.Array{times, numbersOf("u", []int{3, 2, 1}, 1, 2, 3, 4, 5, 6)}, ReadOptions{}, ErrShape, "try np.transpose(u, axes)"},
		{"empty", []npz.Array{numbersOf("t", nil), numbersOf("u", []int{0, 2})}, ReadOptions{}, ErrShape, "have shapes [0] and [0 2]"},
		{"two arrays of states", []npz.Array{times, u, numbersOf("x", []int{2, 1}, 5, 6)}, ReadOptions{}, nil, `states is array "u" or "x", want one of them; try naming it`},
		{"unknown time", []npz.Array{times, u}, ReadOptions{Time: "s"}, nil, `the arrays are "t", "u", want time "s" among them`},
		{"unknown states", []npz.Array{times, u}, ReadOptions{States: "s"}, nil, `the arrays are "t", "u", want states "s" among them`},
		{"unknown components", []npz.Array{times, u}, ReadOptions{Components: []string{"x"}}, nil, `components are "u1", want "x" among them`},
		{"unknown inputs", []npz.Array{times, u}, ReadOptions{Inputs: []string{"w"}}, nil, `inputs are none, want "w" among them`},
		{"unknown weight", []npz.Array{times, u}, ReadOptions{Weight: "c"}, nil, `the arrays are "t", "u", want weight "c" among them`},
		{"offsets that fall", []npz.Array{times, u, numbersOf("offsets", nil, 0, 2, 1)}, ReadOptions{}, nil, "offset 2 is 1, want whole numbers that increase from 0 to 2"},
		{"offsets that end early", []npz.Array{times, u, numbersOf("offsets", nil, 0, 1)}, ReadOptions{}, ErrShape, "want them to end with 2"},
		{"offsets of NaN", []npz.Array{times, u, numbersOf("offsets", nil, 0, gap)}, ReadOptions{}, nil, "offset 1 is NaN"},
		{"half a pair", []npz.Array{numbersOf("t_a", nil, 0), numbersOf("t_b", nil, 0), numbersOf("u_a", nil, 0)}, ReadOptions{}, nil, `want u (time, sample, component) beside t_b`},
		{"inputs of another length", []npz.Array{times, u, numbersOf("w", nil, 1, 2, 3)}, ReadOptions{}, ErrShape, "array w has shape [3], want 2 rows"},
		{"weights of another length", []npz.Array{times, u, numbersOf("weight", nil, 1, 2)}, ReadOptions{}, ErrShape, "array weight has shape [2]"},
		{"inputs by samples first", []npz.Array{times, numbersOf("u", []int{2, 3, 1}, 1, 2, 3, 4, 5, 6), numbersOf("w", []int{3, 2}, 1, 2, 3, 4, 5, 6)}, ReadOptions{}, ErrShape,
			"array w has shape [3 2], want [2 3 1] as the states have"},
		{"components in arrays of their own", []npz.Array{times, numbersOf("x", nil, 5, 6), numbersOf("v", nil, 7, 8)}, ReadOptions{}, ErrShape,
			"arrays x and v have 2 numbers each, want the components in one"},
		{"times that fall", []npz.Array{numbersOf("t", nil, 1, 0), u}, ReadOptions{}, nil, "trajectory 0: time 1 is 0 after 1, want times that increase"},
	} {
		b, err := npz.Encode(c.arrays)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.npz")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := ReadWith(path, c.o)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, %v, want %v that says %q", c.name, d, err, c.is, c.says)
		}
	}
}

// TestReadMATLAB reads what SciPy wrote; see mat/testdata/make.py.
func TestReadMATLAB(t *testing.T) {
	d := &Dataset{Components: []string{"x", "velocity"}, Trajectories: []Trajectory{
		{Times: []float64{0, 0.5, 1}, States: [][]float64{{1, 10}, {2, gap}, {3, 30}}},
		{Times: []float64{0, 2}, States: [][]float64{{4, 40}, {5, 50}}},
	}}
	shared := numbered([]float64{0, 1, 2}, 2, 2)
	for i := range 12 {
		shared.Trajectories[i/2%2].States[i/4][i%2] = float64(i)
	}
	for name, want := range map[string]*Dataset{
		"cells.mat": d,
		"offsets.mat": with(d.Batch(0, 1), func(d *Dataset) {
			d.Parameters = []string{"T"}
			d.Trajectories[0].Parameters, d.Trajectories[1].Parameters = []float64{300}, []float64{400}
		}),
		"shared.mat": shared,
	} {
		if got, err := Read("mat/testdata/" + name); err != nil || !alike(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
	}
	if _, err := Read("mat/testdata/plain.mat"); err == nil || !strings.Contains(err.Error(), `the arrays are "matrix", "cube"`) {
		t.Errorf("plain.mat: got %v", err)
	}
}

func TestReadNPY(t *testing.T) {
	one := Shared([]float64{0, 1}, [][][]float64{{{5, gap}}, {{6, 7}}}, nil)
	for _, c := range []struct {
		a    npz.Array
		o    ReadOptions
		want *Dataset
		says string
	}{
		{numbersOf("", []int{2, 3}, 0, 5, gap, 1, 6, 7), ReadOptions{}, one, ""},
		{numbersOf("", []int{2, 3}, gap, 5, 0, 7, 6, 1), ReadOptions{Time: "3", Components: []string{"2", "1"}}, one, ""},
		{numbersOf("", []int{3, 3}, 7, 0, 5, 7, 1, 6, 8, 0, 9), ReadOptions{Trajectory: "1"}, &Dataset{Trajectories: []Trajectory{
			{Name: "7", Times: []float64{0, 1}, States: [][]float64{{5}, {6}}}, {Name: "8", Times: []float64{0}, States: [][]float64{{9}}}}}, ""},
		{numbersOf("", []int{2, 1, 1}, 0, 5), ReadOptions{}, nil, "try an .npz file with arrays t and u for states without their times"},
		{numbersOf("", []int{2, 2}, 0, 5, 0, 6), ReadOptions{}, nil, "row 2: the time is 0 after 0, want times that increase"},
		{numbersOf("", []int{2, 2}, 0, 5, 1, 6), ReadOptions{Time: "t"}, nil, `the table has 2 columns and no header, want time "t"`},
		{numbersOf("", []int{2, 2}, 0, 5, 1, 6), ReadOptions{Components: []string{"3"}}, nil, `want components "3" among them`},
		{numbersOf("", []int{2, 1}, 0, 5), ReadOptions{}, nil, "want a component beside the time"},
		{numbersOf("", []int{2, 2}, 0, 5, 1, 6), ReadOptions{Inputs: []string{"2"}}, nil, "want a component beside the time"},
	} {
		b, err := npz.EncodeNPY(c.a)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := ReadWith(path, c.o)
		if c.want != nil {
			if err != nil || !alike(got, c.want) {
				t.Errorf("%v: got %+v, %v, want %+v", c.a, got, err, c.want)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: got %+v, %v, want an error that says %q", c.a, got, err, c.says)
		}
	}
}
