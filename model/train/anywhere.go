package train

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/model/objective"
)

const anywhereName = "anywhere"

func init() { RegisterSampler(anywhereName, newAnywhere) }

// anywhere is the sampler of models that start from any state. An encoder that
// sees whole trajectories alone knows initial states and no others: started in
// the middle of a trajectory its model fails without a word. So half of a batch
// begins where the trajectories do, and every other row at any of their times but
// the last that was measured whole.
//
// From its start on a row sees Grid.Points times, drawn anew for each: any of those
// that are left in a share Grid.Random of the cases, else one of each of as many
// equal parts, the last time among them; where there are inputs, those that follow.
// Where fewer are left it has them all.
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
	starts [][]int // of each trajectory, the first one aside
}

func newAnywhere(s Sampling) (Sampler, error) {
	if s.Phase.windows() {
		return nil, dataError("got windows, want none with the sampler %s, whose samples are trajectories from any time on", anywhereName)
	}
	a := &anywhere{Sampling: s, points: s.Grid.Points, order: shuffled{Sampling: s}}
	if err := a.order.cut(); err != nil {
		return nil, err
	}
	if a.points == 0 || a.points > a.order.longest {
		a.points = a.order.longest
	}
	all := len(a.order.samples)
	if a.order.batch = s.Phase.Batch; a.order.batch == 0 {
		a.order.batch = all
	}
	if a.order.batch > all {
		return nil, dataError("batch is %d, want at most the %d samples there are", a.order.batch, all)
	}
	for i := range s.Trajectories {
		t, starts := &s.Trajectories[i], []int{}
		for k := 1; k < len(t.Times)-1; k++ {
			if t.Whole(k) {
				starts = append(starts, k)
			}
		}
		a.starts = append(a.starts, starts)
	}
	_, err := objective.Weights(s.Weighting, []float64{1, 2})
	return a, err
}

func (a *anywhere) Shape() (rows, times int) { return a.order.batch, a.points }

func (a *anywhere) Epoch() int { return a.order.Epoch() }

// Batch implements Sampler.
func (a *anywhere) Batch(iteration int) objective.Batch {
	rng := rand.New(rand.NewPCG(a.Seed, 1<<63|a.Stream<<48|uint64(iteration)))
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
		pieces[r] = Piece{i, a.spread(start, len(a.Trajectories[i].Times), rng)}
	}
	return a.join(pieces)
}

// spread returns the indices of a row's times, from start on, of so many times.
// Without a generator they are evenly spaced.
func (a *anywhere) spread(start, total int, rng *rand.Rand) []int {
	left := total - 1 - start
	k := min(a.points-1, left)
	times := make([]int, 1, 1+k)
	times[0] = start
	switch {
	case k == left || len(a.Trajectories[0].inputs) > 0: // which are linear between neighbouring times alone
		for i := range k {
			times = append(times, start+1+i)
		}
	case rng != nil && rng.Float64() < a.Grid.Random:
		for _, i := range rng.Perm(left)[:k] {
			times = append(times, start+1+i)
		}
		slices.Sort(times)
	default:
		for i := 1; i <= k; i++ {
			low, high := (i-1)*left/k, i*left/k // a part holds low+1 … high
			if rng != nil && i < k {
				high = low + 1 + rng.IntN(high-low)
			}
			times = append(times, start+high)
		}
	}
	return times
}

// join makes a batch of pieces, with the weights of this sampler.
func (a *anywhere) join(pieces []Piece) objective.Batch {
	b := objective.Batch{Rows: len(pieces), Steps: a.steps(pieces, a.points), State: func(row, time int) []float64 {
		p := &pieces[row]
		return a.Trajectories[p.Trajectory].States[p.Times[min(time, len(p.Times)-1)]]
	}}
	a.know(&b, func(row int) *Piece { return &pieces[row] })
	width := 1 // of the weights of a row
	if slices.ContainsFunc(a.Trajectories, func(t Trajectory) bool { return t.gaps }) {
		width = len(a.Trajectories[0].States[0])
	}
	b.Weights = make([]float64, a.points*b.Rows*width)
	for r, p := range pieces {
		for i := range width {
			for k, w := range a.weights(p, i) {
				b.Weights[(k*b.Rows+r)*width+i] = w
			}
		}
	}
	return b
}

// weights are those of the times of a piece in a batch's loss, for component i.
// Where it was not measured it has none.
func (a *anywhere) weights(p Piece, i int) []float64 {
	t := &a.Trajectories[p.Trajectory]
	since, measured := make([]float64, 0, len(p.Times)), make([]int, 0, len(p.Times))
	for k, at := range p.Times {
		if !t.gaps || !math.IsNaN(t.States[at][i]) {
			since, measured = append(since, t.Times[at]-t.Times[p.Times[0]]), append(measured, k)
		}
	}
	w := make([]float64, len(p.Times))
	if len(measured) < 2 {
		return w
	}
	at := slices.Clone(since)
	if a.Weighting == objective.WeightLogTime {
		floats.AddConst(since[1], at)
	}
	of, _ := objective.Weights(a.Weighting, at) // the weighting is known, and times are above 0
	a.Phase.weigh(of, since)
	if sum := floats.Sum(of); sum > 0 {
		floats.Scale(t.Weight*float64(a.points-1)/(sum*float64(a.order.batch)), of)
	}
	for n, k := range measured {
		w[k] = of[n]
	}
	return w
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
				pieces[r] = Piece{i, a.spread(start, len(a.Trajectories[i].Times), nil)}
			}
			whole = append(whole, a.join(pieces))
		}
	}
	return whole
}
