package data

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"

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

// Standardize returns the Scaling that gives each component of d, over all times
// and samples, mean 0 and standard deviation 1. A component that is constant, or
// varies by less than 1e-12 of its size, which is rounding, has Factor 1. The
// errors are those of Validate.
func Standardize(d *Dataset) (*Scaling, error) {
	return fit(d, "Standardize", func(u []float64, largest float64) (offset, factor float64) {
		mean, std := stat.PopMeanStdDev(u, nil)
		if std <= 1e-12*largest {
			return mean, 1
		}
		return mean, 1 / std
	})
}

// MaxAbs returns the Scaling that gives each component of d the largest
// magnitude 1 and leaves zero where it is. A component that is zero throughout
// has Factor 1. The errors are those of Validate.
func MaxAbs(d *Dataset) (*Scaling, error) {
	return fit(d, "MaxAbs", func(_ []float64, largest float64) (offset, factor float64) {
		if largest == 0 {
			return 0, 1
		}
		return 0, 1 / largest
	})
}

// fit builds a Scaling by the rule f, which sees all values of a component, gaps
// left out, and the largest magnitude among them.
func fit(d *Dataset, name string, f func(u []float64, largest float64) (offset, factor float64)) (*Scaling, error) {
	if err := d.validate(); err != nil {
		return nil, errors.Wrapf(err, "data: %s", name)
	}
	s := &Scaling{Offset: make([]float64, d.Dim()), Factor: make([]float64, d.Dim())}
	var column []float64
	for j := range s.Factor {
		column = column[:0]
		largest := 0.
		for row := range d.rows() {
			if !math.IsNaN(row[j]) { // was measured
				column = append(column, row[j])
				largest = max(largest, math.Abs(row[j]))
			}
		}
		if len(column) == 0 {
			return nil, errors.Errorf("data: %s: component %d has gaps alone, want a number", name, j)
		}
		s.Offset[j], s.Factor[j] = f(column, largest)
	}
	return s, errors.Wrapf(s.check(), "data: %s", name)
}

// Validate checks that Offset and Factor have the same length and are finite,
// and that no Factor is zero: else it returns an error, ErrShape for the length.
func (s *Scaling) Validate() error { return errors.Wrap(s.check(), "data: Scaling") }

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
// is ErrShape if a state has another number of components than the Scaling.
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
