package problem_test

import (
	"fmt"
	"log"

	"spnode/data/problem"
)

// Perturbed states around (1, 0, 0), of masses that differ, and the paper's times.
func ExampleRobertsonStates() {
	states := problem.DefaultRobertsonStates(3, 1)
	states.MassMin, states.MassMax = 0.95, 1.05
	u0, err := states.Draw()
	if err != nil {
		log.Fatal(err)
	}
	for _, y := range u0 {
		fmt.Printf("%.4f %.1e %.4f, mass %.2f\n", y[0], y[1], y[2], y[0]+y[1]+y[2])
	}
	times := problem.RobertsonTimes(50)
	fmt.Println(len(times), "times from", times[0], "to", times[49])
	// Output:
	// 0.9509 7.7e-07 0.0041, mass 0.95
	// 1.0025 9.9e-07 0.0048, mass 1.01
	// 1.0188 1.2e-06 0.0083, mass 1.03
	// 50 times from 4e-06 to 4e+06
}
