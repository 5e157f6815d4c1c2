// Package ticks places the marks of an axis, and writes their numbers.
package ticks

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// Linear marks an axis from lo to hi, about want times, in steps of 1, 2 or 5 times a power of ten.
func Linear(lo, hi float64, want int) []plot.Tick {
	raw := (hi - lo) / float64(want)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if m*power >= 0.75*raw {
			step = m * power
			break
		}
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	scientific := decimals > 4 || math.Max(math.Abs(lo), math.Abs(hi)) >= 1e5
	var ticks []plot.Tick
	// A little slack, so that an end of the axis that is a multiple up to
	// rounding gets its mark.
	first, last := math.Ceil(lo/step-1e-9), math.Floor(hi/step+1e-9)
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

// Log marks a logarithmic axis from 10^lo to 10^hi by decades; if there are few, also 2 and 5, or all digits.
func Log(lo, hi float64, want int) []plot.Tick {
	first, last := int(math.Ceil(lo-1e-9)), int(math.Floor(hi+1e-9))
	decades := last - first + 1
	if decades < 2 {
		span := hi - lo
		lo, hi := math.Pow(10, lo), math.Pow(10, hi)
		if span < 0.7 { // less than a factor of five looks linear
			return Linear(lo, hi, want)
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
			if c := math.Log10(m * p); lo <= c && c <= hi {
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

// superscript writes an integer in raised digits.
func superscript(s string) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
		"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(s)
}
