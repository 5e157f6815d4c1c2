package npz

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// EncodeNPY returns the content of a .npy file of format 1.0 with the numbers as
// little-endian float64 in rows. It is an error if they don't fill the shape. The
// array's name is not written.
func EncodeNPY(a Array) ([]byte, error) {
	b, err := encodeNPY(a)
	return b, errors.Wrap(err, "npz: EncodeNPY")
}

func encodeNPY(a Array) ([]byte, error) {
	if !fills(a.Shape, len(a.Data)) {
		return nil, errors.Errorf("it has %d numbers, want the shape %v filled", len(a.Data), a.Shape)
	}
	b, err := binary.Append(begin("<f8", a.Shape, 8*len(a.Data)), binary.LittleEndian, a.Data)
	return b, errors.WithStack(err)
}

// encodeTexts writes np.str_, of as many characters as the longest text has.
func encodeTexts(t Texts) ([]byte, error) {
	if !fills(t.Shape, len(t.Data)) {
		return nil, errors.Errorf("it has %d texts, want the shape %v filled", len(t.Data), t.Shape)
	}
	chars := 1 // NumPy has no type of none
	for _, s := range t.Data {
		if !utf8.ValidString(s) || strings.HasSuffix(s, "\x00") {
			return nil, errors.Errorf("text is %q, want UTF-8 that does not end in NUL", s)
		}
		chars = max(chars, utf8.RuneCountInString(s))
	}
	b := begin(fmt.Sprintf("<U%d", chars), t.Shape, 4*chars*len(t.Data))
	for _, s := range t.Data {
		end := len(b) + 4*chars
		for _, r := range s {
			b = binary.LittleEndian.AppendUint32(b, uint32(r))
		}
		b = append(b, make([]byte, end-len(b))...)
	}
	return b, nil
}

// begin returns a file up to the elements, with room for these.
func begin(descr string, dims []int, size int) []byte {
	shape := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(dims), "[]")), ", ")
	if len(dims) == 1 {
		shape += "," // a tuple of one, in Python
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape)
	const prefix = len(magic) + 4 // and version, and length of the header
	// The numbers are to begin at a multiple of 64 bytes, after a newline.
	header += strings.Repeat(" ", 63-(prefix+len(header))%64) + "\n"

	b := make([]byte, 0, prefix+len(header)+size)
	b = append(b, magic...)
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(b, header...)
}

// fills reports whether n elements fill a shape.
func fills(shape []int, n int) bool {
	return volume(shape) == float64(n) && !slices.ContainsFunc(shape, func(d int) bool { return d < 0 })
}

// DecodeNPY returns the array in a .npy file of format 1.0, 2.0 or 3.0, without a
// name. Floats of 2, 4 or 8 bytes, integers and bools, of either byte order and
// either memory order, are read; all become float64, which holds integers up to
// 2⁵³ exactly. Anything else, a damaged header, and a shape
// that the file's numbers don't fill is an error, never a panic; it is found before
// memory is taken for the numbers.
func DecodeNPY(b []byte) (a Array, err error) {
	defer func() { err = errors.Wrap(err, "npz: DecodeNPY") }()
	r := bytes.NewReader(b)
	h, _, err := readHeader(r)
	if err != nil {
		return Array{}, err
	}
	if err := h.check(int64(r.Len())); err != nil {
		return Array{}, err
	}
	if err := h.Err(); err != nil {
		return Array{}, err
	}
	data, err := h.numbers(r)
	return Array{Shape: h.Shape, Data: data}, err
}

// check checks that the elements take the bytes that there are.
func (h *Header) check(size int64) error {
	if h.kind != 0 && (h.count()*float64(h.size) != float64(size) || h.size == 0 && h.count() > maxHeader) {
		return errors.Errorf(".npy file cut short or damaged: %d bytes of data, want shape %v of %d bytes each", size, h.Shape, h.size)
	}
	return nil
}
