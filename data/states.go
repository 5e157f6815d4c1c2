package data

import (
	"slices"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/data/internal/stack"
	"spnode/data/internal/table"
	"spnode/data/npz"
)

// ReadStates returns the initial states in a file, indexed [sample][component]; it
// is [ReadInitial] with the names of the components, if any, for the states alone.
func ReadStates(path string, components ...string) ([][]float64, error) {
	d, err := readInitial(path, ReadOptions{Components: components})
	if err != nil {
		return nil, errors.Wrapf(err, "data: ReadStates: %s", path)
	}
	u := make([][]float64, d.Samples())
	for s, tr := range d.Trajectories {
		u[s] = tr.States[0]
	}
	return u, nil
}

// ReadInitial returns initial states, each of them a trajectory of one time, with
// the parameters and inputs that the options name.
//
// A .csv file, in the forms that [ReadWith] takes, has a state in each row, or, where there are
// columns of times and of trajectories, or inputs, the state at the first time of each
// trajectory. Where a header names the columns, and the options the components,
// these are found by name: a header without one of them is refused, and so is one
// with other columns of no meaning. Without a header the columns are the
// components in their order. A .npy file is an array of shape (samples,
// components), or (components) for a single state.
//
// The error, ErrShape or ErrNotFinite where one of them applies, names the file
// and the place in it.
func ReadInitial(path string, o ReadOptions) (*Dataset, error) {
	d, err := readInitial(path, o)
	return d, errors.Wrapf(err, "data: ReadInitial: %s", path)
}

func readInitial(path string, o ReadOptions) (*Dataset, error) {
	d, err := initial(path, o)
	if err != nil {
		return nil, err
	}
	if len(o.Components) > 0 && d.Dim() != len(o.Components) {
		return nil, errors.Wrapf(ErrShape, "states, got %d components, want %d: %s", d.Dim(), len(o.Components), list(o.Components))
	}
	return d, d.check()
}

func initial(path string, o ReadOptions) (*Dataset, error) {
	ext := extension(path)
	if ext == ".npy" {
		return initialArray(path, o)
	}
	if ext != ".csv" {
		return nil, errors.Errorf("extension, got %q, want .csv or .npy", ext)
	}
	b, err := file.Read(path)
	if err != nil {
		return nil, err
	}
	return decodeInitial(b, o)
}

func decodeInitial(b []byte, o ReadOptions) (*Dataset, error) {
	t, err := table.Read(b, func(names []string) bool { return o.knows(names) || sameNames(names, o.Components) })
	if err != nil {
		return nil, err
	}
	given := o.Components
	if !t.Header { // by their order
		o.Components = nil
	}
	r := reader{t: t, number: map[string]int{}}
	if r.roles, err = o.roles(t, false); err != nil {
		return nil, err
	}
	if r.time >= 0 && (r.trajectory >= 0 || len(r.inputs) > 0) {
		d, err := decodeTable(b, o)
		if err != nil {
			return nil, err
		}
		return d.AtTimes(0), nil
	}
	if len(r.inputs) > 0 {
		return nil, errors.New("inputs: got them without their times, want a column t or time; try naming it")
	}
	if err := o.noMore(t, &r.roles); err != nil {
		return nil, err
	}
	d := &Dataset{Components: names(t, r.components), Parameters: names(t, r.parameters)}
	if !t.Header {
		d.Components = given
	}
	err = t.Rows(func(row table.Row) error {
		tr := Trajectory{Times: []float64{0}, States: [][]float64{r.memory(len(r.components))}}
		if r.time >= 0 {
			if tr.Times[0], err = number(&row, r.time); err != nil {
				return err
			}
		}
		for k, j := range r.components {
			if tr.States[0][k], err = number(&row, j); err != nil {
				return err
			}
		}
		for _, j := range r.parameters {
			p, err := number(&row, j)
			if err != nil {
				return err
			}
			tr.Parameters = append(tr.Parameters, p)
		}
		d.Trajectories = append(d.Trajectories, tr)
		return nil
	})
	return d, err
}

// number returns a number that must not be missing.
func number(row *table.Row, j int) (float64, error) {
	v, ok, err := row.Number(j)
	if err != nil || ok {
		return v, err
	}
	if len(row.Cells[j]) == 0 {
		return 0, errors.Errorf("%s: got %q, want a number", row.Where(j), row.Cells[j])
	}
	return 0, errors.Wrapf(ErrNotFinite, "%s: got %s", row.Where(j), row.Cells[j])
}

// noMore refuses columns of no meaning beside the components that are wanted: a
// state of more components than the model's is of another one.
func (o *ReadOptions) noMore(t *table.Table, r *roles) error {
	if !t.Header || len(o.Components) == 0 {
		return nil
	}
	used := slices.Concat(r.components, r.parameters, []int{r.time, r.trajectory, r.weight, r.label})
	for j, name := range t.Names {
		if name != "" && !slices.Contains(used, j) {
			return errors.Errorf("got a column %q, want none but the components %s", name, list(o.Components))
		}
	}
	return nil
}

func sameNames(a, b []string) bool {
	return len(b) > 0 && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func initialArray(path string, o ReadOptions) (*Dataset, error) {
	b, err := file.Read(path)
	if err != nil {
		return nil, err
	}
	a, err := npz.DecodeNPY(b)
	if err != nil {
		return nil, err
	}
	switch len(a.Shape) {
	case 1:
		a.Shape = []int{1, a.Shape[0]}
	case 2:
	default:
		return nil, errors.Wrapf(ErrShape, "array, got shape %v, want (samples, components) or (components)", a.Shape)
	}
	u := stack.Rows(a.Data, a.Shape[0], a.Shape[1])
	if err := stack.Check(u, a.Shape[1]); err != nil {
		return nil, err
	}
	return Shared([]float64{0}, [][][]float64{u}, o.Components), nil
}
