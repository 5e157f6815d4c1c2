// Package figure draws what a person would rather see than read: trajectories,
// losses, errors, heat maps, on gonum/plot, as PNG, SVG and the CSV of what is
// drawn.
//
// A [Figure] is a grid of panels that share their size. A [Panel] is a plain
// struct: a title, two axes, a list of series, perhaps a heat map. [New] checks
// all of it, so that drawing cannot fail afterwards:
//
//	fig, err := figure.New(figure.Layout{Cols: 2},
//		figure.Panel{
//			Title: "ETD1",
//			X:     figure.Axis{Label: "t (s)"},
//			Y:     figure.Axis{Label: "x"},
//			Series: []figure.Series{
//				figure.Truth(1, "x₁", t, x1),
//				figure.Truth(2, "x₂", t, x2),
//				figure.Prediction(1, "model", tn, p1),
//				figure.Prediction(2, "model", tn, p2),
//			},
//		},
//		imex)
//	files, err := fig.Save("figures", "fig3_bilinear")
//
// The colours are the same everywhere and safe for colour-blind readers: the
// truth's components are lines in [Color](1), [Color](2), … (blue, orange,
// green, as in the paper), predictions are black dots.
//
// A prediction that diverges is a result, not bad data. Marked with
// [Series.Diverging], a series may hold NaN, Inf and 1e300: what lies off the
// scale of the other series is left out, and the panel says how much that is.
// Any other series that is not finite is an error.
//
// The same data gives the same bytes. A Figure shows itself in a notebook, where
// a value with PNG() []byte or SVG() string is displayed.
package figure
