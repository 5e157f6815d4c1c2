package integrator

import G "gorgonia.org/gorgonia"

// etd1 is first-order exponential time differencing, eq. (17),
//
//	u⁺ = e^{hA}u + hφ_1(hA)g(u),
//
// also Nørsett–Euler or exponential Euler; see Hochbruck and Ostermann, Acta
// Numerica 19 (2010). It is exact for constant g.
//
// Where the batch shares the steps, the propagators e^{hA} and hφ_1(hA) of the
// grid are formed once: for any batch of at least n rows that takes fewer
// operations, and it is the only form for steps of 1e6 times the fastest time
// scale. Where each trajectory has its own step the exponential is applied
// matrix-free.
type etd1 struct{}

func (etd1) Name() string { return "etd1" }
func (etd1) Order() int   { return 1 }

func (etd1) Plan(s System, steps *G.Node) (Stepper, error) {
	if steps.Shape()[1] != 1 {
		return formula(func(c *calc, k int, u *G.Node) *G.Node {
			return c.expmv(s.A, u, c.apply(s.G, u), c.row(steps, k))
		}), nil
	}
	var plan calc
	p := plan.propagators(s.A, steps, 1)
	return formula(func(c *calc, k int, u *G.Node) *G.Node {
		return c.propagate(p, k, u, term(c.apply(s.G, u), 1))
	}), plan.err
}
