package stability

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// dissipation returns Λ = λ(S), ascending and not below 0, and in S's eigenbasis P
// the form by which V decays,
//
//	Q = S(−G_s)S − μS,   so that V' = −2 uᵀQu + 2 uᵀS g   for V = uᵀSu:
//
// V' = 2uᵀS(Au + g) with A = (G_s+G_u)S + μI, and G_u, being skew, drops out of
// uᵀS(G_s+G_u)Su. Q comes as PᵀQP.
func dissipation(s, gs *mat.Dense, shift float64) (q *mat.Dense, lambda []float64, err error) {
	var e mat.EigenSym
	scaled, scale := symmetricInRange(symmetrised(1, s))
	if !e.Factorize(scaled, true) {
		return nil, nil, errors.New("stability: Analyse: eigenvalues of S did not converge")
	}
	lambda = e.Values(nil)
	floats.Scale(scale, lambda)
	for i := range lambda {
		lambda[i] = max(0, lambda[i]) // S = L Lᵀ, so below 0 is rounding
	}
	var p mat.Dense
	e.VectorsTo(&p)
	q = new(mat.Dense)
	q.Product(p.T(), symmetrised(-1, gs), &p)
	q.Apply(func(i, j int, x float64) float64 {
		x *= lambda[i] * lambda[j]
		if i == j {
			x -= shift * lambda[i]
		}
		return x
	}, q)
	return q, lambda, nil
}

// certificate returns the largest L for which V(u) = uᵀSu proves global
// exponential stability whatever g does within ‖g(u)‖ ≤ L‖u‖.
//
// V' < 0 for all such g says, with g along Su, that uᵀQu > L‖Su‖‖u‖ for u ≠ 0,
// with Q of dissipation. Since 2‖Su‖‖u‖ = min over t > 0 of t‖Su‖² + ‖u‖²/t, it
// suffices that Q − (L/2)(tS² + I/t) is positive definite for one t, and by the
// S-lemma that is necessary too. For a given t the largest such L is
//
//	L(t) = 2 λ_min(D^(−½) Q D^(−½)),   D = tΛ² + I/t;
//
// the best t is that of a concave problem (√(pq) over the convex set of p, q with
// Q ≥ (pS² + qI)/2) and found by golden section over log t, from 1/λ_max(S) to
// 1/λ_min(S), outside of which all of D only grows. An L(t) short of the best still
// proves what it says.
//
// It is never below the closed form of two eigenvalues, L < λ_min(S)(λ_min(−G_s) −
// μc) with c = 1/λ_min(S) for μ > 0 and 1/λ_max(S) for μ < 0, which comes from
// ‖Su‖ ≥ λ_min(S)‖u‖ and (Su)ᵀS⁻¹(Su) ≤ or ≥ c‖Su‖². Both are for Lipschitz g with
// g(0) = 0. For others, set u the difference of two solutions: they approach each
// other, so there is one fixed point and it attracts everything.
func certificate(q *mat.Dense, lambda []float64) (float64, error) {
	n := len(lambda)
	if lambda[0] == 0 {
		return 0, nil
	}
	bound := func(logT float64) (float64, error) {
		t := math.Exp(logT)
		scaled := mat.DenseCopyOf(q)
		scaled.Apply(func(i, j int, x float64) float64 {
			return x / math.Sqrt(t*lambda[i]*lambda[i]+1/t) / math.Sqrt(t*lambda[j]*lambda[j]+1/t)
		}, scaled)
		low, err := lowest(symmetrised(1, scaled))
		return 2 * low, err
	}
	const golden = 0.6180339887498949
	lo, hi := -math.Log(lambda[n-1]), -math.Log(lambda[0])
	best, err := bound((lo + hi) / 2)
	for hi-lo > 1e-4 && err == nil { // log L changes no faster than log t
		var left, right float64
		x, y := hi-golden*(hi-lo), lo+golden*(hi-lo)
		if left, err = bound(x); err != nil {
			break
		}
		if right, err = bound(y); left > right {
			hi = y
		} else {
			lo = x
		}
		best = max(best, left, right)
	}
	return max(0, best), err
}

// ETDRK4Factor is by how much the ball that no step of etdrk4 leaves, of any size, is
// larger than BoundRadius: 1.1299… rounded up.
const ETDRK4Factor = 1.13

// boundRadius returns R = √λ_max(S) M / δ, where δ = λ_min(Λ^(−½) Q Λ^(−½)) is the
// rate at which e^{tA} contracts in the norm ‖u‖_S = √(uᵀSu), or +Inf if δ ≤ 0 or
// M is infinite.
//
// By dissipation, d‖u‖_S²/dt ≤ −2δ‖u‖_S² for g = 0, and δ > 0 if μ ≤ 0 (for small
// μ > 0 as well). So ‖e^{hA}‖_S ≤ e^{−δh}, and with ‖g‖_S ≤ √λ_max(S) M = δR an ETD1
// step of any size h, u₁ = e^{hA}u₀ + ∫₀ʰ e^{(h−τ)A} g(u₀) dτ, satisfies
//
//	‖u₁‖_S ≤ e^{−δh}‖u₀‖_S + (1 − e^{−δh}) R.
//
// The ball of radius R is thus never left, and what is outside of R decays by
// e^{−δh} a step, whatever the steps. The same holds for exact solutions.
//
// Other methods take g at other points as well, which matters not, as M bounds it
// everywhere: with u₁ = e^{hA}u₀ + Σ_i h f_i(hA) g_i it is c R that is never left, where
// ‖f_i(hA)‖_S ≤ sup |f_i(z)| over Re z ≤ −δh, by von Neumann's inequality, and
//
//	c = sup over x > 0 of x Σ_i sup_{Re z ≤ −x} |f_i(z)| / (1 − e^{−x}).
//
// c is 1 for etd2rk, whose φ₁ − φ₂ and φ₂ are largest at −x, and ETDRK4Factor for
// etdrk4, its largest x being 6.03. For imex, ‖(I − hA)⁻¹‖_S ≤ 1/(1 + δh) gives R itself.
func boundRadius(q *mat.Dense, lambda []float64, gBound float64) (float64, error) {
	n := len(lambda)
	if lambda[0] == 0 {
		return math.Inf(1), nil
	}
	scaled := mat.DenseCopyOf(q)
	scaled.Apply(func(i, j int, x float64) float64 { return x / math.Sqrt(lambda[i]) / math.Sqrt(lambda[j]) }, scaled)
	delta, err := lowest(symmetrised(1, scaled))
	if err != nil || delta <= 0 {
		return math.Inf(1), err
	}
	return math.Sqrt(lambda[n-1]) * gBound / delta, nil
}

// rounding is the relative error to expect of an eigenvalue of an n×n matrix.
func rounding(n int) float64 { return float64(n) * 0x1p-52 }

// lowest returns a lower bound of a symmetric matrix's eigenvalues, rounding
// accounted for, so that what is proved by its sign is.
func lowest(a *mat.SymDense) (float64, error) {
	v, err := eigenvalues(a)
	if err != nil {
		return 0, err
	}
	n := len(v)
	return v[0] - rounding(n)*max(math.Abs(v[0]), math.Abs(v[n-1])), nil
}
