package main

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"spnode/data"
	"spnode/experiments/figure"
)

// drawn is the .csv of a figure, without its header.
func drawn(t *testing.T, f *figure.Figure) [][]string {
	t.Helper()
	dir := t.TempDir()
	if _, err := f.Save(dir, "f"); err != nil {
		t.Fatal(err)
	}
	r, err := os.Open(filepath.Join(dir, "f.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A state that ran away counts as the largest error, not as the smallest.
func TestErrorFigureWithRunaways(t *testing.T) {
	const samples = 11
	times := []float64{0, 1, 2}
	u, want := make([][][]float64, 3), make([][][]float64, 3)
	for k := range times {
		for s := range samples {
			x := []float64{float64(s+1) / 8, 0}
			if k == 2 && s >= 8 {
				x[0] = math.NaN()
			}
			u[k], want[k] = append(u[k], x), append(want[k], []float64{0, 0})
		}
	}
	m := &trained{Test: &testReport{
		truth:       &truth{grids: map[string]*data.Dataset{coarse: data.Shared(times, want, nil)}},
		predictions: map[string]*data.Dataset{coarse: data.Shared(times, u, nil)},
	}}
	m.Name = "m"
	f, err := errorFigure([]*trained{m})
	if err != nil {
		t.Fatal(err)
	}
	medians := 0
	for _, row := range drawn(t, f)[1:] {
		for _, cell := range row {
			if v, err := strconv.ParseFloat(cell, 64); err == nil && v == 6.0/8 {
				medians++
			}
		}
	}
	if medians != 2 {
		t.Errorf("the median 0.75 is drawn %d times, want at both times: %v", medians, drawn(t, f))
	}
}

// Figure 2 is of exp(tA) = e^{−2t}[1 ct; 0 1], whose norm is known.
func TestGrowthFigure(t *testing.T) {
	f, err := growthFigure()
	if err != nil {
		t.Fatal(err)
	}
	norm := func(c, t float64) float64 {
		h := c * t / 2
		return math.Exp(-2*t) * (math.Abs(h) + math.Sqrt(1+h*h))
	}
	seen := map[float64]int{}
	for _, row := range drawn(t, f)[1:] {
		var xy []float64
		for _, cell := range row[len(row)-2:] {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				t.Fatalf("row %v: %v", row, err)
			}
			xy = append(xy, v)
		}
		ok := false
		for _, c := range []float64{10, 1} {
			if want := norm(c, xy[0]); math.Abs(xy[1]-want) <= 1e-7*want { // eight digits are written
				seen[c]++
				ok = true
				break
			}
		}
		if !ok {
			t.Fatalf("at t = %g it shows %g, want %g or %g", xy[0], xy[1], norm(10, xy[0]), norm(1, xy[0]))
		}
	}
	if seen[10] < 250 || seen[1] < 250 {
		t.Errorf("it shows %v points, want at least 250 of each matrix", seen)
	}
}
