// Package mat reads the arrays in MATLAB's .mat files of version 5, which MATLAB
// writes by save -v6 and -v7, and SciPy by savemat.
//
// Numbers of every class and storage become float64, which holds integers up to
// 2⁵³ exactly; char arrays become text, and cells are arrays of arrays. Structs,
// sparse and complex arrays, and objects are named but not read. Files of version
// 7.3 are HDF5, and refused as those of version 4 are.
//
// Format: MAT-File Format, The MathWorks, chapter 1.
package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"

	"github.com/pkg/errors"
)

// Array is a variable, or an element of a cell: one of Data, Text and Cells, or
// Err, which says why it was not read.
type Array struct {
	Name  string
	Shape []int     // at least two dimensions
	Data  []float64 // row-major, unlike in the file
	Text  []string  // the rows of a char array, without the blanks that fill them
	Cells []Array   // row-major
	Err   error
}

// Types of elements and classes of arrays, by their numbers in the format.
const (
	matrixType, compressedType = 14, 15

	cellClass, structClass, objectClass, charClass, sparseClass = 1, 2, 3, 4, 5
	doubleClass, uint64Class                                    = 6, 15
)

// maxDepth is deeper than any cell of cells of arrays.
const maxDepth = 8

// Decode returns the variables of a file in the file's order. limit bounds the
// bytes that the numbers may take together.
//
// A file that is damaged or cut short is an error, never a panic. Sizes are
// compared with the bytes that there are before memory is taken.
func Decode(b []byte, limit int64) (arrays []Array, err error) {
	defer func() { err = errors.Wrap(err, "mat: Decode") }()
	d := &decoder{left: limit, limit: limit}
	switch {
	case bytes.HasPrefix(b, []byte("MATLAB 7.3")), bytes.HasPrefix(b, []byte("\x89HDF")):
		return nil, errors.New("the file is of version 7.3, which is HDF5, want version 5; try save -v7")
	case bytes.IndexByte(b[:min(4, len(b))], 0) >= 0:
		return nil, errors.New("the .mat file is of version 4 or none, want version 5; try save -v7")
	case len(b) < 128:
		return nil, errors.Errorf("not a .mat file, or cut short: it has %d bytes, want at least 128", len(b))
	case string(b[126:128]) == "IM":
		d.order = binary.LittleEndian
	case string(b[126:128]) == "MI":
		d.order = binary.BigEndian
	default:
		return nil, errors.New("not a .mat file of version 5: no byte order in its header")
	}
	file := bytes.NewReader(b[128:])
	for file.Len() > 0 {
		a, err := d.variable(file)
		if err != nil {
			return nil, err
		}
		if a != nil {
			arrays = append(arrays, *a)
		}
	}
	return arrays, nil
}

type decoder struct {
	order       binary.ByteOrder
	left, limit int64 // bytes of numbers
}

// source is the rest of an element.
type source struct {
	r    io.Reader
	left int64 // bytes at most
}

func (s *source) Read(b []byte) (int, error) {
	if s.left <= 0 {
		return 0, io.EOF
	}
	n, err := s.r.Read(b[:min(int64(len(b)), s.left)])
	s.left -= int64(n)
	return n, err
}

// skip passes over the rest.
func (s *source) skip() error {
	_, err := io.Copy(io.Discard, s)
	return errors.WithStack(err)
}

// variable reads an element of the file; nil is one that is no array.
func (d *decoder) variable(file *bytes.Reader) (*Array, error) {
	kind, outer, err := d.element(&source{file, int64(file.Len())})
	if err != nil {
		return nil, err
	}
	body := outer
	var z *source
	if kind == compressedType {
		r, err := zlib.NewReader(outer)
		if err != nil {
			return nil, errors.Wrap(err, "compressed variable")
		}
		defer r.Close()
		z = &source{r, 1032*outer.left + 1024} // deflate makes at most 1032 bytes of one
		if kind, body, err = d.element(z); err != nil {
			return nil, err
		}
	}
	var a *Array
	if kind == matrixType {
		got, err := d.array(body, 0)
		if err != nil {
			return nil, errors.Wrapf(err, "variable %q", got.Name)
		}
		a = &got
		if z != nil && a.Err == nil {
			if err := z.skip(); err != nil { // verifies the checksum
				return nil, errors.Wrapf(err, "variable %q", a.Name)
			}
		}
	}
	return a, outer.skip()
}

// element reads the tag of an element and returns its body. Short ones, of up to
// four bytes, lie in the tag.
func (d *decoder) element(s *source) (kind uint32, body *source, err error) {
	var tag [8]byte
	if _, err := io.ReadFull(s, tag[:]); err != nil {
		return 0, nil, errors.Wrap(err, "file cut short: no tag")
	}
	kind, size := d.order.Uint32(tag[:]), int64(d.order.Uint32(tag[4:]))
	if short := kind >> 16; short != 0 {
		if short > 4 {
			return 0, nil, errors.Errorf("file damaged: a short element has %d bytes, want at most 4", short)
		}
		return kind & 0xffff, &source{bytes.NewReader(tag[4:]), int64(short)}, nil
	}
	if size > s.left {
		return 0, nil, errors.Errorf("file cut short or damaged: there are %d bytes at most, want an element of %d", s.left, size)
	}
	return kind, &source{s, size}, nil
}

// small reads an element of a header whole, and the padding after it.
func (d *decoder) small(s *source, most int64) (kind uint32, b []byte, err error) {
	kind, body, err := d.element(s)
	if err != nil {
		return 0, nil, err
	}
	if body.left > most {
		return 0, nil, errors.Errorf("file damaged: an element has %d bytes, want at most %d", body.left, most)
	}
	b = make([]byte, body.left)
	if _, err := io.ReadFull(body, b); err != nil {
		return 0, nil, errors.Wrap(err, "file cut short")
	}
	return kind, b, d.pad(s, body, len(b))
}

// pad passes over what fills an element up to a multiple of 8 bytes.
func (d *decoder) pad(s, body *source, size int) error {
	if _, short := body.r.(*bytes.Reader); short {
		return nil
	}
	_, err := io.CopyN(io.Discard, s, int64(-size&7))
	if err == io.EOF { // the last one of some writers
		err = nil
	}
	return errors.WithStack(err)
}
