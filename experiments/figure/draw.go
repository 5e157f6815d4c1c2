package figure

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"spnode/experiments/figure/lettering"
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
		p.title = lettering.Style(titleSize, Black).Height(l.Title) + 8
	}
	shared := len(f.views) > 1
	for i := range f.views {
		v := &f.views[i]
		if v.Title != "" {
			p.head = max(p.head, lettering.Style(headSize, Black).Height(v.Title)+6)
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
	fill(c, lettering.Style(titleSize, Black), vg.Point{X: c.Center().X, Y: c.Max.Y - margin}, l.Title)
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
			sty := lettering.Style(headSize, Black)
			w, room := sty.Width(v.Title), p.panelWidth(l.Cols)
			if w > room { // smaller, not cut
				sty.Font.Size *= room / w
				w = room
			}
			head.X = max(cell.Min.X+w/2, min(head.X, cell.Max.X-w/2))
			fill(c, sty, head, v.Title)
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
			if next := line + " " + word; line != "" && lettering.Style(noteSize, Gray).Width(next) > width {
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
		fill(c, lettering.Style(noteSize, color.NRGBA{0x55, 0x55, 0x55, 0xff}), top, line)
		top.Y -= noteSize + 2
	}
}
