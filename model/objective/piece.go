package objective

import (
	G "gorgonia.org/gorgonia"

	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/graph"
)

// A graph has no more than mostSteps steps of the integrator. A longer trajectory is
// taken in pieces of about pieceSteps, which share a graph: forward over all of them,
// of which the states between are kept, and then from the last to the first once more,
// each with its gradient, to which that by its last state comes from the piece after.
// That costs the steps, not the decoder, a second time.
const (
	mostSteps  = 512
	pieceSteps = 128
)

// place is where a block lies in a trajectory.
type place int

const (
	whole place = iota
	first       // with the encoder
	later       // from a latent state
)

// intervalsOfPiece is how many intervals of so many, each of some substeps, make a piece;
// all of them if the graph may have them.
func intervalsOfPiece(intervals, substeps int) int {
	if intervals*substeps <= mostSteps {
		return intervals
	}
	most := max(1, pieceSteps/substeps)
	pieces := (intervals + most - 1) / most
	return (intervals + pieces - 1) / pieces
}

// piece is what a block has beside if it is one of a trajectory.
type piece struct {
	begin, byBegin graph.Buffer // the latent state that it begins with, and the gradient by that; none in the first
	end, byEnd     graph.Buffer // the same at its end
	ahead          *graph.Split // which evaluates end alone
}

// join adds to a cost what comes after the state end, by its gradient.
func (p *piece) join(g *param.Graph, cost, end *G.Node) (joined *G.Node, err error) {
	var lambda *G.Node
	lambda, p.byEnd = g.Input("lambda", end.Shape()...)
	return ops.Continued(cost, end, lambda)
}

func (p *piece) compile(varying G.Nodes, end *G.Node) (err error) {
	if p.ahead, err = graph.CompileSplit(varying, end); err == nil {
		p.end = p.ahead.Each.Data(end)
	}
	return err
}

// inPieces is block.evaluate for the rows from lo on of a trajectory in pieces.
func (o *Objective) inPieces(b Batch, f form, lo int) (loss float64, err error) {
	of, size := o.of, f.rows*o.m.Config().LatentDim()
	last := (o.times - 2) / of * of
	states := make([]float64, (last/of+1)*size) // with which the pieces begin
	pieceOf := func(k0 int) (*block, []float64, error) {
		f.place, f.intervals = later, min(of, o.times-1-k0)
		if k0 == 0 {
			f.place = first
		}
		k, err := o.block(f)
		return k, states[k0/of*size:], err
	}
	for k0 := 0; k0 < last; k0 += of {
		k, u, err := pieceOf(k0)
		if err != nil {
			return 0, err
		}
		k.piece.begin.Set(0, u[:k.piece.begin.Len()])
		if err := k.load(b, lo, k0); err != nil {
			return 0, err
		}
		if err := k.begin(); err != nil {
			return 0, err
		}
		if err := k.piece.ahead.Each.Run(); err != nil {
			return 0, err
		}
		k.piece.end.Get(u[size:])
	}
	lambda := make([]float64, size)
	for k0 := last; k0 >= 0; k0 -= of {
		k, u, err := pieceOf(k0)
		if err != nil {
			return 0, err
		}
		k.piece.begin.Set(0, u[:k.piece.begin.Len()])
		k.piece.byEnd.Set(0, lambda)
		part, err := k.evaluate(b, lo, k0)
		if err != nil {
			return 0, err
		}
		loss += part
		k.piece.byBegin.Get(lambda)
	}
	return loss, nil
}
