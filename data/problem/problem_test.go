package problem

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

func TestUniformStates(t *testing.T) {
	const n = 20000
	u := UniformStates(n, 2, -1, 3, 7)
	for j := range 2 {
		column := make([]float64, n)
		for i, row := range u {
			column[i] = row[j]
		}
		if lo, hi := slices.Min(column), slices.Max(column); lo < -1 || hi >= 3 {
			t.Errorf("component %d: got values in [%g, %g], want in [-1, 3)", j, lo, hi)
		}
		mean, std := stat.MeanStdDev(column, nil)
		// Four standard errors of the mean, (4/√12)/√n, and as much for the deviation.
		tol := 4 * 4 / math.Sqrt(12*n)
		if math.Abs(mean-1) > tol || math.Abs(std-4/math.Sqrt(12)) > tol {
			t.Errorf("component %d: got mean %g, deviation %g, want 1, %g to %g", j, mean, std, 4/math.Sqrt(12), tol)
		}
	}
	if again := UniformStates(10, 2, -1, 3, 7); !slices.Equal(again[9], u[9]) {
		t.Errorf("same seed, fewer states: got %v, want %v", again[9], u[9])
	}
	if other := UniformStates(10, 2, -1, 3, 8); slices.Equal(other[9], u[9]) {
		t.Errorf("another seed gave the same state %v", other[9])
	}
}

// TestTransientMatrices checks what section 5.1 says of eq. (23): the spectral
// abscissa α is −2 for both, the numerical abscissa γ positive for A_bump alone.
func TestTransientMatrices(t *testing.T) {
	for _, c := range []struct {
		name         string
		a            *mat.Dense
		alpha, gamma float64
	}{
		{"bump", ABump(), -2, 3},
		{"decay", ADecay(), -2, -1.5},
	} {
		var eig mat.Eigen
		eig.Factorize(c.a, mat.EigenNone)
		for _, v := range eig.Values(nil) {
			// The matrices are triangular: the eigenvalues are exact.
			if v != complex(c.alpha, 0) {
				t.Errorf("%s: got eigenvalue %v, want %g", c.name, v, c.alpha)
			}
		}
		sym := mat.NewSymDense(2, []float64{c.a.At(0, 0), (c.a.At(0, 1) + c.a.At(1, 0)) / 2, 0, c.a.At(1, 1)})
		var es mat.EigenSym
		es.Factorize(sym, false)
		// A rounding or two of numbers below 10.
		if got := slices.Max(es.Values(nil)); math.Abs(got-c.gamma) > 1e-14 {
			t.Errorf("%s: got numerical abscissa %g, want %g", c.name, got, c.gamma)
		}
	}
}

func TestTransientRHS(t *testing.T) {
	for _, eps := range []float64{0, 1, -0.3} {
		p := Transient{Epsilon: eps}
		for _, u := range UniformStates(20, p.Dim(), -3, 3, 1) {
			var want mat.VecDense
			want.MulVec(ABump(), mat.NewVecDense(2, u))
			got := make([]float64, 2)
			p.RHS(got, u)
			for i := range got {
				w := want.AtVec(i) + eps*math.Sin(u[i])
				// Some roundings of numbers below 40.
				if math.Abs(got[i]-w) > 1e-14 {
					t.Errorf("ε=%g, u=%v: got component %d = %g, want %g", eps, u, i, got[i], w)
				}
			}
		}
	}
}
