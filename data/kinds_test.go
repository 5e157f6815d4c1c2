package data

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spnode/data/npz"
)

// TestReadKinds reads files in the forms that instruments, spreadsheets and gnuplot
// write, or is told what is wrong with them and what to try.
func TestReadKinds(t *testing.T) {
	one := single()
	blocks := with(two(), func(d *Dataset) { d.Trajectories[0].Name, d.Trajectories[1].Name = "", "" })
	cold := with(single(), func(d *Dataset) { d.Components = []string{"T", "v"} })
	packed := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
		return b.String()
	}
	const text = "t,x,v\n0,1,10\n0.5,2.5,\n1,3,-30\n"
	for _, c := range []struct {
		name, file, text string
		want             *Dataset
		says             string
	}{
		{"gzip", "a.csv.gz", packed(text), one, ""},
		{"gzip without its extension", "a.csv", packed(text), one, ""},
		{"bars", "a.csv", strings.ReplaceAll(text, ",", "|"), one, ""},
		{"Excel's first line", "a.csv", "sep=;\r\nt;x;v\r\n0;1;10\r\n0,5;2,5;\r\n1;3;-30\r\n", one, ""},
		{"the end in DOS", "a.csv", text + "\x1a", one, ""},
		{"the minus of typesetters", "a.csv", strings.ReplaceAll(text, "-", "−"), one, ""},
		{"an index that pandas read and wrote", "a.csv", "Unnamed: 0,t,x,v\n0,0,1,10\n1,0.5,2.5,\n2,1,3,-30\n", one, ""},
		{"a unit after the time's name", "a.csv", "time_s,x,v\n0,1,10\n0.5,2.5,\n1,3,-30\n", one, ""},
		{"a unit as DIN has it", "a.csv", "t/s,x,v\n0,1,10\n0.5,2.5,\n1,3,-30\n", one, ""},
		{"a name that begins as Parquet does", "a.csv", "PAR1,t,v\n1,0,10\n2.5,0.5,\n3,1,-30\n", with(single(), func(d *Dataset) { d.Components = []string{"PAR1", "v"} }), ""},
		{"a delay beside the time", "a.csv", "t,t_d,v\n0,1,10\n0.5,2.5,\n1,3,-30\n", with(single(), func(d *Dataset) { d.Components = []string{"t_d", "v"} }), ""},
		{"a temperature beside the time", "a.csv", "t,T,v\n0,1,10\n0.5,2.5,\n1,3,-30\n", cold, ""},
		{"trajectories by floats", "a.csv", "run,t,x,v\n1,0,1,10\n1.0,0.5,2.5,\n1,1,3,-30\n2.0,0,4,40\n2,1000,5,50\n",
			with(two(), func(d *Dataset) { d.Trajectories[0].Name, d.Trajectories[1].Name = "1", "2.0" }), ""},
		{"NaN as Microsoft's C prints it", "a.csv", "t,x,v\n0,1,10\n0.5,2.5,-nan(ind)\n1,3,-30\n", one, ""},
		{"blocks of gnuplot", "a.dat", "# t x v\n0 1 10\n0.5 2.5 nan\n1 3 -30\n\n\n0 4 40\n1000 5 50\n", blocks, ""},

		{"blocks without an empty line", "a.dat", "0 1\n1 2\n0 3\n", nil, "line 3: the time is 0 after 1, want times that increase; try sorting the rows"},
		{"nanoseconds of an epoch", "a.csv", "t,x\n1700000000000000000,1\n1700000000000000001,2\n", nil, "the time is 1700000000000000001 after 1.7e+18"},
		{"dates", "a.csv", "time,x\n2024-01-01T00:00:00,1\n", nil, "want a number; try seconds from a beginning"},
		{"times of day", "a.csv", "time,x\n00:00:10,1\n", nil, "want a number; try seconds from a beginning"},
		{"thousands", "a.csv", "t;x\n0;1.234,5\n", nil, `is "1.234,5", want a number; try a decimal point, and nothing between thousands`},
		{"decimal commas between commas", "a.csv", "t,x\n0,5,1,5\n", nil, "line 2 has 4 columns, want 2 as in the first line; try semicolons"},
		{"Latin-1", "a.csv", "t,gr\xf6\xdfe\n0,1\n", nil, `the name of column 2 is "gr\xf6\xdfe", want UTF-8`},
		{"UTF-16 without a mark", "a.csv", "\x00t\x00,\x00x", nil, "byte 0 is NUL, want text in UTF-8"},
		{"two times", "a.csv", "time,Time (s),x\n0,0,1\n", nil, `time is "time" or "Time (s)", want one such column`},
		{"a column that tells every row apart", "a.csv", "id,t,x\n1,0,1\n2,1,2\n3,2,3\n", nil, "the column id tells 3 trajectories of one time each apart"},
		{"a trajectory named in its first row", "a.csv", "run,t,x\na,0,1\n,1,2\n", nil, `line 3, column 1 ("run") is "", want what tells the trajectory in every row`},
		{"Excel", "a.csv", "PK\x03\x04", nil, `pd.read_excel("DIR/a.csv").to_csv("DIR/a_1.csv", index=False)`},
		{"old Excel", "a.xls", "\xd0\xcf\x11\xe0", nil, `pd.read_excel("DIR/a.xls").to_csv("DIR/a.csv", index=False)`},
		{"Parquet", "a.csv", "PAR1\x15\x04", nil, "pd.read_parquet"},
		{"HDF5", "a.npz", "\x89HDF", nil, `np.savez("DIR/a_1.npz", t=f["t"], u=f["u"])`},
		{"a pickle", "a.npy", "\x80\x04\x95", nil, "np.load(\"DIR/a.npy\", allow_pickle=True)"},
		{"an array as a table", "a.txt", "\x93NUMPY", nil, `try "DIR/a.npy" as its name`},
		{"bzip2", "a.csv", "BZh91AY", nil, "the file is compressed"},
		{"gzip, cut short", "a.csv", packed(text)[:20], nil, "gzip: unexpected EOF"},
		{"MATLAB 4", "a.mat", "\x00\x00\x00\x00\x03", nil, "version 4 or none, want version 5"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.file)
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path)
		switch says := strings.ReplaceAll(c.says, "DIR", dir); {
		case c.want != nil && (err != nil || !alike(got, c.want)):
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		case c.want == nil && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%s: got %v, %v, want an error that says %q", c.name, got, err, says)
		}
	}
}

// TestReadArchive reads arrays beside what else there is in an archive, and those in
// a folder of it.
func TestReadArchive(t *testing.T) {
	for name, c := range map[string]struct {
		entries []string
		says    string
	}{
		"a readme":  {[]string{"README.txt", "t.npy", "u.npy"}, ""},
		"a folder":  {[]string{"out/t.npy", "out/u.npy"}, ""},
		"no arrays": {[]string{"a.csv"}, `the first entry is "a.csv", want names that end in .npy`},
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, entry := range c.entries {
			a := numbersOf("", nil, 0, 1)
			if strings.HasSuffix(entry, "u.npy") {
				a = numbersOf("", []int{2, 2, 1}, 1, 2, 3, 4)
			}
			content, err := npz.EncodeNPY(a)
			if err != nil {
				t.Fatal(err)
			}
			f, err := z.Create(entry)
			if err == nil {
				_, err = f.Write(content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		z.Close()
		want := Shared([]float64{0, 1}, [][][]float64{{{1}, {2}}, {{3}, {4}}}, nil)
		got, err := decode(".npz", b.Bytes(), ReadOptions{})
		switch {
		case c.says == "" && (err != nil || !alike(got, want)):
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: got %v, want an error that says %q", name, err, c.says)
		}
	}
}
