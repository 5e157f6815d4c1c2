package expm

import (
	"math"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The Laplacian of expmv_structured.json as a dense matrix, which is found to
// be sparse, by its band, and as an operator, against the series of ExpmvTo on
// a matrix that is too full to be kept sparse. The last step is so long that
// the sparse matrix too is taken by propagators.
func TestExponentialForms(t *testing.T) {
	const n, batch = 100, 5
	a := structured("minus_poisson", "", n)
	band := sparseOf(a)
	if _, ok := band.(mat.NonZeroDoer); !ok {
		t.Fatal("the Laplacian is not a band matrix")
	}
	full := mat.DenseCopyOf(a)
	full.Apply(func(i, j int, v float64) float64 { return v + 1e-300 }, a) // no element is 0
	x := func(seed float64) *mat.Dense {
		m := mat.NewDense(batch, n, nil)
		m.Apply(func(i, j int, _ float64) float64 { return math.Sin(seed + float64(i*n+j)) }, m)
		return m
	}
	u, ws := x(1), []mat.Matrix{x(2), x(3)}
	forms := map[string]func() (*Exponential, error){
		"dense": func() (*Exponential, error) { return NewExponential(a, 0) },
		"band":  func() (*Exponential, error) { return NewExponential(band, 0) },
		"operator": func() (*Exponential, error) {
			return NewOperatorExponential(Operator{N: n, Norm1: 8, MulVecTo: stencil}, 0)
		},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			e, err := form()
			if err != nil {
				t.Fatal(err)
			}
			if name != "operator" && e.sparse == nil {
				t.Error("the matrix is not kept by its non-zeros")
			}
			var got, want mat.Dense
			for _, step := range []float64{0.1, -0.5, 3, 300} {
				for p := range 3 {
					if err := ExpmvTo(&want, full, step, u, 0, ws[:p]...); err != nil {
						t.Fatal(err)
					}
					if err := e.ApplyTo(&got, step, u, ws[:p]...); err != nil {
						t.Fatal(err)
					}
					// Twice what is allowed by the condition, at most ‖tA‖ roundings.
					got.Sub(&got, &want)
					if d := mat.Norm(&got, 2) / mat.Norm(&want, 2); !(d <= 20*(1+8*math.Abs(step))*unitRoundoff) {
						t.Errorf("t = %v, p = %d: relative difference %.3g", step, p, d)
					}
				}
			}
		})
	}
}

// stencil is the five-point Laplacian on 10×10 points.
func stencil(dst, x []float64) {
	const k = 10
	for i, v := range x {
		dst[i] = -4 * v
		if i%k > 0 {
			dst[i] += x[i-1]
		}
		if i%k < k-1 {
			dst[i] += x[i+1]
		}
		if i >= k {
			dst[i] += x[i-k]
		}
		if i < len(x)-k {
			dst[i] += x[i+k]
		}
	}
}

// An Exponential has a copy of A, and dst may be u.
func TestExponentialCopies(t *testing.T) {
	a := mat.NewDense(2, 2, []float64{-1, 0, 0, -2})
	e, err := NewExponential(a, 0)
	if err != nil {
		t.Fatal(err)
	}
	a.Set(0, 0, 7)
	u := mat.NewDense(1, 2, []float64{1, 1})
	if err := e.ApplyTo(u, 1, u); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{math.Exp(-1), math.Exp(-2)} {
		if math.Abs(u.At(0, i)-want) > 4*unitRoundoff { // a few roundings
			t.Errorf("component %d is %v, want %v", i, u.At(0, i), want)
		}
	}
}

// A triangular matrix tells its non-zeros, but has too many to be kept so.
func TestExponentialTriangular(t *testing.T) {
	const n = 40
	a := mat.NewTriDense(n, mat.Upper, nil)
	for i := range n {
		for j := i; j < n; j++ {
			a.SetTri(i, j, 1/float64(i+j+1))
		}
	}
	u := mat.NewDense(1, n, floats.Span(make([]float64, n), 0, 1))
	var got, exp, want mat.Dense
	if err := ExpmvTo(&got, a, 1, u, 0); err != nil {
		t.Fatal(err)
	}
	exp.Exp(a)
	want.Mul(u, exp.T())
	got.Sub(&got, &want)
	if d := mat.Norm(&got, 2) / mat.Norm(&want, 2); !(d <= 100*unitRoundoff) { // n products in another order
		t.Errorf("relative difference from mat.Dense.Exp is %.3g", d)
	}
}

func TestExponentialRefuses(t *testing.T) {
	mul := func(dst, x []float64) { copy(dst, x) }
	for i, c := range []struct {
		a    Operator
		want error
	}{
		{Operator{N: 0, Norm1: 1, MulVecTo: mul}, ErrShape},
		{Operator{N: 2, Norm1: 1}, ErrShape},
		{Operator{N: 2, Norm1: math.Inf(1), MulVecTo: mul}, ErrNotFinite},
	} {
		if _, err := NewOperatorExponential(c.a, 0); !errors.Is(err, c.want) {
			t.Errorf("operator %d: got %v, want %v", i, err, c.want)
		}
	}
	e, err := NewOperatorExponential(Operator{N: 2, Norm1: 1, MulVecTo: mul}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var y mat.Dense
	for name, c := range map[string]struct {
		t    float64
		u, w mat.Matrix
		want error
	}{
		"u": {1, mat.NewDense(1, 3, nil), mat.NewDense(1, 3, nil), ErrShape},
		"w": {1, mat.NewDense(1, 2, nil), mat.NewDense(2, 2, nil), ErrShape},
		"t": {math.NaN(), mat.NewDense(1, 2, nil), mat.NewDense(1, 2, nil), ErrNotFinite},
	} {
		if err := e.ApplyTo(&y, c.t, c.u, c.w); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	nan := mat.NewSymBandDense(sparseSize, 1, nil)
	nan.SetSymBand(3, 4, math.NaN())
	if _, err := NewExponential(nan, 0); !errors.Is(err, ErrNotFinite) {
		t.Errorf("NaN in a band: got %v, want %v", err, ErrNotFinite)
	}
}
