package data

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
)

var gap = math.NaN()

// two is what most of the texts below hold: two trajectories of x and v.
func two() *Dataset {
	a, b := []float64{0, 0.5, 1}, []float64{0, 1000}
	return &Dataset{Components: []string{"x", "v"}, Trajectories: []Trajectory{
		{Name: "a", Times: a, States: [][]float64{{1, 10}, {2.5, gap}, {3, -30}}},
		{Name: "b", Times: b, States: [][]float64{{4, 40}, {5, 50}}},
	}}
}

// single is the first trajectory of two, without a name.
func single() *Dataset {
	d := two().Batch(0)
	d.Trajectories[0].Name = ""
	return d
}

func with(d *Dataset, f func(d *Dataset)) *Dataset {
	f(d)
	return d
}

func TestReadTable(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          ReadOptions
		want       *Dataset
	}{
		{name: "commas", text: "run,t,x,v\na,0,1,10\na,0.5,2.5,\na,1,3,-30\nb,0,4,40\nb,1000,5,50\n", want: two()},
		{name: "semicolons", text: "run;t;x;v\na;0;1;10\na;0.5;2.5;NA\na;1;3;-30\nb;0;4;40\nb;1e3;5;50", want: two()},
		{name: "semicolons and decimal commas", text: "run;t;x;v\na;0;1;10\na;0,5;2,5;\na;1;3;-30,0\nb;0;4;40\nb;1000;5;50\n", want: two()},
		{name: "tabs", text: "run\tt\tx\tv\na\t0\t1\t10\na\t.5\t2.5\tnan\na\t1\t3\t-30\nb\t0\t4\t40\nb\t1000\t5\t50\n", want: two()},
		{name: "tabs and decimal commas, an empty cell", text: "run\tt\tx\tv\na\t0\t1\t10\na\t0,5\t2,5\t\na\t1\t3\t-30\nb\t0\t4\t40\nb\t1000\t5\t50\n", want: two()},
		{name: "blanks", text: "run  t    x   v\n  a  0    1  10\n  a  0.5  2.5 NaN\n a 1 3 -30 \nb 0 4 40\nb 1000 5 50\n", want: two()},
		{name: "blanks and decimal commas", text: "run t x v\na 0 1 10\na 0,5 2,5 nan\na 1 3 -30\nb 0 4 40\nb 1000 5 50\n", want: two()},
		{name: "commas and blanks", text: "run, t, x, v\na, 0, 1, 10\na, 0.5, 2.5,\na, 1, 3, -30\nb, 0, 4, 40\nb, 1000, 5, 50\n", want: two()},
		{name: "CRLF and a byte order mark", text: "\ufeffrun,t,x,v\r\na,0,1,10\r\na,0.5,2.5,\r\na,1,3,-30\r\nb,0,4,40\r\nb,1000,5,50\r\n", want: two()},
		{name: "CR", text: "run,t,x,v\ra,0,1,10\ra,0.5,2.5,\ra,1,3,-30\rb,0,4,40\rb,1000,5,50\r", want: two()},
		{name: "comments and empty lines", text: "# made today\n\n% by me\nrun,t,x,v\n\na,0,1,10\na,0.5,2.5,\n# a note\na,1,3,-30\n,,,\nb,0,4,40\nb,1000,5,50\n\n", want: two()},
		{name: "units", text: "run,t,x,v\n,s,m,m/s\na,0,1,10\na,0.5,2.5,\na,1,3,-30\nb,0,4,40\nb,1000,5,50\n", want: two()},
		{name: "units in brackets, one of them 1", text: "run,t,x,v\n[-],[s],1,[m/s]\na,0,1,10\na,0.5,2.5,\na,1,3,-30\nb,0,4,40\nb,1000,5,50\n", want: two()},
		{name: "units, a 1 first", text: "run,x,t,v\n-,1,s,m/s\na,1,0,10\na,2.5,0.5,\na,3,1,-30\nb,4,0,40\nb,5,1000,50\n", want: two()},
		{name: "units in the name", text: "Run_ID,Time (s),x,v\na,0,1,10\na,0.5,2.5,\na,1,3,-30\nb,0,4,40\nb,1000,5,50\n", want: two()},
		{name: "Fortran", text: "run t x v\na 0.D0 1.0D+00 0.1D+02\na 5.d-1 2.5D0 NaN\na 1.0 3.0E0 -3.0D1\nb 0 4 40\nb 0.1D+04 5 50\n", want: two()},
		{name: "quotes", text: "\"run\",\"t\",\"x\",\"v\"\n\"a\",0,1,10\n\"a\",\"0.5\",2.5,\"\"\na,1,3,-30\n\"b\",0,4,40\nb,1000,5,50\n", want: two()},
		{name: "columns in another order", text: "v,x,t,run\n10,1,0,a\n,2.5,0.5,a\n-30,3,1,a\n40,4,0,b\n50,5,1000,b\n", o: ReadOptions{Components: []string{"x", "v"}}, want: two()},
		{name: "rows by time", text: "run,t,x,v\na,0,1,10\nb,0,4,40\na,0.5,2.5,\na,1,3,-30\nb,1000,5,50\n", want: two()},
		{name: "what ends a line parts cells", text: "run,t,x,v,\na,0,1,10,\na,0.5,2.5,,\na,1,3,-30,\nb,0,4,40,\nb,1000,5,50,\n", want: two()},
		{name: "the same, but in the header", text: "run,t,x,v\na,0,1,10,\na,0.5,2.5,,\na,1,3,-30,\nb,0,4,40,\nb,1000,5,50,\n", want: two()},
		{name: "a column of row numbers, as pandas writes it", text: ",run,t,x,v\n0,a,0,1,10\n1,a,0.5,2.5,\n2,a,1,3,-30\n3,b,0,4,40\n4,b,1000,5,50\n", want: two()},
		{name: "other names", text: "vessel,hours,x,v,note\na,0,1,10,ok\na,0.5,2.5,,\na,1,3,-30,ok\nb,0,4,40,ok\nb,1000,5,50,ok\n",
			o: ReadOptions{Time: "hours", Trajectory: "vessel", Components: []string{"x", "v"}}, want: two()},
		{name: "missing in many words", text: "run,t,x,v\na,0,1,10\na,0.5,2.5,#N/A\na,1,3,-30\nb,0,4,40\nb,1000,5,50\n", want: two()},
		{name: "missing as a point", text: "run,t,x,v\na,0,1,10\na,0.5,2.5,.\na,1,3,-30\nb,0,4,40\nb,1000,5,50\n", want: two()},

		{name: "one trajectory", text: "time,x,v\n0,1,10\n0.5,2.5,null\n1,3,-30\n", want: single()},
		{name: "no header", text: "0 1 10\n0.5 2.5 nan\n1 3 -30\n", want: with(single(), func(d *Dataset) { d.Components = runs.Numbered("u", 2) })},
		{name: "no header, time last", text: "1,10,0\n2.5,,0.5\n3,-30,1\n", o: ReadOptions{Time: "3"}, want: with(single(), func(d *Dataset) { d.Components = runs.Numbered("u", 2) })},
		{name: "no header, trajectories", text: "a 0 1 10\na 0.5 2.5 nan\na 1 3 -30\nb 0 4 40\nb 1000 5 50\n", o: ReadOptions{Trajectory: "1", Time: "2"}, want: with(two(), func(d *Dataset) { d.Components = runs.Numbered("u", 2) })},
		{name: "a header in a comment, as np.savetxt writes it", text: "# t x v\n0 1 10\n0.5 2.5 nan\n1 3 -30\n", want: single()},
		{name: "components whose names are numbers", text: "t,1,2\n0,1,10\n0.5,2.5,nan\n1,3,-30\n", want: with(single(), func(d *Dataset) { d.Components = []string{"1", "2"} })},
		{name: "components with common names", text: "clock,t,run\n0,1,10\n0.5,2.5,nan\n1,3,-30\n", o: ReadOptions{Time: "clock", Components: []string{"t", "run"}},
			want: with(single(), func(d *Dataset) { d.Components = []string{"t", "run"} })},
		{name: "numbered trajectories", text: "id,t,x\n0,0,1\n0,1,2\n1,0,3\n", want: &Dataset{Components: []string{"x"}, Trajectories: []Trajectory{
			{Times: []float64{0, 1}, States: [][]float64{{1}, {2}}}, {Times: []float64{0}, States: [][]float64{{3}}}}}},
		{name: "first row all ones", text: "run,t,x\na,1,1\na,2,2\n", want: &Dataset{Components: []string{"x"}, Trajectories: []Trajectory{
			{Name: "a", Times: []float64{1, 2}, States: [][]float64{{1}, {2}}}}}},
		{name: "a time at which nothing was measured", text: "t,x\n0,1\n1,\n2,3\n", want: &Dataset{Components: []string{"x"}, Trajectories: []Trajectory{
			{Times: []float64{0, 1, 2}, States: [][]float64{{1}, {gap}, {3}}}}}},

		{name: "inputs and parameters", text: "run,t,x,w,T,c\na,0,1,5,300,2\na,1,2,6,,\nb,0,3,7,400,0.5\nb,2,4,8,400,0.5\n",
			o: ReadOptions{Inputs: []string{"w"}, Parameters: []string{"T"}, Weight: "c", Held: true},
			want: &Dataset{Components: []string{"x"}, Inputs: []string{"w"}, Parameters: []string{"T"}, Trajectories: []Trajectory{
				{Name: "a", Times: []float64{0, 1}, States: [][]float64{{1}, {2}}, Weight: 2, Parameters: []float64{300}, Input: Signal{Values: [][]float64{{5}, {6}}, Held: true}},
				{Name: "b", Times: []float64{0, 2}, States: [][]float64{{3}, {4}}, Weight: 0.5, Parameters: []float64{400}, Input: Signal{Values: [][]float64{{7}, {8}}, Held: true}}}}},
		{name: "the same by their columns' names", text: "run,t,x,held:w,parameter:T,weight:\na,0,1,5,300,2\na,1,2,6,,\nb,0,3,7,400,0.5\nb,2,4,8,400,0.5\n",
			want: &Dataset{Components: []string{"x"}, Inputs: []string{"w"}, Parameters: []string{"T"}, Trajectories: []Trajectory{
				{Name: "a", Times: []float64{0, 1}, States: [][]float64{{1}, {2}}, Weight: 2, Parameters: []float64{300}, Input: Signal{Values: [][]float64{{5}, {6}}, Held: true}},
				{Name: "b", Times: []float64{0, 2}, States: [][]float64{{3}, {4}}, Weight: 0.5, Parameters: []float64{400}, Input: Signal{Values: [][]float64{{7}, {8}}, Held: true}}}}},
		{name: "inputs known now and then", text: "t,x,input:w\n0,1,5\n1,2,\n2,3,7\n", want: &Dataset{Components: []string{"x"}, Inputs: []string{"w"}, Trajectories: []Trajectory{
			{Times: []float64{0, 1, 2}, States: [][]float64{{1}, {2}, {3}}, Input: Signal{Times: []float64{0, 2}, Values: [][]float64{{5}, {7}}}}}}},
	} {
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadWith(path, c.o); err != nil || !alike(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

func TestReadTableErrors(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          ReadOptions
		is         error
		says       string
	}{
		{"no time", "x,v\n0,1\n", ReadOptions{}, nil, `the columns are "x", "v", want one named t or time; try naming it`},
		{"two times", "t,time,x\n0,1,2\n", ReadOptions{}, nil, `time is "t" or "time", want one such column; try naming it`},
		{"two trajectories", "run,id,t,x\n0,1,2,3\n", ReadOptions{}, nil, `trajectory is "run" or "id"`},
		{"unknown time", "t,x\n0,1\n", ReadOptions{Time: "s"}, nil, `the columns are "t", "x", want time "s" once among them`},
		{"unknown trajectory", "t,x\n0,1\n", ReadOptions{Trajectory: "run"}, nil, `the columns are "t", "x", want trajectory "run"`},
		{"unknown components", "t,x\n0,1\n", ReadOptions{Components: []string{"y", "x", "z"}}, nil, `the columns are "t", "x", want components "y", "z" among them`},
		{"unknown input", "t,x\n0,1\n", ReadOptions{Inputs: []string{"w"}}, nil, `the columns are "t", "x", want inputs "w" among them`},
		{"unknown parameter", "t,x\n0,1\n", ReadOptions{Parameters: []string{"p"}}, nil, `parameters "p"`},
		{"unknown weight", "t,x\n0,1\n", ReadOptions{Weight: "c"}, nil, `weight "c"`},
		{"a name without a header", "0,1\n1,2\n", ReadOptions{Time: "t"}, nil, `the table has 2 columns and no header, want time "t"`},
		{"a name twice", "t,x,x\n0,1,2\n", ReadOptions{}, nil, `two columns are named "x"`},
		{"times fall", "run,t,x\na,0,1\nb,0,1\na,2,1\na,1,1\n", ReadOptions{}, nil, `line 5: the time is 1 after 2 of line 4 in trajectory "a", want times that increase`},
		{"times begin again", "t,x\n0,1\n1,2\n0,1\n", ReadOptions{}, nil, "line 4: the time is 0 after 1, want times that increase; try sorting the rows, or naming the column that tells trajectories apart"},
		{"no time in a row", "t,x\n0,1\n,2\n", ReadOptions{}, nil, `line 3, column 1 ("t"): the time is "", want a number`},
		{"a parameter that varies", "run,t,x,T\na,0,1,300\na,1,2,301\n", ReadOptions{Parameters: []string{"T"}}, nil, `line 3, column 4 ("T") is 301, want 300`},
		{"no parameter", "run,t,x,T\na,0,1,\na,1,2,\n", ReadOptions{Parameters: []string{"T"}}, nil, `lines 2 … 3 have no value of parameter "T"`},
		{"half an input", "t,x,w1,w2\n0,1,2,3\n1,2,3,\n", ReadOptions{Inputs: []string{"w1", "w2"}}, nil, `line 3, column 4 ("w2") is ""`},
		{"an input that ends early", "t,x,w\n0,1,2\n1,2,\n", ReadOptions{Inputs: []string{"w"}}, ErrShape, "the values are from t=0 to 0, want them over the trajectory, 0 to 1"},
		{"text", "t,x\n0,1\n1,2m\n", ReadOptions{}, nil, `line 3, column 2 ("x") is "2m", want a number`},
		{"text in the first row", "t,x\n1,2m\n2,3\n", ReadOptions{}, nil, `line 2, column 2 ("x") is "2m", want a number`},
		{"a column of text", "t,x,note\n0,1,good\n1,2,bad\n", ReadOptions{}, nil, `line 2, column 3 ("note") is "good", want a number; try naming it as what tells trajectories apart, or the components without it`},
		{"text in the first row, and a name", "run,t,x\na,1,2m\nb,2,3\n", ReadOptions{}, nil, `line 2, column 3 ("x") is "2m"`},
		{"infinite", "t,x\n0,1\n1,-inf\n", ReadOptions{}, ErrNotFinite, `line 3, column 2 ("x") is -inf, want a finite number`},
		{"point and comma", "t;x\n0;1,5\n1;2.5\n", ReadOptions{}, nil, "line 3 has a decimal point and line 2 a decimal comma"},
		{"thousands", "t\tx\n0\t1,234.5\n", ReadOptions{}, nil, `is "1,234.5"`},
		{"ragged", "t,x\n0,1\n1,2,3\n", ReadOptions{}, ErrShape, "line 3 has 3 columns, want 2 as in the first line"},
		{"a quote that is not closed", "t,x\n0,\"1\n", ReadOptions{}, nil, "is not closed"},
		{"UTF-16", "\xff\xfet\x00,\x00", ReadOptions{}, nil, "UTF-16"},
		{"header alone", "t,x\n", ReadOptions{}, ErrShape, "no rows"},
		{"separators alone", ",,,\n,,,\n", ReadOptions{}, ErrShape, "no rows"},
	} {
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := ReadWith(path, c.o)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, %v, want %v that says %q", c.name, d, err, c.is, c.says)
		}
	}
}

func TestReadFolder(t *testing.T) {
	folder := func(files ...string) string {
		dir := t.TempDir()
		for i := 0; i < len(files); i += 2 {
			if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	const a, b = "t,x,v\n0,1,10\n0.5,2.5,\n1,3,-30\n", "v;x;t\n40;4;0\n50;5;1000\n"
	got, err := Read(folder("a.csv", a, "b.csv", b, "README.md", "what it is", ".hidden.csv", "x"))
	if err != nil || !alike(got, two()) {
		t.Errorf("got %+v, %v, want %+v", got, err, two())
	}
	got, err = Read(folder("1.txt", "0 1\n1 2\n", "2.txt", "0 3\n"))
	want := &Dataset{Components: []string{"u1"}, Trajectories: []Trajectory{
		{Name: "1", Times: []float64{0, 1}, States: [][]float64{{1}, {2}}}, {Name: "2", Times: []float64{0}, States: [][]float64{{3}}}}}
	if err != nil || !alike(got, want) {
		t.Errorf("without headers: got %+v, %v, want %+v", got, err, want)
	}
	for says, dir := range map[string]string{
		`b.csv, whose columns are to be those of a.csv: components are "x", "y", want "v" among them`: folder("a.csv", a, "b.csv", "t,x,y\n0,1,2\n"),
		`b.csv, whose columns are to be those of a.csv: components are "x", want "x", "v"`:            folder("a.csv", a, "b.csv", "t,x\n0,1\n"),
		`b.csv: line 3: the time is 0 after 0, want times that increase`:                              folder("a.csv", a, "b.csv", "t,x,v\n0,1,2\n0,1,2\n"),
		"the folder has no file to read":                                                              folder("a.md", a),
	} {
		if d, err := Read(dir); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, %v, want an error that says %q", d, err, says)
		}
	}
}

// TestReadOtherFormats tells how to get from there to what is read.
func TestReadOtherFormats(t *testing.T) {
	for path, says := range map[string]string{
		"a.h5":      `import numpy as np, h5py; f = h5py.File("a.h5"); np.savez("a.npz", t=f["t"], u=f["u"])`,
		"a.pkl":     `import numpy as np; f = np.load("a.pkl", allow_pickle=True); np.savez("a.npz", t=f["t"], u=f["u"])`,
		"a.parquet": `import pandas as pd; pd.read_parquet("a.parquet").to_csv("a.csv", index=False)`,
	} {
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %q", path, err, says)
		}
	}
	path := filepath.Join(t.TempDir(), "a.mat")
	if err := os.WriteFile(path, []byte("MATLAB 7.3 MAT-file"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "try save -v7 in MATLAB, or Python: import numpy") {
		t.Errorf("MATLAB 7.3: got %v", err)
	}
}
