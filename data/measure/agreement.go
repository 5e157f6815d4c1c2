package measure

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/internal/stack"
)

// RelativeErrors returns ‖pred − truth‖₂ / ‖truth‖₂ of each state, indexed
// [time][sample]. It is +Inf where pred is not finite or where truth is zero and
// pred is not.
//
// The time grids agree, counted from their first times, as a prediction may
// start in the middle of a run; truth is valid. The error is [data.ErrShape]
// where they don't agree, or that of [data.Dataset.Validate].
func RelativeErrors(pred, truth *data.Dataset) ([][]float64, error) {
	e, err := relativeErrors(pred, truth)
	return e, errors.Wrap(err, "measure: RelativeErrors")
}

func relativeErrors(pred, truth *data.Dataset) ([][]float64, error) {
	if err := truth.Validate(); err != nil {
		return nil, errors.Wrap(err, "truth")
	}
	times, ok := truth.Grid()
	if !ok {
		return nil, stack.Shapef("truth: the trajectories have times of their own")
	}
	if pred.Samples() != truth.Samples() {
		return nil, stack.Shapef("prediction has %d samples, want %d", pred.Samples(), truth.Samples())
	}
	e := stack.New(len(times), truth.Samples())
	for s, tr := range truth.Trajectories {
		p := pred.Trajectories[s]
		if len(p.Times) != len(times) || len(p.States) != len(times) {
			return nil, stack.Shapef("prediction, sample %d has %d times and states at %d, want %d", s, len(p.Times), len(p.States), len(times))
		}
		for i, u := range tr.States {
			if floats.HasNaN(u) {
				return nil, stack.NotFinitef("truth, sample %d, time %d is NaN, want a number", s, i)
			}
			got, want := p.Times[i]-p.Times[0], times[i]-times[0]
			if !(math.Abs(got-want) <= 1e-9*(times[len(times)-1]-times[0])) { // roundings
				return nil, stack.Shapef("prediction, sample %d, time %d is %v after the first, want %v", s, i, got, want)
			}
			if len(p.States[i]) != len(u) {
				return nil, stack.Shapef("prediction, sample %d, time %d has %d components, want %d", s, i, len(p.States[i]), len(u))
			}
			switch diff := floats.Distance(p.States[i], u, 2); {
			case diff == 0:
				e[i][s] = 0
			case math.IsNaN(diff):
				e[i][s] = math.Inf(1)
			default:
				e[i][s] = diff / floats.Norm(u, 2)
			}
		}
	}
	return e, nil
}

// AgreementTimes returns for each sample the first time, counted from that of the
// first state, at which the relative error of pred exceeds the threshold, of which
// ½ is usual: how long a prediction of a chaotic system stays with the truth. A
// sample that does so to the end has the last time. States that are not finite do
// not agree. The errors are those of [RelativeErrors].
func AgreementTimes(pred, truth *data.Dataset, threshold float64) ([]float64, error) {
	if !(threshold > 0) {
		return nil, errors.Errorf("measure: AgreementTimes: threshold is %g, want more than 0", threshold)
	}
	e, err := relativeErrors(pred, truth)
	if err != nil {
		return nil, errors.Wrap(err, "measure: AgreementTimes")
	}
	times := make([]float64, truth.Samples())
	for s := range times {
		i := slices.IndexFunc(e, func(row []float64) bool { return row[s] > threshold })
		if i < 0 {
			i = len(e) - 1
		}
		tr := truth.Trajectories[s]
		times[s] = tr.Times[i] - tr.Times[0]
	}
	return times, nil
}

// Quantiles returns the quantiles of x at the given shares p, 0 … 1, such as
// 0.1, 0.5, 0.9 for the median and what lies below and above four fifths around
// it. Between the sorted numbers they are interpolated linearly, with the
// smallest at 0 and the largest at 1; gonum's stat.Quantile has no such kind. x
// is not changed, and has at least one number and no NaN.
func Quantiles(x []float64, p ...float64) ([]float64, error) {
	if len(x) == 0 {
		return nil, stack.Shapef("measure: Quantiles: there are no numbers, want at least one")
	}
	if floats.HasNaN(x) {
		return nil, stack.NotFinitef("measure: Quantiles: NaN is among the numbers, want none")
	}
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	q := make([]float64, len(p))
	for i, share := range p {
		if !(share >= 0 && share <= 1) {
			return nil, errors.Errorf("measure: Quantiles: share %d is %g, want 0 … 1", i, share)
		}
		at := share * float64(len(x)-1)
		lo := int(at)
		q[i] = sorted[lo]
		if w := at - float64(lo); w > 0 {
			q[i] = (1-w)*sorted[lo] + w*sorted[lo+1]
		}
	}
	return q, nil
}

// RMS returns the root mean square of each trajectory over its times and
// components.
func RMS(d *data.Dataset) []float64 {
	return rootMean(d, func(tr *data.Trajectory) (sum float64, n int) {
		for _, u := range tr.States {
			sum += floats.Dot(u, u)
		}
		return sum, len(tr.States)
	})
}

// RMSChange returns the root mean square of the change from one time to the next,
// u(t_{i+1}) − u(t_i), of each trajectory over its times and components: next to
// nothing for a prediction that came to rest. It is NaN if there is but one time.
func RMSChange(d *data.Dataset) []float64 {
	return rootMean(d, func(tr *data.Trajectory) (sum float64, n int) {
		for i := 1; i < len(tr.States); i++ {
			for j, v := range tr.States[i] {
				change := v - tr.States[i-1][j]
				sum += change * change
			}
		}
		return sum, len(tr.States) - 1
	})
}

// rootMean returns the root mean of the squares of each trajectory, of whose sum
// over n states it is told.
func rootMean(d *data.Dataset, squares func(tr *data.Trajectory) (sum float64, n int)) []float64 {
	r := make([]float64, d.Samples())
	for s := range r {
		sum, n := squares(&d.Trajectories[s])
		r[s] = math.Sqrt(sum / float64(n*d.Dim()))
	}
	return r
}
