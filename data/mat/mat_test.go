package mat

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func read(t testing.TB, name string) []byte {
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSciPy reads what SciPy wrote (testdata/make.py). SciPy makes rows of vectors.
func TestSciPy(t *testing.T) {
	numbers := func(name string, shape []int, data ...float64) Array {
		return Array{Name: name, Shape: shape, Data: data}
	}
	cube := make([]float64, 24)
	for i := range cube {
		cube[i] = float64(i)
	}
	cell := []Array{numbers("", []int{1, 2}, 1.5, 2.5), numbers("", []int{2, 2}, 1, 2, 3, 4)}
	want := []Array{
		numbers("matrix", []int{2, 3}, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5),
		numbers("cube", []int{2, 3, 4}, cube...),
		numbers("vector", []int{1, 3}, math.NaN(), math.Inf(1), math.Copysign(0, -1)),
		numbers("number", []int{1, 1}, 17),
		numbers("empty", []int{0, 5}),
		{Name: "cell", Shape: []int{1, 2}, Cells: cell},
		{Name: "deep", Shape: []int{2, 2}, Cells: []Array{
			numbers("", []int{1, 1}, 1), {Shape: []int{1, 4}, Text: []string{"text"}},
			{Shape: []int{1, 2}, Cells: cell}, numbers("", []int{0, 3})}},
		{Name: "word", Shape: []int{1, 5}, Text: []string{"hello"}},
		{Name: "words", Shape: []int{2, 3}, Text: []string{"ab", "cde"}},
		numbers("bool", []int{1, 2}, 1, 0),
		{Name: "struct", Shape: []int{1, 1}},
		{Name: "complex", Shape: []int{1, 1}},
	}
	for _, kind := range []string{"f4", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"} {
		last := -100.
		if kind[0] == 'u' {
			last = 100
		}
		want = append(want, numbers(kind, []int{1, 3}, 0, 1, last))
	}
	for _, name := range []string{"plain.mat", "compressed.mat"} {
		got, err := Decode(read(t, name), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: got %d variables, want %d", name, len(got), len(want))
		}
		for i := range want {
			if says := map[string]string{"struct": "a struct", "complex": "complex numbers"}[want[i].Name]; says != "" {
				if got[i].Err == nil || !strings.Contains(got[i].Err.Error(), says) {
					t.Errorf("%s: %s: got %v, want an error that says %q", name, want[i].Name, got[i].Err, says)
				}
				continue
			}
			if !same(got[i], want[i]) {
				t.Errorf("%s: got %+v, want %+v", name, got[i], want[i])
			}
		}
	}
}

// same compares arrays to the bit.
func same(a, b Array) bool {
	bits := func(x, y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
	}
	return a.Name == b.Name && slices.Equal(a.Shape, b.Shape) && slices.EqualFunc(a.Data, b.Data, bits) &&
		reflect.DeepEqual(a.Text, b.Text) && slices.EqualFunc(a.Cells, b.Cells, same) && a.Err == nil
}

func TestErrors(t *testing.T) {
	plain := read(t, "plain.mat")
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"empty":      {nil, "not a .mat file"},
		"text":       {[]byte(strings.Repeat("t,x\n", 100)), "no byte order"},
		"version 4":  {append([]byte{0, 0, 0, 0}, plain...), "version 4"},
		"7.3":        {[]byte("MATLAB 7.3 MAT-file"), "version 7.3, which is HDF5"},
		"HDF5":       {[]byte("\x89HDF\r\n"), "version 7.3"},
		"cut short":  {plain[:len(plain)-9], "cut short"},
		"4 GB":       {[]byte(string(plain[:132]) + "\xff\xff\xff\xff"), "want an element of 4294967295"},
		"over limit": {plain, "want at most 100 in all"},
	} {
		limit := int64(1 << 20)
		if name == "over limit" {
			limit = 100
		}
		if _, err := Decode(c.b, limit); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, c.says)
		}
	}
}

// TestDamaged feeds files that are cut short or have bytes changed: the answer is
// an error or arrays whose numbers fill their shapes, and never a panic.
func TestDamaged(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 0))
	for _, name := range []string{"plain.mat", "compressed.mat", "cells.mat"} {
		whole := read(t, name)
		for i := range 3000 {
			b := bytes.Clone(whole)
			if i < len(b)/2 {
				b = b[:2*i]
			} else {
				for range 1 + rnd.IntN(8) {
					b[rnd.IntN(len(b))] = byte(rnd.UintN(256))
				}
			}
			check(t, b)
		}
	}
}

func check(t *testing.T, b []byte) {
	arrays, err := Decode(b, 1<<20)
	if err != nil {
		return
	}
	for _, a := range arrays {
		n := 1
		for _, d := range a.Shape {
			n *= d
		}
		if a.Err == nil && a.Text == nil && len(a.Data)+len(a.Cells) != n {
			t.Errorf("got %d numbers and %d cells of shape %v", len(a.Data), len(a.Cells), a.Shape)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"plain.mat", "compressed.mat", "cells.mat", "offsets.mat"} {
		f.Add(read(f, name))
	}
	f.Fuzz(check)
}
