package data_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"spnode/data"
	"spnode/data/ode"
	"spnode/data/problem"
)

// The data of section 5.1: 1000 states, 50 adaptive steps for all of them, of
// which six snapshots are kept.
func Example() {
	growth := problem.Transient{Epsilon: 1}
	u0 := problem.UniformStates(1000, growth.Dim(), -1, 1, 42)

	d, stats, err := ode.DefaultRKF45().Steps(growth, u0, 50)
	if err != nil {
		log.Fatal(err)
	}
	d = d.AtTimes(0, 10, 20, 30, 40, 50)
	train, test, err := d.Split(800)
	if err != nil {
		log.Fatal(err)
	}
	times, _ := d.Grid()
	fmt.Printf("%d steps to t = %.1f\n", stats.Accepted, times[5])
	fmt.Println(train.Samples(), "samples to train,", test.Samples(), "held out")

	s, err := data.MaxAbs(train)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("the largest x1 is %.1f times the largest x2\n", s.Factor[1]/s.Factor[0])
	// Output:
	// 50 steps to t = 2.1
	// 800 samples to train, 200 held out
	// the largest x1 is 2.8 times the largest x2
}

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
		Start   problem.RobertsonStates
		Times   []float64
		Solver  ode.Radau
	}{"robertson", problem.DefaultRobertsonStates(10, 1), problem.RobertsonTimes(50), problem.RobertsonRadau()}

	for range 2 {
		d, found, err := data.Cached(dir, key, func() (*data.Dataset, error) {
			u0, err := key.Start.Draw()
			if err != nil {
				return nil, err
			}
			d, _, err := key.Solver.SolveFrom(context.Background(), problem.Robertson{}, u0, 0, key.Times)
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

// Files are CSV for people and .npz for NumPy.
func ExampleDataset_WriteCSV() {
	d := &data.Dataset{
		Components: []string{"x1", "x2"},
		Trajectories: []data.Trajectory{
			{Times: []float64{0, 0.5}, States: [][]float64{{1, 2}, {5, 6}}},
			{Times: []float64{0, 0.5}, States: [][]float64{{3, 4}, {7, 8}}},
		},
	}
	if err := d.WriteCSV(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// sample,t,x1,x2
	// 0,0,1,2
	// 0,0.5,5,6
	// 1,0,3,4
	// 1,0.5,7,8
}
