package sample

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/model/leastsq"
)

// shortStep is the share of an interval in which a velocity is seen.
const shortStep = 1. / 8

// velocities are steps of trajectories as trajectories: from every time with as many
// others around it as a polynomial of the given degree wants, so far on it.
func velocities(all []Trajectory, degree int) (steps []Trajectory, err error) {
	var times []float64 // of the one before
	for _, t := range all {
		if len(t.inputs) > 0 {
			return nil, dataError("velocities: %s has inputs, whose effect is not smooth, want none", t.Name)
		}
		for first := 0; first < len(t.Times)-degree; first++ {
			k, around := first+degree/2, t.States[first:first+degree+1]
			if slices.ContainsFunc(around, floats.HasNaN) {
				continue
			}
			h := t.Times[k+1] - t.Times[k]
			nodes := slices.Clone(t.Times[first : first+degree+1]) // in intervals, whatever the unit
			for i, at := range nodes {
				nodes[i] = (at - t.Times[k]) / h
			}
			end := make([]float64, len(t.States[k]))
			for i, w := range leastsq.Weights(shortStep, nodes, 0) {
				floats.AddScaled(end, w, around[i])
			}
			if times == nil || !(math.Abs(times[1]-shortStep*h) <= 1e-6*times[1]) { // a uniform grid is recognised
				times = []float64{0, shortStep * h}
			}
			one := t
			one.Times, one.States = times, [][]float64{t.States[k], end}
			one.flat, one.gaps = slices.Concat(one.States...), false
			steps = append(steps, one)
		}
	}
	if len(steps) == 0 {
		return nil, dataError("velocities: no trajectory has more than %d times in a row at which all was measured, want some; try a lower degree", degree)
	}
	return steps, nil
}
