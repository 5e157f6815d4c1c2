package stability

import "math"

// ErrorBound is Theorem 4, eq. (11): at the time t ≥ 0 after the start, a solution
// of the model and one of the true system are no farther apart than
//
//	ρ e^{kt} + (‖dA‖ + ‖dg‖) 𝒱 (e^{kt} − 1)/k,   k = ‖A‖₂ + L,
//
// (and the limit t for (e^{kt}−1)/k at k = 0), where ρ is their distance at the
// start, and dA and dg bound the errors of the model's A and g. A and L are here
// the model's, so v = 𝒱 must bound the true solution's norm: the proof with the
// roles of the two exchanged. Where there are inputs, dB bounds the error of B, and
// ‖dB‖ sup‖w‖ is to be added to the source. With the model's solution bounded it is ‖A‖ and L of
// the truth that count.
func (r *Report) ErrorBound(rho, dA, dg, v, t float64) float64 {
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
