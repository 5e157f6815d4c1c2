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
	// data always among them; 0 takes all times of the data.
	Points int `json:"points,omitempty"`
	// Random is the share of iterations whose other times are any of the
	// data's. In the rest they are every stride-th, (T−1)/(Points−1), moved at
	// random by less than half a stride.
	Random float64 `json:"random,omitempty"`
}

// Validate reports a setting that cannot be used. The error is model.ErrConfig.
func (g Grid) Validate() error {
	if g.Points == 1 || g.Points < 0 || !(0 <= g.Random && g.Random <= 1) {
		return bad("grid: points is %d and random %g, want at least 2 points, or 0 for all, and a share between 0 and 1", g.Points, g.Random)
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

// regular returns the indices of the grid that is neither moved nor random.
func (g Grid) regular(total, stride int) []int {
	grid := make([]int, 0, total)
	for i := 0; i < total; i += stride {
		grid = append(grid, i)
	}
	return grid
}

// draw returns the indices of an iteration's times, a function of the seed, the
// stream of the phase and the iteration alone.
func (g Grid) draw(seed, stream uint64, iteration, total, stride int) []int {
	grid := g.regular(total, stride)
	if stride == 1 {
		return grid
	}
	// A stream of its own beside that of the samples, which are drawn by epoch.
	rng := rand.New(rand.NewPCG(seed, 1<<63|stream<<48|uint64(iteration)))
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
