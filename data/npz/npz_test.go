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

func TestEncodeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		arrays []Array
		says   string
	}{
		"no name":        {[]Array{{"", nil, []float64{1}}}, `name, got ""`},
		"a name twice":   {[]Array{{"a", nil, []float64{1}}, {"a", nil, []float64{1}}}, `name, got "a"`},
		"too short":      {[]Array{{"a", []int{2}, []float64{1}}}, `array "a": got 1 numbers, want the shape [2] filled`},
		"negative shape": {[]Array{{"a", []int{-1, -1}, []float64{1}}}, `array "a": got 1 numbers`},
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
		"other file":  {[]string{"readme.txt"}, "", `entry, got "readme.txt"`},
		"no name":     {[]string{".npy"}, "", `entry, got ".npy"`},
		"a name anew": {[]string{"a.npy", "a.npy"}, one(""), `entry, got "a.npy"`},
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
