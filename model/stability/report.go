// Package stability says what is known of a linear system with a bounded or Lipschitz
// perturbation before any trajectory is computed: spectrum and abscissas, Theorem 3,
// a certificate of global stability by a quadratic form, the ball in which rollouts
// end, and Theorem 4's bound of errors.
package stability

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Report is what the parameters of a model say about its dynamics
//
//	du/dt = A u + g(u),   A = (G_s + G_u) S + μI,
//
// with no trajectory computed. Rates are per unit of time; L is a Lipschitz
// constant of g in the Euclidean norm and M a bound of ‖g‖, +Inf where there is
// none. JSON has no +Inf: what writes the report must say how it spells it.
type Report struct {
	Spectrum          [][2]float64 `json:"spectrum"`           // (re, im) of A's eigenvalues, rightmost first
	SpectralAbscissa  float64      `json:"spectral_abscissa"`  // α(A) = max Re λ(A), eq. (22a): growth in the end
	NumericalAbscissa float64      `json:"numerical_abscissa"` // γ(A) = max λ((A+Aᵀ)/2), eq. (22b): growth at first
	Shift             float64      `json:"shift"`              // μ; α < μ by Theorem 1
	Norm              float64      `json:"norm"`               // ‖A‖₂

	// ConditionNumber is κ(T) = ‖T‖‖T⁻¹‖ for eigenvectors T of unit length, which
	// is within √n of the best scaling. It is +Inf if A is not diagonalisable to
	// working precision.
	ConditionNumber float64 `json:"condition_number"`
	// Theorem3Bound is the L below which Theorem 3 proves stability, −α/κ(T), and
	// 0 if α ≥ 0. It is ε → 0 in the theorem's proof.
	Theorem3Bound float64 `json:"theorem3_bound"`

	// Certificate is the L below which V(u) = uᵀSu proves the model globally
	// exponentially stable; see certificate. Certified says that L is below it.
	Certificate float64 `json:"certificate"`
	Certified   bool    `json:"certified"`
	Lipschitz   float64 `json:"lipschitz"` // L

	// BoundRadius is the radius R, in the norm √(uᵀSu), of a ball which no ETD1
	// step of any size leaves and which every rollout approaches, nor one of etd2rk or
	// imex; for etdrk4 it is ETDRK4Factor times as large. See boundRadius.
	BoundRadius float64   `json:"bound_radius"`
	LayerNorms  []float64 `json:"layer_norms"` // ‖B_i‖₂ of g's layers

	// ScaledTime says that time is scaled by a positive factor, du/dt = e^s(A u + g(u)),
	// that differs among trajectories: rates are then per unit of e^s t, while what
	// is proved holds for every factor.
	ScaledTime bool `json:"scaled_time,omitempty"`
	// Driven says that there are inputs: the certificate then is that trajectories
	// under the same inputs approach each other, and nothing bounds a state.
	Driven bool `json:"driven,omitempty"`

	metric *mat.Dense // S
}

// System is a system to be analysed,
//
//	du/dt = A u + g(u),   A = (G_s + G_u) S + μI,
//
// with S and −G_s symmetric and positive semidefinite, and G_u, which A implies,
// skew.
type System struct {
	A, S, Gs  *mat.Dense
	Shift     float64      // μ
	Lipschitz float64      // L of g, or +Inf
	Bound     float64      // M of ‖g‖, or +Inf
	Layers    []*mat.Dense // B_i of g, of which the report has the norms; may be nil
}

// Analyse makes the report of a system. The error says which part has a wrong
// shape or is not finite, or that an iteration for eigenvalues did not converge.
func Analyse(sys System) (r *Report, err error) {
	defer func() {
		if p := recover(); p != nil { // by which gonum's routines refuse numbers, too
			r, err = nil, errors.Errorf("stability: Analyse: %v", p)
		}
	}()
	n, _ := sys.A.Dims()
	for i, m := range []*mat.Dense{sys.A, sys.S, sys.Gs} {
		name := []string{"A", "S", "G_s"}[i]
		if r, c := m.Dims(); r != n || c != n {
			return nil, errors.Errorf("stability: Analyse: shape of %s: got (%d, %d), want (%d, %d)", name, r, c, n, n)
		}
		if norm := mat.Norm(m, 1); !finite(norm) {
			return nil, errors.Errorf("stability: Analyse: norm of %s: got %g, want a finite number", name, norm)
		}
	}
	for i, b := range sys.Layers {
		if norm := mat.Norm(b, 1); !finite(norm) {
			return nil, errors.Errorf("stability: Analyse: norm of layer %d: got %g, want a finite number", i, norm)
		}
	}
	if !(sys.Lipschitz >= 0) || !(sys.Bound >= 0) || !finite(sys.Shift) {
		return nil, errors.Errorf("stability: Analyse: Lipschitz constant, bound and shift: got %g, %g, %g, want two numbers ≥ 0 and a finite one", sys.Lipschitz, sys.Bound, sys.Shift)
	}
	r = &Report{Shift: sys.Shift, Lipschitz: sys.Lipschitz, metric: sys.S}
	if err := r.eigen(sys.A); err != nil {
		return nil, err
	}
	q, lambda, err := dissipation(sys.S, sys.Gs, sys.Shift)
	if err != nil {
		return nil, err
	}
	symmetric, err := eigenvalues(symmetrised(1, sys.A))
	if err != nil {
		return nil, err
	}
	r.NumericalAbscissa = symmetric[n-1]
	if r.Certificate, err = certificate(q, lambda); err != nil {
		return nil, err
	}
	r.Certified = sys.Lipschitz < r.Certificate
	if r.BoundRadius, err = boundRadius(q, lambda, sys.Bound); err != nil {
		return nil, err
	}
	if r.Norm, _, err = singular(sys.A); err != nil {
		return nil, err
	}
	r.LayerNorms = make([]float64, len(sys.Layers))
	for i, b := range sys.Layers {
		if r.LayerNorms[i], _, err = singular(b); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// eigen fills in what A's eigenvalues and eigenvectors say.
func (r *Report) eigen(a *mat.Dense) error {
	n, _ := a.Dims()
	var e mat.Eigen
	a, scale := inRange(a)
	if !e.Factorize(a, mat.EigenRight) {
		return errors.New("stability: Analyse: eigenvalues of A did not converge")
	}
	for _, v := range e.Values(nil) {
		r.Spectrum = append(r.Spectrum, [2]float64{real(v) * scale, imag(v) * scale})
	}
	slices.SortFunc(r.Spectrum, func(x, y [2]float64) int {
		return cmp.Or(cmp.Compare(y[0], x[0]), cmp.Compare(y[1], x[1]))
	})
	r.SpectralAbscissa = r.Spectrum[0][0]

	// The complex T = X + iY has the singular values of the real [X −Y; Y X],
	// there each twice.
	var t mat.CDense
	e.VectorsTo(&t)
	real2 := mat.NewDense(2*n, 2*n, nil)
	for i := range n {
		for j := range n {
			z := t.At(i, j)
			real2.Set(i, j, real(z))
			real2.Set(i, n+j, -imag(z))
			real2.Set(n+i, j, imag(z))
			real2.Set(n+i, n+j, real(z))
		}
	}
	largest, smallest, err := singular(real2)
	if err != nil {
		return err
	}
	r.ConditionNumber = math.Inf(1)
	if smallest > rounding(n)*largest {
		r.ConditionNumber = largest / smallest
	}
	r.Theorem3Bound = max(0, -r.SpectralAbscissa) / r.ConditionNumber
	return nil
}

// eigenvalues returns those of a symmetric matrix, ascending.
func eigenvalues(a *mat.SymDense) ([]float64, error) {
	var e mat.EigenSym
	a, scale := symmetricInRange(a)
	if !e.Factorize(a, false) {
		return nil, errors.New("stability: Analyse: eigenvalues of a symmetric matrix did not converge")
	}
	v := e.Values(nil)
	floats.Scale(scale, v)
	return v, nil
}

// inRange returns a matrix whose largest element is not near the least or the
// greatest number, where the routines of LAPACK scale and gonum's panic, and the
// power of two that makes a of it.
func inRange(a *mat.Dense) (*mat.Dense, float64) {
	scale := rangeOf(a)
	if scale == 1 {
		return a, 1
	}
	b := mat.DenseCopyOf(a)
	b.Apply(func(_, _ int, x float64) float64 { return x / scale }, b)
	return b, scale
}

func symmetricInRange(a *mat.SymDense) (*mat.SymDense, float64) {
	scale := rangeOf(a)
	if scale == 1 {
		return a, 1
	}
	n := a.SymmetricDim()
	b := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			b.SetSym(i, j, a.At(i, j)/scale)
		}
	}
	return b, scale
}

// rangeOf is the power of two by which the largest element is to be divided, 1 where
// it need not be.
func rangeOf(a mat.Matrix) float64 {
	const usual = 300 // binary exponents
	r, c := a.Dims()
	largest := 0.
	for i := range r {
		for j := range c {
			largest = max(largest, math.Abs(a.At(i, j)))
		}
	}
	_, exponent := math.Frexp(largest)
	if largest == 0 || -usual < exponent && exponent < usual {
		return 1
	}
	return math.Ldexp(1, min(max(exponent, -1022), 1023))
}

// symmetrised returns c (A + Aᵀ)/2.
func symmetrised(c float64, a *mat.Dense) *mat.SymDense {
	n, _ := a.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, c*(a.At(i, j)+a.At(j, i))/2)
		}
	}
	return s
}

// singular returns the largest and the smallest singular value.
func singular(a *mat.Dense) (largest, smallest float64, err error) {
	var svd mat.SVD
	a, scale := inRange(a)
	if !svd.Factorize(a, mat.SVDNone) {
		return 0, 0, errors.New("stability: Analyse: singular values did not converge")
	}
	v := svd.Values(nil)
	return v[0] * scale, v[len(v)-1] * scale, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
