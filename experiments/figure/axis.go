package figure

import (
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
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
		return logTicks(s, want)
	}
	return linearTicks(s, want)
}

// linearTicks steps by 1, 2 or 5 times a power of ten.
func linearTicks(s span, want int) []plot.Tick {
	raw := s.size() / float64(want)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if m*power >= 0.75*raw {
			step = m * power
			break
		}
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	scientific := decimals > 4 || math.Max(math.Abs(s.lo), math.Abs(s.hi)) >= 1e5
	var ticks []plot.Tick
	// A little slack, so that an end of the axis that is a multiple up to
	// rounding gets its mark.
	first, last := math.Ceil(s.lo/step-1e-9), math.Floor(s.hi/step+1e-9)
	for k := first; k <= last; k++ {
		v := k * step
		label := strconv.FormatFloat(v, 'f', decimals, 64)
		if k == 0 {
			v, label = 0, "0"
		} else if scientific {
			label = power10(v)
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: strings.Replace(label, "-", "−", 1)})
	}
	return ticks
}

// logTicks marks decades; if there are few, also 2 and 5, or all digits.
func logTicks(s span, want int) []plot.Tick {
	first, last := int(math.Ceil(s.lo-1e-9)), int(math.Floor(s.hi+1e-9))
	decades := last - first + 1
	if decades < 2 {
		lo, hi := math.Pow(10, s.lo), math.Pow(10, s.hi)
		if s.size() < 0.7 { // less than a factor of five looks linear
			return linearTicks(span{lo, hi}, want)
		}
		var ticks []plot.Tick
		for e := first - 1; e <= last; e++ {
			for _, m := range []float64{1, 2, 5} {
				if v := m * math.Pow(10, float64(e)); lo <= v*(1+1e-9) && v <= hi*(1+1e-9) {
					ticks = append(ticks, plot.Tick{Value: v, Label: plain(v)})
				}
			}
		}
		return ticks
	}
	stride := (decades + want) / (want + 1)
	var ticks []plot.Tick
	for e := first - 1; e <= last; e++ {
		p := math.Pow(10, float64(e))
		if e >= first {
			t := plot.Tick{Value: p}
			if mod(e, stride) == 0 {
				t.Label = "10" + superscript(strconv.Itoa(e))
			}
			ticks = append(ticks, t)
		}
		for m := 2.0; m < 10 && decades <= 5; m++ {
			if c := math.Log10(m * p); s.holds(c) {
				ticks = append(ticks, plot.Tick{Value: m * p})
			}
		}
	}
	return ticks
}

func mod(a, n int) int { return (a%n + n) % n }

// plain writes a number of one digit without an exponent where it is short.
func plain(v float64) string {
	if v < 1e-3 || v >= 1e5 {
		return power10(v)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// power10 writes 2e-05 as 2×10⁻⁵.
func power10(v float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 4, 64), "e")
	mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	e, _ := strconv.Atoi(exponent)
	if e == 0 {
		return mantissa
	}
	power := "10" + superscript(strconv.Itoa(e))
	switch mantissa {
	case "1":
		return power
	case "-1":
		return "-" + power
	}
	return mantissa + "×" + power
}
