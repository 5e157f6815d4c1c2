package figure

import (
	"image"
	"image/color"
	"math"
	"slices"
	"sort"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Heat is a map of a quantity over the plane: a field over space and time, a
// joint distribution.
type Heat struct {
	// X and Y are the centres of the cells, increasing.
	X, Y []float64
	// Z[i][j] is the value at Y[i], X[j]. A value that the scale cannot show
	// (NaN, Inf, zero on a logarithmic scale) leaves its cell blank.
	Z [][]float64
	// Label names the quantity, at the colour bar.
	Label string
	// Diverging takes blue to red through light grey at zero, for what has a sign;
	// otherwise the colours go from dark to light.
	Diverging bool
	// Log makes the colour scale logarithmic.
	Log bool
	// Min and Max fix the colour scale, beyond which colours stay at its ends.
	// Both zero take it from the data, symmetric for Diverging. Panels with
	// the same scale and label share one colour bar for each row.
	Min, Max float64

	scale          span
	xEdges, yEdges []float64
}

// axis is the colour scale as an Axis.
func (h *Heat) axis() Axis {
	return Axis{Label: h.Label, Log: h.Log, Min: h.Min, Max: h.Max}
}

// check returns a checked copy with the cells' edges and the colour scale.
func (h *Heat) check(x, y Axis) (*Heat, error) {
	c := *h
	if len(h.X) == 0 || len(h.Y) == 0 {
		return nil, errors.Wrapf(ErrNoData, "got %d x %d cells", len(h.X), len(h.Y))
	}
	if len(h.Z) != len(h.Y) {
		return nil, errors.Wrapf(ErrShape, "got %d rows, want %d, one for each Y", len(h.Z), len(h.Y))
	}
	if h.Log && h.Diverging {
		return nil, errors.Wrap(ErrRange, "got a logarithmic scale that diverges, want one of the two")
	}
	if err := h.axis().check("colour"); err != nil {
		return nil, err
	}
	var err error
	if c.xEdges, err = edges(h.X, x); err != nil {
		return nil, errors.WithMessage(err, "X")
	}
	if c.yEdges, err = edges(h.Y, y); err != nil {
		return nil, errors.WithMessage(err, "Y")
	}
	c.X, c.Y = slices.Clone(h.X), slices.Clone(h.Y)
	c.Z = make([][]float64, len(h.Z))
	c.scale = emptySpan()
	for i, row := range h.Z {
		if len(row) != len(h.X) {
			return nil, errors.Wrapf(ErrShape, "row %d: got %d values, want %d, one for each X", i, len(row), len(h.X))
		}
		c.Z[i] = slices.Clone(row)
		for _, z := range row {
			if h.axis().shows(z) {
				c.scale.add(h.axis().to(z))
			}
		}
	}
	switch {
	case h.axis().fixed():
		c.scale = h.axis().span()
	case c.scale.empty():
		return nil, errors.Wrap(ErrNotFinite, "got no value that the colour scale can show")
	case h.Diverging:
		m := math.Max(math.Abs(c.scale.lo), math.Abs(c.scale.hi))
		c.scale = span{-m, m}.padded(0)
	default:
		c.scale = c.scale.padded(0)
	}
	return &c, nil
}

// edges are half-way between centres, in the axis' coordinate.
func edges(centres []float64, a Axis) ([]float64, error) {
	n := len(centres)
	at := make([]float64, n)
	for i, v := range centres {
		if !a.shows(v) {
			return nil, errors.Wrapf(ErrNotFinite, "[%d] = %g, want %s", i, v, a.domain())
		}
		at[i] = a.to(v)
		if i > 0 && at[i] <= at[i-1] {
			return nil, errors.Wrapf(ErrShape, "[%d] = %g after %g, want increasing", i, v, centres[i-1])
		}
	}
	if n == 1 {
		return []float64{at[0] - 0.5, at[0] + 0.5}, nil
	}
	e := make([]float64, n+1)
	for i := 1; i < n; i++ {
		e[i] = (at[i-1] + at[i]) / 2
	}
	e[0], e[n] = 2*at[0]-e[1], 2*at[n-1]-e[n-1]
	return e, nil
}

// cell is the index of the cell that holds the coordinate, or -1.
func cell(edges []float64, at float64) int {
	i := sort.SearchFloat64s(edges, at) - 1
	if at == edges[0] {
		i = 0
	}
	if i >= len(edges)-1 {
		return -1
	}
	return i
}

// Plot implements plot.Plotter. The map is an image with a pixel for each of
// the PNG's, so that cells keep sharp edges also where the SVG's are smoothed.
func (h *Heat) Plot(c draw.Canvas, p *plot.Plot) {
	// Between pixels the PNG's would be interpolated.
	place := vg.Rectangle{Min: vg.Point{X: toPixel(c.Min.X), Y: toPixel(c.Min.Y)}, Max: vg.Point{X: toPixel(c.Max.X), Y: toPixel(c.Max.Y)}}
	w, ht := int(math.Round(place.Size().X.Dots(dpi))), int(math.Round(place.Size().Y.Dots(dpi)))
	cols, rows := make([]int, w), make([]int, ht)
	for i := range cols {
		cols[i] = cell(h.xEdges, p.X.Min+(float64(i)+0.5)/float64(w)*(p.X.Max-p.X.Min))
	}
	for j := range rows {
		rows[j] = cell(h.yEdges, p.Y.Max-(float64(j)+0.5)/float64(ht)*(p.Y.Max-p.Y.Min))
	}
	// With a palette an SVG has the half of the bytes.
	table := h.table()
	blank := uint8(len(table))
	img := image.NewPaletted(image.Rect(0, 0, w, ht), append(table, color.Transparent))
	for j, row := range rows {
		for i, col := range cols {
			at := blank
			if row >= 0 && col >= 0 && h.axis().shows(h.Z[row][col]) {
				u := (h.axis().to(h.Z[row][col]) - h.scale.lo) / h.scale.size()
				at = uint8(min(len(table)-1, int(float64(len(table))*math.Max(0, math.Min(1, u)))))
			}
			img.SetColorIndex(i, j, at)
		}
	}
	c.DrawImage(place, img)
}

// toPixel is the edge of a pixel that is nearest.
func toPixel(x vg.Length) vg.Length { return vg.Length(math.Round(x.Dots(dpi))) * vg.Inch / dpi }

// table is the palette in 255 steps: Moreland's cool to warm, or viridis.
func (h *Heat) table() color.Palette {
	const steps = 255
	m := moreland.SmoothBlueRed().Palette(steps).Colors()
	if !h.Diverging {
		viridis, err := moreland.NewLuminance([]color.Color{
			color.NRGBA{0x44, 0x01, 0x54, 0xff}, color.NRGBA{0x41, 0x44, 0x87, 0xff},
			color.NRGBA{0x2a, 0x78, 0x8e, 0xff}, color.NRGBA{0x22, 0xa8, 0x84, 0xff},
			color.NRGBA{0x7a, 0xd1, 0x51, 0xff}, color.NRGBA{0xfd, 0xe7, 0x25, 0xff},
		})
		if err != nil {
			panic(err) // the colours above are in order of luminance
		}
		viridis.SetMin(0)
		viridis.SetMax(1)
		m = viridis.Palette(steps).Colors()
	}
	return m
}

// sameBar reports whether two maps can share a colour bar.
func sameBar(a, b *Heat) bool {
	return a != nil && b != nil && a.Label == b.Label && a.Diverging == b.Diverging && a.Log == b.Log && a.scale == b.scale
}
