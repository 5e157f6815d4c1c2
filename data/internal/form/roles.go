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

// The common names, in lower case and without a unit in brackets or an "_id".
var (
	trajectoryNames = []string{"sample", "trajectory", "traj", "run", "series", "experiment", "simulation", "sim", "case", "id"}
)

// roles says what the columns of a table are, by their indices, −1 for none.
type roles struct {
	time, trajectory, weight, label int
	components, inputs, parameters  []int
	held                            bool
}

// prefixes are what Write puts before a name, and Read recognises.
var prefixes = []string{"component:", "input:", "held:", "parameter:", "weight:", "name:"}

// Cut returns the prefix of a column's name, if any, and the rest.
func Cut(name string) (prefix, rest string) {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(name, p); ok {
			return p, rest
		}
	}
	return "", name
}

// Nameless tells a column without a name, which pandas, of an index, reads and writes
// as "Unnamed: 0".
func Nameless(name string) bool { return name == "" || strings.HasPrefix(name, "Unnamed: ") }

// plain returns a name as the common names are spelled: "Time (s)" and "Time/s" are
// "time", "Run ID" is "run".
func plain(name string) string {
	name = strings.ToLower(name)
	if k := strings.IndexAny(name, "([/"); k > 0 {
		name = name[:k]
	}
	name = strings.TrimSpace(name)
	for _, suffix := range []string{"_id", " id", "-id"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// withoutUnit returns "time" for "time_s".
func withoutUnit(name string) string {
	name = plain(name)
	if k := strings.LastIndexAny(name, "_ "); k > 0 && slices.Contains(units, name[k+1:]) {
		return name[:k]
	}
	return name
}

// units are those of times.
var units = []string{"s", "sec", "secs", "seconds", "ms", "us", "µs", "ns", "min", "minutes", "h", "hr", "hours", "d", "days", "yr", "years"}

// knows tells a header by a name that is looked for. Numbers are not, as columns
// without a header are named by them.
func knows(o *runs.Options, names []string) bool {
	wanted := slices.Concat([]string{o.Time, o.Trajectory, o.Weight}, o.Components, o.Inputs, o.Parameters)
	for _, name := range names {
		_, rest := Cut(name)
		if _, err := strconv.ParseFloat(rest, 64); err != nil && rest != "" && (slices.Contains(wanted, name) || slices.Contains(wanted, rest)) {
			return true
		}
		if o.Time == "" && slices.Contains(runs.TimeNames, withoutUnit(name)) {
			return true
		}
	}
	return false
}

// chooser gives each column of a table one role.
type chooser struct {
	t     *table.Table
	taken []bool
}

// there says what columns there are.
func (c *chooser) there() string {
	var names []string
	for _, name := range c.t.Names {
		if name != "" {
			names = append(names, name)
		}
	}
	if !c.t.Header {
		return "the table has " + strconv.Itoa(len(names)) + " columns and no header"
	}
	return "the columns are " + runs.List(names)
}

// named returns the column of a name, with its prefix or without.
func (c *chooser) named(what, name string) (int, error) {
	found := -1
	for j, n := range c.t.Names {
		if _, rest := Cut(n); c.taken[j] || n != name && rest != name {
			continue
		}
		if n == name {
			found = j
			break
		}
		found = j
	}
	if found < 0 || name == "" {
		return -1, errors.Errorf("%s, want %s %q once among them", c.there(), what, name)
	}
	c.taken[found] = true
	return found, nil
}

func (c *chooser) all(what string, names []string) (idx []int, err error) {
	var absent []string
	for _, name := range names {
		j, err := c.named(what, name)
		if err != nil {
			absent = append(absent, name)
		}
		idx = append(idx, j)
	}
	if absent != nil {
		return nil, errors.Errorf("%s, want %ss %s among them", c.there(), what, runs.List(absent))
	}
	return idx, nil
}

// common returns the only column that is left with one of the common names, or −1: a
// unit that no brackets tell apart counts only where there is no other, and T beside
// t is a temperature.
func (c *chooser) common(what string, names []string) (int, error) {
	var found []int
	for _, spell := range []func(string) string{plain, withoutUnit} {
		for j, n := range c.t.Names {
			if !c.taken[j] && slices.Contains(names, spell(n)) {
				found = append(found, j)
			}
		}
		if found != nil {
			break
		}
	}
	if slices.ContainsFunc(found, func(j int) bool { return c.t.Names[j] == "t" }) {
		found = slices.DeleteFunc(found, func(j int) bool { return c.t.Names[j][0] == 'T' && plain(c.t.Names[j]) == "t" })
	}
	switch len(found) {
	case 0:
		return -1, nil
	case 1:
		c.taken[found[0]] = true
		return found[0], nil
	}
	return -1, errors.Errorf("%s is %q or %q, want one such column; try naming it", what, c.t.Names[found[0]], c.t.Names[found[1]])
}

// prefixed returns the columns that are left with the prefix.
func (c *chooser) prefixed(prefix string) (idx []int) {
	for j, n := range c.t.Names {
		if p, _ := Cut(n); p == prefix && !c.taken[j] {
			c.taken[j] = true
			idx = append(idx, j)
		}
	}
	return idx
}

// rolesOf gives the columns of t their roles. Where needTime is false, there may be
// no time.
func rolesOf(o *runs.Options, t *table.Table, needTime bool) (r roles, err error) {
	r = roles{time: -1, trajectory: -1, weight: -1, label: -1, held: o.Held}
	c := &chooser{t: t, taken: make([]bool, len(t.Names))}
	if t.Own() {
		r.trajectory, r.time = 0, 1
		c.taken[0], c.taken[1] = true, true
	}
	// What is named goes first, so that a component may have a common name.
	for _, n := range []struct {
		what, name string
		to         *int
	}{{"time", o.Time, &r.time}, {"trajectory", o.Trajectory, &r.trajectory}, {"weight", o.Weight, &r.weight}} {
		if n.name == "" {
			continue
		}
		if *n.to >= 0 { // of this library's own by place
			c.taken[*n.to] = false
		}
		if *n.to, err = c.named(n.what, n.name); err != nil {
			return r, err
		}
	}
	for _, n := range []struct {
		what  string
		names []string
		to    *[]int
	}{{"component", o.Components, &r.components}, {"input", o.Inputs, &r.inputs}, {"parameter", o.Parameters, &r.parameters}} {
		if *n.to, err = c.all(n.what, n.names); err != nil {
			return r, err
		}
	}
	if r.trajectory < 0 && t.Header {
		if r.trajectory, err = c.common("trajectory", trajectoryNames); err != nil {
			return r, err
		}
	}
	if r.time < 0 && t.Header {
		if r.time, err = c.common("time", runs.TimeNames); err != nil {
			return r, err
		}
	}
	if r.time < 0 && !t.Header && needTime { // the first that is left
		if r.time = slices.Index(c.taken, false); r.time >= 0 {
			c.taken[r.time] = true
		}
	}
	if r.time < 0 && needTime {
		return r, errors.Errorf("%s, want one named t or time; try naming it, or # before lines that are not of the table", c.there())
	}

	for prefix, to := range map[string]*int{"weight:": &r.weight, "name:": &r.label} {
		if idx := c.prefixed(prefix); *to < 0 && len(idx) > 0 {
			*to = idx[0]
		}
	}
	if o.Inputs == nil {
		held := c.prefixed("held:")
		linear := c.prefixed("input:")
		if len(held) > 0 && len(linear) > 0 {
			return r, errors.New("inputs are held and linear, want all of one kind")
		}
		r.inputs, r.held = append(held, linear...), o.Held || len(held) > 0
	}
	if o.Parameters == nil {
		r.parameters = c.prefixed("parameter:")
	}
	if o.Components == nil {
		for j, n := range t.Names {
			if p, _ := Cut(n); !c.taken[j] && (p == "" && !Nameless(n) || p == "component:") {
				r.components = append(r.components, j)
			}
		}
	}
	if len(r.components) == 0 {
		return r, stack.Shapef("%s, want a component beside the time", c.there())
	}
	return r, nil
}

// names returns the names of columns without their prefixes.
func names(t *table.Table, idx []int) (s []string) {
	for _, j := range idx {
		_, rest := Cut(t.Names[j])
		s = append(s, rest)
	}
	return s
}
