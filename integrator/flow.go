package integrator

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops/step"
)

// flow makes the exponential steps over the intervals of a grid, in the form that
// takes the fewest products:
//
//   - Where the batch shares the steps it is the propagators e^{hA} and hφ_j(hA)
//     of each interval, formed once for all rows: some 10 + (1+p)log₂‖hA‖ products of
//     matrices for an interval, and 1+p with each row.
//   - Where each trajectory has its own it is the ladder: some 10 products of a
//     matrix with each row, and (1+p)/3 for each doubling of ‖hA‖. Propagators
//     would take as many products of matrices for each row as for an interval
//     above, and are slower already for a batch of two.
//
// The paper's series, step.Expmv, takes several ‖hA‖ products with each row. Its place
// is where A is known by its products alone, which a System does not have.
type flow struct {
	propagators *G.Node
	ladder      *step.Ladder
	part        float64 // of an interval
}

// flow plans the flow by A over the steps, with φ_1, …, φ_p.
func (c *calc) flow(a, steps *G.Node, p int) flow {
	f := flow{part: 1}
	if steps.Shape()[1] == 1 {
		f.propagators = c.do(func() (*G.Node, error) { return step.Propagators(a, steps, p, 0) })
	} else if c.err == nil {
		f.ladder, c.err = step.NewLadder(a, steps, p, 0)
	}
	return f
}

// halfFlow plans that over the first halves of the intervals of f, whose ladder it
// shares.
func (c *calc) halfFlow(f flow, a, steps *G.Node, p int) flow {
	if steps.Shape()[1] == 1 {
		return c.flow(a, c.scale(steps, 0.5), p)
	}
	return flow{ladder: f.ladder, part: 0.5}
}

// advance is e^{hA}u and the terms over interval k.
func (c *calc) advance(f flow, k int, u *G.Node, terms ...step.Term) *G.Node {
	return c.do(func() (*G.Node, error) {
		if f.ladder != nil {
			return f.ladder.Step(k, f.part, u, terms...)
		}
		return step.Propagate(f.propagators, k, u, terms...)
	})
}
