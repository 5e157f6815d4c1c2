package sample

import (
	"math/rand/v2"
	"slices"
)

// Grid lets every iteration draw its own times from a data set on a
// finer grid. A model that always sees the same times fits them and nothing
// else; one that meets others deploys on others.
type Grid struct {
	// Points is the number of times in an iteration, the first time of the
	// data always among them; 0 takes all times of the data. Trajectories with times
	// of their own are each drawn from by itself, and a short one has all of its times.
	Points int `json:"points,omitempty"`
	// Random is the share of iterations whose other times are any of the
	// data's. In the rest they are every stride-th, (T−1)/(Points−1), moved at
	// random by less than half a stride; of times of its own a trajectory has one in
	// each of as many equal parts.
	Random float64 `json:"random,omitempty"`
	// Jumps, if not 0, has the sampler anywhere draw the times of a row by how far the
	// state goes around each, in this share, so that every iteration sees the jumps. What
	// is drawn with the probability p has the weight 1/p, so that the loss is what it was
	// in the mean.
	Jumps float64 `json:"jumps,omitempty"`
}

// Validate reports a setting that cannot be used. The error is model.ErrConfig.
func (g Grid) Validate() error {
	if g.Points == 1 || g.Points < 0 || !(0 <= g.Random && g.Random <= 1) || !(0 <= g.Jumps && g.Jumps < 1) {
		return bad("grid: points is %d, random %g and jumps %g, want at least 2 points, or 0 for all, and shares between 0 and 1, of jumps less", g.Points, g.Random, g.Jumps)
	}
	return nil
}

// stride is that of the regular grid over total times.
func (g Grid) stride(total int) (int, error) {
	if g.Points == 0 {
		return 1, nil
	}
	if g.Points > total || (total-1)%(g.Points-1) != 0 {
		return 0, dataError("grid: %d points from %d times, want (times − 1) to be a multiple of (points − 1)", g.Points, total)
	}
	return (total - 1) / (g.Points - 1), nil
}

// generator draws the times of an iteration: a stream of its own beside that of the
// samples, which are drawn by epoch.
func (g Grid) generator(seed, stream uint64, iteration int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 1<<63|stream<<48|uint64(iteration)))
}

// regular returns the indices of the grid that is neither moved nor random.
func (g Grid) regular(total, stride int) []int {
	grid := make([]int, 0, total)
	for i := 0; i < total; i += stride {
		grid = append(grid, i)
	}
	return grid
}

// draw returns the indices of an iteration's times, of which all trajectories have so
// many in common.
func (g Grid) draw(rng *rand.Rand, total, stride int) []int {
	grid := g.regular(total, stride)
	if rng.Float64() < g.Random {
		grid = append(grid[:1], rng.Perm(total - 1)[:g.Points-1]...)
		for i := range grid[1:] {
			grid[1+i]++
		}
		slices.Sort(grid)
		return grid
	}
	half := (stride - 1) / 2
	for i := 1; i < len(grid)-1; i++ {
		grid[i] += rng.IntN(2*half+1) - half
	}
	return grid
}

// spread returns the indices of a row's times, from start on, of so many times of its
// own: all that are left if those are no more than Points, else any of them in a share
// Random of the cases, or one of each of as many equal parts, the last time among them.
// Without a generator they are evenly spaced.
func (g Grid) spread(rng *rand.Rand, start, total int) []int {
	left := total - 1 - start
	k := left
	if g.Points > 0 {
		k = min(g.Points-1, left)
	}
	times := make([]int, 1, 1+k)
	times[0] = start
	if k < left && rng != nil && rng.Float64() < g.Random {
		for _, i := range rng.Perm(left)[:k] {
			times = append(times, start+1+i)
		}
		slices.Sort(times)
		return times
	}
	for i := 1; i <= k; i++ {
		low, high := (i-1)*left/k, i*left/k // a part holds low+1 … high
		if rng != nil && i < k && k < left {
			high = low + 1 + rng.IntN(high-low)
		}
		times = append(times, start+high)
	}
	return times
}
