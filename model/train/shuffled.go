package train

import (
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
	regular []int           // that grid
	all     objective.Batch // the first samples on it

	shoot *shoot // nil: samples begin with what was measured

	order []int // of the samples in the epoch
	epoch int
}

func newShuffled(s Sampling) (Sampler, error) {
	sh := &shuffled{Sampling: s}
	if err := sh.cut(); err != nil {
		return nil, err
	}
	if sh.batch = s.Phase.Batch; sh.batch == 0 {
		sh.batch = len(sh.samples)
	}
	if sh.batch > len(sh.samples) {
		return nil, dataError("batch is %d, want at most the %d samples there are", sh.batch, len(sh.samples))
	}
	if s.Grid.Points > 0 && (sh.times == nil || len(s.Trajectories[0].inputs) > 0) {
		return nil, dataError("grid.points is %d, but the trajectories have times of their own, or inputs, want 0", s.Grid.Points)
	}
	var err error
	if sh.stride, err = s.Grid.stride(sh.longest); err != nil {
		return nil, err
	}
	sh.regular = s.Grid.regular(sh.longest, sh.stride)
	for i := range s.Trajectories { // those of one are a fault of all batches with it
		if _, err := s.weights(Piece{i, []int{0, 1}}, 0, 1); err != nil {
			return nil, err
		}
	}
	if s.Shooting != nil {
		sh.shoot = newShoot(sh)
	}
	sh.all, err = sh.on(sh.regular, nil)
	return sh, err
}

// cut makes the samples: whole trajectories or windows.
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
				s.samples = append(s.samples, Piece{i, indices[first : last+1]})
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
	if k := s.Phase.Window; k+1 > s.longest {
		return dataError("window is %d steps, want at most the %d that a trajectory has", k, len(indices)-1)
	}
	if s.Shooting != nil {
		return nil // every sample has its own end
	}
	s.plain = s.Sampling.shared()
	shared := !slices.ContainsFunc(s.Trajectories, func(t Trajectory) bool { return !sameTimes(t.Times, s.Trajectories[0].Times) })
	switch all := s.Trajectories[0].Times; {
	case !shared:
	case !s.Phase.windows():
		s.times = all
	case s.Phase.Window > 0:
		s.times = uniform(all, s.Phase.Window)
	}
	s.plain = s.plain && s.times != nil
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
	// ops.Propagators forms one for all.
	fraction, exponent := math.Frexp(dt)
	digits := 53 - bits.Len(uint(k))
	dt = math.Ldexp(math.Round(math.Ldexp(fraction, digits)), exponent-digits)
	times := make([]float64, k+1)
	for i := range times {
		times[i] = float64(i) * dt
	}
	return times
}

// on is the batch of samples, nil for the first ones, on a grid, which are indices
// of their times.
func (s *shuffled) on(grid, samples []int) (b objective.Batch, err error) {
	if s.plain && s.all.State != nil && &grid[0] == &s.regular[0] {
		b = s.all
		b.State = s.state(samples, grid)
		s.know(&b, s.piece(samples))
		return b, nil
	}
	if s.shoot != nil {
		return s.shoot.join(samples)
	}
	if s.times == nil {
		return s.Join(s.pieces(samples, nil), s.longest)
	}
	times := make([]float64, len(grid))
	for k, i := range grid {
		times[k] = s.times[i]
	}
	if s.plain {
		b.Rows, b.State = s.batch, s.state(samples, grid)
		b.Weights, err = s.Weights(times, s.batch)
		s.know(&b, s.piece(samples))
	} else {
		b, err = s.Join(s.pieces(samples, grid), len(grid))
	}
	b.Steps = Steps(times)
	return b, err
}

// state finds the states of the rows of a batch.
func (s *shuffled) state(samples, grid []int) func(row, time int) []float64 {
	piece := s.piece(samples)
	return func(row, time int) []float64 {
		p := piece(row)
		return s.Trajectories[p.Trajectory].States[p.Times[grid[time]]]
	}
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

// pieces are the samples of a batch; a nil grid is all of their times.
func (s *shuffled) pieces(samples, grid []int) []Piece {
	pieces := slices.Clone(s.samples[:s.batch])
	for r := range pieces {
		if samples != nil {
			pieces[r] = s.samples[samples[r]]
		}
		if grid == nil {
			continue
		}
		whole := pieces[r].Times
		pieces[r].Times = make([]int, len(grid))
		for k, i := range grid {
			pieces[r].Times[k] = whole[i]
		}
	}
	return pieces
}

func (s *shuffled) Shape() (rows, times int) {
	if s.shoot != nil { // where a window ends, and the next one begins
		return s.batch, s.longest + 1
	}
	return s.batch, len(s.regular)
}

func (s *shuffled) Epoch() int { return len(s.samples) / s.batch }

// Batch implements Sampler.
func (s *shuffled) Batch(iteration int) objective.Batch {
	if s.Phase.Batch == 0 && s.stride == 1 {
		return s.all
	}
	grid := s.regular
	if s.stride > 1 {
		grid = s.Grid.draw(s.Seed, s.Stream, iteration, s.longest, s.stride)
	}
	b, _ := s.on(grid, s.draw(iteration)) // the weighting suits all trajectories
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
		whole[k], _ = s.on(s.regular, samples[k*s.batch:][:s.batch])
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
