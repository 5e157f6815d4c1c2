// Package inspect says what a set of trajectories tells of the system that made
// it: scales, time scales, decades, noise, linear invariants, rank, and whether
// its states settle or go on. What it says is a guess by fixed rules, the same
// for the same data; whoever uses it shows it and can overrule it.
//
// No rule has a unit: data whose times or states are multiplied by powers of two
// give the same facts to the bit, multiplied back.
package inspect

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/internal/stack"
)

// Facts are what the data say.
type Facts struct {
	Scale     []float64 `json:"scale"`     // largest |u| of each component; 1 where it is 0 throughout
	Mean      []float64 `json:"mean"`      // of the initial states
	Deviation []float64 `json:"deviation"` // of the initial states; 0 for a component that begins alike in all
	Variation []float64 `json:"variation"` // standard deviation of each component over all times and trajectories
	Constant  []bool    `json:"constant"`  // components that never change
	Positive  []bool    `json:"positive"`  // components that are never negative, and not always 0

	Span     float64 `json:"span"`      // longest trajectory, from its first time to its last
	LastTime float64 `json:"last_time"` // latest time of all
	Shortest float64 `json:"shortest"`  // least interval between two times
	Longest  float64 `json:"longest"`   // largest
	Decades  float64 `json:"decades"`   // over which the times are spread, see decades
	Uniform  bool    `json:"uniform"`   // all intervals are equal, to a millionth

	// Noise is an upper estimate, for each component, of the standard deviation of
	// what is not smooth from one time to the next.
	Noise []float64 `json:"noise"`
	// Outliers are how many values of each component stand out alone by more than ten times
	// the noise.
	Outliers []int `json:"outliers"`
	// Settled is the share of trajectories that end at rest: over the last tenth
	// of their points they change by less than a hundredth of what they have
	// changed in all.
	Settled float64 `json:"settled"`
	// MaySettle is the largest share that do so as far as noise lets it be told.
	MaySettle float64 `json:"may_settle"`
	// Returns is the share of trajectories that come back: a component passes the
	// middle of its range upward at least twice.
	Returns float64 `json:"returns"`
	// MayReturn is the largest share that do so as far as noise lets it be told.
	MayReturn float64 `json:"may_return"`
	// Energies are the singular values of the scaled states about their mean,
	// relative to the largest.
	Energies []float64 `json:"energies"`

	Invariants []Invariant `json:"invariants,omitempty"`

	earliest float64  // least time since a beginning
	changes  []change // by logarithm of time, for Rates
}

// Invariant is a linear quantity w·u that no trajectory changes.
type Invariant struct {
	Weights   []float64 `json:"weights"`
	Mean      float64   `json:"mean"`      // of its values in the trajectories
	Deviation float64   `json:"deviation"` // of its values
	Drift     float64   `json:"drift"`     // largest change along a trajectory, relative to Σ |w_i| Scale_i
}

// Size is Σ |w_i| Scale_i, what the quantity would be if nothing cancelled.
func (q Invariant) Size(scale []float64) (size float64) {
	for j, w := range q.Weights {
		size += math.Abs(w) * scale[j]
	}
	return size
}

// Text writes w·u with the names of the components.
func (q Invariant) Text(names []string) string {
	var b strings.Builder
	for j, v := range q.Weights {
		switch {
		case v == 0:
			continue
		case b.Len() == 0 && v == 1:
		case b.Len() == 0:
			fmt.Fprintf(&b, "%.4g ", v)
		case math.Abs(math.Abs(v)-1) < 1e-4 && v > 0:
			b.WriteString(" + ")
		case math.Abs(math.Abs(v)-1) < 1e-4:
			b.WriteString(" − ")
		case v > 0:
			fmt.Fprintf(&b, " + %.4g ", v)
		default:
			fmt.Fprintf(&b, " − %.4g ", -v)
		}
		b.WriteString(names[j])
	}
	return b.String()
}

// Look inspects a data set. The error is one of data's, for a set that is not
// valid or holds no trajectory of two times.
func Look(d *data.Dataset) (*Facts, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(d.Trajectories, func(tr data.Trajectory) bool { return len(tr.Times) > 1 }) {
		return nil, stack.Shapef("inspect: Look: no trajectory has two times, want at least one that has")
	}
	f := &Facts{}
	f.components(d)
	f.times(d)
	f.noise(d)
	f.outliers(d)
	f.ends(d)
	f.rank(d)
	f.Invariants = invariants(d, f.Scale)
	f.accumulate(d)
	return f, nil
}

// values yields the measured values of a component, trajectory by trajectory.
func values(d *data.Dataset, j int) (x []float64) {
	for _, tr := range d.Trajectories {
		for _, u := range tr.States {
			if !math.IsNaN(u[j]) {
				x = append(x, u[j])
			}
		}
	}
	return x
}

func (f *Facts) components(d *data.Dataset) {
	n := d.Dim()
	f.Scale, f.Variation = make([]float64, n), make([]float64, n)
	f.Mean, f.Deviation = make([]float64, n), make([]float64, n)
	f.Constant, f.Positive = make([]bool, n), make([]bool, n)
	for j := range n {
		x := values(d, j)
		if len(x) == 0 {
			f.Scale[j], f.Constant[j] = 1, true
			continue
		}
		least, largest := slices.Min(x), slices.Max(x)
		f.Scale[j] = max(-least, largest)
		if f.Scale[j] == 0 {
			f.Scale[j] = 1
		}
		f.Constant[j] = least == largest
		f.Positive[j] = least >= 0 && largest > 0
		f.Variation[j] = stat.PopStdDev(x, nil)
		var first []float64
		for _, tr := range d.Trajectories {
			if v := tr.States[0][j]; !math.IsNaN(v) {
				first = append(first, v)
			}
		}
		if len(first) > 0 {
			f.Mean[j], f.Deviation[j] = stat.PopMeanStdDev(first, nil)
		}
		if f.Deviation[j] < 1e-12*f.Scale[j] { // roundings of a sum
			f.Deviation[j] = 0
		}
	}
}

func (f *Facts) times(d *data.Dataset) {
	f.Shortest, f.LastTime = math.Inf(1), math.Inf(-1)
	var over []float64
	for _, tr := range d.Trajectories {
		last := len(tr.Times) - 1
		f.Span = max(f.Span, tr.Times[last]-tr.Times[0])
		f.LastTime = max(f.LastTime, tr.Times[last])
		for k := range last {
			h := tr.Times[k+1] - tr.Times[k]
			f.Shortest, f.Longest = min(f.Shortest, h), max(f.Longest, h)
		}
		if last > 0 {
			over = append(over, decades(tr.Times))
		}
	}
	slices.Sort(over)
	f.Decades = over[len(over)/2]
	f.Uniform = f.Longest-f.Shortest <= 1e-6*f.Longest
}

// decades are those over which the times since the first are spread, by the middle four
// fifths of them: all for times that are even in the logarithm, and some 1.2 for even or
// random ones, however many. Two times that nearly agree add none, as they would by intervals.
func decades(t []float64) float64 {
	last := len(t) - 2 // of those since the first
	if last == 0 {
		return 0
	}
	from := int(math.Round(0.1 * float64(last)))
	if last > 2 {
		from = max(from, 1)
	}
	part := float64(last-2*from) / float64(last)
	return math.Log10((t[1+last-from]-t[0])/(t[1+from]-t[0])) / part
}
