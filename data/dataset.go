package data

import (
	"iter"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/internal/stack"
)

// Dataset is a set of trajectories of the same components.
//
// The methods that take a part of a Dataset share its memory: the parts are
// views, and a Dataset is not changed once it is made.
type Dataset struct {
	// Components are the names of the C components; nil stands for u1, u2, ….
	Components []string

	// Inputs and Parameters are the names of what is known of each trajectory
	// beside its states: functions of time and constants. Both may be empty.
	Inputs, Parameters []string

	Trajectories []Trajectory
}

// Shared returns the Dataset of S trajectories on one grid of T times, whose
// states are indexed [time][sample][component] and have shape (T, S, C). It shares
// their memory, and the trajectories share the slice Times.
func Shared(times []float64, states [][][]float64, components []string) *Dataset {
	d := &Dataset{Components: components}
	for _, u := range states { // a state that is missing is one of no components
		d.Trajectories = append(d.Trajectories, make([]Trajectory, max(0, len(u)-len(d.Trajectories)))...)
	}
	for s := range d.Trajectories {
		tr := &d.Trajectories[s]
		tr.Times, tr.States = times, make([][]float64, len(states))
		for i, u := range states {
			if s < len(u) {
				tr.States[i] = u[s]
			}
		}
	}
	return d
}

// Zeros returns the Dataset of so many trajectories of zeros that share the slice
// times, for a solver to fill.
func Zeros(times []float64, samples int, components []string) *Dataset {
	d := &Dataset{Components: components, Trajectories: make([]Trajectory, samples)}
	for s := range d.Trajectories {
		d.Trajectories[s] = Trajectory{Times: times, States: stack.New(len(times), len(components))}
	}
	return d
}

// Samples returns S, the number of trajectories.
func (d *Dataset) Samples() int { return len(d.Trajectories) }

// Dim returns C, the number of components.
func (d *Dataset) Dim() int {
	if len(d.Trajectories) == 0 || len(d.Trajectories[0].States) == 0 {
		return 0
	}
	return len(d.Trajectories[0].States[0])
}

// Grid returns the times that all trajectories share, and whether there are such.
func (d *Dataset) Grid() (times []float64, ok bool) {
	if len(d.Trajectories) == 0 {
		return nil, false
	}
	times = d.Trajectories[0].Times
	for _, tr := range d.Trajectories[1:] {
		if !sameSlice(times, tr.Times) && !slices.Equal(times, tr.Times) {
			return nil, false
		}
	}
	return times, true
}

func sameSlice(a, b []float64) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// States returns the states on the grid that all trajectories share, indexed
// [time][sample][component], as views. It panics if there is no such grid; see
// [Dataset.Grid].
func (d *Dataset) States() [][][]float64 {
	if len(d.Trajectories) == 0 {
		return nil
	}
	times, ok := d.Grid()
	if !ok {
		panic("data: Dataset.States: the trajectories have times of their own")
	}
	states := make([][][]float64, len(times))
	for i := range states {
		states[i] = make([][]float64, len(d.Trajectories))
		for s, tr := range d.Trajectories {
			states[i][s] = tr.States[i]
		}
	}
	return states
}

// rows yields the states of all trajectories at their first times, then those at
// the second, and so on.
func (d *Dataset) rows() iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		for i, more := 0, true; more; i++ {
			more = false
			for _, tr := range d.Trajectories {
				if i < len(tr.States) {
					if more = true; !yield(tr.States[i]) {
						return
					}
				}
			}
		}
	}
}

// Ranges returns the least and the largest value of each component, gaps left out; nil
// where one has gaps alone.
func (d *Dataset) Ranges() [][2]float64 {
	all := slices.Repeat([][2]float64{{math.Inf(1), math.Inf(-1)}}, d.Dim())
	for u := range d.rows() {
		for j, v := range u {
			if !math.IsNaN(v) {
				all[j] = [2]float64{min(all[j][0], v), max(all[j][1], v)}
			}
		}
	}
	if slices.ContainsFunc(all, func(r [2]float64) bool { return r[0] > r[1] }) {
		return nil
	}
	return all
}

// Validate checks that there is at least one trajectory, each with at least one
// time (a single time is an initial state) and one component; that the times are
// finite and strictly increasing; that all shapes agree; that no number is
// infinite, and none is NaN but in States, where NaN is a gap; that the weights
// are not negative; that names are UTF-8 without NUL; and that the inputs are known over the whole trajectory. The
// error, ErrShape or ErrNotFinite where one of them applies, names the trajectory,
// the time and the component; indices count from 0.
func (d *Dataset) Validate() error { return errors.Wrap(d.validate(), "data: Dataset") }

func (d *Dataset) validate() error {
	if len(d.Trajectories) == 0 {
		return stack.Shapef("there are no trajectories, want at least one")
	}
	for s := range d.Trajectories {
		if err := d.checkTrajectory(&d.Trajectories[s]); err != nil {
			return errors.Wrap(err, d.Trajectories[s].label(s))
		}
	}
	for _, name := range slices.Concat(d.Components, d.Inputs, d.Parameters) {
		if !isText(name) {
			return errors.Errorf("name is %q, want UTF-8 without NUL", name)
		}
	}
	if n := len(d.Components); n > 0 && n != d.Dim() {
		return stack.Shapef("%d components have names, want %d as in the states", n, d.Dim())
	}
	return nil
}

// isText tells names that every format has a place for.
func isText(name string) bool { return utf8.ValidString(name) && !strings.ContainsRune(name, 0) }

// Complete checks what Validate does, and that there are no gaps, for a use that
// has no place for them: the error, ErrNotFinite, names the first one.
func (d *Dataset) Complete() error { return errors.Wrap(d.check(), "data: Dataset") }

func (d *Dataset) check() error {
	if err := d.validate(); err != nil {
		return err
	}
	for s, tr := range d.Trajectories {
		for i, u := range tr.States {
			for j, v := range u {
				if math.IsNaN(v) {
					return stack.NotFinitef("%s, time %d (t=%g), component %d is NaN, a gap, want a number",
						tr.label(s), i, tr.Times[i], j)
				}
			}
		}
	}
	return nil
}

// AtTimes returns the Dataset at the time points with the given indices, for
// instance AtTimes(0, 10, 20, 30, 40, 50), of each trajectory. Like an index
// expression it panics if an index is out of range. Inputs that are sampled at
// the times of the states keep the times that they had.
func (d *Dataset) AtTimes(idx ...int) *Dataset {
	part := *d
	part.Trajectories = slices.Clone(d.Trajectories)
	for s := range part.Trajectories {
		tr, whole := &part.Trajectories[s], d.Trajectories[s]
		if tr.Input.Values != nil && tr.Input.Times == nil {
			tr.Input.Times = whole.Times
		}
		if s > 0 && sameSlice(whole.Times, d.Trajectories[s-1].Times) {
			tr.Times = part.Trajectories[s-1].Times // shared as before
		} else {
			tr.Times = pick(whole.Times, idx)
		}
		tr.States = pick(whole.States, idx)
	}
	return &part
}

// Batch returns the Dataset of the samples with the given indices, in that
// order. Like an index expression it panics if an index is out of range.
func (d *Dataset) Batch(idx ...int) *Dataset {
	part := *d
	part.Trajectories = pick(d.Trajectories, idx)
	return &part
}

// CloneStates returns the Dataset with states of its own, which can be changed.
func (d *Dataset) CloneStates() *Dataset {
	own := *d
	own.Trajectories = slices.Clone(d.Trajectories)
	for i := range own.Trajectories {
		tr := &own.Trajectories[i]
		tr.States = slices.Clone(tr.States)
		for k, u := range tr.States {
			tr.States[k] = slices.Clone(u)
		}
	}
	return &own
}

func pick[T any](x []T, idx []int) []T {
	part := make([]T, len(idx))
	for k, i := range idx {
		part[k] = x[i]
	}
	return part
}

// Split returns the first nTrain samples and the rest. Both must be non-empty.
func (d *Dataset) Split(nTrain int) (train, test *Dataset, err error) {
	if nTrain < 1 || nTrain >= d.Samples() {
		return nil, nil, errors.Errorf("data: Dataset.Split: the training samples are %d, want 1 … %d of %d samples",
			nTrain, d.Samples()-1, d.Samples())
	}
	first, rest := *d, *d
	first.Trajectories = d.Trajectories[:nTrain:nTrain]
	rest.Trajectories = d.Trajectories[nTrain:]
	return &first, &rest, nil
}

// Names returns the names of the components: u1, u2, … if there are none.
func (d *Dataset) Names() []string {
	if len(d.Components) > 0 {
		return d.Components
	}
	return runs.Numbered("u", d.Dim())
}
