package data_test

import (
	"fmt"
	"log"
	"math"
	"os"

	"spnode/data"
)

// The data of section 5.1: 1000 states, 50 adaptive steps for all of them, of
// which six snapshots are kept.
func Example() {
	problem := data.Transient{Epsilon: 1}
	u0 := data.UniformStates(1000, problem.Dim(), -1, 1, 42)

	d, stats, err := data.DefaultRKF45().Steps(problem, u0, 50)
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

// A state that decays in the end grows before: the bump of figure 2.
func ExampleRKF45_Solve() {
	times, err := data.ParseTimes("0:2:0.5")
	if err != nil {
		log.Fatal(err)
	}
	d, _, err := data.DefaultRKF45().Solve(data.Transient{}, [][]float64{{0, 1}}, times)
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
