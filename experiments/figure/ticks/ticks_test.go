package ticks

import (
	"math"
	"strings"
	"testing"
)

func TestTickLabels(t *testing.T) {
	for _, c := range []struct {
		name   string
		log    bool
		lo, hi float64
		want   string
	}{
		{"units", false, 0, 10, "0 2 4 6 8 10"},
		{"fractions keep their zeros", false, -0.1, 1.05, "0 0.2 0.4 0.6 0.8 1.0"},
		{"negative", false, -4, 4, "−4 −2 0 2 4"},
		{"large", false, 0, 2e6, "0 5×10⁵ 10⁶ 1.5×10⁶ 2×10⁶"},
		{"small", false, 0, 3e-7, "0 5×10⁻⁸ 10⁻⁷ 1.5×10⁻⁷ 2×10⁻⁷ 2.5×10⁻⁷ 3×10⁻⁷"},
		{"decades", true, 1e-3, 10, "10⁻³ 10⁻² 10⁻¹ 10⁰ 10¹"},
		{"twelve decades", true, 4e-6, 4e6, "10⁻⁴ 10⁻² 10⁰ 10² 10⁴ 10⁶"},
		{"one decade", true, 0.3, 7, "0.5 1 2 5"},
		{"within a decade", true, 2, 4, "2.0 2.5 3.0 3.5 4.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			marks := Linear(c.lo, c.hi, 5)
			if c.log {
				marks = Log(math.Log10(c.lo), math.Log10(c.hi), 5)
			}
			for _, tick := range marks {
				if slack := 1e-9 * (c.hi - c.lo); tick.Value < c.lo-slack || tick.Value > c.hi+slack {
					t.Errorf("tick at %g is off the axis", tick.Value)
				}
				if tick.Label != "" {
					got = append(got, tick.Label)
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}
