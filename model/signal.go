package model

import (
	"math"
	"sort"
)

// Signal is a vector-valued function of time, given by samples: linear between them,
// or held until the next.
type Signal struct {
	Times  []float64   // strictly increasing; nil: those of the trajectory
	Values [][]float64 // [time][input]
	Held   bool        // a value holds until the next one, and the last for good
}

// Over returns what a model needs of the signal over a trajectory: the times of both,
// over whose steps the signal is linear, where among them those of the trajectory
// are, and for every step the value at its beginning and by how much it changes.
func (s Signal) Over(times []float64) (all []float64, at []int, begin, change [][]float64) {
	own := s.Times
	if own == nil {
		own = times
	}
	for i, j := 0, 0; i < len(times); {
		for j < len(own) && own[j] < times[i] {
			if i > 0 {
				all = append(all, own[j])
			}
			j++
		}
		if j < len(own) && own[j] == times[i] {
			j++
		}
		at, all = append(at, len(all)), append(all, times[i])
		i++
	}
	for k := range len(all) - 1 {
		w := s.value(own, all[k])
		dw := make([]float64, len(w))
		if !s.Held {
			for i, v := range s.value(own, all[k+1]) {
				dw[i] = v - w[i]
			}
		}
		begin, change = append(begin, w), append(change, dw)
	}
	return all, at, begin, change
}

// value is the signal at a time; of a held one, from that time on.
func (s Signal) value(times []float64, t float64) []float64 {
	k := sort.SearchFloat64s(times, t)
	if k < len(times) && times[k] == t || k == 0 {
		return s.Values[min(k, len(s.Values)-1)]
	}
	before := s.Values[k-1]
	if s.Held || k == len(times) {
		return before
	}
	part := (t - times[k-1]) / (times[k] - times[k-1])
	w := make([]float64, len(before))
	for i, v := range before {
		w[i] = v + part*(s.Values[k][i]-v)
	}
	return w
}

// check refuses a signal that is not one of q values over the times.
func (s Signal) check(q int, times []float64) error {
	own := s.Times
	if own == nil {
		own = times
	} else if err := checkTimes(own, 1); err != nil {
		return err
	}
	if len(s.Values) != len(own) {
		return dataError("input: got values at %d times, want %d", len(s.Values), len(own))
	}
	if first, last := own[0], own[len(own)-1]; first > times[0] || !s.Held && last < times[len(times)-1] {
		return dataError("input: got values from %g to %g, want them over the trajectory, %g to %g", first, last, times[0], times[len(times)-1])
	}
	_, err := checkStates("input", s.Values, len(own), q)
	return err
}

func checkParameters(p []float64, want int) error {
	if len(p) != want {
		return dataError("parameters: got %d, want %d as the model has", len(p), want)
	}
	for i, v := range p {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return dataError("parameters: element %d is %g, want a finite number", i, v)
		}
	}
	return nil
}
