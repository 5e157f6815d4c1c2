package ks

import (
	"context"
	"math"

	"spnode/data"
)

// Refine returns runs from their first states to their last time again, with
// snapshots at an interval: its steps are the longest that divide the interval and
// are not above Step. The errors are those of [Solver.Solve].
func (m Solver) Refine(ctx context.Context, runs *data.Dataset, interval float64) (*data.Dataset, error) {
	m.Step = interval / math.Ceil(interval/m.Step-1e-6) // roundings
	last := runs.Trajectories[0].Times[len(runs.Trajectories[0].Times)-1]
	times := make([]float64, int(math.Round(last/interval))+1)
	for k := range times {
		times[k] = float64(k) * interval
	}
	return m.Solve(ctx, runs.States()[0], times)
}
