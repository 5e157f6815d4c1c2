package measure

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/internal/stack"
)

// Agreement is how far a prediction stays with the truth.
type Agreement struct {
	Times []float64 // since the first
	// Errors are ‖pred − truth‖₂ / ‖truth‖₂ of each state, indexed [time][sample]: +Inf
	// where pred is not finite or where truth is zero and pred is not.
	Errors [][]float64
}

// Agree holds a prediction against the truth. Their time grids agree, counted from
// their first times, as a prediction may start in the middle of a run. The error is
// [data.ErrShape] where they don't, or that of [data.Dataset.Validate].
func Agree(pred, truth *data.Dataset) (*Agreement, error) {
	a, err := agree(pred, truth)
	return a, errors.Wrap(err, "measure: Agree")
}

func agree(pred, truth *data.Dataset) (*Agreement, error) {
	if err := truth.Complete(); err != nil {
		return nil, errors.Wrap(err, "truth")
	}
	grid, ok := truth.Grid()
	if !ok {
		return nil, stack.Shapef("truth: the trajectories have times of their own")
	}
	if pred.Samples() != truth.Samples() {
		return nil, stack.Shapef("prediction has %d samples, want %d", pred.Samples(), truth.Samples())
	}
	times := slices.Clone(grid)
	floats.AddConst(-grid[0], times)
	a := &Agreement{times, stack.New(len(times), truth.Samples())}
	for s, tr := range truth.Trajectories {
		p := pred.Trajectories[s]
		if len(p.Times) != len(times) || len(p.States) != len(times) {
			return nil, stack.Shapef("prediction, sample %d has %d times and states at %d, want %d", s, len(p.Times), len(p.States), len(times))
		}
		for i, u := range tr.States {
			got, want := p.Times[i]-p.Times[0], times[i]
			if !(math.Abs(got-want) <= 1e-9*times[len(times)-1]) { // roundings
				return nil, stack.Shapef("prediction, sample %d, time %d is %v after the first, want %v", s, i, got, want)
			}
			if len(p.States[i]) != len(u) {
				return nil, stack.Shapef("prediction, sample %d, time %d has %d components, want %d", s, i, len(p.States[i]), len(u))
			}
			switch diff := floats.Distance(p.States[i], u, 2); {
			case diff == 0:
			case math.IsNaN(diff):
				a.Errors[i][s] = math.Inf(1)
			default:
				a.Errors[i][s] = diff / floats.Norm(u, 2)
			}
		}
	}
	return a, nil
}

// Until returns for each sample the first time at which the relative error exceeds the
// threshold, of which ½ is usual: how long a prediction of a chaotic system stays with
// the truth. A sample that does so to the end has the last time.
func (a *Agreement) Until(threshold float64) []float64 {
	until := make([]float64, len(a.Errors[0]))
	for s := range until {
		i := slices.IndexFunc(a.Errors, func(row []float64) bool { return row[s] > threshold })
		if i < 0 {
			i = len(a.Times) - 1
		}
		until[s] = a.Times[i]
	}
	return until
}

// Spread is that of [Agreement.Until].
func (a *Agreement) Spread(threshold float64) Spread {
	q := Quantiles(a.Until(threshold), 0.5, 0.1, 0.9)
	return Spread{q[0], q[1], q[2]}
}

// Within tells of a prediction of one trajectory, which may have gaps, how long it is
// within half of the true state, by norms of the components over their scales, of which nil
// is 1 for all, or within three standard deviations of the truth's noise, one of each
// component, as a state of rest at 0 is all noise: the share of the times that were measured
// whole, and the time since the first after which it is not, +Inf for none.
func Within(pred, truth data.Trajectory, scale, noise []float64) (share, until float64) {
	y := make([]float64, len(truth.States[0]))
	norm := func(x func(j int) float64) float64 {
		for j := range y {
			y[j] = x(j)
			if scale != nil {
				y[j] /= scale[j]
			}
		}
		return floats.Norm(y, 2)
	}
	var n, count, least float64
	until = math.Inf(1)
	if noise != nil {
		least = 3 * norm(func(j int) float64 { return noise[j] })
	}
	for k, u := range truth.States {
		if floats.HasNaN(u) {
			continue
		}
		count++
		off := norm(func(j int) float64 { return pred.States[k][j] - u[j] })
		if off <= max(0.5*norm(func(j int) float64 { return u[j] }), least) {
			n++
		} else {
			until = min(until, truth.Times[k]-truth.Times[0])
		}
	}
	return n / max(count, 1), until
}

// Quantiles returns the quantiles of x at the given shares p, 0 … 1, such as
// 0.1, 0.5, 0.9 for the median and what lies below and above four fifths around
// it. Between the sorted numbers they are interpolated linearly, with the
// smallest at 0 and the largest at 1; gonum's stat.Quantile has no such kind. NaN, of
// what ran away, counts as +Inf. x is not changed. It panics for no numbers and for
// other shares.
func Quantiles(x []float64, p ...float64) []float64 {
	if len(x) == 0 {
		panic(errors.New("measure: Quantiles: got no numbers, want at least one"))
	}
	sorted := slices.Clone(x)
	for i, v := range sorted {
		if math.IsNaN(v) {
			sorted[i] = math.Inf(1)
		}
	}
	slices.Sort(sorted)
	q := make([]float64, len(p))
	for i, share := range p {
		if !(share >= 0 && share <= 1) {
			panic(errors.Errorf("measure: Quantiles: share %d is %g, want 0 … 1", i, share))
		}
		at := share * float64(len(x)-1)
		lo := int(at)
		q[i] = sorted[lo]
		if w := at - float64(lo); w > 0 {
			q[i] = (1-w)*sorted[lo] + w*sorted[lo+1]
		}
	}
	return q
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
