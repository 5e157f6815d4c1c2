package funm

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/opstest"
)

// Steps of their own for the rows, by the Hessenberg form, against the
// factors of I − hA for each row: solutions of both systems and gradients, to
// 1e-12 of the largest element. The condition of I − hA is below 1e3 here.
func TestShiftedOwnSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	var worst float64
	near := func(name string, got, want []float64) {
		var d, s float64
		for i, v := range want {
			d, s = max(d, math.Abs(got[i]-v)), max(s, math.Abs(v))
		}
		worst = max(worst, d/s)
		if !(d <= 1e-12*s) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	for _, n := range []int{1, 2, 3, 7, 20} {
		const rows = 6
		a, r, dx := opstest.Normals[float64](rng, n*n), opstest.Normals[float64](rng, rows*n), opstest.Normals[float64](rng, rows*n)
		for i := range n {
			a[i*n+i] -= 3 * math.Sqrt(float64(n))
		}
		h := []float64{0, 1e-6, 0.1, 1, 30, 1e4}
		w, one := NewShifted[float64](n), NewShifted[float64](n)
		x, dr, da, dh := make([]float64, rows*n), make([]float64, rows*n), make([]float64, n*n), make([]float64, rows)
		if _, ok := w.SolveTo(x, a, h, r, false); !ok {
			t.Fatal("singular")
		}
		w.Backward(dr, da, dh, a, h, x, dx)
		wantX, wantR, wantA, wantH := make([]float64, rows*n), make([]float64, rows*n), make([]float64, n*n), make([]float64, rows)
		for i := range rows {
			lo, hi := i*n, (i+1)*n
			one.SolveTo(wantX[lo:hi], a, h[i:i+1], r[lo:hi], false)
			one.Backward(wantR[lo:hi], wantA, wantH[i:i+1], a, h[i:i+1], wantX[lo:hi], dx[lo:hi])
			near("solution", x[lo:hi], wantX[lo:hi])
			near("gradient by r", dr[lo:hi], wantR[lo:hi])
		}
		near("gradient by A", da, wantA)
		near("gradient by h", dh, wantH)
		if !sameBits(x[:n], r[:n]) {
			t.Errorf("n = %d: a row with h = 0 is %v, want %v", n, x[:n], r[:n])
		}
	}
	t.Logf("worst relative difference %.2g", worst)
	if h, ok := NewShifted[float64](2).SolveTo(make([]float64, 4), []float64{0.5, 0, 0, -1}, []float64{1, 2}, make([]float64, 4), false); ok || h != 2 {
		t.Errorf("eigenvalue 1/2: singular at h = %g, %t, want 2", h, !ok)
	}
}
