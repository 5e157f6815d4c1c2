package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Dataset is a set of trajectories on one time grid.
//
// The methods that take a part of a Dataset share its memory: the parts are
// views, and a Dataset is not changed once it is made.
type Dataset struct {
	// Times are the T times, strictly increasing, in the problem's unit.
	Times []float64

	// States are indexed [time][sample][component] and have shape (T, S, C), in
	// the problem's physical, unscaled variables.
	States [][][]float64

	// Components are the names of the C components; nil stands for u1, u2, ….
	Components []string
}

// newDataset returns a Dataset of zeros of shape (times, samples, dim).
func newDataset(times, samples, dim int, components []string) *Dataset {
	d := &Dataset{Times: make([]float64, times), States: make([][][]float64, times), Components: components}
	for i := range d.States {
		d.States[i] = newStates(samples, dim)
	}
	return d
}

// Samples returns S, the number of trajectories.
func (d *Dataset) Samples() int {
	if len(d.States) == 0 {
		return 0
	}
	return len(d.States[0])
}

// Dim returns C, the number of components.
func (d *Dataset) Dim() int {
	if d.Samples() == 0 {
		return 0
	}
	return len(d.States[0][0])
}

// Validate checks that there is at least one time, sample and component (a
// single time is a set of initial states), that the times are finite and
// strictly increasing, that all shapes agree, and that every number is finite.
// The error, ErrShape or ErrNotFinite where one of them applies, says where and
// what; indices count from 0.
func (d *Dataset) Validate() error { return errors.Wrap(d.check(), "data: Dataset") }

func (d *Dataset) check() error {
	if err := checkTimes(d.Times); err != nil {
		return err
	}
	if len(d.States) != len(d.Times) {
		return errors.Wrapf(ErrShape, "states, got %d times, want %d as in Times", len(d.States), len(d.Times))
	}
	for i, u := range d.States {
		if len(u) != d.Samples() {
			return errors.Wrapf(ErrShape, "time %d (t=%g): got %d samples, want %d as at time 0", i, d.Times[i], len(u), d.Samples())
		}
		if err := checkStates(u, d.Dim()); err != nil {
			return errors.Wrapf(err, "time %d (t=%g)", i, d.Times[i])
		}
	}
	if n := len(d.Components); n > 0 && n != d.Dim() {
		return errors.Wrapf(ErrShape, "components, got %d names, want %d as in the states", n, d.Dim())
	}
	return nil
}

// AtTimes returns the Dataset at the time points with the given indices, for
// instance AtTimes(0, 10, 20, 30, 40, 50). Like an index expression it panics if
// an index is out of range.
func (d *Dataset) AtTimes(idx ...int) *Dataset {
	part := &Dataset{Components: d.Components}
	for _, i := range idx {
		part.Times = append(part.Times, d.Times[i])
		part.States = append(part.States, d.States[i])
	}
	return part
}

// Batch returns the Dataset of the samples with the given indices, in that
// order. Like an index expression it panics if an index is out of range.
func (d *Dataset) Batch(idx ...int) *Dataset {
	part := &Dataset{Times: d.Times, States: make([][][]float64, len(d.States)), Components: d.Components}
	for i, u := range d.States {
		part.States[i] = make([][]float64, len(idx))
		for j, s := range idx {
			part.States[i][j] = u[s]
		}
	}
	return part
}

// Split returns the first nTrain samples and the rest. Both must be non-empty.
func (d *Dataset) Split(nTrain int) (train, test *Dataset, err error) {
	if nTrain < 1 || nTrain >= d.Samples() {
		return nil, nil, errors.Errorf("data: Dataset.Split: training samples, got %d, want 1 … %d of %d samples",
			nTrain, d.Samples()-1, d.Samples())
	}
	idx := make([]int, d.Samples())
	for i := range idx {
		idx[i] = i
	}
	return d.Batch(idx[:nTrain]...), d.Batch(idx[nTrain:]...), nil
}

// Windows cuts the trajectories into windows of length steps (length+1
// snapshots), one starting at every stride-th time point, and returns them as
// samples of their own with times from 0. The windows may overlap; what is left
// at the end and fills no window is dropped.
//
// The windows of a trajectory follow each other, so that Split keeps those of
// one trajectory together as far as possible. The grid must be uniform, to
// within a millionth of its step, and the system autonomous.
func (d *Dataset) Windows(length, stride int) (*Dataset, error) {
	if err := d.check(); err != nil {
		return nil, errors.Wrap(err, "data: Dataset.Windows")
	}
	steps := len(d.Times) - 1
	if length < 1 || length > steps {
		return nil, errors.Errorf("data: Dataset.Windows: length, got %d steps, want 1 … %d", length, steps)
	}
	if stride < 1 {
		return nil, errors.Errorf("data: Dataset.Windows: stride, got %d steps, want at least 1", stride)
	}
	dt := (d.Times[steps] - d.Times[0]) / float64(steps)
	for i, t := range d.Times[1:] {
		if got := t - d.Times[i]; math.Abs(got-dt) > 1e-6*dt {
			return nil, errors.Errorf("data: Dataset.Windows: the grid is not uniform: step %d from t=%g to t=%g, "+
				"got %g, want %g", i, d.Times[i], t, got, dt)
		}
	}
	part := &Dataset{Times: make([]float64, length+1), States: make([][][]float64, length+1), Components: d.Components}
	for i := range part.Times {
		part.Times[i] = float64(i) * dt
		for s := range d.Samples() {
			for first := 0; first+length <= steps; first += stride {
				part.States[i] = append(part.States[i], d.States[first+i][s])
			}
		}
	}
	return part, nil
}

// names returns the names of the components, made up if there are none.
func (d *Dataset) names() []string {
	if len(d.Components) > 0 {
		return d.Components
	}
	names := make([]string, d.Dim())
	for i := range names {
		names[i] = fmt.Sprintf("u%d", i+1)
	}
	return names
}

// checkTimes returns an error unless the times are finite and strictly increasing.
func checkTimes(times []float64) error {
	if len(times) == 0 {
		return errors.Wrap(ErrShape, "times, got none, want at least one")
	}
	if i := slices.IndexFunc(times, func(t float64) bool { return !finite(t) }); i >= 0 {
		return errors.Wrapf(ErrNotFinite, "time %d, got %g", i, times[i])
	}
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return errors.Errorf("times must strictly increase: time %d is %v, time %d is %v", i-1, times[i-1], i, times[i])
		}
	}
	return nil
}

// checkStates returns an error unless u holds finite states of dim components.
func checkStates(u [][]float64, dim int) error {
	if len(u) == 0 || dim == 0 {
		return errors.Wrapf(ErrShape, "states, got %d samples of %d components, want at least one of each", len(u), dim)
	}
	for i, row := range u {
		if len(row) != dim {
			return errors.Wrapf(ErrShape, "sample %d: got %d components, want %d", i, len(row), dim)
		}
		for j, v := range row {
			if !finite(v) {
				return errors.Wrapf(ErrNotFinite, "sample %d, component %d: got %g", i, j, v)
			}
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
