package figure

import (
	"image"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"spnode/experiments/figure/lettering"
)

// barTicks are the marks of the colour bar.
func (h *Heat) barTicks(height float64) []plot.Tick {
	return h.axis().ticks(h.scale, max(3, int(height/40)))
}

// barRoom is the width that a colour bar takes beside a panel.
func (h *Heat) barRoom(height float64) vg.Length {
	var widest vg.Length
	for _, t := range h.barTicks(height) {
		widest = max(widest, lettering.Style(tickSize, Black).Width(t.Label))
	}
	room := barSpace + barW + 6 + widest + 2
	if h.Label != "" {
		room += lettering.Style(labelSize, Black).Height(h.Label) + 4
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

	sty := lettering.Style(tickSize, Black)
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
		label := lettering.Style(labelSize, Black)
		label.Rotation = math.Pi / 2
		label.XAlign, label.YAlign = draw.XCenter, draw.YTop
		data.FillText(label, vg.Point{X: x1 + 6 + widest, Y: data.Center().Y}, h.Label)
	}
}
