package recipe

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/model"
)

// TestStartLinear gives the modes of a system whose rates spread over eight decades,
// with a rotation and a conserved quantity, by its exact solutions.
func TestStartLinear(t *testing.T) {
	rates := [][2]float64{{-2e7, 0}, {-3e4, 0}, {-2e4, 0}, {-5, 40}, {-0.3, 0}, {0, 0}}
	r := mat.NewDense(7, 7, nil)
	for i := range 7 {
		for j := range 7 {
			r.Set(i, j, math.Sin(float64(1+3*i+7*j*j))) // of no structure
		}
		r.Set(i, i, r.At(i, i)+2)
	}
	var inverse mat.Dense
	if err := inverse.Inverse(r); err != nil {
		t.Fatal(err)
	}
	times := []float64{0}
	for k := range 160 {
		times = append(times, 1e-9*math.Pow(10, float64(k)/16))
	}
	states := make([][][]float64, len(times))
	for k, time := range times {
		e := mat.NewDense(7, 7, nil)
		at := 0
		for _, z := range rates {
			size := math.Exp(z[0] * time)
			if z[1] == 0 {
				e.Set(at, at, size)
				at++
				continue
			}
			c, s := size*math.Cos(z[1]*time), size*math.Sin(z[1]*time)
			e.Set(at, at, c)
			e.Set(at, at+1, s)
			e.Set(at+1, at, -s)
			e.Set(at+1, at+1, c)
			at += 2
		}
		e.Mul(r, e)
		e.Mul(e, &inverse)
		for s := range 12 {
			u0 := make([]float64, 7)
			for j := range u0 {
				u0[j] = math.Cos(float64(s*s + 2*j*s + j))
			}
			u := make([]float64, 7)
			mat.NewVecDense(7, u).MulVec(e, mat.NewVecDense(7, u0))
			states[k] = append(states[k], u)
		}
	}
	d := data.Shared(times, states, nil)
	p, f, err := planOf(t, d, "linear", Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Model.Invariants = nil
	m, err := model.New(p.Model)
	if err != nil {
		t.Fatal(err)
	}
	if err := startLinear(m, d); err != nil {
		t.Fatal(err)
	}
	u, err := m.Predict(states[0], times)
	if err != nil {
		t.Fatal(err)
	}
	for k := range u {
		for s := range u[k] {
			for j, v := range u[k][s] {
				// Rounding of rates of 1e7 in A, over the slow ones.
				if e := math.Abs(v-states[k][s][j]) / f.Scale[j]; !(e < 1e-6) {
					t.Fatalf("time %g, trajectory %d, component %d: got %g, want %g", times[k], s, j, v, states[k][s][j])
				}
			}
		}
	}
}
