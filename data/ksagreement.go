package data

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// RelativeErrors returns ‖pred − truth‖₂ / ‖truth‖₂ of each state, indexed
// [time][sample]. It is +Inf where pred is not finite or where truth is zero and
// pred is not.
//
// The time grids agree, counted from their first times, as a prediction may start
// in the middle of a run; truth is valid. The error is ErrShape where they don't
// agree, or that of [Dataset.Validate].
func RelativeErrors(pred, truth *Dataset) ([][]float64, error) {
	e, err := relativeErrors(pred, truth)
	return e, errors.Wrap(err, "data: RelativeErrors")
}

func relativeErrors(pred, truth *Dataset) ([][]float64, error) {
	if err := truth.check(); err != nil {
		return nil, errors.Wrap(err, "truth")
	}
	if len(pred.Times) != len(truth.Times) || len(pred.States) != len(truth.States) {
		return nil, errors.Wrapf(ErrShape, "prediction, got %d times and states at %d, want %d", len(pred.Times), len(pred.States), len(truth.Times))
	}
	last := len(truth.Times) - 1
	for i := range truth.Times {
		got, want := pred.Times[i]-pred.Times[0], truth.Times[i]-truth.Times[0]
		if !(math.Abs(got-want) <= 1e-9*(truth.Times[last]-truth.Times[0])) { // roundings
			return nil, errors.Wrapf(ErrShape, "prediction, time %d: got %v after the first, want %v", i, got, want)
		}
	}
	e := newStates(len(truth.Times), truth.Samples())
	for i, u := range truth.States {
		if len(pred.States[i]) != len(u) {
			return nil, errors.Wrapf(ErrShape, "prediction, time %d: got %d samples, want %d", i, len(pred.States[i]), len(u))
		}
		for s, row := range u {
			if len(pred.States[i][s]) != len(row) {
				return nil, errors.Wrapf(ErrShape, "prediction, time %d, sample %d: got %d components, want %d", i, s, len(pred.States[i][s]), len(row))
			}
			switch diff := floats.Distance(pred.States[i][s], row, 2); {
			case diff == 0:
				e[i][s] = 0
			case math.IsNaN(diff):
				e[i][s] = math.Inf(1)
			default:
				e[i][s] = diff / floats.Norm(row, 2)
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
func AgreementTimes(pred, truth *Dataset, threshold float64) ([]float64, error) {
	if !(threshold > 0) {
		return nil, errors.Errorf("data: AgreementTimes: threshold, got %g, want more than 0", threshold)
	}
	e, err := relativeErrors(pred, truth)
	if err != nil {
		return nil, errors.Wrap(err, "data: AgreementTimes")
	}
	times := make([]float64, truth.Samples())
	for s := range times {
		i := slices.IndexFunc(e, func(row []float64) bool { return row[s] > threshold })
		if i < 0 {
			i = len(e) - 1
		}
		times[s] = truth.Times[i] - truth.Times[0]
	}
	return times, nil
}

// Quantiles returns the quantiles of x at the given shares p, 0 … 1, such as 0.1,
// 0.5, 0.9 for the median and what lies below and above four fifths around it. Between
// the sorted numbers they are interpolated linearly, with the smallest at 0 and
// the largest at 1. x is not changed, and has at least one number and no NaN.
func Quantiles(x []float64, p ...float64) ([]float64, error) {
	if len(x) == 0 {
		return nil, errors.Wrap(ErrShape, "data: Quantiles: got no numbers, want at least one")
	}
	if floats.HasNaN(x) {
		return nil, errors.Wrap(ErrNotFinite, "data: Quantiles: got NaN among the numbers")
	}
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	q := make([]float64, len(p))
	for i, share := range p {
		if !(share >= 0 && share <= 1) {
			return nil, errors.Errorf("data: Quantiles: share %d, got %g, want 0 … 1", i, share)
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

// RMS returns the root mean square of each sample over all times and components.
func RMS(d *Dataset) []float64 {
	sum := make([]float64, d.Samples())
	for _, u := range d.States {
		for s, row := range u {
			sum[s] += floats.Dot(row, row)
		}
	}
	return rootMean(sum, len(d.States)*d.Dim())
}

// RMSChange returns the root mean square of the change from one time to the next,
// u(t_{i+1}) − u(t_i), of each sample over all times and components: next to
// nothing for a prediction that came to rest. It is NaN if there is but one time.
func RMSChange(d *Dataset) []float64 {
	sum := make([]float64, d.Samples())
	for i := 1; i < len(d.States); i++ {
		for s, row := range d.States[i] {
			for j, v := range row {
				change := v - d.States[i-1][s][j]
				sum[s] += change * change
			}
		}
	}
	return rootMean(sum, (len(d.States)-1)*d.Dim())
}

// rootMean replaces sums of n squares by their root means.
func rootMean(sum []float64, n int) []float64 {
	for s, v := range sum {
		sum[s] = math.Sqrt(v / float64(n))
	}
	return sum
}
