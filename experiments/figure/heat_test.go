package figure

import (
	"math"
	"testing"
)

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
