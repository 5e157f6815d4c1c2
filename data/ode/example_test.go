package ode_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"spnode/data"
	"spnode/data/ode"
	"spnode/data/problem"
)

// A state that decays in the end grows before: the bump of figure 2.
func ExampleRKF45_Solve() {
	times, err := data.ParseTimes("0:2:0.5")
	if err != nil {
		log.Fatal(err)
	}
	d, _, err := ode.DefaultRKF45().Solve(problem.Transient{}, [][]float64{{0, 1}}, times)
	if err != nil {
		log.Fatal(err)
	}
	for i, u := range d.Trajectories[0].States {
		fmt.Printf("t = %.1f  |u| = %.4f\n", times[i], math.Hypot(u[0], u[1]))
	}
	// Output:
	// t = 0.0  |u| = 1.0000
	// t = 0.5  |u| = 1.8758
	// t = 1.0  |u| = 1.3601
	// t = 1.5  |u| = 0.7485
	// t = 2.0  |u| = 0.3668
}

// Small components keep their digits: y2 at the end is 2.0683e-9.
func ExampleRadau_SolveFrom() {
	d, stats, err := problem.RobertsonRadau().SolveFrom(context.Background(), problem.Robertson{}, [][]float64{{1, 0, 0}}, 0, problem.RobertsonTimes(50))
	if err != nil {
		log.Fatal(err)
	}
	run := d.Trajectories[0]
	for _, i := range []int{0, 24, 49} {
		y := run.States[i]
		fmt.Printf("t = %.2g: %.10f %.9e %.9e\n", run.Times[i], y[0], y[1], y[2])
	}
	fmt.Println("fewer than 1000 steps:", stats.Accepted < 1000)
	// Output:
	// t = 4e-06: 0.9999998400 1.599989632e-07 1.023992013e-12
	// t = 3: 0.9215773901 2.434451553e-05 7.839826539e-02
	// t = 4e+06: 0.0005168096 2.068294491e-09 9.994831883e-01
	// fewer than 1000 steps: true
}
