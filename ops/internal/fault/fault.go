// Package fault makes the errors of packages ops, ops/step and ops/expm, which share
// their sentinels and their words.
package fault

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"spnode/ops/kernel"
)

// The sentinels, which the packages export.
var (
	ErrShape     = errors.New("shapes do not agree")
	ErrNotFinite = errors.New("value is not finite")
	ErrSingular  = errors.New("matrix is singular")
	ErrSubsteps  = errors.New("exponential takes too many substeps")
)

// Shape is an ErrShape of the named function, as in "ops: Dense", that says what
// was got and what was wanted.
func Shape(of, format string, args ...any) error {
	return errors.Wrapf(ErrShape, "%s: %s", of, fmt.Sprintf(format, args...))
}

// NotFinite is an ErrNotFinite.
func NotFinite(of, format string, args ...any) error {
	return errors.Wrapf(ErrNotFinite, "%s: %s", of, fmt.Sprintf(format, args...))
}

// Singular is an ErrSingular.
func Singular(of, format string, args ...any) error {
	return errors.Wrapf(ErrSingular, "%s: %s", of, fmt.Sprintf(format, args...))
}

// Substeps is an ErrSubsteps for ‖tA‖₁ = norm.
func Substeps(of string, norm float64) error {
	return errors.Wrapf(ErrSubsteps, "%s: ‖tA‖₁ is %.3g, want at most 1e6 for an operator and for a sparse A of more than 2,896 rows; try several calls with shorter t", of, norm)
}

// Exponential refuses an n×n matrix, or steps, whose exponential has no meaning in
// floating point.
func Exponential[T kernel.Float](of string, a []T, h []float64) error {
	n := int(math.Sqrt(float64(len(a))))
	norm, _ := kernel.Norm1(n, n, a)
	if err := Norm(of, norm); err != nil {
		return err
	}
	return Steps(of, norm, h)
}

// Norm refuses a matrix whose norm is not finite.
func Norm(of string, norm float64) error {
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return NotFinite(of, "‖A‖₁ is %v", norm)
	}
	return nil
}

// Steps refuses a step that is not finite, or whose product with the norm
// overflows: the number of Taylor terms follows from ‖hA‖.
func Steps(of string, norm float64, h []float64) error {
	for i, v := range h {
		if math.IsNaN(v) || math.IsInf(v*norm, 0) || math.IsInf(v, 0) {
			return NotFinite(of, "step %d is %v, where ‖A‖₁ is %.3g", i, v, norm)
		}
	}
	return nil
}
