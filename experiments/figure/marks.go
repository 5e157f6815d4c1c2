package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marks draws one series; it is a plot.Plotter.
type marks struct {
	Series
	v *view
}

// at is the place of a point in units of the axes, and whether it has one.
func (m marks) at(x, y float64) (vg.Point, bool) {
	u := (m.v.X.to(x) - m.v.xs.lo) / m.v.xs.size()
	w := (m.v.Y.to(y) - m.v.ys.lo) / m.v.ys.size()
	if !finite(u) || !m.v.Y.shows(y) {
		return vg.Point{}, false
	}
	// Far outside is as good as anywhere outside, and 1e300 points would not
	// survive the arithmetic of clipping.
	const far = 50
	u, w = math.Max(-far, math.Min(far, u)), math.Max(-far, math.Min(far, w))
	return vg.Point{X: vg.Length(u), Y: vg.Length(w)}, true
}

func inside(p vg.Point) bool {
	const slack = 1e-9
	return p.X >= -slack && p.X <= 1+slack && p.Y >= -slack && p.Y <= 1+slack
}

func (m marks) line() draw.LineStyle {
	l := draw.LineStyle{Color: m.Color, Width: vg.Length(m.Size)}
	if l.Width == 0 {
		l.Width = 1.6
	}
	switch m.Mark {
	case DashedLine:
		l.Dashes = []vg.Length{6, 3.5}
	case DottedLine:
		l.Dashes = []vg.Length{1.5, 2.5}
	}
	return l
}

func (m marks) dot() draw.GlyphStyle {
	d := m.Size
	if d == 0 || !m.dotted() {
		d = 4.4
	}
	s := draw.GlyphStyle{Color: m.Color, Radius: vg.Length(d / 2), Shape: draw.CircleGlyph{}}
	if m.Mark == Rings {
		s.Shape = ring{}
	}
	return s
}

func (m marks) dotted() bool { return m.Mark == Points || m.Mark == Rings }

// ring is a circle whose inside is left as it was.
type ring struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (ring) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: 1.2})
	var p vg.Path
	p.Move(vg.Point{X: at.X + s.Radius, Y: at.Y})
	p.Arc(at, s.Radius, 0, 2*math.Pi)
	p.Close()
	c.Stroke(p)
}

func (m marks) tint() color.Color {
	c := color.NRGBAModel.Convert(m.Color).(color.NRGBA)
	c.A = 0x46
	return c
}

// Plot implements plot.Plotter.
func (m marks) Plot(c draw.Canvas, _ *plot.Plot) {
	place := func(p vg.Point) vg.Point {
		return vg.Point{X: c.X(float64(p.X)), Y: c.Y(float64(p.Y))}
	}
	var upper, lower []vg.Point
	flush := func() {
		switch {
		case m.Mark == Area && len(upper) > 1:
			for i := len(lower) - 1; i >= 0; i-- {
				upper = append(upper, lower[i])
			}
			c.FillPolygon(m.tint(), c.ClipPolygonXY(upper))
		case len(upper) == 1 && c.Contains(upper[0]): // a run of one point is no line
			c.DrawGlyphNoClip(m.dot(), upper[0])
		case m.Mark != Area:
			c.StrokeLines(m.line(), c.ClipLinesXY(upper)...)
		}
		upper, lower = nil, nil
	}
	for i, x := range m.X {
		p, ok := m.at(x, m.Y[i])
		if m.dotted() {
			if ok && inside(p) {
				c.DrawGlyphNoClip(m.dot(), place(p))
			}
			continue
		}
		if m.Mark == Area && ok {
			lower = append(lower, place(p))
			if p, ok = m.at(x, m.Hi[i]); !ok {
				lower = lower[:len(lower)-1]
			}
		}
		if !ok {
			flush()
			continue
		}
		upper = append(upper, place(p))
	}
	flush()
}

// GlyphBoxes implements plot.GlyphBoxer, so that dots at the edge are whole.
func (m marks) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	if !m.dotted() {
		return nil
	}
	var boxes []plot.GlyphBox
	for i, x := range m.X {
		if p, ok := m.at(x, m.Y[i]); ok && inside(p) {
			boxes = append(boxes, plot.GlyphBox{X: float64(p.X), Y: float64(p.Y), Rectangle: m.dot().Rectangle()})
		}
	}
	return boxes
}

// thumbnail draws the mark in the legend.
func (m marks) thumbnail(c draw.Canvas, x, y vg.Length) {
	switch m.Mark {
	case Points, Rings:
		c.DrawGlyphNoClip(m.dot(), vg.Point{X: x + thumbW - 6, Y: y})
	case Area:
		c.FillPolygon(m.tint(), []vg.Point{{X: x, Y: y - 5}, {X: x + thumbW, Y: y - 5}, {X: x + thumbW, Y: y + 5}, {X: x, Y: y + 5}})
	default:
		c.StrokeLine2(m.line(), x, y, x+thumbW, y)
	}
}
