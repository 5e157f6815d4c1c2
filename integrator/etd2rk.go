package integrator

import G "gorgonia.org/gorgonia"

// etd2rk is the second-order exponential Runge–Kutta method of Cox and
// Matthews, J. Comput. Phys. 176 (2002), eq. (22),
//
//	a = e^{hA}u + hφ_1 g(u),  u⁺ = a + hφ_2 (g(a) − g(u)).
type etd2rk struct{}

func (etd2rk) Name() string { return "etd2rk" }
func (etd2rk) Order() int   { return 2 }

func (etd2rk) Plan(s System, steps *G.Node) (Stepper, error) {
	var plan calc
	f := plan.flow(s.A, steps, 2)
	return formula(func(c *calc, k int, u *G.Node) *G.Node {
		gu := c.apply(s.G, u)
		ga := c.apply(s.G, c.advance(f, k, u, term(gu, 1)))
		return c.advance(f, k, u, term(gu, 1, -1), term(ga, 0, 1))
	}), plan.err
}
