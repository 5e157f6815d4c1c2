package expm_test

import (
	"fmt"
	"log"
	"math"

	"gonum.org/v1/gonum/mat"

	"spnode/ops/expm"
)

// The exponential of a stiff matrix, applied to a state over a step a million
// times its fastest time scale.
func ExampleExpmvTo() {
	a := mat.NewDense(2, 2, []float64{-1e6, 0, 1, -0.5})
	u := mat.NewDense(1, 2, []float64{1, 2})
	g := mat.NewDense(1, 2, []float64{0, 1})
	var y mat.Dense
	if err := expm.ExpmvTo(&y, a, 1, u, 0, g); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.6f\n", mat.Formatted(&y))
	// Output:
	// [0.000000  2.000001]
}

// The heat equation on 1000 points of a rod, whose ends are held at 0, at two
// times; the first mode decays by e^{−π²t}.
func ExampleExponential() {
	const n = 1000
	a := mat.NewTridiag(n, nil, nil, nil)
	u := mat.NewDense(1, n, nil)
	for i := range n {
		a.SetBand(i, i, -2*(n+1)*(n+1))
		if i > 0 {
			a.SetBand(i, i-1, (n+1)*(n+1))
			a.SetBand(i-1, i, (n+1)*(n+1))
		}
		u.Set(0, i, math.Sin(math.Pi*float64(i+1)/(n+1)))
	}
	e, err := expm.NewExponential(a, 0)
	if err != nil {
		log.Fatal(err)
	}
	var y mat.Dense
	for _, t := range []float64{1e-6, 1e-4} {
		if err := e.ApplyTo(&y, t, u); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.4f\n", math.Log(mat.Max(&y)/mat.Max(u))/t)
	}
	// Output:
	// -9.8696
	// -9.8696
}
