package data_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"spnode/data"
)

// The data of section 5.2, made once and then read: perturbed states at t = 0,
// trajectories at 50 times over twelve decades.
func ExampleCached() {
	dir, err := os.MkdirTemp("", "spnode")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	key := struct {
		Problem string
		Start   data.RobertsonStates
		Times   []float64
		Solver  data.Radau
	}{"robertson", data.DefaultRobertsonStates(10, 1), data.RobertsonTimes(), data.RobertsonRadau()}

	for range 2 {
		d, found, err := data.Cached(dir, key, func() (*data.Dataset, error) {
			u0, err := key.Start.Draw()
			if err != nil {
				return nil, err
			}
			d, _, err := key.Solver.SolveFrom(context.Background(), data.Robertson{}, u0, 0, key.Times)
			return d, err
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(d.Samples(), "samples,", len(d.Trajectories[0].Times), "times, found:", found)
	}
	// Output:
	// 10 samples, 50 times, found: false
	// 10 samples, 50 times, found: true
}

// Small components keep their digits: y2 at the end is 2.0683e-9.
func ExampleRadau_SolveFrom() {
	d, stats, err := data.RobertsonRadau().SolveFrom(context.Background(), data.Robertson{}, [][]float64{{1, 0, 0}}, 0, data.RobertsonTimes())
	if err != nil {
		log.Fatal(err)
	}
	for _, i := range []int{0, 24, 49} {
		y := d.States()[i][0]
		fmt.Printf("t = %.2g: %.10f %.9e %.9e\n", d.Trajectories[0].Times[i], y[0], y[1], y[2])
	}
	fmt.Println("fewer than 1000 steps:", stats.Accepted < 1000)
	// Output:
	// t = 4e-06: 0.9999998400 1.599989632e-07 1.023992013e-12
	// t = 3: 0.9215773901 2.434451553e-05 7.839826539e-02
	// t = 4e+06: 0.0005168096 2.068294491e-09 9.994831883e-01
	// fewer than 1000 steps: true
}
