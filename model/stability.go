package model

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// Stability is what the parameters of a model say about its dynamics
//
//	du/dt = A u + g(u),   A = (G_s + G_u) S + μI,
//
// with no trajectory computed. Rates are per unit of time; L is a Lipschitz
// constant of g in the Euclidean norm and M a bound of ‖g‖, +Inf where there is
// none. In JSON a number that is not finite is null and its reason is in
// "not_finite".
type Stability struct {
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
	// step of any size leaves and which every rollout approaches; see boundRadius.
	BoundRadius float64   `json:"bound_radius"`
	LayerNorms  []float64 `json:"layer_norms"` // ‖B_i‖₂ of g's layers
}

// analyse makes the report of A = a, S = s, G_s = gs and μ = shift; lipschitz and
// gBound are L and M, layers the B_i. The error says which argument has a wrong
// shape or is not finite, or that an iteration for eigenvalues did not converge.
func analyse(a, s, gs *mat.Dense, shift, lipschitz, gBound float64, layers []*mat.Dense) (*Stability, error) {
	n, _ := a.Dims()
	for i, m := range []*mat.Dense{a, s, gs} {
		name := []string{"A", "S", "G_s"}[i]
		if r, c := m.Dims(); r != n || c != n {
			return nil, errors.Errorf("model: analyse: shape of %s, got (%d, %d), want (%d, %d)", name, r, c, n, n)
		}
		if norm := mat.Norm(m, 1); !finite(norm) {
			return nil, errors.Errorf("model: analyse: norm of %s, got %g, want a finite number", name, norm)
		}
	}
	for i, b := range layers {
		if norm := mat.Norm(b, 1); !finite(norm) {
			return nil, errors.Errorf("model: analyse: norm of layer %d, got %g, want a finite number", i, norm)
		}
	}
	if !(lipschitz >= 0) || !(gBound >= 0) || !finite(shift) {
		return nil, errors.Errorf("model: analyse: Lipschitz constant, bound and shift, got %g, %g, %g, want two numbers ≥ 0 and a finite one", lipschitz, gBound, shift)
	}
	r := &Stability{Shift: shift, Lipschitz: lipschitz}
	if err := r.eigen(a); err != nil {
		return nil, err
	}
	q, lambda, err := dissipation(s, gs, shift)
	if err != nil {
		return nil, err
	}
	symmetric, err := eigenvalues(symmetrised(1, a))
	if err != nil {
		return nil, err
	}
	r.NumericalAbscissa = symmetric[n-1]
	if r.Certificate, err = certificate(q, lambda); err != nil {
		return nil, err
	}
	r.Certified = lipschitz < r.Certificate
	if r.BoundRadius, err = boundRadius(q, lambda, gBound); err != nil {
		return nil, err
	}
	if r.Norm, _, err = singular(a); err != nil {
		return nil, err
	}
	r.LayerNorms = make([]float64, len(layers))
	for i, b := range layers {
		if r.LayerNorms[i], _, err = singular(b); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// eigen fills in what A's eigenvalues and eigenvectors say.
func (r *Stability) eigen(a *mat.Dense) error {
	n, _ := a.Dims()
	var e mat.Eigen
	if !e.Factorize(a, mat.EigenRight) {
		return errors.New("model: analyse: eigenvalues of A did not converge")
	}
	for _, v := range e.Values(nil) {
		r.Spectrum = append(r.Spectrum, [2]float64{real(v), imag(v)})
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
	if !e.Factorize(a, false) {
		return nil, errors.New("model: analyse: eigenvalues of a symmetric matrix did not converge")
	}
	return e.Values(nil), nil
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
	if !svd.Factorize(a, mat.SVDNone) {
		return 0, 0, errors.New("model: analyse: singular values did not converge")
	}
	v := svd.Values(nil)
	return v[0], v[len(v)-1], nil
}

// ErrorBound is Theorem 4, eq. (11): at the time t ≥ 0 after the start, a solution
// of the model and one of the true system are no farther apart than
//
//	ρ e^{kt} + (‖dA‖ + ‖dg‖) 𝒱 (e^{kt} − 1)/k,   k = ‖A‖₂ + L,
//
// (and the limit t for (e^{kt}−1)/k at k = 0), where ρ is their distance at the
// start, and dA and dg bound the errors of the model's A and g. A and L are here
// the model's, so v = 𝒱 must bound the true solution's norm: the proof with the
// roles of the two exchanged. With the model's solution bounded it is ‖A‖ and L of
// the truth that count.
func (r *Stability) ErrorBound(rho, dA, dg, v, t float64) float64 {
	k, source := r.Norm+r.Lipschitz, (dA+dg)*v
	if t == 0 || rho == 0 && source == 0 {
		return rho
	}
	kt := k * t
	if math.IsInf(math.Exp(kt), 1) {
		return math.Inf(1)
	}
	growth := t
	if kt > 0 {
		growth = math.Expm1(kt) / k
	}
	return rho*math.Exp(kt) + source*growth
}

// MarshalJSON writes numbers that are not finite as null, which JSON has none for,
// with the reasons beside.
func (r Stability) MarshalJSON() ([]byte, error) {
	type plain Stability // without this method
	reasons := map[string]string{}
	number := func(name string, x float64, reason string) *float64 {
		if finite(x) {
			return &x
		}
		reasons[name] = reason
		return nil
	}
	out := struct {
		plain
		ConditionNumber *float64          `json:"condition_number"`
		Lipschitz       *float64          `json:"lipschitz"`
		BoundRadius     *float64          `json:"bound_radius"`
		NotFinite       map[string]string `json:"not_finite,omitempty"`
	}{
		plain:           plain(r),
		ConditionNumber: number("condition_number", r.ConditionNumber, "A is not diagonalisable to working precision"),
		Lipschitz:       number("lipschitz", r.Lipschitz, "g has no global Lipschitz constant"),
		BoundRadius:     number("bound_radius", r.BoundRadius, "g is unbounded, or exp(tA) does not contract in the norm of S"),
		NotFinite:       reasons,
	}
	return json.Marshal(out)
}
