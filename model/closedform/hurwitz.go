package closedform

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// Hurwitz are the triangles of a matrix in the form (3)–(5),
//
//	A = (−L^G L^Gᵀ + L_s − L_sᵀ) L^S L^Sᵀ + μI,
//
// packed row by row, L_s without its diagonal.
type Hurwitz struct{ LS, LG, Skew []float64 }

// ShiftError tells that a matrix is outside of the form with a shift μ.
type ShiftError struct {
	Shift, // μ
	Needed float64 // the least μ that would do, with a margin
}

func (e *ShiftError) Error() string {
	return fmt.Sprintf("closedform: Factor: μI − (A + Aᵀ)/2 is not positive at the shift μ = %g; try %.6g, or \"auto\"", e.Shift, e.Needed)
}

// shiftMargin is by how much of the size of the largest eigenvalue of (A + Aᵀ)/2 a
// shift is above it: the root of it is a diagonal element of L^G, which should have
// room to change.
const shiftMargin = 1. / 64

// Shift returns a μ that brings A, (n, n), into the form with L^S = I: above the
// largest eigenvalue of (A + Aᵀ)/2, the numerical abscissa.
func Shift(a []float64, n int) (float64, error) {
	values, _, err := symmetricPart(a, n)
	if err != nil {
		return 0, err
	}
	top := values[n-1]
	return top + shiftMargin*max(math.Abs(top), 1e-3*math.Abs(values[0]), math.SmallestNonzeroFloat64), nil
}

// Factor brings A, (n, n), into the form with the shift μ and L^S = I,
//
//	L^G L^Gᵀ = μI − (A + Aᵀ)/2,  L_s = the strict lower part of (A − Aᵀ)/2,
//
// which gives A back to rounding. The error is a *ShiftError if the first is not
// positive: with another L^S it may be.
func Factor(a []float64, n int, mu float64) (*Hurwitz, error) {
	g := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			v := -(a[i*n+j] + a[j*n+i]) / 2
			if i == j {
				v += mu
			}
			g.SetSym(i, j, v)
		}
	}
	var ch mat.Cholesky
	if !ch.Factorize(g) {
		needed, err := Shift(a, n)
		if err != nil {
			return nil, err
		}
		return nil, errors.WithStack(&ShiftError{mu, needed})
	}
	var l mat.TriDense
	ch.LTo(&l)
	h := new(Hurwitz)
	for i := range n {
		for j := range i + 1 {
			h.LG = append(h.LG, l.At(i, j))
			if i == j {
				h.LS = append(h.LS, 1)
			} else {
				h.LS = append(h.LS, 0)
				h.Skew = append(h.Skew, (a[i*n+j]-a[j*n+i])/2)
			}
		}
	}
	return h, nil
}

// contract divides A, (n, n), into B + E with (B + Bᵀ)/2 ≤ −δI and E symmetric and not
// negative, as small as can be: what of the symmetric part of A decays more slowly than
// at the rate δ, or grows, is E's. e^{tB} then contracts at the rate δ.
func contract(a []float64, n int, delta float64) (b, e []float64, err error) {
	values, q, err := symmetricPart(a, n)
	if err != nil {
		return nil, nil, err
	}
	b, e = append([]float64(nil), a...), make([]float64, n*n)
	for k, v := range values {
		if v <= -delta {
			continue
		}
		for i := range n {
			for j := range n {
				e[i*n+j] += (v + delta) * q.At(i, k) * q.At(j, k)
			}
		}
	}
	for i, v := range e {
		b[i] -= v
	}
	return b, e, nil
}

// symmetricPart returns the eigenvalues of (A + Aᵀ)/2, ascending, and its eigenvectors.
func symmetricPart(a []float64, n int) ([]float64, *mat.Dense, error) {
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (a[i*n+j]+a[j*n+i])/2)
		}
	}
	if norm := mat.Norm(s, 1); math.IsNaN(norm) || math.IsInf(norm, 0) {
		return nil, nil, errors.New("closedform: A has elements that are not finite")
	}
	var e mat.EigenSym
	if !e.Factorize(s, true) {
		return nil, nil, errors.New("closedform: eigenvalues of (A + Aᵀ)/2 did not converge")
	}
	var q mat.Dense
	e.VectorsTo(&q)
	return e.Values(nil), &q, nil
}
