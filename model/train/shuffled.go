package train

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"spnode/model"
)

// evaluatedBatches bounds how many batches of windows make the loss at the end
// of the first stage.
const evaluatedBatches = 20

// shuffled is the sampler of the house: batches without replacement from a
// permutation of all samples for each epoch, at the times of a GridConfig. With a
// window of k steps, a sample is k+1 consecutive states of a trajectory, from any
// start. Sample s begins at time s mod starts of trajectory s/starts. They lie
// where the trajectories do, and are not copied.
type shuffled struct {
	Sampling
	times   []float64 // of a sample
	starts  int       // of windows in a trajectory, 1 without windows
	samples int       // trajectories·starts
	batch   int
	stride  int         // of the regular grid in the times of a sample
	regular []int       // that grid
	all     model.Batch // the first samples on it

	order []int // of the samples in the epoch
	epoch int
}

func newShuffled(s Sampling) (Sampler, error) {
	sh := &shuffled{Sampling: s}
	if err := sh.cut(); err != nil {
		return nil, err
	}
	if sh.batch = s.Phase.Batch; sh.batch == 0 {
		sh.batch = sh.samples
	}
	if sh.batch > sh.samples {
		return nil, dataError("batch is %d, want at most the %d samples there are", sh.batch, sh.samples)
	}
	var err error
	if sh.stride, err = s.Grid.stride(len(sh.times)); err != nil {
		return nil, err
	}
	sh.regular = s.Grid.regular(len(sh.times), sh.stride)
	times := sh.at(sh.regular)
	if sh.all.Weights, err = sh.Weights(times, sh.batch); err != nil {
		return nil, err
	}
	sh.all.Rows, sh.all.Steps, sh.all.State = sh.batch, Steps(times), sh.state(nil, sh.regular)
	return sh, nil
}

// cut makes windows the samples, and their times, from 0, those of a sample.
func (s *shuffled) cut() error {
	all, k := s.Trajectories[0].Times, s.Phase.Window
	s.starts, s.samples, s.times = 1, len(s.Trajectories), all
	if k == 0 {
		return nil
	}
	steps := len(all) - 1
	if k > steps {
		return dataError("window is %d steps, want at most the %d that a trajectory has", k, steps)
	}
	dt := (all[steps] - all[0]) / float64(steps)
	for i := range steps {
		if got := all[i+1] - all[i]; !(math.Abs(got-dt) <= 1e-6*dt) {
			return dataError("windows need a uniform grid of times: step %d from %g to %g: got %g, want %g; or set window to 0", i, all[i], all[i+1], got, dt)
		}
	}
	s.starts = steps + 1 - k
	s.samples *= s.starts
	s.times = multiples(dt, k+1)
	return nil
}

// multiples are 0, dt, 2dt, …, with dt to so many bits that they are exact and
// their steps the same: then ops.Propagators forms one for all.
func multiples(dt float64, n int) []float64 {
	fraction, exponent := math.Frexp(dt)
	digits := 53 - bits.Len(uint(n-1))
	dt = math.Ldexp(math.Round(math.Ldexp(fraction, digits)), exponent-digits)
	times := make([]float64, n)
	for i := range times {
		times[i] = float64(i) * dt
	}
	return times
}

// at returns the times of a grid, which are indices of those of a sample.
func (s *shuffled) at(grid []int) []float64 {
	times := make([]float64, len(grid))
	for k, i := range grid {
		times[k] = s.times[i]
	}
	return times
}

// state finds the states of the rows of a batch, nil for the first samples in
// their order, at the times of a grid.
func (s *shuffled) state(samples, grid []int) func(row, time int) []float64 {
	return func(row, time int) []float64 {
		if samples != nil {
			row = samples[row]
		}
		return s.Trajectories[row/s.starts].States[row%s.starts+grid[time]]
	}
}

func (s *shuffled) Shape() (rows, times int) { return s.batch, len(s.regular) }

func (s *shuffled) Epoch() int { return s.samples / s.batch }

// Batch implements Sampler.
func (s *shuffled) Batch(iteration int) model.Batch {
	b := s.all
	if s.Phase.Batch == 0 && s.stride == 1 {
		return b
	}
	grid := s.regular
	if s.stride > 1 {
		grid = s.Grid.draw(s.Seed, s.Stream, iteration, len(s.times), s.stride)
		times := s.at(grid)
		b.Steps = Steps(times)
		b.Weights, _ = s.Weights(times, s.batch) // the weighting is known
	}
	b.State = s.state(s.draw(iteration), grid)
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
		s.epoch, s.order = epoch, rand.New(rand.NewPCG(s.Seed, s.Stream<<48|uint64(epoch))).Perm(s.samples)
	}
	at := iteration % perEpoch * s.batch
	return s.order[at : at+s.batch]
}

// Whole implements Sampler: as many samples as fill batches, in their order; of
// windows, which overlap, at most evaluatedBatches, evenly spaced.
func (s *shuffled) Whole() []model.Batch {
	if s.Phase.Batch == 0 {
		return []model.Batch{s.all}
	}
	samples := s.evaluated()
	whole := make([]model.Batch, len(samples)/s.batch)
	for k := range whole {
		whole[k] = s.all
		whole[k].State = s.state(samples[k*s.batch:], s.regular)
	}
	return whole
}

func (s *shuffled) evaluated() []int {
	batches := s.Epoch()
	if s.Phase.Window > 0 {
		batches = min(batches, evaluatedBatches)
	}
	samples := make([]int, batches*s.batch)
	for i := range samples {
		samples[i] = i
		if s.Phase.Window > 0 {
			samples[i] = i * s.samples / len(samples)
		}
	}
	return samples
}
