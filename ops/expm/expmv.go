package expm

import (
	"sync"

	"gonum.org/v1/gonum/mat"

	"spnode/ops/internal/fault"
	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
)

// ExpmvTo writes the action of the exponential on every row of u,
//
//	y = e^{tA}u + Σ_{j=1}^{p} t^j φ_j(tA) w_j,
//
// eq. (15); with one w it is the ETD1 step, eq. (17). A is n×n, and u, every w
// and dst are batch×n with a state in each row; dst may be empty. SciPy calls
// the case p = 0 expm_multiply.
//
// It is evaluated by eq. (19) with the degree and the number of substeps of Al-Mohy and
// Higham, or by the propagators of Phi, whichever takes less time; both
// are the Taylor polynomial with scaling. The error is ErrShape if the shapes
// disagree or are empty, ErrNotFinite if A or t is not finite, and ErrSubsteps
// for a sparse A too large for propagators, of more than 2,896 rows, with ‖tA‖₁
// above 1e6.
//
// A large A with few non-zeros is applied by these. All elements of a full
// one have to be looked at for that, but a mat.NonZeroDoer tells them: gonum's
// band and triangular matrices, and those of github.com/james-bowman/sparse. For
// several t or u with one A see Exponential, and for an A that is a function
// NewOperatorExponential.
func ExpmvTo(dst *mat.Dense, a mat.Matrix, t float64, u mat.Matrix, tol float64, w ...mat.Matrix) error {
	e := spare.Get().(*Exponential)
	defer func() {
		e.full, e.sparse = nil, nil // which may be the caller's, as the next
		clear(e.ws)
		spare.Put(e)
	}()
	if err := e.set("expm: ExpmvTo", a, tol); err != nil {
		return err
	}
	return e.applyTo("expm: ExpmvTo", dst, t, u, w)
}

// spare keeps the work space of ExpmvTo, which for small matrices would cost
// more than the exponential.
var spare = sync.Pool{New: func() any { return new(Exponential) }}

// Phi returns φ_0(tA) = e^{tA}, φ_1(tA), …, φ_p(tA), p ≥ 1, by the Taylor
// polynomial and doublings. Errors are those of ExpmvTo.
func Phi(a mat.Matrix, t float64, p int, tol float64) ([]*mat.Dense, error) {
	n, c := a.Dims()
	if n != c || n == 0 || p < 1 {
		return nil, fault.Shape("expm: Phi", "A is %d×%d and p = %d, want a square matrix and p ≥ 1", n, c, p)
	}
	ad := mat.DenseCopyOf(a).RawMatrix().Data
	if err := fault.Exponential("expm: Phi", ad, []float64{t}); err != nil {
		return nil, err
	}
	k := funm.NewPhi[float64](n, p, tolerance(tol))
	// P_j = tφ_j(tA), so a step of 1 of the matrix tA gives φ_j itself.
	for i := range ad {
		ad[i] *= t
	}
	if err := fault.Exponential("expm: Phi", ad, []float64{1}); err != nil {
		return nil, err
	}
	k.Forward(ad, 1)
	phi := []*mat.Dense{mat.DenseCopyOf(mat.NewDense(n, n, k.E()))}
	for j := 1; j <= p; j++ {
		phi = append(phi, mat.DenseCopyOf(mat.NewDense(n, n, k.P(j))))
	}
	return phi, nil
}

// tolerance is tol or, for 0, the unit roundoff.
func tolerance(tol float64) float64 {
	if tol > 0 {
		return tol
	}
	return kernel.UnitRoundoff[float64]()
}
