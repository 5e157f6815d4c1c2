package figure

import (
	"math"
	"strings"
	"testing"
)

func TestTickLabels(t *testing.T) {
	for _, c := range []struct {
		name   string
		axis   Axis
		lo, hi float64
		want   string
	}{
		{"units", Axis{}, 0, 10, "0 2 4 6 8 10"},
		{"fractions keep their zeros", Axis{}, -0.1, 1.05, "0 0.2 0.4 0.6 0.8 1.0"},
		{"negative", Axis{}, -4, 4, "−4 −2 0 2 4"},
		{"large", Axis{}, 0, 2e6, "0 5×10⁵ 10⁶ 1.5×10⁶ 2×10⁶"},
		{"small", Axis{}, 0, 3e-7, "0 5×10⁻⁸ 10⁻⁷ 1.5×10⁻⁷ 2×10⁻⁷ 2.5×10⁻⁷ 3×10⁻⁷"},
		{"decades", Axis{Log: true}, 1e-3, 10, "10⁻³ 10⁻² 10⁻¹ 10⁰ 10¹"},
		{"twelve decades", Axis{Log: true}, 4e-6, 4e6, "10⁻⁴ 10⁻² 10⁰ 10² 10⁴ 10⁶"},
		{"one decade", Axis{Log: true}, 0.3, 7, "0.5 1 2 5"},
		{"within a decade", Axis{Log: true}, 2, 4, "2.0 2.5 3.0 3.5 4.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, tick := range c.axis.ticks(span{c.axis.to(c.lo), c.axis.to(c.hi)}, 5) {
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

func TestRaisedAndLoweredDigits(t *testing.T) {
	got := runs("10⁻³ x₁")
	want := []run{{"10", 1, 0}, {"−3", 0.72, 0.36}, {" x", 1, 0}, {"1", 0.72, -0.14}}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("run %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestHeatCells(t *testing.T) {
	e, err := edges([]float64{0, 1, 3}, Axis{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-0.5, 0.5, 2, 4} {
		if e[i] != want {
			t.Errorf("edge %d: got %g, want %g", i, e[i], want)
		}
	}
	for _, c := range []struct {
		at   float64
		want int
	}{{-1, -1}, {-0.5, 0}, {0.4, 0}, {0.6, 1}, {3, 2}, {4, 2}, {4.1, -1}} {
		if got := cell(e, c.at); got != c.want {
			t.Errorf("cell at %g: got %d, want %d", c.at, got, c.want)
		}
	}
	h, err := (&Heat{X: []float64{0, 1}, Y: []float64{0}, Z: [][]float64{{-1, 4}}, Diverging: true}).check(Axis{}, Axis{})
	if err != nil {
		t.Fatal(err)
	}
	if h.scale != (span{-4, 4}) {
		t.Errorf("diverging scale: got %v, want -4 to 4", h.scale)
	}
	if math.Abs(h.yEdges[0]+0.5) > 0 {
		t.Errorf("a single row: got edges %v", h.yEdges)
	}
}
