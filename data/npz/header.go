package npz

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// magic begins a .npy file.
const magic = "\x93NUMPY"

// maxHeader is far above any header of numbers; NumPy itself stops at 10,000 bytes.
const maxHeader = 1 << 20

// Header is what a file says of an array before its numbers.
type Header struct {
	Name  string
	Shape []int

	descr   string // the type as it is spelled
	kind    byte   // f, i, u, b, U, S of NumPy's types; 0: one that is not read
	size    int    // of an element in bytes
	order   binary.ByteOrder
	fortran bool
}

// IsText reports whether the elements are text rather than numbers.
func (h *Header) IsText() bool { return h.kind == 'U' || h.kind == 'S' }

// Err tells why the array is not one of numbers, if it is not.
func (h *Header) Err() error {
	if h.kind != 0 && !h.IsText() {
		return nil
	}
	kind := strings.TrimLeft(h.descr, "'<>=|")
	try := ""
	switch {
	case strings.HasPrefix(kind, "["):
		try = "; try np.lib.recfunctions.structured_to_unstructured(x)"
	case strings.HasPrefix(kind, "O"):
		try = "; try np.array(x, float), and arrays t_0, u_0, t_1, u_1, … where lengths differ"
	case strings.HasPrefix(kind, "c"):
		try = "; try x.real and x.imag"
	case strings.HasPrefix(kind, "M"), strings.HasPrefix(kind, "m"):
		try = "; try (x - x[0]) / np.timedelta64(1, \"s\")"
	case strings.HasPrefix(kind, "f"):
		try = "; try x.astype(float)"
	}
	return errors.Errorf(".npy element type is %.100s, want float, int or bool%s", h.descr, try)
}

// count returns the number of elements, which may be far more than there is memory
// for: the product is taken in floating point, which cannot wrap around.
func (h *Header) count() float64 { return volume(h.Shape) }

func volume(shape []int) float64 {
	n := 1.0
	for _, d := range shape {
		n *= float64(d)
	}
	return n
}

// readHeader reads a header, of format 1.0, 2.0 or 3.0, and returns its size too.
func readHeader(r io.Reader) (*Header, int, error) {
	var b [12]byte
	if _, err := io.ReadFull(r, b[:10]); err != nil || string(b[:6]) != magic {
		return nil, 0, errors.New("not a .npy file, or cut short")
	}
	start, size := 10, int(binary.LittleEndian.Uint16(b[8:]))
	switch b[6] {
	case 1:
	case 2, 3:
		if _, err := io.ReadFull(r, b[10:]); err != nil {
			return nil, 0, errors.New("not a .npy file, or cut short")
		}
		start, size = 12, int(binary.LittleEndian.Uint32(b[8:]))
	default:
		return nil, 0, errors.Errorf(".npy format has version number %d, want 1, 2 or 3", b[6])
	}
	if size > maxHeader {
		return nil, 0, errors.Errorf(".npy file damaged: the header has %d bytes, want at most %d", size, maxHeader)
	}
	var text bytes.Buffer // grows with what there is
	if n, err := io.CopyN(&text, r, int64(size)); err != nil {
		return nil, 0, errors.Errorf(".npy file cut short: the header has %d bytes, want %d", n, size)
	}
	h, err := parseHeader(text.String())
	return h, start + size, errors.Wrap(err, ".npy header damaged")
}

// parseHeader reads the literal of a Python dictionary, as NumPy does: with the
// three keys in any order and nothing beside them.
func parseHeader(text string) (*Header, error) {
	value, err := parseLiteral(text)
	if err != nil {
		return nil, errors.Wrapf(err, "%.100q", text)
	}
	dict, ok := value.(map[string]any)
	if !ok || len(dict) != 3 {
		return nil, errors.Errorf("it is %.100q, want a dictionary of descr, fortran_order and shape", text)
	}
	h := &Header{Shape: []int{}}
	if h.fortran, ok = dict["fortran_order"].(bool); !ok {
		return nil, errors.Errorf("'fortran_order' is %v, want True or False", dict["fortran_order"])
	}
	shape, ok := dict["shape"].(sequence)
	if !ok || !shape.tuple {
		return nil, errors.Errorf("'shape' is %v, want a tuple", dict["shape"])
	}
	for _, d := range shape.items {
		n, ok := d.(int)
		if !ok || n < 0 {
			return nil, errors.Errorf("'shape' is %v, want whole numbers ≥ 0", shape.items)
		}
		h.Shape = append(h.Shape, n)
	}
	if len(h.Shape) == 0 {
		h.Shape = nil
	}
	switch descr := dict["descr"].(type) {
	case string:
		h.descr = "'" + descr + "'"
		h.element(descr)
	case sequence:
		h.descr = descr.text
	default:
		return nil, errors.Errorf("'descr' is %v, want a string", descr)
	}
	return h, nil
}

// element understands a type as NumPy writes it: byte order, kind and size.
func (h *Header) element(descr string) {
	h.order = binary.LittleEndian
	s := descr
	if s != "" && strings.IndexByte("<>=|", s[0]) >= 0 {
		if s[0] == '>' {
			h.order = binary.BigEndian
		}
		s = s[1:]
	}
	if s == "" {
		return
	}
	size, err := strconv.Atoi(s[1:])
	if err != nil || size < 0 || strings.TrimLeft(s[1:], "0123456789") != "" {
		return
	}
	switch s {
	case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1":
		h.kind, h.size = s[0], size
	}
	if (s[0] == 'U' || s[0] == 'S') && size <= maxHeader {
		h.kind, h.size = s[0], size
		if s[0] == 'U' {
			h.size = 4 * size
		}
	}
}
