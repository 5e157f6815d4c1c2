// Package stack has what data and the rooms beside it share: stacks of states,
// indexed [sample][component], the checks of states and times, and the solution
// of samples in parallel.
package stack

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// The sentinels that package data has under the same names.
var (
	ErrShape     = errors.New("shapes disagree")
	ErrNotFinite = errors.New("not finite")
)

// kind is an error that is one of these, which its text leaves out.
type kind struct {
	error
	sentinel error
}

func (k kind) Is(target error) bool { return target == k.sentinel }

// Shapef returns an error that is ErrShape.
func Shapef(format string, args ...any) error {
	return errors.WithStack(kind{fmt.Errorf(format, args...), ErrShape})
}

// NotFinitef returns an error that is ErrNotFinite.
func NotFinitef(format string, args ...any) error {
	return errors.WithStack(kind{fmt.Errorf(format, args...), ErrNotFinite})
}

// New returns n zero states of dim components in one block of memory.
func New(n, dim int) [][]float64 { return Rows(make([]float64, n*dim), n, dim) }

// Rows returns the n rows of length dim of a row-major matrix, without copying.
func Rows(flat []float64, n, dim int) [][]float64 {
	u := make([][]float64, n)
	for i := range u {
		u[i] = flat[i*dim : (i+1)*dim : (i+1)*dim]
	}
	return u
}

// Check returns an error unless u holds finite states of dim components.
func Check(u [][]float64, dim int) error {
	if len(u) == 0 || dim == 0 {
		return Shapef("the states are %d samples of %d components, want at least one of each", len(u), dim)
	}
	for i, row := range u {
		if len(row) != dim {
			return Shapef("sample %d has %d components, want %d", i, len(row), dim)
		}
		for j, v := range row {
			if !Finite(v) {
				return NotFinitef("sample %d, component %d is %g, want a finite number", i, j, v)
			}
		}
	}
	return nil
}

// CheckTimes returns an error unless the times are finite and strictly increasing.
func CheckTimes(times []float64) error {
	if len(times) == 0 {
		return Shapef("there are no times, want at least one")
	}
	if i := slices.IndexFunc(times, func(t float64) bool { return !Finite(t) }); i >= 0 {
		return NotFinitef("time %d is %g, want a finite number", i, times[i])
	}
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return errors.Errorf("time %d is %v after %v, want times that increase", i, times[i], times[i-1])
		}
	}
	return nil
}

// Finite tells numbers from NaN and ±Inf.
func Finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// RowMajor returns in row-major order data in which the first index runs fastest,
// as Fortran and MATLAB have it. A vector is returned as it is.
func RowMajor[T any](data []T, shape []int) []T {
	long := 0
	for _, n := range shape {
		if n != 1 {
			long++
		}
	}
	if long < 2 {
		return data
	}
	out := make([]T, len(data))
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
