package data

import (
	"cmp"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// Scaling is an affine map of each component,
//
//	scaled = (u − Offset) · Factor,
//
// from physical variables to numbers of order 1, and back. A component with
// Offset 0 and Factor 1 is left as it is, to the bit.
type Scaling struct {
	Offset []float64 `json:"offset"` // in the component's unit
	Factor []float64 `json:"factor"` // in the inverse of the component's unit, not 0
}

// MaxAbs returns the Scaling that gives each component of d the largest
// magnitude 1 and leaves zero where it is. A component that is zero throughout
// has Factor 1. The errors are those of [Dataset.Validate], and of a component that
// has gaps alone.
func MaxAbs(d *Dataset) (*Scaling, error) {
	if err := d.validate(); err != nil {
		return nil, errors.Wrap(err, "data: MaxAbs")
	}
	ranges := d.Ranges()
	if ranges == nil {
		return nil, errors.New("data: MaxAbs: a component has gaps alone, want a number")
	}
	s := &Scaling{Offset: make([]float64, d.Dim()), Factor: make([]float64, d.Dim())}
	for j, r := range ranges {
		s.Factor[j] = 1 / cmp.Or(max(-r[0], r[1]), 1)
	}
	return s, errors.Wrap(s.check(), "data: MaxAbs")
}

// check has Offset and Factor be of the same length and finite, and no Factor zero.
func (s *Scaling) check() error {
	if len(s.Offset) != len(s.Factor) {
		return stack.Shapef("there are %d offsets and %d factors, want as many", len(s.Offset), len(s.Factor))
	}
	for j, f := range s.Factor {
		if !stack.Finite(s.Offset[j]) || !stack.Finite(f) || f == 0 {
			return errors.Errorf("component %d has offset %g and factor %g, want finite numbers and a factor that is not 0",
				j, s.Offset[j], f)
		}
	}
	return nil
}

// Apply returns the scaled states of u, indexed [sample][component]. The error
// is ErrShape if a state has another number of components than the Scaling, or Offset
// and Factor have, and another if they are not finite or a Factor is zero.
func (s *Scaling) Apply(u [][]float64) (v [][]float64, err error) {
	defer func() { err = errors.Wrap(err, "data: Scaling.Apply") }()
	if err := s.check(); err != nil {
		return nil, err
	}
	v = stack.New(len(u), len(s.Factor))
	for i, row := range u {
		if len(row) != len(s.Factor) {
			return nil, stack.Shapef("sample %d has %d components, want %d", i, len(row), len(s.Factor))
		}
		for j, x := range row {
			v[i][j] = (x - s.Offset[j]) * s.Factor[j]
		}
	}
	return v, nil
}
