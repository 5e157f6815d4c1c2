package figure

import (
	"image"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Distances, in points.
const (
	margin   = 8
	gap      = 18 // between panels
	legendH  = 18 // a line of the legend
	thumbW   = 24 // a sample in the legend
	barW     = 11 // the colour bar
	barSpace = 8
)

// plan is where everything goes.
type plan struct {
	width, height      vg.Length
	rows               int
	title, head        vg.Length // the strips above all panels and above each
	notes, foot        vg.Length // the strip below each, and its part for notes
	bar                vg.Length // the room for a colour bar
	barEach            bool      // a bar for each panel, not for each row
	sharedLegend       []marks   // one legend for all panels, when they agree
	sharedLegendHeight vg.Length
}

func (f *Figure) plan() plan {
	l := f.layout
	p := plan{width: vg.Length(l.Width), rows: (len(f.views) + l.Cols - 1) / l.Cols}
	if l.Title != "" {
		p.title = style(titleSize, Black).Height(l.Title) + 8
	}
	shared := len(f.views) > 1
	for i := range f.views {
		v := &f.views[i]
		if v.Title != "" {
			p.head = max(p.head, style(headSize, Black).Height(v.Title)+6)
		}
		shared = shared && sameLegend(v.legend(), f.views[0].legend())
		if v.Heat != nil {
			p.bar = max(p.bar, v.Heat.barRoom(l.Height))
			p.barEach = p.barEach || !sameBar(v.Heat, f.views[0].Heat)
		}
	}
	if shared {
		p.sharedLegend = f.views[0].legend()
		p.sharedLegendHeight = legendHeight(p.sharedLegend, p.width-2*margin)
	} else {
		for i := range f.views {
			p.foot = max(p.foot, legendHeight(f.views[i].legend(), p.panelWidth(l.Cols)))
		}
	}
	for i := range f.views {
		p.notes = max(p.notes, f.views[i].noteHeight(p.panelWidth(l.Cols)))
	}
	p.foot += p.notes
	rows := vg.Length(p.rows)
	p.height = 2*margin + p.title + p.sharedLegendHeight + rows*(p.head+vg.Length(l.Height)+p.foot) + (rows-1)*gap
	return p
}

// panelWidth is the width of a panel with its axis labels.
func (p plan) panelWidth(cols int) vg.Length {
	n := vg.Length(cols)
	bars := vg.Length(1)
	if p.barEach {
		bars = n
	}
	return (p.width - 2*margin - (n-1)*gap - bars*p.bar) / n
}

// draw puts the figure on a canvas of the planned size.
func (f *Figure) draw(c draw.Canvas, p plan) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	l := f.layout
	fill(c, style(titleSize, Black), vg.Point{X: c.Center().X, Y: c.Max.Y - margin}, l.Title)
	drawLegend(c, p.sharedLegend, c.Center().X, c.Min.Y+margin+p.sharedLegendHeight, p.width-2*margin)

	plots := make([][]*plot.Plot, p.rows)
	for r := range plots {
		plots[r] = make([]*plot.Plot, l.Cols)
		for k := range plots[r] {
			if i := r*l.Cols + k; i < len(f.views) {
				plots[r][k] = f.views[i].plot(float64(p.panelWidth(l.Cols)), l.Height)
			}
		}
	}
	tiles := draw.Tiles{
		Rows: p.rows, Cols: l.Cols,
		PadLeft: margin, PadRight: margin + p.bar, PadX: gap,
		PadTop: margin + p.title + p.head, PadBottom: margin + p.sharedLegendHeight + p.foot,
		PadY: p.head + p.foot + gap,
	}
	if p.barEach {
		tiles.PadX += p.bar
	}
	for r, row := range plot.Align(plots, tiles, c) {
		for k, cell := range row {
			i := r*l.Cols + k
			if i >= len(f.views) {
				continue
			}
			v := &f.views[i]
			plots[r][k].Draw(cell)
			data := plots[r][k].DataCanvas(cell)
			head := vg.Point{X: data.Center().X, Y: data.Max.Y + p.head - 1}
			fill(c, style(headSize, Black), head, v.Title)
			v.drawNotes(c, vg.Point{X: (cell.Min.X + cell.Max.X) / 2, Y: cell.Min.Y - 4}, p.panelWidth(l.Cols))
			if p.sharedLegend == nil {
				drawLegend(c, v.legend(), (cell.Min.X+cell.Max.X)/2, cell.Min.Y-p.notes, p.panelWidth(l.Cols))
			}
			last := k == l.Cols-1 || i == len(f.views)-1
			if v.Heat != nil && (p.barEach || last) {
				v.Heat.drawBar(data)
			}
		}
	}
}

// fill writes text centred below a point.
func fill(c draw.Canvas, sty text.Style, at vg.Point, txt string) {
	sty.XAlign, sty.YAlign = draw.XCenter, draw.YTop
	c.FillText(sty, at, txt)
}

// noteLines are the notes, broken at words to fit the width.
func (v *view) noteLines(width vg.Length) []string {
	var lines []string
	for _, note := range v.notes {
		line := ""
		for _, word := range strings.Fields(note) {
			if next := line + " " + word; line != "" && style(noteSize, Gray).Width(next) > width {
				lines, line = append(lines, line), word
			} else {
				line = strings.TrimSpace(next)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func (v *view) noteHeight(width vg.Length) vg.Length {
	if len(v.notes) == 0 {
		return 0
	}
	return vg.Length(len(v.noteLines(width)))*(noteSize+2) + 6
}

func (v *view) drawNotes(c draw.Canvas, top vg.Point, width vg.Length) {
	for _, line := range v.noteLines(width) {
		fill(c, style(noteSize, color.NRGBA{0x55, 0x55, 0x55, 0xff}), top, line)
		top.Y -= noteSize + 2
	}
}

// legend is the named series.
func (v *view) legend() []marks {
	var named []marks
	for _, s := range v.Series {
		if s.Label != "" {
			named = append(named, marks{s, v})
		}
	}
	return named
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
	sty := style(legendSize, Black)
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
	sty := style(legendSize, Black)
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

func (m marks) thumbnail(c draw.Canvas, x, y vg.Length) {
	switch m.Mark {
	case Points:
		c.DrawGlyphNoClip(m.dot(), vg.Point{X: x + thumbW - 6, Y: y})
	case Area:
		c.FillPolygon(m.tint(), []vg.Point{{X: x, Y: y - 5}, {X: x + thumbW, Y: y - 5}, {X: x + thumbW, Y: y + 5}, {X: x, Y: y + 5}})
	default:
		c.StrokeLine2(m.line(), x, y, x+thumbW, y)
	}
}

// barTicks are the marks of the colour bar.
func (h *Heat) barTicks(height float64) []plot.Tick {
	return h.axis().ticks(h.scale, max(3, int(height/40)))
}

// barRoom is the width that a colour bar takes beside a panel.
func (h *Heat) barRoom(height float64) vg.Length {
	var widest vg.Length
	for _, t := range h.barTicks(height) {
		widest = max(widest, style(tickSize, Black).Width(t.Label))
	}
	room := barSpace + barW + 6 + widest + 2
	if h.Label != "" {
		room += style(labelSize, Black).Height(h.Label) + 4
	}
	return room
}

// drawBar draws the colour bar to the right of the panel's data.
func (h *Heat) drawBar(data draw.Canvas) {
	x0, x1 := data.Max.X+barSpace, data.Max.X+barSpace+barW
	// The image is smoothed towards its edge, so one of a single column fades.
	table := h.table()
	img := image.NewPaletted(image.Rect(0, 0, 2*barW, 2*len(table)), table)
	for y := range 2 * len(table) {
		for x := range 2 * barW {
			img.SetColorIndex(x, y, uint8(len(table)-1-y/2))
		}
	}
	data.DrawImage(vg.Rectangle{Min: vg.Point{X: x0, Y: data.Min.Y}, Max: vg.Point{X: x1, Y: data.Max.Y}}, img)

	sty := style(tickSize, Black)
	sty.YAlign = draw.YCenter
	line := draw.LineStyle{Color: Black, Width: 0.8}
	var widest vg.Length
	for _, t := range h.barTicks(float64(data.Size().Y)) {
		at := (h.axis().to(t.Value) - h.scale.lo) / h.scale.size()
		if t.Label == "" || at < -1e-9 || at > 1+1e-9 {
			continue
		}
		y := data.Y(at)
		data.StrokeLine2(line, x1, y, x1+3, y)
		data.FillText(sty, vg.Point{X: x1 + 6, Y: y}, t.Label)
		widest = max(widest, sty.Width(t.Label))
	}
	if h.Label != "" {
		label := style(labelSize, Black)
		label.Rotation = math.Pi / 2
		label.XAlign, label.YAlign = draw.XCenter, draw.YTop
		data.FillText(label, vg.Point{X: x1 + 6 + widest, Y: data.Center().Y}, h.Label)
	}
}
