package figure

import (
	"image/color"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Mark is the way in which a series is drawn.
type Mark int

// The marks.
const (
	SolidLine Mark = iota
	DashedLine
	DottedLine
	Points
	Rings // hollow, so that they hide no line
	Area
)

// Series is one named set of points. The constructors [Truth], [Prediction],
// [Line], [Dashed], [Dots] and [Band] fill it.
type Series struct {
	// Label is the name in the legend; a series without one isn't listed.
	Label string
	Mark  Mark
	Color color.Color
	// X and Y are the points. For an Area, Y is its lower edge, Hi its upper.
	X, Y, Hi []float64
	// Size is the width of a line or the diameter of a dot, in points; zero is
	// a good one.
	Size float64
	// MayDiverge allows values that are not finite; see [Series.Diverging].
	MayDiverge bool
}

// Truth is a line in the colour of a component; components count from 1. It is solid,
// where the colours come again dashed, then dotted.
func Truth(component int, label string, x, y []float64) Series {
	mark := SolidLine + Mark((component-1)/len(okabeIto)%3)
	return Series{Label: label, Mark: mark, Color: Color(component), X: x, Y: y}
}

// Prediction is a row of rings in the colour of a component's truth. The rings of all
// components have one label, which a legend lists once.
func Prediction(component int, label string, x, y []float64) Series {
	return Series{Label: label, Mark: Rings, Color: Color(component), X: x, Y: y}
}

// Line is a solid line in any colour.
func Line(c color.Color, label string, x, y []float64) Series {
	return Series{Label: label, Mark: SolidLine, Color: c, X: x, Y: y}
}

// Dashed is a dashed line in any colour.
func Dashed(c color.Color, label string, x, y []float64) Series {
	return Series{Label: label, Mark: DashedLine, Color: c, X: x, Y: y}
}

// Dots is a row of dots in any colour.
func Dots(c color.Color, label string, x, y []float64) Series {
	return Series{Label: label, Mark: Points, Color: c, X: x, Y: y}
}

// Band is the area between lo and hi, in a light tint of the colour.
func Band(c color.Color, label string, x, lo, hi []float64) Series {
	return Series{Label: label, Mark: Area, Color: c, X: x, Y: lo, Hi: hi}
}

// Diverging returns the series marked as one that may run away. It does not
// stretch the vertical axis by more than half the range of the other series on
// either side, and its points beyond, or not finite, are left out: a line
// breaks there. The panel says how many were left out, and from where on.
func (s Series) Diverging() Series {
	s.MayDiverge = true
	return s
}

// The colours of Okabe and Ito, told apart by colour-blind readers too, in an
// order that begins like the paper's: blue, orange, green.
var okabeIto = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x00, 0x9e, 0x73, 0xff}, // green
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0xcc, 0x79, 0xa7, 0xff}, // purple
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
}

// Black is the colour of what has no other, Gray that of what stands aside: a floor,
// a bound, a number of the paper.
var (
	Black color.Color = color.NRGBA{0x11, 0x11, 0x11, 0xff}
	Gray  color.Color = color.NRGBA{0x88, 0x88, 0x88, 0xff}
)

// Color is the colour of the truth's component i = 1, 2, …; after six they
// repeat.
func Color(i int) color.Color {
	n := len(okabeIto)
	return okabeIto[((i-1)%n+n)%n]
}

// check refuses what cannot be drawn and returns a copy that is the figure's own.
func (s Series) check(x, y Axis) (Series, error) {
	if len(s.X) == 0 {
		return s, errors.WithStack(ErrNoData)
	}
	if len(s.Y) != len(s.X) || s.Mark == Area && len(s.Hi) != len(s.X) {
		return s, errors.Wrapf(ErrShape, "got %d x, %d y, %d upper values, want as many of each", len(s.X), len(s.Y), len(s.Hi))
	}
	if !(s.Size >= 0 && s.Size <= 100) {
		return s, errors.Wrapf(ErrRange, "got size %g points, want 0 to 100", s.Size)
	}
	if s.Mark < SolidLine || s.Mark > Area {
		return s, errors.Wrapf(ErrRange, "got mark %d, want %d to %d", s.Mark, SolidLine, Area)
	}
	for i := range s.X {
		if !x.shows(s.X[i]) {
			return s, errors.Wrapf(ErrNotFinite, "x[%d] = %g, want %s", i, s.X[i], x.domain())
		}
		if s.MayDiverge {
			continue
		}
		if !y.shows(s.Y[i]) {
			return s, errors.Wrapf(ErrNotFinite, "y[%d] = %g, want %s, or the series marked Diverging", i, s.Y[i], y.domain())
		}
		if s.Mark == Area && !y.shows(s.Hi[i]) {
			return s, errors.Wrapf(ErrNotFinite, "upper y[%d] = %g, want %s, or the series marked Diverging", i, s.Hi[i], y.domain())
		}
	}
	if s.Color == nil {
		s.Color = Black
	}
	s.X, s.Y, s.Hi = slices.Clone(s.X), slices.Clone(s.Y), slices.Clone(s.Hi)
	return s, nil
}

func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }
