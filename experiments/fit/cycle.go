package main

import (
	"slices"

	"spnode/data"
	"spnode/data/inspect"
)

// longRun is what becomes of a cycle over many periods, far beyond the data.
type longRun struct {
	Periods    float64 `json:"periods"`     // of the prediction
	DataPeriod float64 `json:"data_period"` // and that of the model over its last quarter
	Period     float64 `json:"period"`
	// Amplitude is the model's range in its last period over that of the data, of the
	// component that has the fewest peaks: those shorter than the data's steps have none.
	Component string  `json:"component"`
	Amplitude float64 `json:"amplitude"`
	Away      float64 `json:"away"` // share of trajectories that leave the range of the data by far
}

// periods of a long run.
const periods = 20

// cycle rolls some held-out trajectories out over many periods, if they come back.
func (s *sets) cycle(p predictor) (*longRun, error) {
	if s.facts.Returns < 0.5 || len(s.train.Inputs) > 0 {
		return nil, nil
	}
	want := inspect.FindCycle(s.train)
	if want.Period == 0 {
		return nil, nil
	}
	r := &longRun{Periods: periods, DataPeriod: want.Period, Amplitude: 1}
	h := s.facts.Span / float64(len(s.train.Trajectories[0].Times)-1)
	times := data.EvenTimes(int(periods*want.Period/h), h)
	asked := &data.Dataset{Components: s.held.Components, Parameters: s.held.Parameters}
	for _, tr := range s.held.Trajectories[:min(10, s.held.Samples())] {
		long := data.Trajectory{Times: times, Parameters: tr.Parameters, States: slices.Repeat([][]float64{tr.States[0]}, len(times))}
		asked.Trajectories = append(asked.Trajectories, long)
	}
	got, err := p(asked)
	if err != nil {
		return nil, err
	}
	last := 3 * len(times) / 4
	var late []int
	for k := last; k < len(times); k++ {
		late = append(late, k)
	}
	for _, tr := range got.Trajectories {
		away := false
		for _, u := range tr.States {
			for j, v := range u {
				away = away || s.far(j, v)
			}
		}
		if away {
			r.Away += 1 / float64(len(got.Trajectories))
		}
	}
	end := inspect.FindCycle(got.AtTimes(late...))
	r.Period = end.Period
	best := 0.
	for j := range end.Low {
		if low, high := want.Low[j], want.High[j]; high > low && s.facts.Variation[j]/s.facts.Scale[j] > best {
			best = s.facts.Variation[j] / s.facts.Scale[j]
			r.Component, r.Amplitude = s.name(j), (end.High[j]-end.Low[j])/(high-low)
		}
	}
	return r, nil
}
