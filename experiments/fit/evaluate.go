package main

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/measure"
	"spnode/experiments/driver/command"
	"spnode/model"
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
	// Agrees is for how long the prediction stays within half of the true state, by
	// norms of the components in their largest values: the median over the trajectories, as it is told of chaotic systems; nil: to
	// the end.
	Agrees *float64 `json:"agrees,omitempty"`

	Each    []float64 `json:"-"` // largest of each component
	EachRMS []float64 `json:"-"`
	Samples []float64 `json:"-"` // rms of each trajectory
	Within  float64   `json:"-"` // share of the times, see measure.Within
}

// test tests a predictor on trajectories.
func (s *sets) test(p predictor, d *data.Dataset, g ground) (*offs, error) {
	n := d.Dim()
	o := &offs{Ground: g, Each: make([]float64, n), EachRMS: make([]float64, n), Samples: make([]float64, d.Samples())}
	away, counts := make([]bool, d.Samples()), make([]float64, d.Samples())
	each := make([]float64, n) // values compared, of each component
	var agree []float64
	for k := range g.starts() {
		asked := &data.Dataset{Components: d.Components, Inputs: d.Inputs, Parameters: d.Parameters}
		var of []int
		for i, tr := range d.Trajectories {
			if part, ok := g.part(tr, k); ok {
				asked.Trajectories, of = append(asked.Trajectories, part), append(of, i)
			}
		}
		if len(of) == 0 {
			continue
		}
		got, err := p(asked)
		if err != nil {
			return nil, command.AsUsage(err)
		}
		for r, i := range of {
			within, until := measure.Within(got.Trajectories[r], asked.Trajectories[r], s.facts.Scale, s.facts.Noise)
			agree, o.Within = append(agree, until), o.Within+within
			for k, want := range asked.Trajectories[r].States {
				if k == 0 && g != onGrid {
					continue
				}
				for j, v := range got.Trajectories[r].States[k] {
					if math.IsNaN(want[j]) { // not measured, or a time of no data
						continue
					}
					e := math.Abs(v-want[j]) / s.facts.Scale[j]
					away[i] = away[i] || s.far(j, v)
					if math.IsNaN(e) || e > 1e100 {
						e = math.Inf(1)
					}
					o.Each[j] = max(o.Each[j], e)
					o.EachRMS[j] += e * e
					o.Samples[i] += e * e
					counts[i]++
					each[j]++
				}
			}
		}
	}
	o.RMS = math.Sqrt(floats.Sum(o.Samples) / max(floats.Sum(counts), 1))
	o.Largest = slices.Max(o.Each)
	slices.Sort(agree)
	if n := len(agree); n > 0 && !math.IsInf(agree[n/2], 1) {
		o.Agrees = &agree[n/2]
	}
	o.Within /= max(float64(len(agree)), 1)
	for j := range o.EachRMS {
		o.EachRMS[j] = math.Sqrt(o.EachRMS[j] / max(each[j], 1))
	}
	for i, c := range counts {
		o.Samples[i] = math.Sqrt(o.Samples[i] / max(c, 1))
		if away[i] {
			o.Away += 1 / float64(len(away))
		}
	}
	return o, nil
}

// starts is from how many times on each trajectory is predicted.
func (g ground) starts() int {
	if g == restarted {
		return 3
	}
	return 1
}

// part is what is asked of a trajectory for start k: its states at some of the times,
// NaN at those that are not the data's. It is not ok where too little is left.
func (g ground) part(tr data.Trajectory, k int) (data.Trajectory, bool) {
	part := data.Trajectory{Name: tr.Name, Parameters: tr.Parameters, Input: tr.Input}
	if part.Input.Times == nil && part.Input.Values != nil {
		part.Input.Times = tr.Times
	}
	total, first, step := len(tr.Times), 0, 1
	switch g {
	case restarted:
		first = (k + 1) * total / 4
		for first < total && floats.HasNaN(tr.States[first]) {
			first++
		}
	case coarser:
		step = max(1, min(4, (total-1)/2))
	case oneJump:
		step = total - 1
	}
	for i := first; i < total; i += step {
		if g == finer && i > 0 {
			nothing := make([]float64, len(tr.States[i]))
			for j := range nothing {
				nothing[j] = math.NaN()
			}
			part.Times = append(part.Times, (tr.Times[i-1]+tr.Times[i])/2)
			part.States = append(part.States, nothing)
		}
		part.Times, part.States = append(part.Times, tr.Times[i]), append(part.States, tr.States[i])
	}
	return part, len(part.Times) > 1
}

// far reports whether a value of component j is out of the range of the data by more than
// a fifth of it, or no number.
func (s *sets) far(j int, v float64) bool {
	low, high := s.ranges[j][0], s.ranges[j][1]
	margin := (high - low) / 5
	return !(v >= low-margin && v <= high+margin)
}

// projected is what the held-out states lose by the leading modes of a model, so many:
// no linear coordinates of that number do better by much.
func (s *sets) projected(m *model.Model) *baseline {
	o := &offs{Ground: onGrid}
	n, left := m.Config().LatentDim(), make([]float64, s.held.Dim())
	var sum, count float64
	for _, tr := range s.held.Trajectories {
		for _, u := range tr.States {
			if floats.HasNaN(u) {
				continue
			}
			z := m.Scaled(u)
			clear(z[n:])
			m.UnscaledTo(left, z)
			floats.Sub(left, u)
			floats.Div(left, s.facts.Scale)
			sum += floats.Dot(left, left)
			count += float64(len(u))
			o.Largest = max(o.Largest, floats.Norm(left, math.Inf(1)))
		}
	}
	o.RMS = math.Sqrt(sum / max(count, 1))
	return &baseline{fmt.Sprintf("what %d linear modes lose, with no dynamics", n), o}
}
