package recipe

import (
	"math"
	"slices"
)

// period is the time in which the trajectories come back: the median, over all
// trajectories and components, of the times between two passes upward through the
// middle of a component's range in the trajectory, of the component that passes most
// regularly.
func (c *cook) period() float64 {
	best, spread := c.facts.Span, math.Inf(1)
	for j := range c.data.Dim() {
		var between []float64
		for _, tr := range c.data.Trajectories {
			var t, x []float64
			for k, u := range tr.States {
				if !math.IsNaN(u[j]) {
					t, x = append(t, tr.Times[k]), append(x, u[j])
				}
			}
			if len(x) < 2 {
				continue
			}
			at := passes(t, x)
			for i := 1; i < len(at); i++ {
				between = append(between, at[i]-at[i-1])
			}
		}
		if len(between) < 2 {
			continue
		}
		slices.Sort(between)
		n := len(between)
		// By half of them, which a first, odd turn does not move.
		if s := (between[3*n/4] - between[n/4]) / between[n/2]; s < spread {
			best, spread = between[n/2], s
		}
	}
	return best
}

// passes are the times at which x passes the middle of its range upward, from a
// tenth of the range below to a tenth above.
func passes(times, x []float64) (at []float64) {
	low, high := slices.Min(x), slices.Max(x)
	middle, margin := (low+high)/2, (high-low)/10
	below := false
	for k, v := range x {
		switch {
		case v < middle-margin:
			below = true
		case v > middle+margin && below:
			below = false
			at = append(at, times[k])
		}
	}
	return at
}
