package expm

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/ops/opstest"
)

// BenchmarkExpmvCases is the action of the exponential of the reference cases,
// and of the five-point Laplacian on 30×30 points over four times: ExpmvTo by
// itself, and ApplyTo of an Exponential. The error is
// relative.
func BenchmarkExpmvCases(b *testing.B) {
	bench := func(name string, a mat.Matrix, t float64, u, want []float64) {
		x := mat.NewDense(1, len(u), u)
		var y mat.Dense
		b.Run(name+"/once", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := ExpmvTo(&y, a, t, x, 0); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(opstest.RelError(y.RawRowView(0), want)/unitRoundoff, "error/2⁻⁵³")
		})
		b.Run(name+"/prepared", func(b *testing.B) {
			e, err := NewExponential(a, 0)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := e.ApplyTo(&y, t, x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	var file struct{ Cases []expmvCase }
	opstest.LoadCases(b, "expmv.json", &file)
	for _, c := range file.Cases {
		bench(c.Name, denseOf(c.A), c.T, c.B, c.Expm)
	}
	var large struct{ Cases []structuredCase }
	opstest.LoadCases(b, "expmv_structured.json", &large)
	for _, c := range large.Cases {
		bench(c.Name, sparseOf(structured(c.Name, fmt.Sprint(c.A), c.N)), c.T, c.start(b), c.Expm)
	}
	const k = 30
	u := floats.Span(make([]float64, k*k), -1, 1)
	for _, t := range []float64{0.1, 1, 10, 100} {
		bench(fmt.Sprintf("poisson900_t%g", t), sparseOf(structured("minus_poisson", "", k*k)), t, u, poissonExp(k, t, u))
	}
}

// sparseOf returns A as the matrix of its band, if it is symmetric and narrow.
func sparseOf(a *mat.Dense) mat.Matrix {
	n, _ := a.Dims()
	var width int
	for i := range n {
		for j := range n {
			if v := a.At(i, j); v != 0 {
				width = max(width, j-i)
				if v != a.At(j, i) {
					return a
				}
			}
		}
	}
	if width > n/8 {
		return a
	}
	band := mat.NewSymBandDense(n, width, nil)
	for i := range n {
		for j := i; j <= min(i+width, n-1); j++ {
			band.SetSymBand(i, j, a.At(i, j))
		}
	}
	return band
}

// poissonExp is e^{tA}u for the five-point Laplacian on k×k points, by its
// eigenvectors, products of sines.
func poissonExp(k int, t float64, u []float64) []float64 {
	s := mat.NewDense(k, k, nil)
	for i := range k {
		for j := range k {
			s.Set(i, j, math.Sqrt(2/float64(k+1))*math.Sin(math.Pi*float64((i+1)*(j+1)%(2*k+2))/float64(k+1)))
		}
	}
	lambda := func(i int) float64 {
		v := 2 * math.Sin(math.Pi*float64(i+1)/float64(2*k+2))
		return -v * v
	}
	var x mat.Dense
	x.Mul(s, mat.NewDense(k, k, u))
	x.Mul(&x, s)
	x.Apply(func(i, j int, v float64) float64 { return v * math.Exp(t*(lambda(i)+lambda(j))) }, &x)
	x.Mul(s, &x)
	x.Mul(&x, s)
	return x.RawMatrix().Data
}
