package train

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/model/objective"
)

// Piece is a part of a trajectory: its states at some of its times, by their
// indices, which increase.
type Piece struct {
	Trajectory int
	Times      []int
}

// Join makes a batch of pieces, at the given number of times, at least as many as
// any of them has. A row has the steps between the times of its piece and, as far
// as these do not reach, steps of 0 at whose ends nothing is weighed; if all pieces
// have the same steps and fill them, the batch shares them. The weights are those of
// Weights over the times of a piece, times that of its trajectory and, where there
// are gaps, for each component over the times at which it was measured. The error
// is model.ErrConfig for times that the weighting does not suit.
func (s Sampling) Join(pieces []Piece, times int) (objective.Batch, error) {
	rows := len(pieces)
	b := objective.Batch{Rows: rows, Steps: s.steps(pieces, times), State: func(row, time int) []float64 {
		p := &pieces[row]
		return s.Trajectories[p.Trajectory].States[p.Times[min(time, len(p.Times)-1)]]
	}}
	for _, p := range pieces {
		if t := &s.Trajectories[p.Trajectory]; len(t.inputs) > 0 && p.Times[len(p.Times)-1]-p.Times[0] >= len(p.Times) {
			return b, dataError("a piece of %s leaves out times, over which the inputs are not linear; want consecutive ones", t.Name)
		}
	}
	s.know(&b, func(row int) *Piece { return &pieces[row] })
	width := 1 // of the weights of a row
	if slices.ContainsFunc(s.Trajectories, func(t Trajectory) bool { return t.gaps }) {
		width = len(s.Trajectories[0].States[0])
	}
	b.Weights = make([]float64, times*rows*width)
	for r, p := range pieces {
		for i := range width {
			w, err := s.weights(p, i, rows)
			if err != nil {
				return b, err
			}
			for k, v := range w {
				b.Weights[(k*rows+r)*width+i] = v
			}
		}
	}
	return b, nil
}

// know adds to a batch what is known of its pieces beside their states.
func (s Sampling) know(b *objective.Batch, piece func(row int) *Piece) {
	if len(s.Trajectories[0].Parameters) > 0 {
		b.Parameters = func(row int) []float64 { return s.Trajectories[piece(row).Trajectory].Parameters }
	}
	if len(s.Trajectories[0].inputs) > 0 {
		b.Inputs = func(row, interval int) (begin, change []float64) {
			p := piece(row)
			of := s.Trajectories[p.Trajectory].inputs[p.Times[min(interval, len(p.Times)-2)]]
			return of.begin, of.change
		}
	}
}

// steps are those of pieces at so many times, (times−1) or (times−1, pieces).
func (s Sampling) steps(pieces []Piece, times int) []float64 {
	own, same := make([]float64, (times-1)*len(pieces)), true
	for r, p := range pieces {
		t := s.Trajectories[p.Trajectory].Times
		for k := range times - 1 {
			i := k*len(pieces) + r
			if k+1 < len(p.Times) {
				own[i] = t[p.Times[k+1]] - t[p.Times[k]]
			}
			same = same && own[i] == own[k*len(pieces)] && own[i] > 0
		}
	}
	if !same {
		return own
	}
	steps := make([]float64, times-1)
	for k := range steps {
		steps[k] = own[k*len(pieces)]
	}
	return steps
}

// weights are those of the times of a piece in the mean loss of so many rows, for
// component i. Where it was not measured it has none.
func (s Sampling) weights(p Piece, i, rows int) ([]float64, error) {
	t := &s.Trajectories[p.Trajectory]
	all, measured := make([]float64, 0, len(p.Times)), make([]int, 0, len(p.Times))
	var times []float64
	for k, at := range p.Times {
		all = append(all, t.Times[at])
		if !t.gaps || !math.IsNaN(t.States[at][i]) {
			times, measured = append(times, t.Times[at]), append(measured, k)
		}
	}
	of, err := objective.Weights(s.Weighting, times)
	if err != nil {
		return nil, err
	}
	w := make([]float64, len(p.Times))
	for k, at := range measured {
		w[at] = of[k]
	}
	floats.Scale(t.Weight/float64(rows), w)
	s.Phase.weigh(w, all)
	return w, nil
}
