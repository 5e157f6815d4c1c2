package sample

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
	chances    []float64 // of the times to be drawn; nil: all alike
}

// Join makes a batch of pieces, at the given number of times, at least as many as
// any of them has. A row has the steps between the times of its piece and, as far
// as these do not reach, steps of 0 at whose ends nothing is weighed; if all pieces
// have the same steps and fill them, the batch shares them. The weights are those of
// Weights over the times of a piece, times that of its trajectory and, where there
// are gaps, for each component over the times at which it was measured. The error
// is model.ErrConfig for times that the weighting does not suit.
func (s Sampling) Join(pieces []Piece, times int) (objective.Batch, error) {
	for _, p := range pieces {
		if t := &s.Trajectories[p.Trajectory]; len(t.inputs) > 0 && p.Times[len(p.Times)-1]-p.Times[0] >= len(p.Times) {
			return objective.Batch{}, dataError("a piece of %s leaves out times, over which the inputs are not linear; want consecutive ones", t.Name)
		}
	}
	return s.join(pieces, times, func(p Piece, i int) ([]float64, error) { return s.weights(p, i, len(pieces)) })
}

// join is Join with the weights of component i at the times of a piece.
func (s Sampling) join(pieces []Piece, times int, weights func(p Piece, i int) ([]float64, error)) (objective.Batch, error) {
	rows := len(pieces)
	b := objective.Batch{Rows: rows, Steps: s.steps(pieces, times)}
	s.see(&b, func(row int) *Piece { return &pieces[row] }, nil)
	width := 1 // of the weights of a row
	if slices.ContainsFunc(s.Trajectories, func(t Trajectory) bool { return t.gaps }) {
		width = len(s.Trajectories[0].States[0])
	}
	b.Weights = make([]float64, times*rows*width)
	for r, p := range pieces {
		for i := range width {
			w, err := weights(p, i)
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

// see has the rows of a batch be pieces, of whose times they have those of a grid, or
// all if that is nil.
func (s Sampling) see(b *objective.Batch, piece func(row int) *Piece, grid []int) {
	b.State = func(row, time int) []float64 {
		p := piece(row)
		if grid != nil {
			time = grid[time]
		}
		return s.Trajectories[p.Trajectory].States[p.Times[min(time, len(p.Times)-1)]]
	}
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
	all, measured := pick(t.Times, p.Times), t.measured(p, i)
	of, err := objective.Weights(s.Weighting, pick(all, measured))
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

// measured are the numbers of the times of a piece at which component i was measured.
func (t *Trajectory) measured(p Piece, i int) []int {
	measured := make([]int, 0, len(p.Times))
	for k, at := range p.Times {
		if !t.gaps || !math.IsNaN(t.States[at][i]) {
			measured = append(measured, k)
		}
	}
	return measured
}

// pick are the elements of x at some indices.
func pick[T any](x []T, at []int) []T {
	y := make([]T, len(at))
	for k, i := range at {
		y[k] = x[i]
	}
	return y
}
