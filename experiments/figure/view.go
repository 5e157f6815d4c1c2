package figure

import (
	"fmt"
	"image/color"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"spnode/experiments/figure/lettering"
)

// view is a checked panel with the ranges of its axes and what it must say
// about the points that it does not show.
type view struct {
	Panel
	xs, ys span
	notes  []string
}

func newView(p Panel) (view, error) {
	v := view{Panel: p}
	if len(p.Series) == 0 && p.Heat == nil {
		return v, errors.Wrap(ErrNoData, "got no series and no heat map")
	}
	if err := p.X.check("x"); err != nil {
		return v, err
	}
	if err := p.Y.check("y"); err != nil {
		return v, err
	}
	v.Series = make([]Series, len(p.Series))
	for i, s := range p.Series {
		var err error
		if v.Series[i], err = s.check(p.X, p.Y); err != nil {
			return v, errors.WithMessagef(err, "series %d %q", i+1, s.Label)
		}
	}
	if p.Heat != nil {
		h, err := p.Heat.check(p.X, p.Y)
		if err != nil {
			return v, errors.WithMessage(err, "heat map")
		}
		v.Heat = h
	}
	v.xs, v.ys = v.xSpan(), v.ySpan()
	return v, nil
}

// level gives panels beside each other that show the same quantity the same range.
func level(row []view) {
	all := emptySpan()
	for _, v := range row {
		if v.Y != row[0].Y || v.Y.Label == "" || v.Heat != nil {
			return
		}
		all.add(v.ys.lo)
		all.add(v.ys.hi)
	}
	for i := range row {
		row[i].ys = all
	}
}

// note collects what stands below the panel.
func (v *view) note() {
	if v.Note != "" {
		v.notes = append(v.notes, v.Note)
	}
	for _, e := range v.entries() {
		if n := v.omitted(e); n != "" {
			v.notes = append(v.notes, n)
		}
	}
}

func (v *view) xSpan() span {
	if v.X.fixed() {
		return v.X.span()
	}
	all := emptySpan()
	for _, s := range v.Series {
		for _, x := range s.X {
			all.add(v.X.to(x))
		}
	}
	if v.Heat != nil {
		edges := v.Heat.xEdges
		all.add(edges[0])
		all.add(edges[len(edges)-1])
	}
	return all.padded(0)
}

// ySpan holds all of the series that do not diverge, and of the others what
// lies within half a range above and below.
func (v *view) ySpan() span {
	if v.Y.fixed() {
		return v.Y.span()
	}
	sure, loose := emptySpan(), emptySpan()
	if v.Heat != nil {
		edges := v.Heat.yEdges
		sure.add(edges[0])
		sure.add(edges[len(edges)-1])
	}
	each := func(diverging bool, do func(float64)) {
		for _, s := range v.Series {
			if s.MayDiverge != diverging {
				continue
			}
			for _, ys := range [][]float64{s.Y, s.Hi} {
				for _, y := range ys {
					if v.Y.shows(y) {
						do(v.Y.to(y))
					}
				}
			}
		}
	}
	each(false, sure.add)
	near := sure.padded(0.5)
	each(true, func(c float64) {
		if sure.empty() || near.holds(c) {
			loose.add(c)
		}
	})
	if !loose.empty() {
		sure.add(loose.lo)
		sure.add(loose.hi)
	}
	if v.Heat != nil {
		return sure
	}
	return sure.padded(0.05)
}

// omitted says how many points of an entry are off the vertical scale.
func (v *view) omitted(entry []Series) string {
	n, all, first := 0, 0, math.Inf(1)
	for _, s := range entry {
		all += len(s.X)
		for i, x := range s.X {
			off := !v.ys.holds(v.Y.to(s.Y[i]))
			if s.Mark == Area {
				off = off || !v.ys.holds(v.Y.to(s.Hi[i]))
			}
			if off && v.xs.holds(v.X.to(x)) {
				n, first = n+1, min(first, x)
			}
		}
	}
	if n == 0 {
		return ""
	}
	name := entry[0].Label
	if name == "" {
		name = "a series without a name"
	}
	return fmt.Sprintf("%s: %d of %d points off the scale, the first at %.3g", name, n, all, first)
}

// plot makes the gonum plot of the panel; title, legend and colour bar are the
// figure's.
func (v *view) plot(width, height float64) *plot.Plot {
	p := plot.New()
	dress(p)
	p.X.Label.Text, p.Y.Label.Text = v.X.Label, v.Y.Label
	set := func(to *plot.Axis, a Axis, s span, labels int) {
		to.Min, to.Max = s.lo, s.hi
		ticks := a.ticks(s, labels)
		// The plot works in the axis' own coordinate, so that it is linear.
		for i := range ticks {
			ticks[i].Value = a.to(ticks[i].Value)
		}
		to.Tick.Marker = plot.ConstantTicks(ticks)
	}
	set(&p.X, v.X, v.xs, max(3, int(width/60)))
	set(&p.Y, v.Y, v.ys, max(3, int(height/38)))
	if v.Heat != nil {
		p.Add(v.Heat)
	} else {
		grid := plotter.NewGrid()
		for _, l := range []*draw.LineStyle{&grid.Vertical, &grid.Horizontal} {
			l.Color, l.Width = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}, 0.7
		}
		p.Add(grid)
	}
	for _, areas := range []bool{true, false} {
		for _, s := range v.Series {
			if (s.Mark == Area) == areas {
				p.Add(marks{s, v})
			}
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = v.xs.lo, v.xs.hi, v.ys.lo, v.ys.hi
	return p
}

// dress gives a plot the fonts and lines of the house.
func dress(p *plot.Plot) {
	p.TextHandler = lettering.Handler()
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		tick, label := a.Tick.Label, a.Label.TextStyle
		a.Tick.Label = lettering.Style(tickSize, Black)
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = tick.XAlign, tick.YAlign
		a.Label.TextStyle = lettering.Style(labelSize, Black)
		a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = label.XAlign, label.YAlign
		a.Label.Padding = 3
		a.Padding = 0
		a.Width, a.Tick.Width = 0.8, 0.8
		a.Color, a.Tick.Color = Black, Black
		a.Tick.Length = 5
	}
}
