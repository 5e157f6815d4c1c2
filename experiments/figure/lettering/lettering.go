// Package lettering sets the text of figures: mathematics in plain strings, with raised
// and lowered signs.
package lettering

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
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

// Style is text in the sans-serif face that all of a figure is written in.
func Style(size float64, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Length(size)),
		Handler: Handler(),
	}
}

// Handler is text.Plain that sets raised and lowered digits.
func Handler() text.Handler { return handler{text.Plain{Fonts: font.DefaultCache}} }

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
