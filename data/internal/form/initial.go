package form

import (
	"slices"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/internal/stack"
	"spnode/data/internal/table"
)

// Initial reads initial states, each of them a run of one time.
func Initial(path string, o runs.Options) (*runs.Set, error) {
	d, err := readFile(path, &o, DecodeInitial)
	if err == nil && len(o.Components) > 0 && d.Dim() != len(o.Components) {
		err = stack.Shapef("the states have %d components, want %d: %s", d.Dim(), len(o.Components), runs.List(o.Components))
	}
	return d, err
}

// DecodeInitial reads the initial states in the content of a file.
func DecodeInitial(ext string, b []byte, o runs.Options) (*runs.Set, error) {
	var t *table.Table
	var err error
	switch ext {
	case ".npy":
		t, err = matrix(b, true)
	case ".npz", ".mat":
		d, err := Decode(ext, b, o)
		return begin(d), err
	default:
		t, err = table.Read(b, func(names []string) bool { return knows(&o, names) || sameNames(names, o.Components) })
	}
	if err != nil {
		return nil, err
	}
	return initial(t, o)
}

func sameNames(a, b []string) bool {
	return len(b) > 0 && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// begin leaves of each run the first time.
func begin(d *runs.Set) *runs.Set {
	if d != nil {
		for s := range d.Runs {
			r := &d.Runs[s]
			if r.Inputs != nil && r.InputTimes == nil {
				r.InputTimes = r.Times
			}
			r.Times, r.States = r.Times[:min(1, len(r.Times))], r.States[:min(1, len(r.States))]
		}
	}
	return d
}

func initial(t *table.Table, o runs.Options) (*runs.Set, error) {
	given := o.Components
	if !t.Header { // by their order
		o.Components = nil
	}
	roles, err := rolesOf(&o, t, false)
	if err != nil {
		return nil, err
	}
	r := reader{t: t, roles: roles}
	if r.time >= 0 && (r.trajectory >= 0 || len(r.inputs) > 0) {
		d, err := fromTable(t, &o)
		return begin(d), err
	}
	if len(r.inputs) > 0 {
		return nil, errors.New("inputs are without their times, want a column t or time; try naming it")
	}
	if err := noMore(&o, t, &r.roles); err != nil {
		return nil, err
	}
	d := &runs.Set{Components: names(t, r.components), Parameters: names(t, r.parameters)}
	if !t.Header {
		d.Components = given
	}
	err = t.Rows(func(row table.Row) error {
		n := runs.Run{Times: []float64{0}, States: [][]float64{r.memory(len(r.components))}}
		if r.time >= 0 {
			if n.Times[0], err = row.Known(r.time); err != nil {
				return err
			}
		}
		for k, j := range r.components {
			if n.States[0][k], err = row.Known(j); err != nil {
				return err
			}
		}
		for _, j := range r.parameters {
			p, err := row.Known(j)
			if err != nil {
				return err
			}
			n.Parameters = append(n.Parameters, p)
		}
		d.Runs = append(d.Runs, n)
		return nil
	})
	return d, err
}

// noMore refuses columns of no meaning beside the components that are wanted: a
// state of more components than the model's is of another one.
func noMore(o *runs.Options, t *table.Table, r *roles) error {
	if !t.Header || len(o.Components) == 0 {
		return nil
	}
	used := slices.Concat(r.components, r.parameters, []int{r.time, r.trajectory, r.weight, r.label})
	for j, name := range t.Names {
		if name != "" && !slices.Contains(used, j) {
			return errors.Errorf("column %d is %q, want none but the components %s", j+1, name, runs.List(o.Components))
		}
	}
	return nil
}
