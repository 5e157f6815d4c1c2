package npz

import (
	"archive/zip"
	"bytes"
	"io"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	foreign "codeberg.org/sbinet/npyio/npz"
)

var arrays = []Array{
	{"g/0/W", []int{2, 3}, []float64{1, 2, 3, 4, 5, -0.1}},
	{"g/0/b", []int{3}, []float64{math.Inf(1), math.Copysign(0, -1), 5e-324}},
	{"C", []int{2, 2, 2}, []float64{0, 1, 2, 3, 4, 5, 6, 7}},
	{"step", nil, []float64{17}},
	{"history", []int{0, 5}, []float64{}},
}

func encoded(t testing.TB) []byte {
	b, err := Encode(arrays)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	b := encoded(t)
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, arrays) || !math.Signbit(got[1].Data[1]) {
		t.Errorf("got %v, want %v", got, arrays)
	}
	if again := encoded(t); !bytes.Equal(b, again) {
		t.Errorf("encoded twice: %d and %d bytes that differ", len(b), len(again))
	}
	if got, err := Decode(b, "C", "none", "g/0/W"); err != nil || !reflect.DeepEqual(got, []Array{arrays[0], arrays[2]}) {
		t.Errorf("by name: got %v, %v, want arrays 0 and 2", got, err)
	}
}

// TestForeignReader has npyio's own .npz reader read the file.
func TestForeignReader(t *testing.T) {
	b := encoded(t)
	r, err := foreign.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range arrays {
		var got []float64
		if err := r.Read(want.Name+".npy", &got); err != nil {
			t.Fatalf("%s: %v", want.Name, err)
		}
		if shape := r.Header(want.Name + ".npy").Descr.Shape; !reflect.DeepEqual(got, want.Data) || !reflect.DeepEqual(shape, want.Shape) {
			t.Errorf("%s: got %v %v, want %v %v", want.Name, shape, got, want.Shape, want.Data)
		}
	}
}

// TestNumPy reads what NumPy wrote (testdata/make.py): the same arrays, whose .npy
// files are to be ours byte for byte, then Fortran order, then every type.
func TestNumPy(t *testing.T) {
	b, err := os.ReadFile("testdata/numpy.npz")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	want := append(arrays[:len(arrays):len(arrays)],
		Array{"fortran", []int{2, 3}, []float64{0.5, 1.5, 2.5, 3.5, 4.5, 5.5}},
		Array{"fortran 3-D", []int{1, 3, 2}, []float64{0, 1, 2, 3, 4, 5}})
	for _, kind := range []string{"f4", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"} {
		last := -100.
		if kind[0] == 'u' {
			last = 100
		}
		for _, order := range []string{"<", ">"} {
			want = append(want, Array{order + kind, []int{3}, []float64{0, 1, last}})
		}
	}
	halves := []float64{1, 65504, 0x1p-24, -2, 0x1.554p-2}
	want = append(want, Array{"<f2", []int{5}, halves}, Array{">f2", []int{5}, halves}, Array{"b1", []int{2}, []float64{1, 0}})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}

	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range arrays {
		f, err := z.File[i].Open()
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := EncodeNPY(a); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want np.save's %q", a.Name, got, err, want)
		}
	}
}

// TestTexts reads what NumPy wrote, and what this package writes.
func TestTexts(t *testing.T) {
	b, err := os.ReadFile("testdata/texts.npz")
	if err != nil {
		t.Fatal(err)
	}
	want := []Texts{{"names", []int{3}, []string{"x", "größe", ""}}, {"bytes", []int{2, 1}, []string{"ab", "c"}}}
	again, err := Encode([]Array{{"number", nil, []float64{1}}}, want...)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{b, again} {
		f, err := Open(b, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if got, err := f.ReadTexts(w.Name); err != nil || !reflect.DeepEqual(got, w) {
				t.Errorf("got %v, %v, want %v", got, err, w)
			}
			if _, err := f.Read(w.Name); err == nil || !strings.Contains(err.Error(), "want float, int or bool") {
				t.Errorf("%s as numbers: got %v", w.Name, err)
			}
		}
		if got, err := f.Read("number"); err != nil || !reflect.DeepEqual(got, Array{"number", nil, []float64{1}}) {
			t.Errorf("got %v, %v", got, err)
		}
		if _, err := f.ReadTexts("number"); err == nil || !strings.Contains(err.Error(), "want text") {
			t.Errorf("number as text: got %v", err)
		}
		if _, err := f.Read("none"); err == nil || !strings.Contains(err.Error(), `no array "none"`) {
			t.Errorf("none: got %v", err)
		}
	}
	for _, texts := range [][]string{{"a", "b"}, {"\xff"}, {"a\x00"}} {
		if _, err := Encode(nil, Texts{"a", []int{1}, texts}); err == nil {
			t.Errorf("%q of shape [1]: got no error", texts)
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		arrays []Array
		says   string
	}{
		"no name":        {[]Array{{"", nil, []float64{1}}}, `name is ""`},
		"a name twice":   {[]Array{{"a", nil, []float64{1}}, {"a", nil, []float64{1}}}, `name is "a"`},
		"too short":      {[]Array{{"a", []int{2}, []float64{1}}}, `array "a": it has 1 numbers, want the shape [2] filled`},
		"negative shape": {[]Array{{"a", []int{-1, -1}, []float64{1}}}, `array "a": it has 1 numbers`},
	} {
		if _, err := Encode(c.arrays); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, c.says)
		}
	}
}

// TestDecodeDamaged damages a file in every place. Most damage is noticed by the
// CRC-32 of an entry; what is asked here is that nothing panics, and that no
// error means the arrays or, where a name was hit, their numbers.
func TestDecodeDamaged(t *testing.T) {
	b := encoded(t)
	for i := range b {
		if _, err := Decode(b[:i]); err == nil {
			t.Errorf("the first %d bytes were accepted", i)
		}
		for _, flip := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(b)
			bad[i] ^= flip
			got, err := Decode(bad)
			for k := range got {
				if err == nil && !reflect.DeepEqual(got[k].Data, arrays[k].Data) {
					t.Errorf("byte %d ^ %#x: array %q came back as %v", i, flip, got[k].Name, got[k].Data)
				}
			}
		}
	}
}

// TestDecodeEntries puts in an archive what an .npz file has no place for.
func TestDecodeEntries(t *testing.T) {
	for name, c := range map[string]struct {
		entries []string
		content string
		says    string
	}{
		"other file":  {[]string{"readme.txt"}, "", `entry is "readme.txt"`},
		"no name":     {[]string{".npy"}, "", `entry is ".npy"`},
		"a name anew": {[]string{"a.npy", "a.npy"}, one(""), `entry is "a.npy"`},
		"damaged":     {[]string{"a.npy"}, "\x93NUMPY", `array "a": not a .npy file`},
	} {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, entry := range c.entries {
			f, err := w.Create(entry)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(f, c.content)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(out.Bytes()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, c.says)
		}
		if _, err := Decode(out.Bytes(), "other"); err != nil {
			t.Errorf("%s: asked for another array, got %v", name, err)
		}
	}
}
