// Package lettering sets the text of figures: mathematics in plain strings, with raised
// and lowered signs.
package lettering

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"unicode"

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

// Run is a part of a text at one level.
type Run struct {
	Text  string
	Level int // 1 raised, -1 lowered
}

// Runs divides a text. Raised are the signs ⁰ to ⁹ and what follows ^, a sign or a
// group in braces; lowered are ₀ to ₉ and what follows _ as a group, or as a word after
// a letter that stands alone: u_x and A_bump are mathematics, room_temperature is a
// name.
func Runs(text string) []Run {
	var rs []Run
	add := func(text string, level int) {
		if n := len(rs); n > 0 && rs[n-1].Level == level {
			rs[n-1].Text += text
		} else if text != "" {
			rs = append(rs, Run{text, level})
		}
	}
	line := []rune(text)
	for i := 0; i < len(line); i++ {
		if d, ok := raised[line[i]]; ok {
			add(string(d), 1)
			continue
		}
		if d, ok := lowered[line[i]]; ok {
			add(string(d), -1)
			continue
		}
		if n, level := script(line, i); n > 0 {
			add(strings.Trim(string(line[i+1:i+n]), "{}"), level)
			i += n - 1
			continue
		}
		add(string(line[i]), 0)
	}
	return rs
}

// script is how many signs at i are a sign ^ or _ with what it raises or lowers.
func script(line []rune, i int) (n, level int) {
	rest := line[i+1:]
	if level = 1; line[i] == '_' {
		level = -1
	}
	switch {
	case line[i] != '^' && line[i] != '_' || len(rest) == 0:
		return 0, 0
	case rest[0] == '{':
		if end := slices.Index(rest, '}'); end > 0 {
			return end + 2, level
		}
		return 0, 0
	case level == 1:
		return 2, level
	case i == 0 || !unicode.IsLetter(line[i-1]) || i > 1 && (unicode.IsLetter(line[i-2]) || unicode.IsDigit(line[i-2]) || line[i-2] == '_'):
		return 0, 0
	}
	for n = 1; n <= len(rest) && (unicode.IsLetter(rest[n-1]) || unicode.IsDigit(rest[n-1])); {
		n++
	}
	if n == 1 {
		return 0, 0
	}
	return n, level
}

// scale and shift are the size of a level's font and its height above the base line,
// both in the size of the text.
func (r Run) scale() vg.Length {
	if r.Level == 0 {
		return 1
	}
	return 0.72
}

func (r Run) shift() vg.Length {
	return map[int]vg.Length{1: 0.36, -1: -0.14}[r.Level]
}

// Box is the size of one line, as Plain's.
func (h handler) Box(txt string, fnt font.Font) (width, height, depth vg.Length) {
	_, height, depth = h.Plain.Box("", fnt)
	for _, r := range Runs(txt) {
		face := h.Fonts.Lookup(fnt, fnt.Size*r.scale())
		width += face.Width(r.Text)
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
		for _, r := range Runs(line) {
			face := h.Fonts.Lookup(sty.Font, sty.Font.Size*r.scale())
			c.FillString(face, vg.Point{X: at.X, Y: at.Y + r.shift()*sty.Font.Size}, r.Text)
			at.X += face.Width(r.Text)
		}
	}
}
