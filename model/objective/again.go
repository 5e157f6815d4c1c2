package objective

import (
	"slices"

	"gonum.org/v1/gonum/stat"
	G "gorgonia.org/gorgonia"

	"spnode/model"
	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/graph"
)

// again is what a block encodes once more, the states at the second time, for
// Batch.Consistency.
type again struct {
	x       graph.Buffer // (rows, m)
	weights graph.Buffer // (1, rows)
}

// join adds to a cost that of the latent states u at that time.
func (a *again) join(m *model.Model, g *param.Graph, cost, u *G.Node) (*G.Node, error) {
	rows, n := u.Shape()[0], u.Shape()[1]
	var x, weights *G.Node
	x, a.x = g.Input("again", rows, m.Config().Width())
	weights, a.weights = g.Input("again/weights", 1, rows)
	encoded, err := m.Encode(g, x)
	if err != nil {
		return nil, err
	}
	off, err := ops.Minus(u, encoded)
	if err != nil {
		return nil, err
	}
	more, err := ops.SquaredError(off, g.Constant("again/none", make([]float64, rows*n), rows, n), weights, 0)
	if err != nil {
		return nil, err
	}
	return G.Add(cost, more)
}

// load takes the states of the rows from lo on, where they are whole; of weights at the
// second time, (1), (rows) or (rows, m).
func (a *again) load(b Batch, lo, rows int, weights []float64) {
	for r := range rows {
		of := weights
		if each := len(weights) / rows; each > 0 {
			of = weights[r*each:][:each]
		}
		x, w := b.State(lo+r, 1), b.Consistency*stat.Mean(of, nil)
		if slices.Contains(of, 0) { // x may not be known
			x, w = b.State(lo+r, 0), 0
		}
		a.x.Set(r*len(x), x)
		a.weights.Set(r, []float64{w})
	}
}
