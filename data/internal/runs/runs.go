// Package runs has what the readers of data share: the trajectories of a file, and
// the names by which its columns and arrays are looked for.
package runs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
	"spnode/data/npz"
)

// Set is what a file holds: runs of the same components, inputs and parameters.
// Package data says what these are, and checks them.
type Set struct {
	Components, Inputs, Parameters []string
	Runs                           []Run
}

// Run is a trajectory.
type Run struct {
	Name   string
	Times  []float64
	States [][]float64
	Weight float64

	InputTimes []float64 // nil: those of the states
	Inputs     [][]float64
	Held       bool

	Parameters []float64
}

// Options are the ReadOptions of package data.
type Options struct {
	Time, Trajectory               string
	States                         string
	Components, Inputs, Parameters []string
	Held                           bool
	Weight                         string
	Limit                          int64
}

// Dim returns the number of components.
func (d *Set) Dim() int {
	if len(d.Runs) == 0 || len(d.Runs[0].States) == 0 {
		return 0
	}
	return len(d.Runs[0].States[0])
}

// Share has runs of equal times share their slice, as to tell one grid is quick then.
func (d *Set) Share() {
	for s := 1; s < len(d.Runs); s++ {
		if a, b := &d.Runs[s-1], &d.Runs[s]; slices.Equal(a.Times, b.Times) {
			b.Times = a.Times
		}
	}
}

// Join appends the runs of one, whose components, inputs and parameters are those of
// d, in any order.
func (d *Set) Join(one *Set) error {
	if len(d.Runs) == 0 {
		*d = *one
		return nil
	}
	for _, n := range []struct {
		what      string
		got, want []string
	}{{"components", one.Components, d.Components}, {"inputs", one.Inputs, d.Inputs}, {"parameters", one.Parameters, d.Parameters}} {
		if len(n.got) != len(n.want) {
			return stack.Shapef("%s are %s, want %s", n.what, List(n.got), List(n.want))
		}
	}
	if err := one.Choose(&Options{Components: d.Components, Inputs: d.Inputs, Parameters: d.Parameters}); err != nil {
		return err
	}
	d.Runs = append(d.Runs, one.Runs...)
	return nil
}

// Choose leaves the components, inputs and parameters that the options name, in
// their order.
func (d *Set) Choose(o *Options) error {
	for _, c := range []struct {
		what  string
		names []string
		of    *[]string
		rows  func(r *Run) [][]float64
	}{
		{"components", o.Components, &d.Components, func(r *Run) [][]float64 { return r.States }},
		{"inputs", o.Inputs, &d.Inputs, func(r *Run) [][]float64 { return r.Inputs }},
		{"parameters", o.Parameters, &d.Parameters, func(r *Run) [][]float64 { return [][]float64{r.Parameters} }},
	} {
		if c.names == nil || slices.Equal(*c.of, c.names) || len(c.names) == 1 && slices.Contains(*c.of, c.names[0]+"1") {
			continue // as it is, or an array of that name
		}
		var idx []int
		var absent []string
		for _, name := range c.names {
			j := slices.Index(*c.of, name)
			if j < 0 {
				absent = append(absent, name)
			}
			idx = append(idx, j)
		}
		if absent != nil {
			return errors.Errorf("%s are %s, want %s among them", c.what, List(*c.of), List(absent))
		}
		*c.of = c.names
		for s := range d.Runs {
			r := &d.Runs[s]
			rows := c.rows(r)
			for i, row := range rows {
				rows[i] = make([]float64, len(idx))
				for k, j := range idx {
					rows[i][k] = row[j]
				}
			}
			switch c.what {
			case "parameters":
				r.Parameters = rows[0]
			case "inputs":
				if len(idx) == 0 {
					r.InputTimes, r.Inputs, r.Held = nil, nil, false
				}
			}
		}
	}
	return nil
}

// TimeNames are the common names of times, in lower case.
var TimeNames = []string{"t", "time", "times"}

// Bound returns how many bytes the numbers of a file of so many may take.
func (o *Options) Bound(size int) int64 {
	if o.Limit > 0 {
		return o.Limit
	}
	return npz.DefaultLimit(size)
}

// Numbered returns n names that begin with a letter: u1, u2, ….
func Numbered(letter string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = letter + strconv.Itoa(i+1)
	}
	return names
}

// List quotes names, not too many.
func List(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	const most = 40
	quoted := make([]string, 0, min(len(names), most+1))
	for i, name := range names {
		if i == most {
			quoted = append(quoted, "… ("+strconv.Itoa(len(names))+" in all)")
			break
		}
		quoted = append(quoted, strconv.Quote(name))
	}
	return strings.Join(quoted, ", ")
}
