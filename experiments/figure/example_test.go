package figure_test

import (
	"fmt"
	"strings"

	"spnode/experiments/figure"
)

// Two panels, truth as lines and predictions as dots; of the right one's
// prediction only the beginning fits the scale.
func Example() {
	t, x := []float64{0, 1, 2, 3}, []float64{1, 0.5, 0.25, 0.125}
	panel := func(title string, prediction []float64) figure.Panel {
		return figure.Panel{
			Title: title, X: figure.Axis{Label: "t (s)"}, Y: figure.Axis{Label: "x"},
			Series: []figure.Series{
				figure.Truth(1, "truth", t, x),
				figure.Prediction(1, "model", t, prediction).Diverging(),
			},
		}
	}
	fig, err := figure.New(figure.Layout{}, panel("ETD1", x), panel("Euler", []float64{1, -3, 9, -27}))
	if err != nil {
		panic(err)
	}
	fmt.Println(len(fig.PNG()) > 0, len(fig.SVG()) > 0)
	rows := strings.Split(string(fig.CSV()), "\n")
	fmt.Println(rows[0])
	fmt.Println(rows[14])
	// Output:
	// true true
	// panel,series,x,y
	// Euler,model,1,-3
}
