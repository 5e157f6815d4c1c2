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
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
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

// storage is a type of numbers in a file.
type storage struct {
	size   int
	number func(b []byte, o binary.ByteOrder) float64
}

// maxDepth is deeper than any cell of cells of arrays.
const maxDepth = 8

// Decode returns the variables of a file in the file's order. Of those that want
// refuses, where it is not nil, there is name and shape alone. limit bounds the
// bytes that the numbers may take together.
//
// A file that is damaged or cut short is an error, never a panic. Sizes are
// compared with the bytes that there are before memory is taken.
func Decode(b []byte, limit int64, want func(name string) bool) ([]Array, error) {
	arrays, err := decode(b, limit, want)
	return arrays, errors.Wrap(err, "mat: Decode")
}

func decode(b []byte, limit int64, want func(string) bool) (arrays []Array, err error) {
	d := &decoder{left: limit, limit: limit, want: want}
	switch {
	case bytes.HasPrefix(b, []byte("MATLAB 7.3")), bytes.HasPrefix(b, []byte("\x89HDF")):
		return nil, errors.WithStack(ErrHDF5)
	case len(b) < 128:
		return nil, errors.Errorf("not a .mat file, or cut short: got %d bytes, want at least 128", len(b))
	case bytes.IndexByte(b[:4], 0) >= 0:
		return nil, errors.New("got a .mat file of version 4 or none, want version 5; try save -v7")
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

// ErrHDF5 says that a file is of version 7.3.
var ErrHDF5 = errors.New("got a .mat file of version 7.3, which is HDF5, want version 5; try save -v7")

type decoder struct {
	order       binary.ByteOrder
	left, limit int64 // bytes of numbers
	want        func(string) bool
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
			return 0, nil, errors.Errorf("file damaged: got a short element of %d bytes", short)
		}
		return kind & 0xffff, &source{bytes.NewReader(tag[4:]), int64(short)}, nil
	}
	if size > s.left {
		return 0, nil, errors.Errorf("file cut short or damaged: got %d bytes at most, want an element of %d", s.left, size)
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
		return 0, nil, errors.Errorf("file damaged: got an element of %d bytes, want at most %d", body.left, most)
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

// array reads what is in the element of an array.
func (d *decoder) array(s *source, depth int) (a Array, err error) {
	if s.left == 0 { // an empty element of a cell
		return Array{Shape: []int{0, 0}, Data: []float64{}}, nil
	}
	_, flags, err := d.small(s, 8)
	if err != nil {
		return a, err
	}
	if len(flags) != 8 {
		return a, errors.Errorf("file damaged: got %d bytes of flags, want 8", len(flags))
	}
	class, bits := d.order.Uint32(flags)&0xff, d.order.Uint32(flags)>>8
	_, dims, err := d.small(s, 4*32)
	if err != nil {
		return a, err
	}
	count := 1.0 // exact for what fits in memory, and can't wrap around
	for ; len(dims) >= 4; dims = dims[4:] {
		n := int(int32(d.order.Uint32(dims)))
		if n < 0 {
			return a, errors.Errorf("file damaged: got %d as a dimension", n)
		}
		a.Shape = append(a.Shape, n)
		count *= float64(n)
	}
	if len(a.Shape) < 2 {
		return a, errors.Errorf("file damaged: got shape %v, want two dimensions at least", a.Shape)
	}
	_, name, err := d.small(s, 1<<12)
	if err != nil {
		return a, err
	}
	a.Name = string(name)
	switch {
	case depth == 0 && d.want != nil && !d.want(a.Name):
		a.Err = errors.New("not asked for")
	case class == cellClass:
		err = d.cells(s, &a, count, depth)
	case class == charClass:
		err = d.text(s, &a, count)
	case class >= doubleClass && class <= uint64Class && bits&0x08 == 0:
		a.Data, err = d.numbers(s, count)
		a.Data = stack.RowMajor(a.Data, a.Shape)
	default:
		a.Err = errors.Errorf("got %s, want real numbers or a cell of such", className(class, bits))
	}
	if err != nil || a.Err != nil && depth == 0 {
		return a, err
	}
	return a, s.skip()
}

func className(class, bits uint32) string {
	switch {
	case class == structClass:
		return "a struct"
	case class == sparseClass:
		return "a sparse array"
	case class == objectClass:
		return "an object"
	case bits&0x08 != 0:
		return "complex numbers"
	}
	return fmt.Sprintf("class %d", class)
}

// take takes room for count numbers.
func (d *decoder) take(count float64) error {
	if need := 8 * count; need > float64(d.left) {
		return errors.Errorf("got %.0f elements, which take %.3g bytes, want at most %d in all for a file of this size; try a larger limit, or a file that is not compressed",
			count, need, d.limit)
	} else {
		d.left -= int64(need)
	}
	return nil
}

// numbers reads an element of count numbers in the order of the file.
func (d *decoder) numbers(s *source, count float64) ([]float64, error) {
	kind, body, err := d.element(s)
	if err != nil {
		return nil, err
	}
	st, ok := storages[kind]
	if !ok {
		return nil, errors.Errorf("got numbers of type %d, want one of 1 to 13", kind)
	}
	if count*float64(st.size) != float64(body.left) {
		return nil, errors.Errorf("file damaged: got %d bytes, want %.0f numbers of %d bytes", body.left, count, st.size)
	}
	if err := d.take(count); err != nil {
		return nil, err
	}
	size := int(body.left)
	data := make([]float64, int(count))
	b := make([]byte, min(size, 1<<15))
	for rest := data; len(rest) > 0; {
		b = b[:min(len(b), len(rest)*st.size)]
		if _, err := io.ReadFull(body, b); err != nil {
			return nil, errors.Wrap(err, "file cut short")
		}
		n := len(b) / st.size
		for k := range n {
			rest[k] = st.number(b[k*st.size:], d.order)
		}
		rest = rest[n:]
	}
	return data, d.pad(s, body, size)
}

// cells reads the arrays of a cell.
func (d *decoder) cells(s *source, a *Array, count float64, depth int) error {
	if depth == maxDepth {
		return errors.Errorf("got cells more than %d deep", maxDepth)
	}
	if 8*count > float64(s.left) {
		return errors.Errorf("file damaged: got %d bytes at most, want %.0f elements of a cell", s.left, count)
	}
	a.Cells = []Array{}
	for range int(count) {
		kind, body, err := d.element(s)
		if err != nil {
			return err
		}
		if kind != matrixType {
			return errors.Errorf("file damaged: got an element of type %d in a cell, want an array", kind)
		}
		if err := d.take(16); err != nil { // of its Array
			return err
		}
		c, err := d.array(body, depth+1)
		if err != nil {
			return errors.Wrapf(err, "element %d of the cell", len(a.Cells))
		}
		a.Cells = append(a.Cells, c)
	}
	a.Cells = stack.RowMajor(a.Cells, a.Shape)
	return nil
}

// text reads a char array.
func (d *decoder) text(s *source, a *Array, count float64) error {
	kind, body, err := d.element(s)
	if err != nil {
		return err
	}
	if count > float64(body.left) {
		return errors.Errorf("file damaged: got %d bytes at most, want %.0f characters", body.left, count)
	}
	if err := d.take(count); err != nil {
		return err
	}
	b := make([]byte, body.left)
	if _, err := io.ReadFull(body, b); err != nil {
		return errors.Wrap(err, "file cut short")
	}
	chars := d.runes(kind, b)
	if len(a.Shape) != 2 || float64(len(chars)) != count {
		a.Err = errors.Errorf("got %d characters, want those of shape %v", len(chars), a.Shape)
		return nil
	}
	chars = stack.RowMajor(chars, a.Shape)
	a.Text = []string{}
	for i := range a.Shape[0] {
		a.Text = append(a.Text, strings.TrimRight(string(chars[i*a.Shape[1]:(i+1)*a.Shape[1]]), " "))
	}
	return nil
}

func (d *decoder) runes(kind uint32, b []byte) (chars []rune) {
	switch kind {
	case 4, 17: // uint16, UTF-16; pairs of surrogates are two characters in the shape
		for ; len(b) >= 2; b = b[2:] {
			chars = append(chars, rune(d.order.Uint16(b)))
		}
	case 6, 18: // uint32, UTF-32
		for ; len(b) >= 4; b = b[4:] {
			chars = append(chars, rune(d.order.Uint32(b)))
		}
	case 16:
		chars = []rune(string(b))
	default:
		for _, c := range b {
			chars = append(chars, rune(c))
		}
	}
	return chars
}
