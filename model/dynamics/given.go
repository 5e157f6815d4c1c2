package dynamics

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"spnode/model/param"
	"spnode/ops/graph"
)

// Given are the nodes of what is given of the rows of a batch beside their states.
type Given struct {
	Parameters    *G.Node // (batch, P), scaled; nil: none
	Begin, Change G.Nodes // of the inputs at the beginning of each interval and over it, (batch, q), scaled

	p     graph.Buffer // the same before they are scaled
	w, dw []graph.Buffer
}

// SetParameters sets those of the rows from one on, before they are scaled.
func (k Given) SetParameters(row int, p []float64) {
	k.p.Set(row*k.Parameters.Shape()[1], p)
}

// SetInputs sets the inputs of the rows from one on at the beginning of an interval, and
// by how much they change over it, before they are scaled.
func (k Given) SetInputs(row, interval int, begin, change []float64) {
	q := k.Begin[interval].Shape()[1]
	k.w[interval].Set(row*q, begin)
	k.dw[interval].Set(row*q, change)
}

// Given adds to a graph what is given of a batch over some intervals.
func (s *System) Given(g *param.Graph, batch, intervals int) (k Given, err error) {
	if n := len(s.Parameters.Names); n > 0 {
		k.Parameters, k.p = g.Input("p", batch, n)
		if k.Parameters, err = s.Parameters.scaling().Node(k.Parameters); err != nil {
			return k, err
		}
		if !s.Parameters.TimeOnly {
			g.P = k.Parameters
		}
	}
	q := len(s.Inputs.Names)
	if q == 0 {
		return k, nil
	}
	scaling := s.Inputs.scaling()
	change := scaling
	if change.Offset != nil {
		change.Offset = make([]float64, q)
	}
	for i := range intervals { // names of their own: Gorgonia takes nodes of one name for one
		w, data := g.Input(fmt.Sprintf("w/%d", i), batch, q)
		if w, err = scaling.Node(w); err != nil {
			return k, err
		}
		dw, changes := g.Input(fmt.Sprintf("dw/%d", i), batch, q)
		if dw, err = change.Node(dw); err != nil {
			return k, err
		}
		k.Begin, k.w = append(k.Begin, w), append(k.w, data)
		k.Change, k.dw = append(k.Change, dw), append(k.dw, changes)
	}
	return k, nil
}
