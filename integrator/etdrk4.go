package integrator

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops/step"
)

// etdrk4 is the fourth-order exponential Runge–Kutta method of Cox and
// Matthews, eqs. (26)–(29): with φ' = φ_1(hA/2) and E' = e^{hA/2},
//
//	a = E'u + h/2 φ'g(u)
//	b = E'u + h/2 φ'g(a)
//	c = E'a + h/2 φ'(2g(b) − g(u))
//	u⁺ = e^{hA}u + h(φ_1−3φ_2+4φ_3)g(u) + h(2φ_2−4φ_3)(g(a)+g(b)) + h(4φ_3−φ_2)g(c).
//
// The coefficients come from φ-functions that do not cancel, where Kassam and
// Trefethen, SIAM J. Sci. Comput. 26 (2005), need a contour integral.
type etdrk4 struct{}

func (etdrk4) Name() string { return "etdrk4" }
func (etdrk4) Order() int   { return 4 }

func (etdrk4) Plan(s System, steps *G.Node) (Stepper, error) {
	var plan calc
	f := plan.flow(s.A, steps, 3)
	half := plan.halfFlow(f, s.A, steps, 1)
	return formula(func(calc *calc, k int, u *G.Node) *G.Node {
		g := func(u *G.Node) *G.Node { return calc.apply(s.G, u) }
		stage := func(u *G.Node, terms ...step.Term) *G.Node { return calc.advance(half, k, u, terms...) }
		gu := g(u)
		a := stage(u, term(gu, 1))
		ga := g(a)
		b := stage(u, term(ga, 1))
		gb := g(b)
		c := stage(a, term(gb, 2), term(gu, -1))
		return calc.advance(f, k, u, term(gu, 1, -3, 4), term(ga, 0, 2, -4), term(gb, 0, 2, -4), term(g(c), 0, -1, 4))
	}), plan.err
}
