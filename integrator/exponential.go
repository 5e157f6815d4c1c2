package integrator

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

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
		return func(k int, u *G.Node) (*G.Node, error) {
			g, err := s.G(u)
			if err != nil {
				return nil, err
			}
			h, err := ops.Row(steps, k)
			if err != nil {
				return nil, err
			}
			return ops.Expmv(s.A, u, g, h, 0)
		}, nil
	}
	p, err := ops.Propagators(s.A, steps, 1, 0)
	if err != nil {
		return nil, err
	}
	return func(k int, u *G.Node) (*G.Node, error) {
		g, err := s.G(u)
		if err != nil {
			return nil, err
		}
		return ops.Propagate(p, k, u, ops.Term{Coef: []float64{1}, G: g})
	}, nil
}

// etd2rk is the second-order exponential Runge–Kutta method of Cox and
// Matthews, J. Comput. Phys. 176 (2002), eq. (22),
//
//	a = e^{hA}u + hφ_1 g(u),  u⁺ = a + hφ_2 (g(a) − g(u)).
type etd2rk struct{}

func (etd2rk) Name() string { return "etd2rk" }
func (etd2rk) Order() int   { return 2 }

func (etd2rk) Plan(s System, steps *G.Node) (Stepper, error) {
	p, err := ops.Propagators(s.A, steps, 2, 0)
	if err != nil {
		return nil, err
	}
	return func(k int, u *G.Node) (*G.Node, error) {
		g, err := s.G(u)
		if err != nil {
			return nil, err
		}
		a, err := ops.Propagate(p, k, u, ops.Term{Coef: []float64{1}, G: g})
		if err != nil {
			return nil, err
		}
		ga, err := s.G(a)
		if err != nil {
			return nil, err
		}
		return ops.Propagate(p, k, u,
			ops.Term{Coef: []float64{1, -1}, G: g}, ops.Term{Coef: []float64{0, 1}, G: ga})
	}, nil
}

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
	half, err := ops.Scale(steps, 0.5)
	if err != nil {
		return nil, err
	}
	p, err := ops.Propagators(s.A, steps, 3, 0)
	if err != nil {
		return nil, err
	}
	q, err := ops.Propagators(s.A, half, 1, 0)
	if err != nil {
		return nil, err
	}
	return func(k int, u *G.Node) (*G.Node, error) {
		var calc ops.Calc
		g := func(u *G.Node) *G.Node { return calc.Apply(s.G, u) }
		stage := func(u *G.Node, terms ...ops.Term) *G.Node { return calc.Propagate(q, k, u, terms...) }
		gu := g(u)
		a := stage(u, ops.Term{Coef: []float64{1}, G: gu})
		ga := g(a)
		b := stage(u, ops.Term{Coef: []float64{1}, G: ga})
		gb := g(b)
		c := stage(a, ops.Term{Coef: []float64{2}, G: gb}, ops.Term{Coef: []float64{-1}, G: gu})
		y := calc.Propagate(p, k, u,
			ops.Term{Coef: []float64{1, -3, 4}, G: gu},
			ops.Term{Coef: []float64{0, 2, -4}, G: ga},
			ops.Term{Coef: []float64{0, 2, -4}, G: gb},
			ops.Term{Coef: []float64{0, -1, 4}, G: g(c)})
		return y, calc.Err("etdrk4")
	}, nil
}
