package mat

import (
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

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
		return a, errors.Errorf("file damaged: the flags have %d bytes, want 8", len(flags))
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
			return a, errors.Errorf("file damaged: a dimension is %d, want it ≥ 0", n)
		}
		a.Shape = append(a.Shape, n)
		count *= float64(n)
	}
	if len(a.Shape) < 2 {
		return a, errors.Errorf("file damaged: the shape is %v, want two dimensions at least", a.Shape)
	}
	_, name, err := d.small(s, 1<<12)
	if err != nil {
		return a, err
	}
	a.Name = string(name)
	switch {
	case class == cellClass:
		err = d.cells(s, &a, count, depth)
	case class == charClass:
		err = d.text(s, &a, count)
	case class >= doubleClass && class <= uint64Class && bits&0x08 == 0:
		a.Data, err = d.numbers(s, count)
		a.Data = stack.RowMajor(a.Data, a.Shape)
	default:
		what, try := className(class, bits)
		a.Err = errors.Errorf("it is %s, want real numbers or a cell of such%s", what, try)
	}
	if err != nil || a.Err != nil && depth == 0 {
		return a, err
	}
	return a, s.skip()
}

// className says what an array is that is not read, and what to try.
func className(class, bits uint32) (what, try string) {
	switch {
	case class == structClass:
		return "a struct", "; try its fields as variables, t = s.t"
	case class == sparseClass:
		return "a sparse array", "; try full(u)"
	case class == objectClass:
		return "an object", ""
	case bits&0x08 != 0:
		return "complex numbers", "; try real(u) and imag(u)"
	}
	return fmt.Sprintf("class %d", class), ""
}

// take takes room for count numbers.
func (d *decoder) take(count float64) error {
	if need := 8 * count; need > float64(d.left) {
		return errors.Errorf("there are %.0f elements, which take %.3g bytes, want at most %d in all for a file of this size; try a larger limit, or a file that is not compressed",
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
		return nil, errors.Errorf("numbers are of type %d, want one of 1 to 13", kind)
	}
	if count*float64(st.size) != float64(body.left) {
		return nil, errors.Errorf("file damaged: there are %d bytes, want %.0f numbers of %d bytes", body.left, count, st.size)
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
		return errors.Errorf("cells are more than %d deep, want fewer", maxDepth)
	}
	if 8*count > float64(s.left) {
		return errors.Errorf("file damaged: there are %d bytes at most, want %.0f elements of a cell", s.left, count)
	}
	a.Cells = []Array{}
	for range int(count) {
		kind, body, err := d.element(s)
		if err != nil {
			return err
		}
		if kind != matrixType {
			return errors.Errorf("file damaged: an element of a cell has type %d, want an array", kind)
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
		return errors.Errorf("file damaged: there are %d bytes at most, want %.0f characters", body.left, count)
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
		a.Err = errors.Errorf("there are %d characters, want those of shape %v", len(chars), a.Shape)
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
