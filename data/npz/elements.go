package npz

import (
	"encoding/binary"
	"io"
	"math"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// numbers reads the numbers that follow the header.
func (h *Header) numbers(r io.Reader) ([]float64, error) {
	return elements(h, r, h.number())
}

// texts reads the texts that follow the header.
func (h *Header) texts(r io.Reader) ([]string, error) {
	return elements(h, r, h.text)
}

// elements reads what follows a header, and has the size that it says.
func elements[T any](h *Header, r io.Reader, of func([]byte) T) ([]T, error) {
	out := make([]T, int(h.count()))
	if len(out) == 0 || h.size == 0 {
		return out, nil
	}
	b := make([]byte, min(len(out), max(1, 1<<15/h.size))*h.size)
	for rest := out; len(rest) > 0; {
		b = b[:min(len(b), len(rest)*h.size)]
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, errors.Wrap(err, ".npy data")
		}
		n := len(b) / h.size
		for k := range n {
			rest[k] = of(b[k*h.size : (k+1)*h.size])
		}
		rest = rest[n:]
	}
	if h.fortran {
		out = stack.RowMajor(out, h.Shape)
	}
	return out, nil
}

// number returns what makes a float64 of an element.
func (h *Header) number() func([]byte) float64 {
	o := h.order
	switch h.kind {
	case 'f':
		switch h.size {
		case 2:
			return func(b []byte) float64 { return half(o.Uint16(b)) }
		case 4:
			return func(b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }
		}
		return func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }
	case 'b':
		return func(b []byte) float64 {
			if b[0] != 0 {
				return 1
			}
			return 0
		}
	case 'u':
		return func(b []byte) float64 { return float64(unsigned(b, o)) }
	}
	shift := 64 - 8*h.size // moves the sign to its place
	return func(b []byte) float64 { return float64(int64(unsigned(b, o)<<shift) >> shift) }
}

func unsigned(b []byte, o binary.ByteOrder) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(o.Uint16(b))
	case 4:
		return uint64(o.Uint32(b))
	}
	return o.Uint64(b)
}

// half returns the number of IEEE 754's binary16: a sign, 5 bits of exponent and
// 10 of fraction.
func half(b uint16) float64 {
	sign := 1.0
	if b>>15 != 0 {
		sign = -1
	}
	fraction := float64(b & 0x3ff)
	switch e := int(b >> 10 & 0x1f); e {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	default:
		return sign * math.Ldexp(1024+fraction, e-25)
	}
}

// text returns an element without the NULs that fill it.
func (h *Header) text(b []byte) string {
	if h.kind == 'S' {
		return strings.TrimRight(string(b), "\x00")
	}
	var s strings.Builder
	last := len(b)
	for last >= 4 && h.order.Uint32(b[last-4:]) == 0 {
		last -= 4
	}
	for i := 0; i < last; i += 4 {
		s.WriteRune(rune(h.order.Uint32(b[i:])))
	}
	return s.String()
}
