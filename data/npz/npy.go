package npz

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"codeberg.org/sbinet/npyio"
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
		return nil, errors.Errorf("got %d numbers, want the shape %v filled", len(a.Data), a.Shape)
	}
	shape := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(a.Shape), "[]")), ", ")
	if len(a.Shape) == 1 {
		shape += "," // a tuple of one, in Python
	}
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }", shape)
	const prefix = len(npyio.Magic) + 4 // and version, and length of the header
	// The numbers are to begin at a multiple of 64 bytes, after a newline.
	header += strings.Repeat(" ", 63-(prefix+len(header))%64) + "\n"

	b := make([]byte, 0, prefix+len(header)+8*len(a.Data))
	b = append(b, npyio.Magic[:]...)
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	b = append(b, header...)
	b, err := binary.Append(b, binary.LittleEndian, a.Data)
	return b, errors.WithStack(err)
}

// DecodeNPY returns the array in a .npy file of format 1.0 or 2.0, without a name.
// Floats of 4 or 8 bytes and integers, of either byte order and either memory
// order, are read; all become float64, which holds integers up to 2⁵³ exactly.
// Anything else, a damaged header, and a shape that the file's numbers don't fill
// is an error, never a panic.
func DecodeNPY(b []byte) (Array, error) {
	a, err := decodeNPY(b)
	return a, errors.Wrap(err, "npz: DecodeNPY")
}

// itemReader is read for a type of elements, by NumPy's name.
var itemReader = map[string]func(*npyio.Reader, int) ([]float64, error){
	"f8": read[float64], "f4": read[float32],
	"i1": read[int8], "i2": read[int16], "i4": read[int32], "i8": read[int64],
	"u1": read[uint8], "u2": read[uint16], "u4": read[uint32], "u8": read[uint64],
}

func decodeNPY(b []byte) (a Array, err error) {
	defer func() {
		if p := recover(); p != nil { // npyio's, over text that is no dictionary or type
			a, err = Array{}, errors.Errorf(".npy header damaged, got %.100q: %v", b[10:], p)
		}
	}()
	r, size, err := open(b)
	if err != nil {
		return Array{}, err
	}
	h := r.Header.Descr
	item := strings.TrimLeft(strings.Trim(h.Type, "'"), "<>=|")
	read, ok := itemReader[item]
	if !ok {
		return Array{}, errors.Errorf(".npy element type, got %s, want f4, f8 or an integer", h.Type)
	}
	itemSize := int(item[1] - '0')
	n := size / itemSize
	if n*itemSize != size || !fills(h.Shape, n) {
		return Array{}, errors.Errorf(".npy file cut short or damaged: got %d bytes of data, want shape %v of %d bytes each", size, h.Shape, itemSize)
	}
	data, err := read(r, n)
	if err != nil {
		return Array{}, errors.Wrap(err, ".npy data")
	}
	if h.Fortran {
		data = fromFortran(data, h.Shape)
	}
	return Array{Shape: h.Shape, Data: data}, nil
}

// open returns a reader that has parsed the header, and the size in bytes of the
// data that follow.
func open(b []byte) (*npyio.Reader, int, error) {
	if len(b) < 12 || !bytes.HasPrefix(b, npyio.Magic[:]) {
		return nil, 0, errors.New("not a .npy file, or cut short")
	}
	header := int64(binary.LittleEndian.Uint16(b[8:])) // npyio believes it, up to 4 GB
	if b[6] > 1 {
		header = int64(binary.LittleEndian.Uint32(b[8:]))
	}
	if header > int64(len(b)) {
		return nil, 0, errors.Errorf(".npy file cut short: header of %d bytes, got %d", header, len(b))
	}
	rest := bytes.NewReader(b)
	r, err := npyio.NewReader(rest)
	return r, rest.Len(), errors.Wrap(err, ".npy header")
}

// read returns the n elements that follow the header as float64.
func read[T float32 | float64 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](r *npyio.Reader, n int) ([]float64, error) {
	items := make([]T, n)
	if err := r.Read(&items); err != nil {
		return nil, err
	}
	data := make([]float64, n)
	for i, v := range items {
		data[i] = float64(v)
	}
	return data, nil
}

// fills reports whether n numbers fill a shape. The product is taken in floating
// point, which is exact for any n in memory and cannot wrap around to it.
func fills(shape []int, n int) bool {
	size := 1.0
	for _, d := range shape {
		if d < 0 {
			return false
		}
		size *= float64(d)
	}
	return size == float64(n)
}

// fromFortran returns in row-major order data in which the first index runs fastest.
func fromFortran(data []float64, shape []int) []float64 {
	out := make([]float64, len(data))
	index := make([]int, len(shape)) // of out[i]
	for i := range out {
		from := 0
		for k := len(shape) - 1; k >= 0; k-- {
			from = from*shape[k] + index[k]
		}
		out[i] = data[from]
		for k := len(shape) - 1; k >= 0; k-- {
			if index[k]++; index[k] < shape[k] {
				break
			}
			index[k] = 0
		}
	}
	return out
}
