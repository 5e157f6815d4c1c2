package data

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio"
	"codeberg.org/sbinet/npyio/npz"
)

// TestWriteNPYIO reads with npyio, an independent reader, what we write.
func TestWriteNPYIO(t *testing.T) {
	d := awkward()
	dir := t.TempDir()
	for _, name := range []string{"a.npz", "a.npy"} {
		if err := d.Write(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	var times, u []float64
	z, err := npz.Open(filepath.Join(dir, "a.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if err := z.Read("t.npy", &times); err != nil || !slices.Equal(times, d.Times) {
		t.Errorf("t: got %v, %v, want %v", times, err, d.Times)
	}
	if err := z.Read("u.npy", &u); err != nil || !slices.Equal(u, d.states().data) {
		t.Errorf("u: got %v, %v, want %v", u, err, d.states().data)
	}
	b, err := os.ReadFile(filepath.Join(dir, "a.npy"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := npyio.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Header.Descr.Shape, []int{3, 2, 3}; !slices.Equal(got, want) {
		t.Errorf(".npy: got shape %v, want %v", got, want)
	}
	if len(b) != 128+8*18 { // a header of 128 bytes, so that the data are aligned
		t.Errorf(".npy: got %d bytes, want %d", len(b), 128+8*18)
	}
}

// npyBytes makes a .npy file by hand, as NumPy lays it out.
func npyBytes(header string, data ...byte) []byte {
	return append(append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), 0), append([]byte(header), data...)...)
}

func TestDecodeNPY(t *testing.T) {
	six := []byte{1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		name string
		b    []byte
		want *array
	}{
		{"C order", npyBytes("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", six...), &array{[]int{2, 3}, []float64{1, 2, 3, 4, 5, 6}}},
		{"Fortran order", npyBytes("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", six...), &array{[]int{2, 3}, []float64{1, 3, 5, 2, 4, 6}}},
		{"Fortran order, three dimensions", npyBytes("{'descr': '|i1', 'fortran_order': True, 'shape': (1, 2, 3), }\n", six...), &array{[]int{1, 2, 3}, []float64{1, 3, 5, 2, 4, 6}}},
		{"float32", npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 0, 0, 0xc0, 0x3f, 0, 0, 0x80, 0xbf), &array{[]int{2}, []float64{1.5, -1}}},
		{"big endian", npyBytes("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", 0x3f, 0xc0, 0, 0, 0xbf, 0x80, 0, 0), &array{[]int{2}, []float64{1.5, -1}}},
		{"int64", npyBytes("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }\n", 0xfe, 255, 255, 255, 255, 255, 255, 255), &array{[]int{1}, []float64{-2}}},
		{"scalar", npyBytes("{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n", 9), &array{nil, []float64{9}}},
	} {
		if got, err := decodeNPY(c.b); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	for _, c := range []struct {
		header, text string
	}{
		{"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4), }\n", "cut short"},
		{"{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }\n", "want 5"},
		{"{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n", "cut short"},
		{"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,), }\n", "cut short"},
		{"{'descr': '|u1', 'fortran_order': False, 'shape': (-2, -3), }\n", "want an array"},
		{"{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }\n", "want an array"},
		{"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }\n", "want an array"},
		{"{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }\n", "got f2"},
		{"", "want an array"},
	} {
		if _, err := decodeNPY(npyBytes(c.header, six...)); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%q: got %v, want an error that says %q", c.header, err, c.text)
		}
	}
}
