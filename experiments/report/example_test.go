package report_test

import (
	"fmt"
	"math"

	"spnode/experiments/report"
)

// A table of results, for the terminal and, by Markdown, for a README.
func ExampleTable() {
	t := report.NewTable("Held-out errors", "model", "Δt = 0.2", "Δt = 0.02")
	t.Add("eps1-etdrk4", 4.1e-4, 4.3e-4)
	t.Add("eps1-imex", 8.8e-3, math.Inf(1))
	fmt.Print(t)
	// Output:
	// Held-out errors
	//
	//   model        Δt = 0.2  Δt = 0.02
	//   ───────────  ────────  ─────────
	//   eps1-etdrk4   4.1e-04    4.3e-04
	//   eps1-imex     8.8e-03       +Inf
}

// Numbers that are not finite are null, with the reason beside.
func ExampleMarshal() {
	data, err := report.Marshal(map[string]any{"max_abs": []float64{0.1, math.NaN()}, "rel": math.Inf(1)})
	if err != nil {
		panic(err)
	}
	fmt.Print(string(data))
	// Output:
	// {
	//   "max_abs": [0.1, null],
	//   "max_abs_reason": {
	//     "[1]": "NaN"
	//   },
	//   "rel": null,
	//   "rel_reason": "+Inf"
	// }
}
