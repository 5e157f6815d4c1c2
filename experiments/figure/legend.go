package figure

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"spnode/experiments/figure/lettering"
)

// entries is the series of the panel, those together that one name stands for: rings.
func (v *view) entries() [][]Series {
	var all [][]Series
	for _, s := range v.Series {
		i := slices.IndexFunc(all, func(e []Series) bool {
			return s.Mark == Rings && e[0].Mark == Rings && s.Label == e[0].Label
		})
		if i < 0 {
			all = append(all, []Series{s})
		} else {
			all[i] = append(all[i], s)
		}
	}
	return all
}

// legend is the entries that have a name, rings last; those of several colours are black.
func (v *view) legend() []marks {
	var others, rings []marks
	for _, e := range v.entries() {
		s := e[0]
		switch {
		case s.Label == "":
		case s.Mark == Rings:
			if len(e) > 1 {
				s.Color = Black
			}
			rings = append(rings, marks{s, v})
		default:
			others = append(others, marks{s, v})
		}
	}
	return append(others, rings...)
}

func sameLegend(a, b []marks) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Label != b[i].Label || a[i].Mark != b[i].Mark || a[i].Color != b[i].Color {
			return false
		}
	}
	return true
}

// legendLines breaks a legend into lines that fit the width.
func legendLines(entries []marks, width vg.Length) (lines [][]marks, widths []vg.Length) {
	sty := lettering.Style(legendSize, Black)
	for _, m := range entries {
		w := thumbW + 5 + sty.Width(m.Label) + 14
		if n := len(lines); n > 0 && widths[n-1]+w-14 <= width {
			lines[n-1] = append(lines[n-1], m)
			widths[n-1] += w
		} else {
			lines, widths = append(lines, []marks{m}), append(widths, w)
		}
	}
	return lines, widths
}

func legendHeight(entries []marks, width vg.Length) vg.Length {
	lines, _ := legendLines(entries, width)
	if len(lines) == 0 {
		return 0
	}
	return vg.Length(len(lines))*legendH + 6
}

// drawLegend draws a legend centred below the point (x, top).
func drawLegend(c draw.Canvas, entries []marks, x, top, width vg.Length) {
	sty := lettering.Style(legendSize, Black)
	sty.YAlign = draw.YCenter
	lines, widths := legendLines(entries, width)
	for i, line := range lines {
		y := top - 6 - vg.Length(i)*legendH - legendH/2
		at := x - (widths[i]-14)/2
		for _, m := range line {
			m.thumbnail(c, at, y)
			c.FillText(sty, vg.Point{X: at + thumbW + 5, Y: y}, m.Label)
			at += thumbW + 5 + sty.Width(m.Label) + 14
		}
	}
}
