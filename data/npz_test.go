package data

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data/npz"
)

func TestWriteNumPy(t *testing.T) {
	d := numbered([]float64{0, 0.5}, 2, 2)
	times := npz.Array{Name: "t", Shape: []int{2}, Data: []float64{0, 0.5}}
	u := npz.Array{Name: "u", Shape: []int{2, 2, 2}, Data: []float64{0, 1, 10, 11, 100, 101, 110, 111}}
	content := func(ext string) []byte {
		path := filepath.Join(t.TempDir(), "a"+ext)
		if err := d.Write(path); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if got, err := npz.Decode(content(".npz")); err != nil || !reflect.DeepEqual(got, []npz.Array{times, u}) {
		t.Errorf(".npz: got %v, %v", got, err)
	}
	u.Name = ""
	if got, err := npz.DecodeNPY(content(".npy")); err != nil || !reflect.DeepEqual(got, u) {
		t.Errorf(".npy: got %v, %v", got, err)
	}
}

func TestReadNPZ(t *testing.T) {
	times := npz.Array{Name: "t", Shape: []int{2}, Data: []float64{0, 1}}
	u := npz.Array{Name: "u", Shape: []int{2, 1, 1}, Data: []float64{5, 6}}
	flat := npz.Array{Name: "u", Shape: []int{3}, Data: []float64{5, 6, 7}}
	for _, c := range []struct {
		name   string
		arrays []npz.Array
		is     error
		says   string
	}{
		{"in another order, with text", []npz.Array{u, times}, nil, ""},
		{"no u", []npz.Array{times}, nil, "want u (time"},
		{"no t", []npz.Array{u}, nil, "want t (times)"},
		{"shape", []npz.Array{times, flat}, ErrShape, "have shapes [2] and [3]"},
	} {
		b, err := npz.Encode(c.arrays)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.npz")
		if err := os.WriteFile(path, withText(t, b), 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := Read(path)
		if c.says == "" {
			if err != nil || d.Trajectories[0].States[1][0] != 6 {
				t.Errorf("%s: got %v, %v", c.name, d, err)
			}
		} else if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %v that says %q", c.name, err, c.is, c.says)
		}
	}
}

// withText adds to an archive an entry that is no array of numbers.
func withText(t *testing.T, b []byte) []byte {
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Create("names.npy"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
