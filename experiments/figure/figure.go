package figure

import (
	"slices"

	"github.com/pkg/errors"
)

// Errors to test with errors.Is.
var (
	// ErrNoData is returned for a figure without panels, a panel without
	// series or heat map, and a series without points.
	ErrNoData = errors.New("no data")
	// ErrNotFinite is returned for NaN, Inf, and what a logarithmic axis
	// cannot show, in a series that is not marked Diverging.
	ErrNotFinite = errors.New("not finite")
	// ErrShape is returned for data whose lengths disagree.
	ErrShape = errors.New("shapes disagree")
	// ErrRange is returned for an axis or colour scale with an impossible range.
	ErrRange = errors.New("bad range")
)

// Layout says how the panels of a figure are arranged. Its zero value is good.
type Layout struct {
	// Title stands above all panels; it may be empty.
	Title string
	// Cols is the number of panels in a row. Zero takes up to three.
	Cols int
	// Width is the width of the figure and Height that of one panel without
	// its title and legend, in points: a point is two pixels of the PNG.
	// Zero chooses 500 to 700 by 200 to 290, by the number of columns.
	Width, Height float64
}

// Panel is one pair of axes with what is drawn on it.
type Panel struct {
	Title string
	// Note stands below the axes, smaller.
	Note string
	X, Y Axis
	// Series are drawn in their order, but bands below everything else.
	Series []Series
	// Heat, when not nil, is drawn below the series.
	Heat *Heat
}

// Figure is a checked grid of panels, ready to be drawn; make one with [New].
type Figure struct {
	layout Layout
	views  []view
}

// New checks the panels and arranges them row by row. The data is copied.
//
// The error is ErrNoData, ErrShape, ErrNotFinite or ErrRange, and names the
// panel, the series and the index.
func New(l Layout, panels ...Panel) (*Figure, error) {
	if len(panels) == 0 {
		return nil, errors.Wrap(ErrNoData, "figure: New: got no panels, want one or more")
	}
	if l.Cols < 0 || !(l.Width >= 0) || !(l.Height >= 0) || l.Width > 5000 || l.Height > 5000 {
		return nil, errors.Wrapf(ErrRange, "figure: New: got layout %d columns, %g x %g points, want 0 to 5000", l.Cols, l.Width, l.Height)
	}
	if l.Cols == 0 {
		l.Cols = min(len(panels), 3)
	}
	l.Cols = min(l.Cols, len(panels))
	// More columns make smaller panels, within what a README shows well.
	width, height := 700.0, 200.0
	switch l.Cols {
	case 1:
		width, height = 520, 290
	case 2:
		width, height = 660, 235
	}
	if l.Width == 0 {
		l.Width = width
	}
	if l.Height == 0 {
		l.Height = height
	}

	f := &Figure{layout: l}
	for i, p := range panels {
		v, err := newView(p)
		if err != nil {
			return nil, errors.WithMessagef(err, "figure: New: panel %d %q", i+1, p.Title)
		}
		f.views = append(f.views, v)
	}
	for row := range slices.Chunk(f.views, l.Cols) {
		level(row)
	}
	for i := range f.views {
		f.views[i].note()
	}
	return f, nil
}
