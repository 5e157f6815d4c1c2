package main

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/experiments/driver"
)

// ground is where a model is tested: from which times on, and at which.
type ground string

const (
	onGrid    ground = "on the data's times"
	finer     ground = "on a finer grid"
	coarser   ground = "on a coarser grid"
	oneJump   ground = "in one jump to the end"
	restarted ground = "restarted from the middle"
)

var grounds = []ground{onGrid, finer, coarser, oneJump, restarted}

// offs are the errors of predictions, relative to each component's largest value.
type offs struct {
	Ground  ground  `json:"on"`
	Largest float64 `json:"largest"`
	RMS     float64 `json:"rms"`
	// Away is the share of the trajectories whose prediction leaves the range of the
	// data, by more than a fifth of it, or the finite numbers.
	Away float64 `json:"away"`

	Each    []float64 `json:"-"` // largest of each component
	EachRMS []float64 `json:"-"`
	Samples []float64 `json:"-"` // rms of each trajectory
}

// beyond is by how much of its range a prediction may leave that of the data.
const beyond = 0.2

// test tests a predictor on trajectories.
func (s *sets) test(p predictor, d *data.Dataset, g ground) (*offs, error) {
	n := d.Dim()
	o := &offs{Ground: g, Each: make([]float64, n), EachRMS: make([]float64, n), Samples: make([]float64, d.Samples())}
	away := make([]bool, d.Samples())
	counts := make([]float64, d.Samples())
	times, _ := d.Grid()
	want := d.States()
	low, high := s.ranges()
	for _, part := range g.parts(len(times)) {
		asked, at := times[part[0]:], part // predicted times, and where the data have them
		switch g {
		case finer:
			asked = midpoints(asked)
		default:
			asked = make([]float64, len(part))
			for i, k := range part {
				asked[i] = times[k]
			}
		}
		u, err := p(want[part[0]], asked)
		if err != nil {
			return nil, driver.AsUsage(err)
		}
		for i, k := range at {
			if i == 0 && g != onGrid {
				continue
			}
			row := u[i]
			if g == finer {
				row = u[2*i]
			}
			for sample, x := range row {
				for j, v := range x {
					e := math.Abs(v-want[k][sample][j]) / s.facts.Scale[j]
					if margin := beyond * (high[j] - low[j]); !(v >= low[j]-margin && v <= high[j]+margin) {
						away[sample] = true
					}
					if math.IsNaN(e) || e > 1e100 {
						e = math.Inf(1)
					}
					o.Each[j] = max(o.Each[j], e)
					o.EachRMS[j] += e * e
					o.Samples[sample] += e * e
					counts[sample]++
				}
			}
		}
	}
	total := floats.Sum(counts)
	o.RMS = math.Sqrt(floats.Sum(o.Samples) / total)
	o.Largest = slices.Max(o.Each)
	for j := range o.EachRMS {
		o.EachRMS[j] = math.Sqrt(o.EachRMS[j] / (total / float64(n)))
	}
	for i, c := range counts {
		o.Samples[i] = math.Sqrt(o.Samples[i] / c)
		if away[i] {
			o.Away += 1 / float64(len(away))
		}
	}
	return o, nil
}

// parts are the times of each prediction, by their indices among so many.
func (g ground) parts(total int) [][]int {
	from := func(first, step int) (part []int) {
		for k := first; k < total; k += step {
			part = append(part, k)
		}
		return part
	}
	switch g {
	case coarser:
		return [][]int{from(0, max(1, min(4, (total-1)/2)))}
	case oneJump:
		return [][]int{{0, total - 1}}
	case restarted:
		var parts [][]int
		for _, k := range []int{total / 4, total / 2, 3 * total / 4} {
			if k > 0 && k < total-1 {
				parts = append(parts, from(k, 1))
			}
		}
		return parts
	}
	return [][]int{from(0, 1)}
}

// midpoints puts one between each two times.
func midpoints(times []float64) []float64 {
	fine := times[:1:1]
	for k := range times[1:] {
		fine = append(fine, (times[k]+times[k+1])/2, times[k+1])
	}
	return fine
}

// ranges are the least and the largest values of the components in all the data.
func (s *sets) ranges() (low, high []float64) {
	for j := range s.train.Dim() {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, d := range []*data.Dataset{s.train, s.validation} {
			for _, tr := range d.Trajectories {
				for _, u := range tr.States {
					lo, hi = min(lo, u[j]), max(hi, u[j])
				}
			}
		}
		low, high = append(low, lo), append(high, hi)
	}
	return low, high
}
