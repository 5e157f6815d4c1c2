package sample

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/model/objective"
)

// anywhere is the sampler of models that start from any state. An encoder that
// sees whole trajectories alone knows initial states and no others: started in
// the middle of a trajectory its model fails without a word. So half of a batch
// begins where the trajectories do, and every other row at any of their times but
// the last that was measured whole.
//
// From its start on a row sees Grid.Points times, drawn anew for each: any of those
// that are left in a share Grid.Random of the cases, else one of each of as many
// equal parts, the last time among them; with Grid.Jumps by how far the state goes
// around each; where there are inputs, those that follow. Where fewer are left it has
// them all.
//
// The weights are those of the configuration in the time since the start, in
// which log-time measures intervals by
//
//	ln((τ_{n+1} + τ_1)/(τ_n + τ_1)),  τ_0 = 0,
//
// so that t = 0 is a start like others. Their sum is that of uniform weights over
// Grid.Points times: all rows count alike.
type anywhere struct {
	Sampling
	order  shuffled // of the trajectories
	points int
	starts [][]int     // of each trajectory, the first one aside
	moves  [][]float64 // of each trajectory, around its times
}

func newAnywhere(s Sampling) (Sampler, error) {
	if s.Phase.windows() || s.Phase.Velocities > 0 {
		return nil, dataError("got windows or velocities, want none with the sampler %s, whose samples are trajectories from any time on", Anywhere)
	}
	a := &anywhere{Sampling: s, points: s.Grid.Points, order: shuffled{Sampling: s}}
	if err := a.order.cut(); err != nil {
		return nil, err
	}
	if a.points == 0 || a.points > a.order.longest {
		a.points = a.order.longest
	}
	for i := range s.Trajectories {
		t, starts := &s.Trajectories[i], []int{}
		for k := 1; k < len(t.Times)-1; k++ {
			if t.Whole(k) {
				starts = append(starts, k)
			}
		}
		a.starts = append(a.starts, starts)
		if s.Grid.Jumps > 0 {
			a.moves = append(a.moves, t.moves())
		}
	}
	_, err := objective.Weights(s.Weighting, []float64{1, 2})
	return a, err
}

func (a *anywhere) Shape() (rows, times int) { return a.order.batch, a.points }

func (a *anywhere) Epoch() int { return a.order.Epoch() }

// Batch implements Sampler.
func (a *anywhere) Batch(iteration int) objective.Batch {
	rng := a.Grid.generator(a.Seed, a.Stream, iteration)
	samples := a.order.draw(iteration)
	pieces := make([]Piece, a.order.batch)
	for r := range pieces {
		sample := r
		if samples != nil {
			sample = samples[r]
		}
		i, start := a.order.samples[sample].Trajectory, 0
		if from := a.starts[i]; (r+iteration)%2 == 1 && len(from) > 0 {
			start = from[rng.IntN(len(from))]
		}
		pieces[r] = a.piece(rng, i, start)
	}
	return a.join(pieces)
}

// piece is a row from start on of trajectory i.
func (a *anywhere) piece(rng *rand.Rand, i, start int) Piece {
	if t := &a.Trajectories[i]; a.moves != nil && len(t.inputs) == 0 && a.points < len(t.Times)-start {
		times, chances := a.Grid.byJumps(rng, start, a.moves[i][start+1:])
		return Piece{i, times, chances}
	}
	return Piece{i, a.times(rng, i, start), nil}
}

// times returns the indices of a row's times, from start on, of those of trajectory i.
func (a *anywhere) times(rng *rand.Rand, i, start int) []int {
	t, g := &a.Trajectories[i], a.Grid
	total := len(t.Times)
	if len(t.inputs) > 0 { // which are linear between neighbouring times alone
		total, g = min(total, start+a.points), Grid{}
	}
	return g.spread(rng, start, total)
}

// join makes a batch of pieces, with the weights of this sampler.
func (a *anywhere) join(pieces []Piece) objective.Batch {
	b, _ := a.Sampling.join(pieces, a.points, a.weights) // the weighting is known
	return b
}

// weights are those of the times of a piece in a batch's loss, for component i.
// Where it was not measured it has none.
func (a *anywhere) weights(p Piece, i int) ([]float64, error) {
	t, w := &a.Trajectories[p.Trajectory], make([]float64, len(p.Times))
	measured := t.measured(p, i)
	if len(measured) < 2 {
		return w, nil
	}
	since := pick(pick(t.Times, p.Times), measured)
	floats.AddConst(-t.Times[p.Times[0]], since)
	at := slices.Clone(since)
	if a.Weighting == objective.WeightLogTime {
		floats.AddConst(since[1], at)
	}
	of, err := objective.Weights(a.Weighting, at)
	if err != nil {
		return nil, err
	}
	a.Phase.weigh(of, since)
	if p.chances != nil {
		for n, k := range measured {
			of[n] = 1 / p.chances[k]
		}
	}
	if sum := floats.Sum(of); sum > 0 {
		floats.Scale(t.Weight*float64(a.points-1)/(sum*float64(a.order.batch)), of)
	}
	for n, k := range measured {
		w[k] = of[n]
	}
	return w, nil
}

// Whole implements Sampler: the trajectories from their beginnings and from the
// middle of their times on, as many as fill batches, at most evaluatedBatches.
func (a *anywhere) Whole() []objective.Batch {
	var whole []objective.Batch
	for k := range min(a.Epoch(), evaluatedBatches/2) {
		for part := range 2 {
			pieces := make([]Piece, a.order.batch)
			for r := range pieces {
				i := a.order.samples[k*a.order.batch+r].Trajectory
				start := 0
				if from := a.starts[i]; part == 1 && len(from) > 0 {
					start = from[len(from)/2]
				}
				pieces[r] = Piece{i, a.times(nil, i, start), nil}
			}
			whole = append(whole, a.join(pieces))
		}
	}
	return whole
}
