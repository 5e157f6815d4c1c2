package main

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/model/train"
)

// band is what several members say together, on held-out trajectories.
type band struct {
	Members int     `json:"members"`
	RMS     float64 `json:"rms"`    // of their mean, relative to each component's largest value
	Width   float64 `json:"width"`  // of two deviations of theirs, the root mean square, in the same unit
	Covers  float64 `json:"covers"` // share of the values within two deviations of the mean
}

// band compares the mean and the spread of the members with the held-out data. It is
// nil for fewer than two.
func (l *laboratory) band(fitted []driver.Fitted) (*band, error) {
	if len(fitted) < 2 {
		return nil, nil
	}
	var members []*data.Dataset
	for _, f := range fitted {
		p, err := train.Predict(f.Model, l.sets.held)
		if err != nil {
			return nil, err
		}
		members = append(members, p)
	}
	b := &band{Members: len(fitted)}
	var count float64
	x := make([]float64, len(members))
	for i, tr := range l.sets.held.Trajectories {
		for k, u := range tr.States {
			for j, want := range u {
				if math.IsNaN(want) || k == 0 {
					continue
				}
				for m := range members {
					x[m] = members[m].Trajectories[i].States[k][j] / l.sets.facts.Scale[j]
				}
				mean, deviation := stat.MeanStdDev(x, nil)
				off := math.Abs(mean - want/l.sets.facts.Scale[j])
				if off <= 2*deviation {
					b.Covers++
				}
				b.RMS += off * off
				b.Width += 4 * deviation * deviation
				count++
			}
		}
	}
	b.Covers /= max(count, 1)
	b.RMS, b.Width = math.Sqrt(b.RMS/max(count, 1)), math.Sqrt(b.Width/max(count, 1))
	return b, nil
}
