package form

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/internal/stack"
	"spnode/data/internal/table"
)

// run is a Run as it is read, and where.
type run struct {
	runs.Run
	label       string
	first, last int    // lines
	known       []bool // of the parameters
	weighed     bool
}

// reader turns the rows of a table into runs.
type reader struct {
	roles
	t      *table.Table
	runs   []*run
	number map[string]int
	free   []float64 // memory for states
}

func decodeTable(b []byte, o runs.Options) (*runs.Set, error) {
	t, err := table.Read(b, func(names []string) bool { return knows(&o, names) })
	if err != nil {
		return nil, err
	}
	d, err := fromTable(t, &o)
	if err == nil && o.Trajectory == "" && len(d.Runs) > 1 && !t.Own() && slices.ContainsFunc(t.Names, func(s string) bool { return strings.EqualFold(s, "id") }) &&
		!slices.ContainsFunc(d.Runs, func(n runs.Run) bool { return len(n.Times) > 1 }) {
		return nil, errors.Errorf("the column id tells %d trajectories of one time each apart, want more times; try naming the trajectory's column, or removing this one", len(d.Runs))
	}
	return d, err
}

// fromTable reads the runs in a table.
func fromTable(t *table.Table, o *runs.Options) (*runs.Set, error) {
	roles, err := rolesOf(o, t, true)
	if err != nil {
		return nil, err
	}
	r := reader{t: t, roles: roles, number: map[string]int{}}
	if err := t.Rows(r.row); err != nil {
		return nil, err
	}
	return r.set()
}

// memory returns memory for n numbers. It comes in blocks, since append would
// leave as much garbage again.
func (r *reader) memory(n int) []float64 {
	if n > len(r.free) {
		r.free = make([]float64, max(n, 1<<13))
	}
	m := r.free[:n:n]
	r.free = r.free[n:]
	return m
}

// of returns the run that a row at a time belongs to. Without a column that tells
// them apart, another one begins where an empty line comes before a time that does
// not increase, as gnuplot has it.
func (r *reader) of(row *table.Row, t float64) (*run, error) {
	label := strconv.Itoa(len(r.runs))
	number := label // 1 of 1.0
	if r.trajectory >= 0 {
		cell := row.Cell(r.trajectory)
		if k, ok := r.number[string(cell)]; ok {
			return r.runs[k], nil
		}
		if table.Missing(cell) {
			return nil, errors.Errorf("%s is %q, want what tells the trajectory in every row", row.Where(r.trajectory), cell)
		}
		label = string(cell)
		number = label
		if v, err := strconv.ParseFloat(label, 64); err == nil {
			number = strconv.FormatFloat(v, 'g', -1, 64)
			if k, ok := r.number[number]; ok {
				r.number[label] = k
				return r.runs[k], nil
			}
		}
	} else if k := len(r.runs) - 1; k >= 0 {
		if last := r.runs[k]; !row.Apart || t > last.Times[len(last.Times)-1] {
			return last, nil
		}
	}
	n := &run{label: label, first: row.Line, known: make([]bool, len(r.parameters))}
	if len(r.parameters) > 0 {
		n.Parameters = make([]float64, len(r.parameters))
	}
	n.Held = r.held
	if r.label >= 0 {
		n.Name = string(row.Cell(r.label))
	}
	r.number[label], r.number[number] = len(r.runs), len(r.runs)
	r.runs = append(r.runs, n)
	return n, nil
}

func (r *reader) row(row table.Row) error {
	t, ok, err := row.Number(r.time)
	if err != nil {
		return err
	}
	if !ok {
		return errors.Errorf("%s: the time is %q, want a number in every row", row.Where(r.time), row.Cell(r.time))
	}
	n, err := r.of(&row, t)
	if err != nil {
		return err
	}
	if k := len(n.Times); k > 0 && t <= n.Times[k-1] {
		if r.trajectory < 0 {
			return errors.Errorf("%s: the time is %s after %v, want times that increase; try sorting the rows, or naming the column that tells trajectories apart",
				row.Place(), row.Cell(r.time), n.Times[k-1])
		}
		return errors.Errorf("%s: the time is %s after %v of line %d in trajectory %q, want times that increase",
			row.Place(), row.Cell(r.time), n.Times[k-1], n.last, row.Cell(r.trajectory))
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
		n.InputTimes = append(n.InputTimes, t)
		n.Inputs = append(n.Inputs, w)
		return nil
	}
	return errors.Errorf("%s is %q, want a number as the line has other inputs", row.Where(missing), row.Cell(missing))
}

// constant takes what is the same in all rows of a run that have it.
func constant(row *table.Row, j, first int, to *float64, known *bool) error {
	v, ok, err := row.Number(j)
	if err != nil || !ok {
		return err
	}
	if *known && v != *to {
		return errors.Errorf("%s is %v, want %v throughout the trajectory, as from line %d on", row.Where(j), v, *to, first)
	}
	*to, *known = v, true
	return nil
}

// set puts the runs together.
func (r *reader) set() (*runs.Set, error) {
	d := &runs.Set{Inputs: names(r.t, r.inputs), Parameters: names(r.t, r.parameters)}
	if r.t.Header {
		d.Components = names(r.t, r.components)
	} else {
		d.Components = runs.Numbered("u", len(r.components))
	}
	counted := true
	for s, n := range r.runs {
		counted = counted && n.label == strconv.Itoa(s)
	}
	r.number, d.Runs = nil, make([]runs.Run, len(r.runs))
	for s, n := range r.runs {
		if r.label < 0 && !counted {
			n.Name = n.label
		}
		if k := slices.Index(n.known, false); k >= 0 {
			return nil, errors.Errorf("lines %d … %d have no value of parameter %q, want one", n.first, n.last, d.Parameters[k])
		}
		if len(n.InputTimes) == len(n.Times) {
			n.InputTimes = nil
		}
		d.Runs[s], r.runs[s] = n.Run, nil
	}
	for k, j := range r.components {
		if !r.t.Header && !slices.ContainsFunc(d.Runs, func(n runs.Run) bool {
			return slices.ContainsFunc(n.States, func(u []float64) bool { return stack.Finite(u[k]) })
		}) {
			return nil, errors.Errorf("column %d has no number in it, want one; try naming the components", j+1)
		}
	}
	d.Share()
	return d, nil
}
