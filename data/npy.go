package data

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// array is a NumPy array of real numbers, row-major.
type array struct {
	shape []int
	data  []float64
}

// The .npy format is read here rather than by npyio, whose reader panics on
// damaged headers, believes any size it finds there, wants the exact element
// type, and returns the elements of a Fortran-ordered array as they lie. The
// tests read what is written here with npyio.
//
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
const npyMagic = "\x93NUMPY"

var (
	npyDescr   = regexp.MustCompile(`'descr':\s*'([<>|=]?)([fiu])([1248])'`)
	npyFortran = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape':\s*\(([0-9, ]*)\)`)
)

// decodeNPY reads an array of floats (4 or 8 bytes) or integers, of either byte
// order and either memory order.
func decodeNPY(b []byte) (*array, error) {
	if len(b) < 12 || string(b[:6]) != npyMagic {
		return nil, errors.New("not a .npy file, or cut short")
	}
	var size, start int
	switch major := b[6]; major {
	case 1:
		size, start = int(binary.LittleEndian.Uint16(b[8:])), 10
	case 2, 3:
		size, start = int(binary.LittleEndian.Uint32(b[8:])), 12
	default:
		return nil, errors.Errorf(".npy format version, got %d, want 1, 2 or 3", major)
	}
	if size > len(b)-start {
		return nil, errors.Errorf(".npy file cut short: header of %d bytes, got %d", size, len(b)-start)
	}
	header, body := b[start:start+size], b[start+size:]
	descr, fortran, shape := npyDescr.FindSubmatch(header), npyFortran.FindSubmatch(header), npyShape.FindSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return nil, errors.Errorf(".npy header, got %q, want an array of floats or integers", bytes.TrimSpace(header))
	}
	a := new(array)
	itemSize := int(descr[3][0] - '0')
	n := 1
	for field := range strings.FieldsFuncSeq(string(shape[1]), func(r rune) bool { return r == ',' || r == ' ' }) {
		d, err := strconv.Atoi(field)
		if err != nil || d > 0 && n > len(body)/d { // no product that overflows
			return nil, errors.Errorf(".npy file cut short: shape (%s), got %d bytes of data", shape[1], len(body))
		}
		a.shape = append(a.shape, d)
		n *= d
	}
	if n*itemSize != len(body) {
		return nil, errors.Errorf(".npy data, got %d bytes, want %d for shape %v of %d bytes each", len(body), n*itemSize, a.shape, itemSize)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(descr[1]) == ">" {
		order = binary.BigEndian
	}
	item, err := npyItem(string(descr[2])+string(descr[3]), order)
	if err != nil {
		return nil, err
	}
	a.data = make([]float64, n)
	for i := range a.data {
		a.data[i] = item(body[i*itemSize:])
	}
	if string(fortran[1]) == "True" {
		a.data = fromFortran(a.data, a.shape)
	}
	return a, nil
}

// npyItem returns the function that decodes one element.
func npyItem(kind string, o binary.ByteOrder) (func(b []byte) float64, error) {
	switch kind {
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }, nil
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }, nil
	case "i1":
		return func(b []byte) float64 { return float64(int8(b[0])) }, nil
	case "i2":
		return func(b []byte) float64 { return float64(int16(o.Uint16(b))) }, nil
	case "i4":
		return func(b []byte) float64 { return float64(int32(o.Uint32(b))) }, nil
	case "i8":
		return func(b []byte) float64 { return float64(int64(o.Uint64(b))) }, nil
	case "u1":
		return func(b []byte) float64 { return float64(b[0]) }, nil
	case "u2":
		return func(b []byte) float64 { return float64(o.Uint16(b)) }, nil
	case "u4":
		return func(b []byte) float64 { return float64(o.Uint32(b)) }, nil
	case "u8":
		return func(b []byte) float64 { return float64(o.Uint64(b)) }, nil
	}
	return nil, errors.Errorf(".npy element type, got %s, want f4, f8 or an integer", kind)
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

// encode writes the array as .npy, format 1.0, little-endian float64.
func (a *array) encode(w io.Writer) error {
	shape := ""
	for _, d := range a.shape {
		shape += fmt.Sprintf("%d, ", d)
	}
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }", strings.TrimSuffix(shape, " "))
	// The format wants data that begin at a multiple of 64 bytes, after a newline.
	header += strings.Repeat(" ", 63-(len(npyMagic)+4+len(header))%64) + "\n"
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	if _, err := w.Write(append(b, header...)); err != nil {
		return errors.WithStack(err)
	}
	return errors.WithStack(binary.Write(w, binary.LittleEndian, a.data))
}

// states returns the array (T, S, C).
func (d *Dataset) states() *array {
	a := &array{shape: []int{len(d.Times), d.Samples(), d.Dim()}}
	a.data = make([]float64, 0, len(d.Times)*d.Samples()*d.Dim())
	for _, u := range d.States {
		for _, row := range u {
			a.data = append(a.data, row...)
		}
	}
	return a
}

// encodeNPZ writes t and u as numpy.savez does.
func (d *Dataset) encodeNPZ(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, item := range []struct {
		name string
		*array
	}{{"t", &array{[]int{len(d.Times)}, d.Times}}, {"u", d.states()}} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: item.name + ".npy", Method: zip.Store})
		if err != nil {
			return errors.WithStack(err)
		}
		if err := item.encode(f); err != nil {
			return err
		}
	}
	return errors.WithStack(z.Close())
}

func decodeNPZ(b []byte) (*Dataset, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, errors.Wrap(err, "not an .npz file, or cut short")
	}
	var item [2]*array
	for i, name := range []string{"t", "u"} {
		f, err := z.Open(name + ".npy")
		if err != nil {
			return nil, errors.Errorf("no array %s, want t (times) and u (time, sample, component)", name)
		}
		content, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return nil, errors.Wrapf(err, "array %s", name)
		}
		if item[i], err = decodeNPY(content); err != nil {
			return nil, errors.Wrapf(err, "array %s", name)
		}
	}
	t, u := item[0], item[1]
	if len(t.shape) != 1 || len(u.shape) != 3 || t.shape[0] != u.shape[0] {
		return nil, errors.Wrapf(ErrShape, "arrays t and u, got shapes %v and %v, want (times) and (times, samples, components)", t.shape, u.shape)
	}
	d := &Dataset{Times: t.data, States: make([][][]float64, u.shape[0])}
	for i := range d.States {
		n := u.shape[1] * u.shape[2]
		d.States[i] = rows(u.data[i*n:(i+1)*n], u.shape[1], u.shape[2])
	}
	d.Components = d.names()
	return d, nil
}
