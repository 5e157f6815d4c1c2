package inspect

import (
	"math"
	"slices"

	"spnode/data"
)

// Cycle is how trajectories come back.
type Cycle struct {
	Component int       // that passes most regularly
	Period    float64   // median time from one pass to the next; 0: nothing comes back
	Low, High []float64 // of each component, over the last period of the trajectories, medians
}

// FindCycle returns the cycle of trajectories that go round, by the times at which a
// component passes the middle of its range in a trajectory upward.
func FindCycle(d *data.Dataset) Cycle {
	var c Cycle
	spread := math.Inf(1)
	for j := range d.Dim() {
		var between []float64
		for _, tr := range d.Trajectories {
			t, x := component(tr, j)
			at := passTimes(t, x, 0)
			for i := 1; i < len(at); i++ {
				between = append(between, at[i]-at[i-1])
			}
		}
		if len(between) == 0 {
			continue
		}
		slices.Sort(between)
		n := len(between)
		// By half of them, which a first, odd turn does not move.
		if s := (between[3*n/4] - between[n/4]) / between[n/2]; s < spread {
			c.Component, c.Period, spread = j, between[n/2], s
		}
	}
	for j := range d.Dim() {
		var low, high []float64
		for _, tr := range d.Trajectories {
			t, x := component(tr, j)
			from := slices.IndexFunc(t, func(v float64) bool { return v >= t[len(t)-1]-c.Period })
			if from >= 0 {
				low, high = append(low, slices.Min(x[from:])), append(high, slices.Max(x[from:]))
			}
		}
		slices.Sort(low)
		slices.Sort(high)
		if len(low) > 0 {
			c.Low, c.High = append(c.Low, low[len(low)/2]), append(c.High, high[len(high)/2])
		}
	}
	return c
}

// component is one of a trajectory's, where it was measured.
func component(tr data.Trajectory, j int) (t, x []float64) {
	for k, u := range tr.States {
		if !math.IsNaN(u[j]) {
			t, x = append(t, tr.Times[k]), append(x, u[j])
		}
	}
	return t, x
}

// passTimes are the times at which x passes the middle of its range upward, from a
// tenth of the range, or least, below to as much above, the middle by interpolation.
func passTimes(times, x []float64, least float64) (at []float64) {
	if len(x) == 0 {
		return nil
	}
	low, high := slices.Min(x), slices.Max(x)
	middle, margin := (low+high)/2, max((high-low)/10, least)
	below, crossed := false, 0.
	for k, v := range x {
		if k > 0 && x[k-1] <= middle && v > middle {
			crossed = times[k-1] + (times[k]-times[k-1])*(middle-x[k-1])/(v-x[k-1])
		}
		switch {
		case v < middle-margin:
			below = true
		case v > middle+margin && below:
			below = false
			at = append(at, crossed)
		}
	}
	return at
}
