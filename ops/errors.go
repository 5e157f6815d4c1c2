package ops

import "spnode/ops/internal/fault"

// Errors of this package, ops/step and ops/expm that callers may test for with
// errors.Is.
var (
	ErrShape     = fault.ErrShape
	ErrNotFinite = fault.ErrNotFinite
	ErrSingular  = fault.ErrSingular
)

// shapeError is an ErrShape that says what was got and what was wanted.
func shapeError(name, format string, args ...any) error {
	return fault.Shape("ops: "+name, format, args...)
}
