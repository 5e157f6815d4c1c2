package data

import (
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
	"spnode/data/internal/table"
)

// run is a Trajectory as it is read, and where.
type run struct {
	Trajectory
	first, last int    // lines
	known       []bool // of the parameters
	weighed     bool
	inputTimes  []float64 // where the inputs have values
}

// reader turns the rows of a table into trajectories.
type reader struct {
	roles
	t      *table.Table
	runs   []*run
	labels []string
	number map[string]int
	free   []float64 // memory for states
}

func decodeTable(b []byte, o ReadOptions) (*Dataset, error) {
	t, err := table.Read(b, o.knows)
	if err != nil {
		return nil, err
	}
	r := reader{t: t, number: map[string]int{}}
	if r.roles, err = o.roles(t, true); err != nil {
		return nil, err
	}
	if err := t.Rows(r.row); err != nil {
		return nil, err
	}
	return r.dataset()
}

// states returns memory for n numbers. It comes in blocks, since append would
// leave as much garbage again.
func (r *reader) memory(n int) []float64 {
	if n > len(r.free) {
		r.free = make([]float64, max(n, 1<<13))
	}
	m := r.free[:n:n]
	r.free = r.free[n:]
	return m
}

// of returns the run that a row belongs to.
func (r *reader) of(row *table.Row) *run {
	label := ""
	if r.trajectory >= 0 {
		if k, ok := r.number[string(row.Cells[r.trajectory])]; ok {
			return r.runs[k]
		}
		label = string(row.Cells[r.trajectory])
	} else if len(r.runs) > 0 {
		return r.runs[0]
	}
	n := &run{first: row.Line, known: make([]bool, len(r.parameters))}
	n.Parameters = make([]float64, len(r.parameters))
	if len(r.parameters) == 0 {
		n.Parameters = nil
	}
	n.Input.Held = r.held
	if r.label >= 0 {
		n.Name = string(row.Cells[r.label])
	}
	r.number[label] = len(r.runs)
	r.runs, r.labels = append(r.runs, n), append(r.labels, label)
	return n
}

func (r *reader) row(row table.Row) error {
	t, ok, err := row.Number(r.time)
	if err != nil {
		return err
	}
	if !ok {
		return errors.Errorf("%s: got %q, want the time, which no row can do without", row.Where(r.time), row.Cells[r.time])
	}
	n := r.of(&row)
	if k := len(n.Times); k > 0 && t <= n.Times[k-1] {
		if r.trajectory < 0 {
			return errors.Errorf("line %d: times must strictly increase: got %v after %v; try naming the column that tells trajectories apart",
				row.Line, t, n.Times[k-1])
		}
		return errors.Errorf("line %d: times must strictly increase: got %v after %v of line %d, in trajectory %q",
			row.Line, t, n.Times[k-1], n.last, row.Cells[r.trajectory])
	}
	n.last = row.Line
	n.Times = append(n.Times, t)

	u := r.memory(len(r.components))
	for k, j := range r.components {
		if u[k], _, err = row.Number(j); err != nil {
			return err
		}
	}
	n.States = append(n.States, u)
	if err := r.rowInputs(&row, n, t); err != nil {
		return err
	}
	for k, j := range r.parameters {
		if err := constant(&row, j, n.first, &n.Parameters[k], &n.known[k]); err != nil {
			return err
		}
	}
	if r.weight >= 0 {
		return constant(&row, r.weight, n.first, &n.Weight, &n.weighed)
	}
	return nil
}

// rowInputs takes the inputs of a row, which has all of them or none.
func (r *reader) rowInputs(row *table.Row, n *run, t float64) error {
	if len(r.inputs) == 0 {
		return nil
	}
	w, missing := r.memory(len(r.inputs)), -1
	have := 0
	for k, j := range r.inputs {
		v, ok, err := row.Number(j)
		if err != nil {
			return err
		}
		if w[k] = v; ok {
			have++
		} else {
			missing = j
		}
	}
	switch have {
	case 0:
		return nil
	case len(w):
		n.inputTimes = append(n.inputTimes, t)
		n.Input.Values = append(n.Input.Values, w)
		return nil
	}
	return errors.Errorf("%s: got %q, want a number as the line has other inputs", row.Where(missing), row.Cells[missing])
}

// constant takes what is the same in all rows of a trajectory that have it.
func constant(row *table.Row, j, first int, to *float64, known *bool) error {
	v, ok, err := row.Number(j)
	if err != nil || !ok {
		return err
	}
	if *known && v != *to {
		return errors.Errorf("%s: got %v, want %v as in the trajectory before, which began in line %d; it is to be constant within a trajectory",
			row.Where(j), v, *to, first)
	}
	*to, *known = v, true
	return nil
}

// dataset puts the runs together.
func (r *reader) dataset() (*Dataset, error) {
	d := &Dataset{Inputs: names(r.t, r.inputs), Parameters: names(r.t, r.parameters)}
	if r.t.Header {
		d.Components = names(r.t, r.components)
	} else {
		d.Components = madeUp(len(r.components))
	}
	counted := true
	for s, label := range r.labels {
		counted = counted && (label == "" || label == strconv.Itoa(s))
	}
	for s, n := range r.runs {
		if r.label < 0 && !counted {
			n.Name = r.labels[s]
		}
		for k, ok := range n.known {
			if !ok {
				return nil, errors.Errorf("lines %d … %d: got no value of parameter %q, want one", n.first, n.last, d.Parameters[k])
			}
		}
		if len(n.inputTimes) < len(n.Times) && len(r.inputs) > 0 {
			n.Input.Times = n.inputTimes
		}
		d.Trajectories = append(d.Trajectories, n.Trajectory)
	}
	if !r.t.Header {
		for k := range r.components {
			if !slices.ContainsFunc(d.Trajectories, func(tr Trajectory) bool {
				return slices.ContainsFunc(tr.States, func(u []float64) bool { return stack.Finite(u[k]) })
			}) {
				return nil, errors.Errorf("column %d: got no number in it, want one; try naming the components", r.components[k]+1)
			}
		}
	}
	d.share()
	return d, nil
}

// share has trajectories of equal times share their slice, as Grid is quick then.
func (d *Dataset) share() {
	for s := 1; s < len(d.Trajectories); s++ {
		if a, b := &d.Trajectories[s-1], &d.Trajectories[s]; slices.Equal(a.Times, b.Times) {
			b.Times = a.Times
		}
	}
}
