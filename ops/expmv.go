package ops

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"spnode/ops/kernel"
)

// Tolerance is the relative tolerance to which exponentials are evaluated. The
// zero value stands for the unit roundoff of the element type, 2⁻⁵³ or 2⁻²⁴.
type Tolerance float64

func tolerance[T kernel.Float](t Tolerance) float64 {
	if t > 0 {
		return float64(t)
	}
	return kernel.UnitRoundoff[T]()
}

// ExpmvTo writes the action of the exponential on every row of u,
//
//	y = e^{tA}u + Σ_{j=1}^{p} t^j φ_j(tA) w_j,
//
// eq. (15); with one w it is the ETD1 step, eq. (17). A is n×n, and u, every w
// and dst are batch×n with a state in each row; dst may be empty. SciPy calls
// the case p = 0 expm_multiply.
//
// It is evaluated by eq. (19) with the degree and the number of substeps of Al-Mohy and
// Higham, or by the propagators of Phi, whichever takes fewer operations; both
// are the Taylor polynomial with scaling. The error is ErrShape if the shapes
// disagree and ErrNotFinite if A or t is not finite.
func ExpmvTo(dst *mat.Dense, a mat.Matrix, t float64, u mat.Matrix, tol Tolerance, w ...mat.Matrix) error {
	n, c := a.Dims()
	rows, un := u.Dims()
	if n != c || un != n {
		return shapeError("ExpmvTo", "A is %d×%d and u %d×%d, want n×n and batch×n", n, c, rows, un)
	}
	ws := make([][]float64, len(w))
	for j, wj := range w {
		if r, c := wj.Dims(); r != rows || c != n {
			return shapeError("ExpmvTo", "w_%d is %d×%d, want %d×%d as u", j+1, r, c, rows, n)
		}
		ws[j] = mat.DenseCopyOf(wj).RawMatrix().Data
	}
	ad := mat.DenseCopyOf(a).RawMatrix().Data
	if err := finiteStep("ExpmvTo", ad, []float64{t}); err != nil {
		return err
	}
	y := make([]float64, rows*n)
	k := kernel.NewExpmv[float64](n, len(w), tolerance[float64](tol))
	k.ForwardTo(y, ad, []float64{t}, mat.DenseCopyOf(u).RawMatrix().Data, ws...)
	dst.Reset()
	dst.CloneFrom(mat.NewDense(rows, n, y))
	return nil
}

// Phi returns φ_0(tA) = e^{tA}, φ_1(tA), …, φ_p(tA), p ≥ 1, by the Taylor
// polynomial and doublings. Errors are those of ExpmvTo.
func Phi(a mat.Matrix, t float64, p int, tol Tolerance) ([]*mat.Dense, error) {
	n, c := a.Dims()
	if n != c || p < 1 {
		return nil, shapeError("Phi", "A is %d×%d and p = %d, want a square matrix and p ≥ 1", n, c, p)
	}
	ad := mat.DenseCopyOf(a).RawMatrix().Data
	if err := finiteStep("Phi", ad, []float64{t}); err != nil {
		return nil, err
	}
	k := kernel.NewPhi[float64](n, p, tolerance[float64](tol))
	// P_j = tφ_j(tA), so a step of 1 of the matrix tA gives φ_j itself.
	for i := range ad {
		ad[i] *= t
	}
	if err := finiteStep("Phi", ad, []float64{t}); err != nil {
		return nil, err
	}
	k.Forward(ad, 1)
	phi := []*mat.Dense{mat.DenseCopyOf(mat.NewDense(n, n, k.E()))}
	for j := 1; j <= p; j++ {
		phi = append(phi, mat.DenseCopyOf(mat.NewDense(n, n, k.P(j))))
	}
	return phi, nil
}

// finiteStep refuses an A or a step that is not finite, or a product of the
// two that overflows: the number of Taylor terms follows from ‖hA‖.
func finiteStep[T kernel.Float](name string, a []T, h []float64) error {
	n := int(math.Sqrt(float64(len(a))))
	norm, _ := kernel.Norm1(n, n, a)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return notFinite(name, "‖A‖₁ is %v", norm)
	}
	for i, v := range h {
		if math.IsNaN(v) || math.IsInf(v*norm, 0) || math.IsInf(v, 0) {
			return notFinite(name, "step %d is %v, where ‖A‖₁ is %.3g", i, v, norm)
		}
	}
	return nil
}
