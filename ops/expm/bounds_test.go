package expm

import (
	"math"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// The number of substeps is bounded: what would take more is refused at once,
// and what takes as many is right.
func TestSubstepsAreBounded(t *testing.T) {
	decay := func(dst, x []float64) { dst[0], dst[1] = -x[0], -2*x[1] }
	u := mat.NewDense(1, 2, []float64{1, 1})
	for _, c := range []struct {
		norm, t float64
		w       int
	}{{1e20, 1, 0}, {1e10, 1, 0}, {1e10, -1, 2}, {2, 1e7, 1}, {math.MaxFloat64, 1, 0}, {1e300, 1e-250, 1}} {
		e, err := NewOperatorExponential(Operator{N: 2, Norm1: c.norm, MulVecTo: decay}, 0)
		if err != nil {
			t.Fatal(err)
		}
		y := mat.NewDense(1, 2, []float64{7, 7})
		if err := e.ApplyTo(y, c.t, u, []mat.Matrix{u, u}[:c.w]...); !errors.Is(err, ErrSubsteps) {
			t.Errorf("‖A‖ = %g, t = %g: got error %v, want %v", c.norm, c.t, err, ErrSubsteps)
		}
		if y.At(0, 0) != 7 {
			t.Errorf("‖A‖ = %g: dst is %v, want it as it was", c.norm, y.RawMatrix().Data)
		}
	}
	// A bound a million times the norm costs a million substeps, no more.
	e, err := NewOperatorExponential(Operator{N: 2, Norm1: 1e6, MulVecTo: decay}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var y mat.Dense
	if err := e.ApplyTo(&y, 1, u); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{math.Exp(-1), math.Exp(-2)} {
		if d := math.Abs(y.At(0, i) - want); !(d <= 1e6*unitRoundoff*want) { // a rounding in each substep
			t.Errorf("component %d is %v, want %v", i, y.At(0, i), want)
		}
	}
}

// A matrix with few non-zeros is applied by them unless that takes too many
// substeps: then in full, and if it is too large for that it is refused.
func TestSparseSubsteps(t *testing.T) {
	band := func(n int, rate float64) mat.Matrix {
		a := mat.NewSymBandDense(n, 0, nil)
		for i := range n {
			a.SetSymBand(i, i, -rate)
		}
		a.SetSymBand(0, 0, -1)
		return a
	}
	for _, c := range []struct {
		n    int
		want error
	}{{40, nil}, {3000, ErrSubsteps}} {
		u := mat.NewDense(1, c.n, nil)
		u.Set(0, 0, 1)
		u.Set(0, 1, 1)
		var y mat.Dense
		if err := ExpmvTo(&y, band(c.n, 1e12), 1, u, 0); !errors.Is(err, c.want) {
			t.Errorf("n = %d: got error %v, want %v", c.n, err, c.want)
		}
		// The slow mode beside the fast one: one rounding for each of forty doublings.
		if c.want == nil && !(math.Abs(y.At(0, 0)-math.Exp(-1)) <= 40*unitRoundoff && y.At(0, 1) == 0) {
			t.Errorf("n = %d: e^{tA}u is %v, %v, want %v and 0", c.n, y.At(0, 0), y.At(0, 1), math.Exp(-1))
		}
	}
}

// Matrices without a row are refused by all that take matrices.
func TestEmptyMatrices(t *testing.T) {
	empty, one := new(mat.Dense), mat.NewDense(1, 1, []float64{-1})
	var y mat.Dense
	for name, c := range map[string]struct {
		a, u mat.Matrix
		w    []mat.Matrix
	}{
		"all": {empty, empty, nil}, "all and w": {empty, empty, []mat.Matrix{empty}},
		"A": {empty, one, nil}, "u": {one, empty, nil}, "w": {one, one, []mat.Matrix{empty}},
	} {
		if err := ExpmvTo(&y, c.a, 1, c.u, 0, c.w...); !errors.Is(err, ErrShape) {
			t.Errorf("ExpmvTo, %s empty: got %v, want %v", name, err, ErrShape)
		}
	}
	if _, err := NewExponential(empty, 0); !errors.Is(err, ErrShape) {
		t.Errorf("NewExponential: got %v, want %v", err, ErrShape)
	}
	if _, err := Phi(empty, 1, 1, 0); !errors.Is(err, ErrShape) {
		t.Errorf("Phi: got %v, want %v", err, ErrShape)
	}
}
