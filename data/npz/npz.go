// Package npz reads and writes arrays of numbers in NumPy's formats: .npy, which
// is one array, and .npz, a zip archive of them by name.
//
//	arrays, err := npz.Decode(b)        // np.savez and np.savez_compressed wrote b
//	b, err := npz.Encode([]npz.Array{   // np.load(file)["g/0/W"] is that array
//		{Name: "g/0/W", Shape: []int{2, 3}, Data: w},
//	})
//
// # Why not npyio
//
// The module codeberg.org/sbinet/npyio finds the entries of a header by their
// places in the text: of (6, 1) it made [6], and other orders of the keys, which are
// as legal, panicked. It knows no float16 and no bool, trusts the sizes in a file,
// hands over Fortran order as it lies, and writes no empty arrays. So header
// (literal.go) and elements (elements.go) are read here; npyio reads what
// this package writes in a test. What [EncodeNPY] writes is what np.save writes,
// byte for byte.
//
// # Sizes
//
// What a header says is compared with the bytes that there are before memory is
// taken. A compressed file may unpack to a thousand times its size; [Decode] stops at 64 MiB
// or 32 times the file, whichever is more, and [Open] at what it is told.
//
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package npz

import (
	"archive/zip"
	"bytes"

	"github.com/pkg/errors"
)

// Array is an array of real numbers, row-major. A shape without entries is that
// of a single number. The name, which may contain slashes, counts in an .npz file.
type Array struct {
	Name  string
	Shape []int
	Data  []float64
}

// Texts is an array of text, as np.array(["a", "b"]) is.
type Texts struct {
	Name  string
	Shape []int
	Data  []string
}

// Encode returns the content of an .npz file with the arrays and then the texts in
// the order given. It is a function of these alone: entries are stored rather than deflated
// (weights don't compress) and bear no time.
//
// The error names the array whose name is empty or used twice, or whose data
// don't fill its shape.
func Encode(arrays []Array, texts ...Texts) (b []byte, err error) {
	defer func() { err = errors.Wrap(err, "npz: Encode") }()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	seen := map[string]bool{}
	add := func(name string, b []byte, err error) error {
		if name == "" || seen[name] {
			return errors.Errorf("name is %q, want one that is not empty and not taken", name)
		}
		seen[name] = true
		if err != nil {
			return errors.Wrapf(err, "array %q", name)
		}
		entry, err := w.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
		if err == nil {
			_, err = entry.Write(b)
		}
		return errors.Wrapf(err, "array %q", name)
	}
	for _, a := range arrays {
		b, err := encodeNPY(a)
		if err := add(a.Name, b, err); err != nil {
			return nil, err
		}
	}
	for _, t := range texts {
		b, err := encodeTexts(t)
		if err := add(t.Name, b, err); err != nil {
			return nil, err
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
func Decode(b []byte, names ...string) (arrays []Array, err error) {
	defer func() { err = errors.Wrap(err, "npz: Decode") }()
	f, err := open(b, 0, names, true)
	if err != nil {
		return nil, err
	}
	arrays = make([]Array, 0, len(f.entries))
	for _, e := range f.entries {
		a, err := f.read(e)
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, a)
	}
	return arrays, nil
}
