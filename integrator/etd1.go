package integrator

import G "gorgonia.org/gorgonia"

// etd1 is first-order exponential time differencing, eq. (17),
//
//	u⁺ = e^{hA}u + hφ_1(hA)g(u),
//
// also Nørsett–Euler or exponential Euler; see Hochbruck and Ostermann, Acta
// Numerica 19 (2010). It is exact for constant g.
type etd1 struct{}

func (etd1) Name() string { return "etd1" }
func (etd1) Order() int   { return 1 }

func (etd1) Plan(s System, steps *G.Node) (Stepper, error) {
	var plan calc
	f := plan.flow(s.A, steps, 1)
	return formula(func(c *calc, k int, u *G.Node) *G.Node {
		return c.advance(f, k, u, term(c.apply(s.G, u), 1))
	}), plan.err
}
