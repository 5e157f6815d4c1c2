package ks_test

import (
	"context"
	"fmt"
	"log"

	"spnode/data/ks"
	"spnode/data/measure"
)

// Data as in section 5.3, but fewer: runs on the attractor.
func ExampleSolver_Runs() {
	solver := ks.DefaultSolver()
	runs, err := solver.Runs(context.Background(), 2, 401, 1)
	if err != nil {
		log.Fatal(err)
	}
	times, _ := runs.Grid()
	fmt.Println(runs.Samples(), "runs of", len(times), "snapshots at", runs.Dim(), "points")
	fmt.Printf("linear growth at most %.4f\n", solver.Problem.MaxGrowth())
	fmt.Printf("rms %.0f\n", measure.RMS(runs)[0])
	// Output:
	// 2 runs of 401 snapshots at 64 points
	// linear growth at most 0.2198
	// rms 1
}
