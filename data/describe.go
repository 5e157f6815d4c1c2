package data

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// extent is the least and the largest of some numbers, and how many of them are
// missing.
type extent struct {
	least, largest float64
	n, missing     int
}

func (e *extent) add(v float64) {
	if math.IsNaN(v) {
		e.missing++
		return
	}
	if e.n == 0 {
		e.least, e.largest = v, v
	}
	e.n++
	e.least, e.largest = min(e.least, v), max(e.largest, v)
}

func (e *extent) String() string {
	switch {
	case e.n == 0:
		return "none"
	case e.least == e.largest:
		return fmt.Sprintf("%.6g", e.least)
	}
	return fmt.Sprintf("%.6g … %.6g", e.least, e.largest)
}

// Describe says in some lines what the Dataset holds: how many trajectories, their
// lengths, spans and steps from the least to the largest, what is missing, and the
// ranges of components, inputs, parameters and weights.
func (d *Dataset) Describe() string {
	if d == nil {
		return "<nil>"
	}
	var lengths, starts, ends, steps, weights extent
	components, inputs, parameters := make([]extent, d.Dim()), make([]extent, len(d.Inputs)), make([]extent, len(d.Parameters))
	times, held, whole, weighted := 0, 0, 0, d.weighted()
	for _, tr := range d.Trajectories {
		lengths.add(float64(len(tr.Times)))
		times += len(tr.Times)
		for i, t := range tr.Times {
			if i == 0 {
				starts.add(t)
			} else {
				steps.add(t - tr.Times[i-1])
			}
			if i == len(tr.Times)-1 {
				ends.add(t)
			}
		}
		for _, u := range tr.States {
			addAll(components, u)
			if !slices.ContainsFunc(u, func(v float64) bool { return !math.IsNaN(v) }) {
				whole++
			}
		}
		for _, w := range tr.Input.Values {
			addAll(inputs, w)
		}
		if tr.Input.Held {
			held++
		}
		addAll(parameters, tr.Parameters)
		if tr.Weight == 0 {
			weights.add(1)
		} else {
			weights.add(tr.Weight)
		}
	}

	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	grid := "times of their own"
	if _, ok := d.Grid(); ok {
		grid = "one grid"
	}
	fmt.Fprintf(w, "trajectories\t%d, %s\n", d.Samples(), grid)
	fmt.Fprintf(w, "times\t%s each, %d in all\n", &lengths, times)
	fmt.Fprintf(w, "first time\t%s\n", &starts)
	fmt.Fprintf(w, "last time\t%s\n", &ends)
	fmt.Fprintf(w, "steps\t%s\n", &steps)
	missing := 0
	for _, c := range components {
		missing += c.missing
	}
	if all := times * d.Dim(); missing > 0 {
		fmt.Fprintf(w, "missing\t%d of %d values (%.2g %%)", missing, all, 100*float64(missing)/float64(all))
		if whole > 0 {
			fmt.Fprintf(w, ", nothing measured at %d of %d times", whole, times)
		}
		fmt.Fprintln(w)
	} else {
		fmt.Fprintf(w, "missing\tnone\n")
	}
	ranges(w, "component", d.Names(), components)
	kind := "input"
	if held > 0 && held == d.Samples() {
		kind = "held input"
	}
	ranges(w, kind, d.Inputs, inputs)
	ranges(w, "parameter", d.Parameters, parameters)
	if weighted {
		fmt.Fprintf(w, "weights\t%s\n", &weights)
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

func addAll(to []extent, values []float64) {
	for j := range to {
		if j < len(values) {
			to[j].add(values[j])
		}
	}
}

// ranges writes a line for each name, of many for the first and the last ones.
func ranges(w *tabwriter.Writer, kind string, names []string, of []extent) {
	const most = 24
	for j, name := range names {
		if len(names) > most && j >= most/2 && j < len(names)-most/2 {
			if j == most/2 {
				fmt.Fprintf(w, "…\t%d more\n", len(names)-most)
			}
			continue
		}
		fmt.Fprintf(w, "%s %s\t%s", kind, name, &of[j])
		if of[j].missing > 0 {
			fmt.Fprintf(w, ", %d missing", of[j].missing)
		}
		fmt.Fprintln(w)
	}
}
