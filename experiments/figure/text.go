package figure

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Sizes of text, in points.
const (
	titleSize  = 15
	headSize   = 14
	labelSize  = 13
	tickSize   = 12
	legendSize = 12.5
	noteSize   = 11.5
)

// raised and lowered hold the digits that a label writes as 10⁻³ or x₁. The
// fonts at hand lack some of them, and draw the others unevenly, so they are
// drawn as small ordinary digits.
var (
	raised  = digits("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789−+")
	lowered = digits("₀₁₂₃₄₅₆₇₈₉₋₊", "0123456789−+")
)

func digits(from, to string) map[rune]rune {
	m := map[rune]rune{}
	plain := []rune(to)
	for i, r := range []rune(from) {
		m[r] = plain[i]
	}
	return m
}

// superscript writes an integer in raised digits.
func superscript(s string) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
		"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(s)
}

// style is text in the sans-serif face that all of a figure is written in.
func style(size float64, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Length(size)),
		Handler: handler{text.Plain{Fonts: font.DefaultCache}},
	}
}

// handler is text.Plain that sets raised and lowered digits.
type handler struct{ text.Plain }

type run struct {
	text  string
	scale vg.Length // of the font
	shift vg.Length // above the base line, in units of the font's size
}

func runs(line string) []run {
	var rs []run
	for _, r := range line {
		next := run{text: string(r), scale: 1}
		if d, ok := raised[r]; ok {
			next = run{string(d), 0.72, 0.36}
		} else if d, ok := lowered[r]; ok {
			next = run{string(d), 0.72, -0.14}
		}
		if n := len(rs); n > 0 && rs[n-1].shift == next.shift {
			rs[n-1].text += next.text
		} else {
			rs = append(rs, next)
		}
	}
	return rs
}

// Box is the size of one line, as Plain's.
func (h handler) Box(txt string, fnt font.Font) (width, height, depth vg.Length) {
	_, height, depth = h.Plain.Box("", fnt)
	for _, r := range runs(txt) {
		face := h.Fonts.Lookup(fnt, fnt.Size*r.scale)
		width += face.Width(r.text)
	}
	return width, height, depth
}

// Draw is Plain's, run by run.
func (h handler) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	c.SetColor(sty.Color)
	if sty.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(sty.Rotation)
	}
	sin64, cos64 := math.Sincos(sty.Rotation)
	sin, cos := vg.Length(sin64), vg.Length(cos64)
	pt.X, pt.Y = pt.Y*sin+pt.X*cos, pt.Y*cos-pt.X*sin

	lines := h.Lines(txt)
	pt.Y += sty.Height(txt)*vg.Length(sty.YAlign) - h.Extents(sty.Font).Ascent
	for i, line := range lines {
		width, _, _ := h.Box(line, sty.Font)
		at := pt.Add(vg.Point{X: vg.Length(sty.XAlign) * width, Y: vg.Length(len(lines)-i) * sty.Font.Size})
		for _, r := range runs(line) {
			face := h.Fonts.Lookup(sty.Font, sty.Font.Size*r.scale)
			c.FillString(face, vg.Point{X: at.X, Y: at.Y + r.shift*sty.Font.Size}, r.text)
			at.X += face.Width(r.text)
		}
	}
}

// dress gives a plot the fonts and lines of the house.
func dress(p *plot.Plot) {
	p.TextHandler = handler{text.Plain{Fonts: font.DefaultCache}}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		tick, label := a.Tick.Label, a.Label.TextStyle
		a.Tick.Label = style(tickSize, Black)
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = tick.XAlign, tick.YAlign
		a.Label.TextStyle = style(labelSize, Black)
		a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = label.XAlign, label.YAlign
		a.Label.Padding = 3
		a.Padding = 0
		a.Width, a.Tick.Width = 0.8, 0.8
		a.Color, a.Tick.Color = Black, Black
		a.Tick.Length = 5
	}
}
