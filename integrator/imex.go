package integrator

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops/step"
)

// imexEuler is the implicit-explicit Euler method, implicit in the linear part,
//
//	(I − hA)u⁺ = u + h g(u),
//
// the paper's rival; see Ascher, Ruuth and Wetton, SIAM J. Numer. Anal. 32
// (1995). It damps every Hurwitz A at any step, but replaces e^{hA} by
// (I − hA)⁻¹, which a model trained at one step learns to compensate.
type imexEuler struct{}

func (imexEuler) Name() string { return "imex" }
func (imexEuler) Order() int   { return 1 }

func (imexEuler) Plan(s System, steps *G.Node) (Stepper, error) {
	solves, err := step.NewShifted(s.A)
	return formula(func(c *calc, k int, u *G.Node) *G.Node {
		h := c.row(steps, k)
		r := c.combine(u, h, []float64{1}, c.apply(s.G, u))
		return c.do(func() (*G.Node, error) { return solves.Solve(r, h) })
	}), err
}
