package ops

import (
	"spnode/ops/internal/fault"
)

// Errors that callers may test for with errors.Is. The first two are those of
// ops/expm too.
var (
	ErrShape     = fault.ErrShape
	ErrNotFinite = fault.ErrNotFinite
	ErrSingular  = fault.ErrSingular
)

// shapeError is an ErrShape that says what was got and what was wanted.
func shapeError(name, format string, args ...any) error {
	return fault.Shape("ops: "+name, format, args...)
}

func errSingular(name, format string, args ...any) error {
	return fault.Singular("ops: "+name, format, args...)
}
