package sample

import (
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"spnode/model/objective"
)

// evaluatedBatches bounds how many batches of windows make the loss at the end
// of the first stage.
const evaluatedBatches = 20

// shuffled is the sampler of the house: batches without replacement from a
// permutation of all samples for each epoch, at the times of a GridConfig. With a
// window a sample is a part of a trajectory, from any start. The states lie where
// the trajectories do, and are not copied.
type shuffled struct {
	Sampling
	samples []Piece
	times   []float64 // of a sample, if all have the same steps
	plain   bool      // and all states and weights are there and the same
	longest int       // times of a sample
	batch   int
	stride  int             // of the regular grid in the times of a sample
	regular []int           // that grid, if all have the same steps
	drawn   bool            // every iteration has times of its own
	all     objective.Batch // the first samples on the regular grid

	starts *Starts // nil: samples begin with what was measured

	order []int // of the samples in the epoch
	epoch int
}

func newShuffled(s Sampling) (Sampler, error) {
	if s.Phase.Velocities > 0 {
		var err error
		if s.Trajectories, err = velocities(s.Trajectories, s.Phase.Velocities); err != nil {
			return nil, err
		}
		s.Grid = Grid{}
	}
	sh := &shuffled{Sampling: s}
	if err := sh.cut(); err != nil {
		return nil, err
	}
	if s.Grid.Points > 0 && len(s.Trajectories[0].inputs) > 0 {
		return nil, dataError("grid.points is %d, but between neighbouring times alone are the inputs linear, want 0; or try the sampler %s", s.Grid.Points, Anywhere)
	}
	var err error
	if sh.times != nil {
		if sh.stride, err = s.Grid.stride(sh.longest); err != nil {
			return nil, err
		}
		sh.regular = s.Grid.regular(sh.longest, sh.stride)
		sh.drawn = sh.stride > 1
	} else if k := s.Grid.Points; k > 0 {
		sh.drawn, sh.longest = true, min(k, sh.longest)
	}
	for i := range s.Trajectories { // those of one are a fault of all batches with it
		if _, err := s.weights(Piece{i, []int{0, 1}, nil}, 0, 1); err != nil {
			return nil, err
		}
	}
	if s.Shooting != nil {
		sh.starts = newStarts(sh)
	}
	sh.all, err = sh.on(nil, nil)
	return sh, err
}

// cut makes the samples, whole trajectories or windows, and says how many are a batch.
func (s *shuffled) cut() error {
	indices := make([]int, 0)
	for i := range s.Trajectories {
		t := &s.Trajectories[i]
		for len(indices) < len(t.Times) {
			indices = append(indices, len(indices))
		}
		if k := slices.IndexFunc(t.States[0], math.IsNaN); k >= 0 && !s.Phase.windows() && s.Shooting == nil {
			return dataError("component %d of %s is missing at its first time, %g, want the whole state there, from which the model starts; try windows, or Config.Shooting, which estimates it", k, t.Name, t.Times[0])
		}
		next := 0 // where the next window of a shooting begins
		for first := range t.Times {
			last := s.Phase.end(t.Times, first)
			if s.Shooting != nil { // one window after the other
				if first != next {
					continue
				}
				if last == first {
					last = len(t.Times) - 1 // what is left
				}
				next = last
			}
			if last > first && (t.Whole(first) || s.Shooting != nil) {
				s.samples = append(s.samples, Piece{i, indices[first : last+1], nil})
				s.longest = max(s.longest, last+1-first)
			}
			if !s.Phase.windows() {
				break
			}
		}
	}
	if len(s.samples) == 0 {
		return dataError("windows: no trajectory has one that begins where all was measured, want some")
	}
	if k := s.Phase.Window; k >= s.longest {
		return dataError("window is %d steps, want at most the %d that a trajectory has", k, len(indices)-1)
	}
	if s.batch = cmp.Or(s.Phase.Batch, len(s.samples)); s.batch > len(s.samples) {
		return dataError("batch is %d, want at most the %d samples there are", s.batch, len(s.samples))
	}
	if s.Shooting != nil {
		return nil // every sample has its own end
	}
	shared := oneGrid(s.Trajectories)
	switch all := s.Trajectories[0].Times; {
	case !shared:
	case !s.Phase.windows():
		s.times = all
	case s.Phase.Window > 0:
		s.times = uniform(all, s.Phase.Window)
	}
	s.plain = s.times != nil && !slices.ContainsFunc(s.Trajectories, func(t Trajectory) bool { return t.gaps || t.Weight != 1 })
	return nil
}

// uniform returns the times of windows of k steps, from 0, if the grid is uniform
// to a millionth of its step.
func uniform(all []float64, k int) []float64 {
	steps := len(all) - 1
	dt := (all[steps] - all[0]) / float64(steps)
	for i := range steps {
		if !(math.Abs(all[i+1]-all[i]-dt) <= 1e-6*dt) {
			return nil
		}
	}
	// To so many bits that the times are exact and their steps the same: then
	// step.Propagators forms one for all.
	fraction, exponent := math.Frexp(dt)
	digits := 53 - bits.Len(uint(k))
	dt = math.Ldexp(math.Round(math.Ldexp(fraction, digits)), exponent-digits)
	times := make([]float64, k+1)
	for i := range times {
		times[i] = float64(i) * dt
	}
	return times
}

// on is the batch of samples, nil for the first ones, at times that are drawn or,
// without a generator, regular.
func (s *shuffled) on(rng *rand.Rand, samples []int) (b objective.Batch, err error) {
	switch {
	case s.plain && rng == nil && s.all.State != nil:
		b = s.all
		s.see(&b, s.piece(samples), s.regular)
		return b, nil
	case s.starts != nil:
		return s.starts.join(samples)
	case s.times == nil:
		pieces := s.pieces(samples)
		for r, p := range pieces {
			pieces[r].Times = pick(p.Times, s.Grid.spread(rng, 0, len(p.Times)))
		}
		return s.Join(pieces, s.longest)
	}
	grid := s.regular
	if rng != nil {
		grid = s.Grid.draw(rng, s.longest, s.stride)
	}
	times := pick(s.times, grid)
	if s.plain {
		b.Rows = s.batch
		b.Weights, err = s.Weights(times, s.batch)
		s.see(&b, s.piece(samples), grid)
	} else {
		pieces := s.pieces(samples)
		for r, p := range pieces {
			pieces[r].Times = pick(p.Times, grid)
		}
		b, err = s.Join(pieces, len(grid))
	}
	b.Steps = Steps(times)
	return b, err
}

// piece finds the samples of the rows of a batch.
func (s *shuffled) piece(samples []int) func(row int) *Piece {
	return func(row int) *Piece {
		if samples != nil {
			row = samples[row]
		}
		return &s.samples[row]
	}
}

// pieces are the samples of a batch.
func (s *shuffled) pieces(samples []int) []Piece {
	pieces, piece := make([]Piece, s.batch), s.piece(samples)
	for r := range pieces {
		pieces[r] = *piece(r)
	}
	return pieces
}

func (s *shuffled) Shape() (rows, times int) {
	switch {
	case s.starts != nil: // where a window ends, and the next one begins
		return s.batch, s.longest + 1
	case s.times == nil:
		return s.batch, s.longest
	}
	return s.batch, len(s.regular)
}

func (s *shuffled) Epoch() int { return len(s.samples) / s.batch }

// Batch implements Sampler.
func (s *shuffled) Batch(iteration int) objective.Batch {
	if s.Phase.Batch == 0 && !s.drawn {
		return s.all
	}
	var rng *rand.Rand
	if s.drawn {
		rng = s.Grid.generator(s.Seed, s.Stream, iteration)
	}
	b, _ := s.on(rng, s.draw(iteration)) // the weighting suits all trajectories
	return b
}

// draw returns the samples of an iteration: those of its place in a permutation
// that belongs to its epoch.
func (s *shuffled) draw(iteration int) []int {
	if s.Phase.Batch == 0 {
		return nil
	}
	perEpoch := s.Epoch()
	if epoch := iteration / perEpoch; s.order == nil || epoch != s.epoch {
		s.epoch, s.order = epoch, rand.New(rand.NewPCG(s.Seed, s.Stream<<48|uint64(epoch))).Perm(len(s.samples))
	}
	at := iteration % perEpoch * s.batch
	return s.order[at : at+s.batch]
}

// Whole implements Sampler: as many samples as fill batches, in their order; of
// windows, which overlap, at most evaluatedBatches, evenly spaced.
func (s *shuffled) Whole() []objective.Batch {
	if s.Phase.Batch == 0 {
		return []objective.Batch{s.all}
	}
	samples := s.evaluated()
	whole := make([]objective.Batch, len(samples)/s.batch)
	for k := range whole {
		whole[k], _ = s.on(nil, samples[k*s.batch:][:s.batch])
	}
	return whole
}

func (s *shuffled) evaluated() []int {
	batches := s.Epoch()
	if s.Phase.windows() {
		batches = min(batches, evaluatedBatches)
	}
	samples := make([]int, batches*s.batch)
	for i := range samples {
		samples[i] = i
		if s.Phase.windows() {
			samples[i] = i * len(s.samples) / len(samples)
		}
	}
	return samples
}
