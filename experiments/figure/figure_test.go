package figure_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/experiments/figure"
)

func TestExamplesAreWellFormed(t *testing.T) {
	for name, f := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := xml.NewDecoder(strings.NewReader(f.SVG()))
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("SVG: %v", err)
				}
			}
			if _, err := png.Decode(bytes.NewReader(f.PNG())); err != nil {
				t.Fatalf("PNG: %v", err)
			}
			rows, err := csv.NewReader(bytes.NewReader(f.CSV())).ReadAll()
			if err != nil || len(rows) < 10 {
				t.Fatalf("CSV: %d rows, %v", len(rows), err)
			}
		})
	}
}

func TestSameBytes(t *testing.T) {
	first, again := examples(t), examples(t)
	for _, name := range []string{"fig3", "fig7", "band"} { // lines, dots, maps, areas
		a, b := first[name], again[name]
		if !bytes.Equal(a.PNG(), b.PNG()) || a.SVG() != b.SVG() || !bytes.Equal(a.CSV(), b.CSV()) {
			t.Errorf("%s: the same data made different bytes", name)
		}
	}
}

// simple is a figure of one line through three points.
func simple(t *testing.T, l figure.Layout, p figure.Panel) *figure.Figure {
	t.Helper()
	f, err := figure.New(l, p)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return f
}

func TestSizeAskedFor(t *testing.T) {
	f := simple(t, figure.Layout{Width: 400, Height: 150}, figure.Panel{
		Series: []figure.Series{figure.Truth(1, "", []float64{0, 1}, []float64{0, 1})}})
	img, err := png.Decode(bytes.NewReader(f.PNG()))
	if err != nil {
		t.Fatal(err)
	}
	// Two pixels a point; to the panel's height the margins come on top.
	if b := img.Bounds(); b.Dx() != 800 || b.Dy() < 300 || b.Dy() > 360 {
		t.Errorf("got %v, want 800 by 300 to 360 pixels", b)
	}
	// 1.2 of the page's pixels a point.
	if svg, want := f.SVG(), `<svg width="480" height="`; !strings.Contains(svg, want) || strings.Contains(svg, "pt\"") {
		t.Errorf("got %.200s, want a root %s… and no points", svg, want)
	}
}

func TestColoursReachThePicture(t *testing.T) {
	f := simple(t, figure.Layout{}, figure.Panel{Series: []figure.Series{
		figure.Truth(1, "truth", []float64{0, 1}, []float64{0, 1}),
		figure.Truth(2, "", []float64{0, 1}, []float64{1, 0}),
		figure.Prediction(1, "model", []float64{0.5}, []float64{0.3}),
	}})
	svg := f.SVG()
	for _, want := range []string{"#0072B2", "#E69F00", "#111111", ">truth<", ">model<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("SVG lacks %s", want)
		}
	}
}

func TestCSVCarriesThePoints(t *testing.T) {
	f := simple(t, figure.Layout{}, figure.Panel{
		Title: "p, quoted",
		Series: []figure.Series{
			figure.Truth(1, "a", []float64{0, 1}, []float64{2, 1.0 / 3}),
			figure.Prediction(1, "", []float64{0.5}, []float64{math.Inf(1)}).Diverging(),
			figure.Band(figure.Gray, "b", []float64{0, 1}, []float64{1, 2}, []float64{3, 4}),
		},
		Heat: &figure.Heat{X: []float64{0, 1}, Y: []float64{5}, Z: [][]float64{{7, 8}}, Label: "u"},
	})
	want := `panel,series,x,y,value
"p, quoted",u,0,5,7
"p, quoted",u,1,5,8
"p, quoted",a,0,2,
"p, quoted",a,1,0.33333333,
"p, quoted",series 2,0.5,+Inf,
"p, quoted",b (lower),0,1,
"p, quoted",b (lower),1,2,
"p, quoted",b (upper),0,3,
"p, quoted",b (upper),1,4,
`
	if got := string(f.CSV()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBadDataIsRefused(t *testing.T) {
	x := []float64{1, 2}
	line := func(x, y []float64) []figure.Series { return []figure.Series{figure.Truth(1, "s", x, y)} }
	good := line(x, x)
	nan := math.NaN()
	for _, c := range []struct {
		name  string
		panel figure.Panel
		want  error
		says  string
	}{
		{"nothing", figure.Panel{}, figure.ErrNoData, "no series"},
		{"no points", figure.Panel{Series: line(nil, nil)}, figure.ErrNoData, `series 1 "s"`},
		{"lengths", figure.Panel{Series: line(x, x[:1])}, figure.ErrShape, "2 x, 1 y"},
		{"band", figure.Panel{Series: []figure.Series{figure.Band(nil, "", x, x, nil)}}, figure.ErrShape, "0 upper"},
		{"NaN", figure.Panel{Series: line(x, []float64{1, nan})}, figure.ErrNotFinite, "y[1] = NaN"},
		{"Inf", figure.Panel{Series: line([]float64{math.Inf(-1), 1}, x)}, figure.ErrNotFinite, "x[0] = -Inf"},
		{"zero on a log axis", figure.Panel{Y: figure.Axis{Log: true}, Series: line(x, []float64{1, 0})}, figure.ErrNotFinite, "y[1] = 0"},
		{"time NaN though diverging", figure.Panel{Series: []figure.Series{good[0], figure.Prediction(1, "", []float64{nan}, x[:1]).Diverging()}}, figure.ErrNotFinite, "x[0]"},
		{"axis", figure.Panel{X: figure.Axis{Min: 2, Max: 1}, Series: good}, figure.ErrRange, "2 to 1"},
		{"log axis from zero", figure.Panel{Y: figure.Axis{Log: true, Max: 1}, Series: good}, figure.ErrRange, "0 to 1"},
		{"heat rows", figure.Panel{Heat: &figure.Heat{X: x, Y: x, Z: [][]float64{{1, 2}}}}, figure.ErrShape, "1 rows, want 2"},
		{"heat row", figure.Panel{Heat: &figure.Heat{X: x, Y: x, Z: [][]float64{{1, 2}, {1}}}}, figure.ErrShape, "row 1"},
		{"heat order", figure.Panel{Heat: &figure.Heat{X: []float64{2, 1}, Y: x, Z: [][]float64{{1, 2}, {1, 2}}}}, figure.ErrShape, "increasing"},
		{"heat blank", figure.Panel{Heat: &figure.Heat{X: x, Y: x, Z: [][]float64{{nan, nan}, {nan, nan}}}}, figure.ErrNotFinite, "no value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := figure.New(figure.Layout{}, figure.Panel{Series: good}, c.panel)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if s := err.Error(); !strings.Contains(s, c.says) || !strings.HasPrefix(s, "figure: New: panel 2") {
				t.Errorf("got %q, want it to name panel 2 and %q", s, c.says)
			}
		})
	}
	if _, err := figure.New(figure.Layout{}); !errors.Is(err, figure.ErrNoData) {
		t.Errorf("no panels: got %v", err)
	}
	if _, err := figure.New(figure.Layout{Width: math.NaN()}, figure.Panel{Series: good}); !errors.Is(err, figure.ErrRange) {
		t.Errorf("width NaN: got %v", err)
	}
}

func TestDivergingIsAResult(t *testing.T) {
	x := []float64{0, 1, 2, 3, 4}
	truth := figure.Truth(1, "truth", x, []float64{0, 1, 0, 1, 0})
	wild := []float64{0.5, 1.2, 7, 1e300, math.NaN()}
	for name, s := range map[string]figure.Series{
		"dots":  figure.Prediction(1, "imex", x, wild).Diverging(),
		"lines": figure.Line(figure.Gray, "imex", x, wild).Diverging(),
		"band":  figure.Band(figure.Gray, "imex", x, wild, wild).Diverging(),
	} {
		t.Run(name, func(t *testing.T) {
			f := simple(t, figure.Layout{}, figure.Panel{Series: []figure.Series{truth, s}})
			svg := f.SVG()
			if !strings.Contains(svg, "imex: 3 of 5 points off the scale, the first at 2<") {
				t.Error("the panel does not say what it leaves out")
			}
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || strings.Contains(svg, "e+") {
				t.Error("the SVG has coordinates that are none")
			}
		})
	}
	t.Run("all of it", func(t *testing.T) {
		nan := []float64{math.NaN(), math.Inf(1)}
		f := simple(t, figure.Layout{}, figure.Panel{Y: figure.Axis{Log: true}, Series: []figure.Series{figure.Prediction(1, "p", x[:2], nan).Diverging()}})
		if !strings.Contains(f.SVG(), "2 of 2 points") {
			t.Error("the panel does not say that it shows nothing")
		}
	})
	t.Run("a fixed axis says it too", func(t *testing.T) {
		f := simple(t, figure.Layout{}, figure.Panel{Y: figure.Axis{Min: -0.5, Max: 0.5}, Series: []figure.Series{truth}})
		if !strings.Contains(f.SVG(), "truth: 2 of 5 points off the scale, the first at 1<") {
			t.Error("the panel does not say what it leaves out")
		}
	})
}

func TestSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "too")
	f := simple(t, figure.Layout{}, errorBand())
	paths, err := f.Save(dir, "fig")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]byte{f.PNG(), []byte(f.SVG()), f.CSV()} {
		got, err := os.ReadFile(paths[i])
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %d bytes, want %d", paths[i], err, len(got), len(want))
		}
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 3 {
		t.Errorf("got %d files, want 3 and no temporary one", len(entries))
	}
	for _, bad := range []string{"", ".", "..", "a/b", "../x", ".hidden"} {
		if _, err := f.Save(dir, bad); err == nil {
			t.Errorf("name %q was accepted", bad)
		}
	}
	if _, err := f.Save(paths[0], "x"); err == nil {
		t.Error("a file was accepted as the folder")
	}
}
