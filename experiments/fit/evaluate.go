package main

import (
	"fmt"
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
	away, counts := make([]bool, d.Samples()), make([]float64, d.Samples())
	each := make([]float64, n) // values compared, of each component
	low, high := s.ranges()
	compare := func(sample int, want, got []float64) {
		for j, v := range got {
			if math.IsNaN(want[j]) {
				continue
			}
			e := math.Abs(v-want[j]) / s.facts.Scale[j]
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
			each[j]++
		}
	}
	for _, group := range together(d) {
		trs := group.of.Trajectories
		times := trs[0].Times
		for _, part := range g.parts(len(times)) {
			for len(part) > 1 && floats.HasNaN(trs[0].States[part[0]]) { // no start
				part = part[1:]
			}
			asked := make([]float64, len(part))
			for i, k := range part {
				asked[i] = times[k]
			}
			if g == finer {
				asked = midpoints(asked)
			}
			u0 := make([][]float64, len(trs))
			for i, tr := range trs {
				u0[i] = tr.States[part[0]]
			}
			u, err := p(u0, asked)
			if err != nil {
				return nil, driver.AsUsage(err)
			}
			for i, k := range part {
				if i == 0 && g != onGrid {
					continue
				}
				at := i
				if g == finer {
					at = 2 * i
				}
				for r, tr := range trs {
					compare(group.first+r, tr.States[k], u[at][r])
				}
			}
		}
	}
	total := floats.Sum(counts)
	o.RMS = math.Sqrt(floats.Sum(o.Samples) / max(total, 1))
	o.Largest = slices.Max(o.Each)
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

// group are trajectories that are predicted together, from their number first on.
type group struct {
	of    *data.Dataset
	first int
}

// together are all trajectories, if they share their times and have no gaps, or each
// by itself.
func together(d *data.Dataset) []group {
	if _, shared := d.Grid(); shared && !gaps(d) {
		return []group{{d, 0}}
	}
	var all []group
	for i := range d.Trajectories {
		all = append(all, group{d.Batch(i), i})
	}
	return all
}

// gaps reports whether something was not measured.
func gaps(d *data.Dataset) bool {
	for _, tr := range d.Trajectories {
		for _, u := range tr.States {
			if floats.HasNaN(u) {
				return true
			}
		}
	}
	return false
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
					if !math.IsNaN(u[j]) {
						lo, hi = min(lo, u[j]), max(hi, u[j])
					}
				}
			}
		}
		low, high = append(low, lo), append(high, hi)
	}
	return low, high
}

// projected is what the held-out states lose by the leading modes of the data, so many:
// no linear coordinates of that number do better by much.
func (s *sets) projected(n int) *baseline {
	basis := leading(s, n)
	o := &offs{Ground: onGrid}
	var sum, count float64
	for _, tr := range s.held.Trajectories {
		for _, u := range tr.States {
			if floats.HasNaN(u) {
				continue
			}
			z := make([]float64, len(u))
			floats.DivTo(z, u, s.facts.Scale)
			left := slices.Clone(z)
			for _, v := range basis {
				floats.AddScaled(left, -floats.Dot(v, z), v)
			}
			sum += floats.Dot(left, left)
			count += float64(len(u))
			o.Largest = max(o.Largest, floats.Norm(left, math.Inf(1)))
		}
	}
	o.RMS = math.Sqrt(sum / max(count, 1))
	return &baseline{fmt.Sprintf("what %d linear modes lose, with no dynamics", n), o}
}
