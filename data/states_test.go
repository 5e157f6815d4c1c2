package data

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func TestReadStatesByName(t *testing.T) {
	for i, c := range []struct {
		text       string
		components []string
		want       [][]float64
		is         error
		says       string
	}{
		{text: "x1,x2\n1,2\n3,4\n", components: []string{"x1", "x2"}, want: [][]float64{{1, 2}, {3, 4}}},
		{text: "x2,x1\n1,2\n3,4\n", components: []string{"x1", "x2"}, want: [][]float64{{2, 1}, {4, 3}}},
		{text: "1,2\n3,4\n", components: []string{"x1", "x2"}, want: [][]float64{{1, 2}, {3, 4}}},
		{text: "1;2,5\n3;4\n", components: []string{"x1", "x2"}, want: [][]float64{{1, 2.5}, {3, 4}}},
		{text: "x2,x1\nm,m/s\n1,2\n", components: []string{"x1", "x2"}, want: [][]float64{{2, 1}}},
		{text: "sample,x2,x1\na,1,2\nb,3,4\n", components: []string{"x1", "x2"}, want: [][]float64{{2, 1}, {4, 3}}},
		{text: "sample,t,x2,x1\n0,0,1,2\n0,1,5,6\n1,0,3,4\n", components: []string{"x1", "x2"}, want: [][]float64{{2, 1}, {4, 3}}},
		{text: "t,x2,x1\n0,1,2\n0,3,4\n", components: []string{"x1", "x2"}, want: [][]float64{{2, 1}, {4, 3}}},
		{text: "t,id\n1,2\n", components: []string{"id", "t"}, want: [][]float64{{2, 1}}},
		{text: "2,1\n5,6\n", components: []string{"1", "2"}, want: [][]float64{{6, 5}}},
		{text: "nan,1\n5,6\n", components: []string{"1", "nan"}, want: [][]float64{{6, 5}}},
		{text: "\"1\",\"2\"\n5,6\n", want: [][]float64{{5, 6}}},
		{text: "5,6\n", components: []string{"1", "2"}, want: [][]float64{{5, 6}}},

		{text: "foo,bar\n1,2\n", components: []string{"x1", "x2"}, says: `the columns are "foo", "bar", want components "x1", "x2" among them`},
		{text: "x1,bar\n1,2\n", components: []string{"x1", "x2"}, says: `the columns are "x1", "bar", want components "x2" among them`},
		{text: "x1,x2,x3\n1,2,3\n", components: []string{"x1", "x2"}, says: `column 3 is "x3", want none but the components "x1", "x2"`},
		{text: "1,2,3\n", components: []string{"x1", "x2"}, is: ErrShape, says: `the states have 3 components, want 2: "x1", "x2"`},
		{text: "x1,x2\n1,\n", components: []string{"x1", "x2"}, says: `line 2, column 2 ("x2") is empty`},
	} {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.csv", i))
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := ReadStates(path, c.components...)
		if c.want != nil {
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q: got %v, %v, want %v", c.text, got, err, c.want)
			}
		} else if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, %v, want %v that says %q", c.text, got, err, c.is, c.says)
		}
	}
}

func TestReadInitial(t *testing.T) {
	o := ReadOptions{Components: []string{"x", "v"}, Parameters: []string{"T"}}
	withInput := o
	withInput.Inputs = []string{"w"}
	start := func(names ...string) *Dataset {
		d := &Dataset{Components: o.Components, Parameters: o.Parameters}
		for s, name := range names {
			k := float64(s)
			d.Trajectories = append(d.Trajectories, Trajectory{Name: name, Times: []float64{0}, States: [][]float64{{1 + 2*k, 2 + 2*k}}, Parameters: []float64{300 + 100*k}})
		}
		return d
	}
	for i, c := range []struct {
		text string
		o    ReadOptions
		want *Dataset
		says string
	}{
		{"T,v,x\n300,2,1\n400,4,3\n", o, start("", ""), ""},
		{"x,v,parameter:T\n1,2,300\n3,4,400\n", ReadOptions{Components: o.Components}, start("", ""), ""},
		{"run,t,x,v,T,w\na,0,1,2,300,7\na,1,9,9,300,8\nb,0,3,4,400,9\n", withInput, with(start("a", "b"), func(d *Dataset) {
			d.Inputs = []string{"w"}
			d.Trajectories[0].Input = Signal{Times: []float64{0, 1}, Values: [][]float64{{7}, {8}}}
			d.Trajectories[1].Input = Signal{Values: [][]float64{{9}}}
		}), ""},
		{"x,v\n1,2\n", o, nil, `the columns are "x", "v", want parameters "T" among them`},
		{"x,v,T\n1,2,\n", o, nil, `line 2, column 3 ("T") is empty`},
		{"x,v,T,w\n1,2,3,4\n", withInput, nil, "want a column t or time"},
	} {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.csv", i))
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := ReadInitial(path, c.o)
		if c.want != nil {
			if err != nil || !alike(got, c.want) {
				t.Errorf("%q: got %+v, %v, want %+v", c.text, got, err, c.want)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, %v, want an error that says %q", c.text, got, err, c.says)
		}
	}
}

// TestScalingGaps leaves out what was not measured.
func TestScalingGaps(t *testing.T) {
	d := numbered([]float64{0, 1}, 2, 1)
	d.Trajectories[1].States[1][0] = math.NaN()
	s, err := MaxAbs(d)
	if err != nil || s.Factor[0] != 1./100 {
		t.Errorf("got %+v, %v, want 1/100", s, err)
	}
	for _, tr := range d.Trajectories {
		for _, u := range tr.States {
			u[0] = math.NaN()
		}
	}
	if _, err := MaxAbs(d); err == nil || !strings.Contains(err.Error(), "has gaps alone") {
		t.Errorf("gaps alone: got %v", err)
	}
}
