package mat

import (
	"encoding/binary"
	"math"
)

// storage is a type of numbers in a file.
type storage struct {
	size   int
	number func(b []byte, o binary.ByteOrder) float64
}

// storages are the types of numbers by their numbers in the format. MATLAB stores
// doubles that are small integers as these.
var storages = map[uint32]storage{
	1: {1, func(b []byte, _ binary.ByteOrder) float64 { return float64(int8(b[0])) }},
	2: {1, func(b []byte, _ binary.ByteOrder) float64 { return float64(b[0]) }},
	3: {2, func(b []byte, o binary.ByteOrder) float64 { return float64(int16(o.Uint16(b))) }},
	4: {2, func(b []byte, o binary.ByteOrder) float64 { return float64(o.Uint16(b)) }},
	5: {4, func(b []byte, o binary.ByteOrder) float64 { return float64(int32(o.Uint32(b))) }},
	6: {4, func(b []byte, o binary.ByteOrder) float64 { return float64(o.Uint32(b)) }},
	7: {4, func(b []byte, o binary.ByteOrder) float64 { return float64(math.Float32frombits(o.Uint32(b))) }},
	9: {8, func(b []byte, o binary.ByteOrder) float64 { return math.Float64frombits(o.Uint64(b)) }},

	12: {8, func(b []byte, o binary.ByteOrder) float64 { return float64(int64(o.Uint64(b))) }},
	13: {8, func(b []byte, o binary.ByteOrder) float64 { return float64(o.Uint64(b)) }},
}
