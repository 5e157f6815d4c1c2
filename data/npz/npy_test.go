package npz

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// file makes a .npy file by hand, as NumPy lays it out.
func file(header, data string) []byte {
	return []byte("\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), byte(len(header) >> 8)}) + header + data)
}

// one is a file of a single number, 1.5, with its descr, if any, in place of '<f8'.
func one(descr string) string {
	if descr == "" {
		descr = "'<f8'"
	}
	return string(file("{'descr': "+descr+", 'fortran_order': False, 'shape': (), }\n", "\x00\x00\x00\x00\x00\x00\xf8\x3f"))
}

func TestDecodeNPY(t *testing.T) {
	const six = "\x01\x02\x03\x04\x05\x06"
	long := "\x93NUMPY\x02\x00\x3a\x00\x00\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n\x01\x02"
	for _, c := range []struct {
		name string
		b    []byte
		want Array
	}{
		{"C order", file("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", six), Array{"", []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}}},
		{"Fortran order", file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", six), Array{"", []int{2, 3}, []float64{1, 3, 5, 2, 4, 6}}},
		{"Fortran order, three dimensions", file("{'descr': '|i1', 'fortran_order': True, 'shape': (1, 2, 3), }\n", six), Array{"", []int{1, 2, 3}, []float64{1, 3, 5, 2, 4, 6}}},
		{"float32", file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", "\x00\x00\xc0\x3f\x00\x00\x80\xbf"), Array{"", []int{2}, []float64{1.5, -1}}},
		{"big endian", file("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", "\x3f\xc0\x00\x00\xbf\x80\x00\x00"), Array{"", []int{2}, []float64{1.5, -1}}},
		{"int64", file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }\n", "\xfe\xff\xff\xff\xff\xff\xff\xff"), Array{"", []int{1}, []float64{-2}}},
		{"the dictionary as NumPy prints it", file("{'descr': '|u1', 'fortran_order': False, 'shape': (6, 1)}\n", six), Array{"", []int{6, 1}, []float64{1, 2, 3, 4, 5, 6}}},
		{"keys in another order", file("{'shape':(3,2),'descr':'|u1','fortran_order':True}", six), Array{"", []int{3, 2}, []float64{1, 4, 2, 5, 3, 6}}},
		{"other quotes and blanks", file("  { \"shape\" : ( 6 , ) ,\n \"fortran_order\":False , u'descr' : \"|u\\x31\" , } \n", six), Array{"", []int{6}, []float64{1, 2, 3, 4, 5, 6}}},
		{"Python 2", file("{'descr': '|u1', 'fortran_order': False, 'shape': (6L, 1L), }\n", six), Array{"", []int{6, 1}, []float64{1, 2, 3, 4, 5, 6}}},
		{"a list in brackets", file("{'descr': ('|u1'), 'fortran_order': (False), 'shape': ((6), )}", six), Array{"", []int{6}, []float64{1, 2, 3, 4, 5, 6}}},
		{"bool", file("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", "\x00\x01\x02"), Array{"", []int{3}, []float64{0, 1, 1}}},
		// 1, the largest, the least, −2, −0: by the table of binary16 in Wikipedia
		{"float16", file("{'descr': '<f2', 'fortran_order': False, 'shape': (4,)}", "\x00\x3c\xff\x7b\x01\x00\x00\xc0"), Array{"", []int{4}, []float64{1, 65504, 0x1p-24, -2}}},
		{"float16, big endian", file("{'descr': '>f2', 'fortran_order': False, 'shape': (2,)}", "\x35\x55\x7c\x00"), Array{"", []int{2}, []float64{0.333251953125, math.Inf(1)}}},
		{"format 3.0", []byte(strings.Replace(long, "\x02", "\x03", 1)), Array{"", []int{2}, []float64{1, 2}}},
		{"scalar", []byte(one("")), Array{"", nil, []float64{1.5}}},
		{"format 2.0", []byte(long), Array{"", []int{2}, []float64{1, 2}}},
	} {
		if got, err := DecodeNPY(c.b); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestDecodeNPYErrors(t *testing.T) {
	for name, c := range map[string]struct{ b, says string }{
		"empty":             {"", "not a .npy file"},
		"magic only":        {"\x93NUMPY\x01\x00", "not a .npy file"},
		"a table":           {"sample,t,u1,u2\n", "not a .npy file"},
		"format":            {strings.Replace(one(""), "\x01", "\x09", 1), "version number 9"},
		"unknown format":    {"\x93NUMPY\x09\x00\x02\x00\x00\x00{}", "version number 9"},
		"no header":         {"\x93NUMPY\x01\x00\x00\x0012345678", "header damaged"},
		"header too long":   {"\x93NUMPY\x01\x00\xff\xff{}", "the header has 2 bytes, want 65535"},
		"header of 4 GB":    {"\x93NUMPY\x02\x00\xff\xff\xff\xff{}", "the header has 4294967295 bytes"},
		"a key too many":    {string(file("{'shape': (), 'fortran_order': False, 'descr': '<f8', 'a': 1}\n", "12345678")), "want a dictionary of descr, fortran_order and shape"},
		"a number as shape": {shaped("(1)"), "'shape' is 1, want a tuple"},
		"code":              {shaped("(1 + 1,)"), "header damaged"},
		"deep":              {shaped(strings.Repeat("(", 60000)), "header damaged"},
		"no brace":          {strings.Replace(one(""), "}", " ", 1), "header damaged"},
		"neither order":     {strings.Replace(one(""), "False", "Maybe", 1), "header damaged"},
		"half a number":     {one("")[:len(one(""))-4], "damaged: 4 bytes of data, want shape [] of 8 bytes each"},
		"a number too many": {one("") + "12345678", "damaged: 16 bytes"},
		"extended":          {one("'<f16'"), "element type is '<f16', want float, int or bool"},
		"object":            {one("'|O'"), "element type is '|O', want float, int or bool; try np.array(x, float), and arrays t_0, u_0"},
		"text":              {one("'<U2'"), "element type is '<U2'"},
		"complex":           {one("'<c16'"), "element type is '<c16'"},
		"structure":         {one("[('a', '<f8')]"), "element type is [('a', '<f8')]"},
		"no quote":          {one("<f8'"), "header damaged"},
		"two byte orders":   {one("'<>f8'"), "element type is '<>f8'"},
		"short":             {shaped("(2,)"), "want shape [2]"},
		"wraps around":      {shaped("(4294967296, 4294967296)"), "want shape [4294967296 4294967296]"},
		"wraps around to 1": {shaped("(-1, -1)"), "is [-1 -1], want whole numbers ≥ 0"},
		"4 TB":              {shaped("(549755813888,)"), "want shape [549755813888]"},
		"no int":            {shaped("(99999999999999999999,)"), "value out of range"},
	} {
		if a, err := DecodeNPY([]byte(c.b)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, %v, want an error that says %q", name, a, err, c.says)
		}
	}
}

func shaped(shape string) string {
	return string(file("{'descr': '<f8', 'fortran_order': False, 'shape': "+shape+", }\n", "12345678"))
}

// TestDecodeNPYDamaged feeds files that are cut short, which is an error, or have
// bytes changed, where no checksum tells: the answer is an error or an array whose
// data fill its shape, and never a panic.
func TestDecodeNPYDamaged(t *testing.T) {
	whole, err := EncodeNPY(arrays[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		if a, err := DecodeNPY(whole[:i]); err == nil {
			t.Errorf("got %v from the first %d of %d bytes", a, i, len(whole))
		}
	}
	rnd := rand.New(rand.NewPCG(1, 0))
	for range 20000 {
		b := append([]byte(nil), whole...)
		for range 1 + rnd.IntN(8) {
			b[rnd.IntN(len(b))] = byte(rnd.UintN(256))
		}
		check(t, b)
	}
}

func FuzzDecodeNPY(f *testing.F) {
	f.Add([]byte(one("")))
	f.Add(file("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }\n", "\x00\x00\xc0\x3f\x00\x00\x80\xbf"))
	f.Add([]byte(shaped("(0, 5)")))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}

func check(t *testing.T, b []byte) {
	if a, err := DecodeNPY(b); err == nil && !fills(a.Shape, len(a.Data)) {
		t.Fatalf("%q: got %v, whose data don't fill its shape", b, a)
	}
}
