package measure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
)

// Spread is the median of numbers, and what lies below and above four fifths of
// them around it.
type Spread struct {
	Median float64 `json:"median"`
	P10    float64 `json:"p10"`
	P90    float64 `json:"p90"`
}

// String is the median with the rest beside it, in whole numbers.
func (s Spread) String() string { return fmt.Sprintf("%.0f (%.0f–%.0f)", s.Median, s.P10, s.P90) }

// Range is from the least to the largest of numbers.
type Range struct {
	Least   float64 `json:"least"`
	Largest float64 `json:"largest"`
}

// String is the range in three digits.
func (r Range) String() string { return fmt.Sprintf("%.3g–%.3g", r.Least, r.Largest) }

// Pooled returns the root mean square of x, such as of the [RMS] of trajectories of
// one length, and the range of x, in which one that came to rest shows.
func Pooled(x []float64) (rms float64, each Range) {
	for _, v := range x {
		rms += v * v / float64(len(x))
	}
	return math.Sqrt(rms), Range{floats.Min(x), floats.Max(x)}
}

// Bounded returns how many trajectories stay below a bound at all of their times,
// in all components. What is not finite is not below it.
func Bounded(d *data.Dataset, bound float64) (n int) {
	for _, tr := range d.Trajectories {
		if below(tr.States, bound) {
			n++
		}
	}
	return n
}

func below(states [][]float64, bound float64) bool {
	for _, u := range states {
		for _, v := range u {
			if !(math.Abs(v) < bound) {
				return false
			}
		}
	}
	return true
}

// MedianAt returns the index of the median of x, of an even number the lower one.
func MedianAt(x []float64) int {
	order := make([]int, len(x))
	floats.ArgsortStable(slices.Clone(x), order)
	return order[(len(x)-1)/2]
}
