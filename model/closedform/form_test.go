package closedform

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"spnode/model/modeltest"
	"spnode/ops/kernel"
	"spnode/ops/kernel/poly"
)

func TestFactor(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{1, 2, 7} {
		a := modeltest.Normal(rng, n*n)
		mu, err := Shift(a, n)
		if err != nil {
			t.Fatal(err)
		}
		h, err := Factor(a, n, mu)
		if err != nil {
			t.Fatal(err)
		}
		lg, ls, skew := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
		k, s := 0, 0
		for i := range n {
			for j := range i + 1 {
				lg[i*n+j], ls[i*n+j] = h.LG[k], h.LS[k]
				k++
				if j < i {
					skew[i*n+j] = h.Skew[s]
					s++
				}
			}
		}
		got := make([]float64, n*n) // −L^G L^Gᵀ + L_s − L_sᵀ + μI, for L^S = I
		kernel.Gemm(false, true, n, n, n, -1, lg, lg, 0, got, nil)
		for i := range n {
			for j := range n {
				got[i*n+j] += skew[i*n+j] - skew[j*n+i]
				if (ls[i*n+j] == 1) != (i == j) {
					t.Fatalf("L^S is %v", ls)
				}
			}
			got[i*n+i] += mu
		}
		modeltest.Near(t, "A", got, a, 1e-14)

		var outside *ShiftError
		if _, err := Factor(a, n, mu-10); !errors.As(err, &outside) || outside.Needed != mu || outside.Shift != mu-10 {
			t.Errorf("at μ − 10: got %v", err)
		}

		// contract: B + E is A, E is not negative, and B contracts at the rate δ.
		const delta = 0.5
		b, e, err := contract(a, n, delta)
		if err != nil {
			t.Fatal(err)
		}
		sum := slices.Clone(b)
		kernel.AxpyTo(sum, 1, e)
		modeltest.Near(t, "B + E", sum, a, 1e-14)
		if v, _, _ := symmetricPart(b, n); v[n-1] > -delta+1e-13 {
			t.Errorf("B has the numerical abscissa %g, want at most −δ = %g", v[n-1], -delta)
		}
		if v, _, _ := symmetricPart(e, n); v[0] < -1e-13 {
			t.Errorf("E has the eigenvalue %g, want none below 0", v[0])
		}
	}
}

func TestBilinear(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	const n = 5
	p := poly.New(n, n, 2, false)
	c := modeltest.Normal(rng, p.Coefficients())
	C, D, b, lost, err := Bilinear(p, c, n)
	if err != nil {
		t.Fatal(err)
	}
	if lost != 0 {
		t.Errorf("rank n loses %g", lost)
	}
	u := modeltest.Normal(rng, n)
	want, got := make([]float64, n), make([]float64, n)
	poly.NewWork[float64](p).ForwardTo(want, u, c, 1)
	new(kernel.Bilinear[float64]).ForwardTo(got, u, C, D, b, 1, n, n)
	modeltest.Near(t, "g(u)", got, want, 1e-13)
	if _, _, _, lost, err = Bilinear(p, c, 1); err != nil || !(lost > 0 && lost < 1) {
		t.Errorf("rank 1: got the loss %g, %v", lost, err)
	}
}
