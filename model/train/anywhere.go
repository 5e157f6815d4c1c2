package train

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
)

const anywhereName = "anywhere"

func init() { RegisterSampler(anywhereName, newAnywhere) }

// anywhere is the sampler of models that start from any state. An encoder that
// sees whole trajectories alone knows initial states and no others: started in
// the middle of a trajectory its model fails without a word. So half of the
// iterations begin where the trajectories do, and half of them later: at one
// index for all rows or, where the steps of the data are equal, at one for each.
//
// From the start on an iteration sees Grid.Points times, drawn anew: any of those
// that are left in a share Grid.Random of the iterations, else one of each of as
// many equal parts, the last time among them. Where fewer are left, steps of
// length 0 and weight 0 fill the batch.
//
// The weights are those of the configuration in the time since the start, in
// which log-time measures intervals by
//
//	ln((τ_{n+1} + τ_1)/(τ_n + τ_1)),  τ_0 = 0,
//
// and their sum is that of uniform weights, so that iterations count alike.
type anywhere struct {
	Sampling
	samples shuffled // the order of the trajectories
	times   []float64
	uniform bool
	points  int
	all     model.Batch
}

// startsLater is the share of iterations that begin in the middle.
const startsLater = 0.5

func newAnywhere(s Sampling) (Sampler, error) {
	if s.Phase.Window > 0 {
		return nil, dataError("window is %d steps, want 0 with the sampler %s, whose samples are trajectories from any time on", s.Phase.Window, anywhereName)
	}
	a := &anywhere{Sampling: s, times: s.Trajectories[0].Times, points: s.Grid.Points}
	if a.points == 0 {
		a.points = len(a.times)
	}
	if a.points > len(a.times) {
		return nil, dataError("grid: %d points from %d times, want at most as many", a.points, len(a.times))
	}
	a.samples = shuffled{Sampling: s, starts: 1, samples: len(s.Trajectories), batch: s.Phase.Batch}
	if a.samples.batch == 0 {
		a.samples.batch = a.samples.samples
	}
	if a.samples.batch > a.samples.samples {
		return nil, dataError("batch is %d, want at most the %d samples there are", a.samples.batch, a.samples.samples)
	}
	if dt, ok := uniformStep(a.times); ok {
		a.uniform = true
		a.times = multiples(dt, len(a.times))
	}
	var err error
	a.all, err = a.batch(0, a.spread(len(a.times)-1, nil))
	return a, err
}

func (a *anywhere) Shape() (rows, times int) { return a.samples.batch, a.points }

func (a *anywhere) Epoch() int { return a.samples.Epoch() }

// Batch implements Sampler.
func (a *anywhere) Batch(iteration int) model.Batch {
	rng := rand.New(rand.NewPCG(a.Seed, 1<<63|a.Stream<<48|uint64(iteration)))
	last := len(a.times) - 1
	start, length := 0, last
	if rng.Float64() < startsLater && last > 1 {
		start = 1 + rng.IntN(last-1)
		length = last - start
	}
	offsets := a.spread(length, rng)
	b, _ := a.batch(start, offsets) // the weighting is known
	var begin []int
	if a.uniform && start > 0 { // the same steps from other starts
		begin = make([]int, b.Rows)
		for i := range begin {
			begin[i] = rng.IntN(start + 1)
		}
	}
	samples := a.samples.draw(iteration)
	b.State = func(row, time int) []float64 {
		at := start
		if begin != nil {
			at = begin[row]
		}
		if samples != nil {
			row = samples[row]
		}
		return a.Trajectories[row].States[at+offsets[time]]
	}
	return b
}

// spread returns the indices after a start of the times of a batch, 0 first, of
// which so many are left; the last one fills what is too much. Without a generator
// they are evenly spaced.
func (a *anywhere) spread(left int, rng *rand.Rand) []int {
	offsets := make([]int, 1, a.points)
	k := min(a.points-1, left)
	switch {
	case k == left:
		for i := range k {
			offsets = append(offsets, 1+i)
		}
	case rng != nil && rng.Float64() < a.Grid.Random:
		for _, i := range rng.Perm(left)[:k] {
			offsets = append(offsets, 1+i)
		}
		slices.Sort(offsets)
	default:
		for i := 1; i <= k; i++ {
			low, high := (i-1)*left/k, i*left/k // a part holds low+1 … high
			if rng != nil && i < k {
				high = low + 1 + rng.IntN(high-low)
			}
			offsets = append(offsets, high)
		}
	}
	for len(offsets) < a.points {
		offsets = append(offsets, left)
	}
	return offsets
}

// batch is that of the first trajectories from a start on.
func (a *anywhere) batch(start int, offsets []int) (model.Batch, error) {
	elapsed := make([]float64, len(offsets))
	for k, i := range offsets {
		elapsed[k] = a.times[start+i] - a.times[start]
	}
	b := model.Batch{Rows: a.samples.batch, Steps: Steps(elapsed)}
	b.State = func(row, time int) []float64 { return a.Trajectories[row].States[start+offsets[time]] }
	var err error
	b.Weights, err = a.weights(elapsed)
	return b, err
}

// weights are those of times since a start, of which the last may be repeated.
func (a *anywhere) weights(elapsed []float64) ([]float64, error) {
	kept := elapsed
	for len(kept) > 2 && kept[len(kept)-1] == kept[len(kept)-2] {
		kept = kept[:len(kept)-1]
	}
	at := kept
	if a.Weighting == model.WeightLogTime {
		at = slices.Clone(kept)
		floats.AddConst(kept[1], at)
	}
	w, err := model.LossWeights(a.Weighting, at)
	if err != nil {
		return nil, err
	}
	a.Phase.weigh(w, kept)
	floats.Scale(float64(a.points-1)/(floats.Sum(w)*float64(a.samples.batch)), w)
	return append(w, make([]float64, len(elapsed)-len(kept))...), nil
}

// Whole implements Sampler: the trajectories from their beginnings and from the
// middle of their times on, as many as fill batches, at most evaluatedBatches.
func (a *anywhere) Whole() []model.Batch {
	last := len(a.times) - 1
	starts := []int{0}
	if last > 1 {
		starts = append(starts, last/2)
	}
	var whole []model.Batch
	for k := range min(a.Epoch(), evaluatedBatches/len(starts)) {
		for _, start := range starts {
			offsets := a.spread(last-start, nil)
			b, _ := a.batch(start, offsets) // the weighting is known
			b.State = func(row, time int) []float64 {
				return a.Trajectories[k*a.samples.batch+row].States[start+offsets[time]]
			}
			whole = append(whole, b)
		}
	}
	return whole
}

// uniformStep is the step of a grid, if it is uniform to a millionth of it.
func uniformStep(times []float64) (float64, bool) {
	steps := len(times) - 1
	dt := (times[steps] - times[0]) / float64(steps)
	for i := range steps {
		if !(math.Abs(times[i+1]-times[i]-dt) <= 1e-6*dt) {
			return dt, false
		}
	}
	return dt, true
}
