package figure

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"

	"spnode/experiments/figure/ticks"
)

// Axis is one axis of a panel.
type Axis struct {
	// Label names the quantity and its unit: "t (s)", "relative error".
	Label string
	// Log makes the axis logarithmic.
	Log bool
	// Min and Max fix the range. Both zero take it from the data.
	Min, Max float64
}

// span is the range of an axis, in the axis' own coordinate: the value, or its
// decimal logarithm.
type span struct{ lo, hi float64 }

func emptySpan() span { return span{math.Inf(1), math.Inf(-1)} }

func (s span) size() float64 { return s.hi - s.lo }

func (s span) empty() bool { return s.lo > s.hi }

func (s span) holds(v float64) bool { return s.lo <= v && v <= s.hi }

func (s *span) add(v float64) {
	s.lo, s.hi = math.Min(s.lo, v), math.Max(s.hi, v)
}

// to gives the axis' coordinate of a value, which is not finite for what the
// axis cannot show.
func (a Axis) to(v float64) float64 {
	if a.Log {
		return math.Log10(v)
	}
	return v
}

// shows reports whether the axis can show a value; the limit keeps the
// differences of two of them finite.
func (a Axis) shows(v float64) bool { return math.Abs(a.to(v)) < 1e300 }

func (a Axis) domain() string {
	if a.Log {
		return "a positive finite value on a logarithmic axis"
	}
	return "a finite value (below 1e300)"
}

func (a Axis) fixed() bool { return a.Min != 0 || a.Max != 0 }

// span returns the fixed range.
func (a Axis) span() span { return span{a.to(a.Min), a.to(a.Max)} }

func (a Axis) check(name string) error {
	if s := a.span(); a.fixed() && (!finite(s.lo) || !finite(s.hi) || s.lo >= s.hi) {
		return errors.Wrapf(ErrRange, "%s axis: got %g to %g, want %s each, in increasing order", name, a.Min, a.Max, a.domain())
	}
	return nil
}

// padded gives a span that is not empty, with the share of room at both ends.
func (s span) padded(share float64) span {
	if s.empty() {
		return span{0, 1}
	}
	pad := share * s.size()
	if s.size() <= 1e-12*math.Max(math.Abs(s.lo), math.Abs(s.hi)) {
		pad = math.Max(0.5*math.Abs(s.lo), 0.5) // one value: put it in the middle
	}
	return span{s.lo - pad, s.hi + pad}
}

// ticks returns labelled and plain tick marks, about want labels.
func (a Axis) ticks(s span, want int) []plot.Tick {
	if a.Log {
		return ticks.Log(s.lo, s.hi, want)
	}
	return ticks.Linear(s.lo, s.hi, want)
}
