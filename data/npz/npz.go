// Package npz reads and writes arrays of numbers in NumPy's formats: .npy, which
// is one array, and .npz, a zip archive of them by name.
//
//	arrays, err := npz.Decode(b)        // np.savez and np.savez_compressed wrote b
//	b, err := npz.Encode([]npz.Array{   // np.load(file)["g/0/W"] is that array
//		{Name: "g/0/W", Shape: []int{2, 3}, Data: w},
//	})
//
// # What npyio does
//
// The module codeberg.org/sbinet/npyio parses the headers and reads the numbers.
// It trusts its input, so that [DecodeNPY] stands guard: sizes in the file are
// compared with the bytes at hand before anything of that size is allocated, a
// panic over a damaged header becomes an error, and numbers in Fortran order,
// which npyio hands over as they lie, are put in rows.
//
// Headers are written here, because npyio.Write takes the shape from a Go type.
// An array of three dimensions would be nested into slices by reflection first;
// from an empty one, such as (0, 5), it makes the shape (), a file that no reader
// accepts; its padding aligns the numbers at nothing; and a million of them take
// 0.4 s and 200 MB of garbage. What [EncodeNPY] writes is what np.save writes,
// byte for byte.
//
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package npz

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Array is an array of real numbers, row-major. A shape without entries is that
// of a single number. The name, which may contain slashes, counts in an .npz file.
type Array struct {
	Name  string
	Shape []int
	Data  []float64
}

// Encode returns the content of an .npz file with the arrays in the order given.
// It is a function of the arrays alone: entries are stored rather than deflated
// (weights don't compress) and bear no time.
//
// The error names the array whose name is empty or used twice, or whose data
// don't fill its shape.
func Encode(arrays []Array) ([]byte, error) {
	b, err := encode(arrays)
	return b, errors.Wrap(err, "npz: Encode")
}

func encode(arrays []Array) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	seen := map[string]bool{}
	for _, a := range arrays {
		if a.Name == "" || seen[a.Name] {
			return nil, errors.Errorf("name, got %q, want one that is not empty and not taken", a.Name)
		}
		seen[a.Name] = true
		b, err := encodeNPY(a)
		if err != nil {
			return nil, errors.Wrapf(err, "array %q", a.Name)
		}
		entry, err := w.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err != nil {
			return nil, errors.Wrapf(err, "array %q", a.Name)
		}
		if _, err := entry.Write(b); err != nil {
			return nil, errors.Wrapf(err, "array %q", a.Name)
		}
	}
	if err := w.Close(); err != nil {
		return nil, errors.WithStack(err)
	}
	return out.Bytes(), nil
}

// Decode returns the arrays of an .npz file in the file's order: all of them or,
// if names are given, those among these that there are. What else the file holds,
// say text, is then not looked at.
//
// See [DecodeNPY] for what an array may be; the error names the one that is
// something else or is damaged.
func Decode(b []byte, names ...string) ([]Array, error) {
	arrays, err := decode(b, names)
	return arrays, errors.Wrap(err, "npz: Decode")
}

func decode(b []byte, names []string) ([]Array, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, errors.Wrap(err, "not an .npz file, or cut short")
	}
	arrays := make([]Array, 0, len(z.File))
	seen := map[string]bool{}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if len(names) > 0 && !(ok && slices.Contains(names, name)) {
			continue
		}
		if !ok || name == "" || seen[name] {
			return nil, errors.Errorf("entry, got %q, want a new name that ends in .npy", f.Name)
		}
		seen[name] = true
		content, err := readEntry(f)
		if err != nil {
			return nil, errors.Wrapf(err, "array %q", name)
		}
		a, err := decodeNPY(content)
		if err != nil {
			return nil, errors.Wrapf(err, "array %q", name)
		}
		a.Name = name
		arrays = append(arrays, a)
	}
	return arrays, nil
}

func readEntry(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r) // verifies the entry's CRC-32
}
