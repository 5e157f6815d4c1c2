package data

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/data/internal/form"
	"spnode/data/internal/runs"
	"spnode/data/npz"
)

// awkward has numbers whose decimal forms are long, tiny and huge.
func awkward() *Dataset {
	d := numbered([]float64{1e-6, 1. / 3, 4e11}, 2, 3)
	d.Trajectories[1].States[0] = []float64{math.Pi, -math.SmallestNonzeroFloat64, math.MaxFloat64}
	d.Trajectories[0].States[1] = []float64{1e-300, 0.1 + 0.2, math.Copysign(0, -1)}
	return d
}

func TestReadWrite(t *testing.T) {
	for _, ext := range []string{".npz", ".csv", ".CSV"} {
		path := filepath.Join(t.TempDir(), "a"+ext)
		want := awkward()
		for range 2 { // the second time over the first
			if err := want.Write(path); err != nil {
				t.Fatal(err)
			}
		}
		got, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) || math.Signbit(got.Trajectories[0].States[1][2]) != true {
			t.Errorf("%s: got %v, want %v", ext, got, want)
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
			t.Errorf("%s: got %d files, want one", ext, len(files))
		}
	}
}

func TestWriteCSV(t *testing.T) {
	d := numbered([]float64{0, 0.5}, 2, 2)
	d.Components = []string{"x1", `a "b", c`}
	var b bytes.Buffer
	if err := d.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := `sample,t,x1,"a ""b"", c"
0,0,0,1
0,0.5,100,101
1,0,10,11
1,0.5,110,111
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	got, err := decode(".csv", b.Bytes(), ReadOptions{})
	if err != nil || !reflect.DeepEqual(got, d) {
		t.Errorf("got %v, %v", got, err)
	}
	// The same rows with the times outside.
	lines := strings.SplitAfter(want, "\n")
	got, err = decode(".csv", []byte(lines[0]+lines[1]+lines[3]+lines[2]+lines[4]), ReadOptions{})
	if err != nil || !reflect.DeepEqual(got, d) {
		t.Errorf("rows by time: got %v, %v", got, err)
	}
}

func TestReadStates(t *testing.T) {
	dir := t.TempDir()
	nan := math.NaN()
	for i, c := range []struct {
		name, text string
		a          *npz.Array // instead of text
		want       [][]float64
		is         error
		says       string
	}{
		{name: "plain", text: "1,2\n3,4e-3\n", want: [][]float64{{1, 2}, {3, 4e-3}}},
		{name: "header", text: "x1, x2\n1, 2\n", want: [][]float64{{1, 2}}},
		{name: "comments, CRLF, byte order mark", text: "\ufeff# y\r\n\r\n1,2\r\n", want: [][]float64{{1, 2}}},
		{name: "ragged", text: "x,y\n1,2\n3\n", is: ErrShape, says: "line 3 has 1 columns, want 2"},
		{name: "wider than header", text: "x,y\n1,2,3\n", is: ErrShape, says: "line 2 has 3 columns, want 2"},
		{name: "NaN", text: "x,y\n1,2\n3,nan\n", is: ErrNotFinite, says: "line 3, column 2 (\"y\") is nan"},
		{name: "Inf", text: "1,-Inf\n", is: ErrNotFinite, says: "line 1, column 2 is -Inf"},
		{name: "overflow", text: "1e999\n", is: ErrNotFinite, says: "line 1, column 1 is 1e999"},
		{name: "text", text: "1,2\n3,4x\n", says: `line 2, column 2 is "4x", want a number`},
		{name: "text in the first row", text: "1,abc\n", says: `line 1, column 2 is "abc"`},
		{name: "empty cell", text: "1,\n", says: `line 1, column 2 is empty`},
		{name: "quote", text: "1,\"2\n", says: "line 1"},
		{name: "empty", text: "", is: ErrShape, says: "no rows"},
		{name: "header alone", text: "x,y\n", is: ErrShape, says: "no rows"},
		{name: "npy", a: &npz.Array{Shape: []int{2, 1}, Data: []float64{5, 6}}, want: [][]float64{{5}, {6}}},
		{name: "npy, one state", a: &npz.Array{Shape: []int{2}, Data: []float64{5, 6}}, want: [][]float64{{5, 6}}},
		{name: "npy, 3-D", a: &npz.Array{Shape: []int{1, 1, 1}, Data: []float64{5}}, is: ErrShape, says: "has shape [1 1 1]"},
		{name: "npy, empty", a: &npz.Array{Shape: []int{0, 2}}, is: ErrShape, says: "has shape [0 2]"},
		{name: "npy, NaN", a: &npz.Array{Shape: []int{2, 2}, Data: []float64{1, 2, nan, 4}}, is: ErrNotFinite, says: "row 2, column 1 is NaN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, fmt.Sprintf("%d.csv", i))
			encode := func(w io.Writer) error { _, err := io.WriteString(w, c.text); return err }
			if c.a != nil {
				b, err := npz.EncodeNPY(*c.a)
				if err != nil {
					t.Fatal(err)
				}
				path, encode = path+".npy", func(w io.Writer) error { _, err := w.Write(b); return err }
			}
			if err := file.Write(path, encode); err != nil {
				t.Fatal(err)
			}
			got, err := ReadStates(path)
			if c.want != nil {
				if err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("got %v, %v, want %v", got, err, c.want)
				}
				return
			}
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %v that says %q", err, c.is, c.says)
			}
		})
	}
	if _, err := ReadStates("states.doc"); err == nil || !strings.Contains(err.Error(), `extension is ".doc"`) {
		t.Errorf("extension: got %v", err)
	}
	if _, err := ReadStates(filepath.Join(dir, "none.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: got %v", err)
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	for i, c := range []struct {
		text string
		is   error
		says string
	}{
		{"sample,t,x\n0,0,1\n0,1,Inf\n", ErrNotFinite, "line 3, column 3 (\"x\") is Inf"},
		{"sample,t,x\n0,0,1\n0,1\n", ErrShape, "line 3 has 2 columns, want 3"},
		{"sample,t,x\n0,,0\n", nil, `line 2, column 2 ("t"): the time is ""`},
		{"sample,t,x\n0,zero,1\n", nil, `line 2, column 2 ("t") is "zero"`},
		{"sample,t,x\n0,1,1\n0,1,2\n", nil, "the time is 1 after 1"},
		{"sample,t\n0,0\n", ErrShape, "want a component"},
		{"x,y,z\n0,0,1\n", nil, `the columns are "x", "y", "z", want one named t or time`},
		{"", ErrShape, "no rows"},
	} {
		path := filepath.Join(dir, fmt.Sprintf("%d.csv", i))
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := Read(path)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, %v, want %v that says %q", c.text, d, err, c.is, c.says)
		}
	}
	for path, says := range map[string]string{
		"a.xls": "want one of .csv", filepath.Join(dir, "none.npz"): "no such file",
	} {
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %q", path, err, says)
		}
	}

	d := awkward()
	for _, name := range []string{"a.txt", "none/a.csv"} {
		if err := d.Write(filepath.Join(dir, name)); err == nil {
			t.Errorf("Write %s: got no error", name)
		}
	}
	d.Trajectories[0].States[0][0] = math.Inf(1)
	if err := d.Write(filepath.Join(dir, "a.npz")); !errors.Is(err, ErrNotFinite) {
		t.Errorf("Write of Inf: got %v", err)
	}
	if err := d.WriteCSV(io.Discard); !errors.Is(err, ErrNotFinite) {
		t.Errorf("WriteCSV of Inf: got %v", err)
	}
}

// TestReadDamaged feeds files that are cut short or have bytes changed: the
// answer is an error or a valid Dataset, and never a panic.
func TestReadDamaged(t *testing.T) {
	d := awkward()
	var csv, zip bytes.Buffer
	for _, err := range []error{d.encodeCSV(&csv), d.encodeNPZ(&zip)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 0))
	files := map[string][]byte{".csv": csv.Bytes(), ".npz": zip.Bytes()}
	for _, ext := range []string{".csv", ".npz"} { // in one order, as the damages are drawn
		whole := files[ext]
		for i := range 4000 {
			b := bytes.Clone(whole)
			if i < len(b) {
				b = b[:i]
			} else {
				for range 1 + rnd.IntN(8) {
					b[rnd.IntN(len(b))] = byte(rnd.UintN(256))
				}
			}
			got, err := decode(ext, b, ReadOptions{})
			if err == nil && got.check() == nil {
				var again bytes.Buffer
				if err := got.encodeCSV(&again); err != nil {
					t.Fatalf("%s: %v", ext, err)
				}
			}
		}
	}
}

// decode reads the content of a file with an extension.
func decode(ext string, b []byte, o ReadOptions) (*Dataset, error) {
	return dataset(form.Decode(ext, b, runs.Options(o)))
}
