// Package modeltest has what tests of models and of their trainings share.
package modeltest

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data/npz"
	"spnode/model"
	"spnode/model/folder"
)

// New is model.New for configurations that are valid.
func New(t testing.TB, cfg model.Config) *model.Model {
	t.Helper()
	m, err := model.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// NormalStates are independent N(0, scale²) states by time, sample and component.
func NormalStates(rng *rand.Rand, scale float64, times, samples, dim int) [][][]float64 {
	out := make([][][]float64, times)
	for k := range out {
		out[k] = make([][]float64, samples)
		for s := range out[k] {
			for range dim {
				out[k][s] = append(out[k][s], scale*rng.NormFloat64())
			}
		}
	}
	return out
}

// Same reports whether the bits of two vectors are.
func Same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// Relative is the Euclidean distance of two vectors in units of the second.
func Relative(got, want []float64) float64 {
	return floats.Distance(got, want, 2) / floats.Norm(want, 2)
}

// Normal is n independent N(0, 1) numbers.
func Normal(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// Near wants got to be want, to tol times the largest of these.
func Near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	var d, size float64
	for i, v := range want {
		d, size = max(d, math.Abs(got[i]-v)), max(size, math.Abs(v))
		if math.IsNaN(got[i]) {
			d = math.Inf(1)
		}
	}
	if !(d <= tol*max(size, 1e-300)) {
		t.Errorf("%s: off by %.3g of the largest, want at most %g: got %v, want %v", what, d/size, tol, got, want)
	}
}

// WantError checks that err is of a kind and its text holds all parts.
func WantError(t *testing.T, what string, err, kind error, parts ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got error %v, want one that is %q", what, err, kind)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%s: got error %q, want %q in it", what, err, p)
		}
	}
}

// Rewrite writes a checkpoint anew with the file of that name changed, or left out
// where change returns nil: its checksums are right, whatever its content is.
func Rewrite(t *testing.T, dir, name string, change func(b []byte) []byte) {
	t.Helper()
	files, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []folder.File
	for f, b := range files {
		if f == name {
			if b = change(b); b == nil {
				continue
			}
		}
		out = append(out, folder.File{Name: f, Data: b})
	}
	if err := folder.Write(dir, out); err != nil {
		t.Fatal(err)
	}
}

// Text is a change of a file that replaces a text in it.
func Text(t *testing.T, old, new string) func([]byte) []byte {
	return func(b []byte) []byte {
		if !bytes.Contains(b, []byte(old)) {
			t.Fatalf("no %q in %s", old, b)
		}
		return bytes.Replace(b, []byte(old), []byte(new), 1)
	}
}

// Arrays is a change of a file by one of the arrays in it.
func Arrays(t *testing.T, f func(a []npz.Array) []npz.Array) func([]byte) []byte {
	return func(b []byte) []byte {
		a, err := npz.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if b, err = npz.Encode(f(a)); err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// Array is a change of a file by one of the array of that name.
func Array(t *testing.T, name string, f func(a *npz.Array)) func([]byte) []byte {
	return Arrays(t, func(a []npz.Array) []npz.Array {
		f(&a[find(t, a, name)])
		return a
	})
}

// Drop is a change of a file that leaves arrays out.
func Drop(t *testing.T, names ...string) func([]byte) []byte {
	return Arrays(t, func(a []npz.Array) []npz.Array {
		for _, n := range names {
			i := find(t, a, n)
			a = slices.Delete(a, i, i+1)
		}
		return a
	})
}

// Extra is a change of a file that adds an array to it.
func Extra(t *testing.T, name string) func([]byte) []byte {
	return Arrays(t, func(a []npz.Array) []npz.Array {
		return append(a, npz.Array{Name: name, Shape: []int{1}, Data: []float64{1}})
	})
}

func find(t *testing.T, a []npz.Array, name string) int {
	i := slices.IndexFunc(a, func(a npz.Array) bool { return a.Name == name })
	if i < 0 {
		t.Fatalf("no array %s", name)
	}
	return i
}
