// Package arrays finds trajectories in the named arrays of .npz and .mat files.
package arrays

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/internal/stack"
)

// array is a named array in a file: numbers, text or, in .mat files, a cell.
type array struct {
	name  string
	shape []int
	read  func() ([]float64, error)
	texts func() ([]string, error)
	cells []array
	err   error // says why it is not read

	isNumber bool
}

// maxComponents is far above any use, and as many as a table may have columns; each
// takes a name.
const maxComponents = 1 << 18

// stateNames are the common names of the array of states.
var stateNames = []string{"u", "x", "y", "state", "states"}

// arrays are those of a file, or of one trajectory of it.
type arrays struct {
	list  []array
	key   string // what follows or precedes the names of the trajectory's arrays
	limit int64  // of bytes
	o     *runs.Options
}

// split returns the common part of an array's name and what tells its trajectory:
// t_run1, t1 and run1/t.
func split(name string) (base, key string) {
	if k := strings.LastIndexByte(name, '/'); k >= 0 {
		return name[k+1:], name[:k]
	}
	if base, key, ok := strings.Cut(name, "_"); ok {
		return base, key
	}
	base = strings.TrimRight(name, "0123456789")
	return base, name[len(base):]
}

// there says what arrays there are.
func (a *arrays) there() string {
	var names []string
	for _, x := range a.list {
		names = append(names, x.name)
	}
	return "the arrays are " + runs.List(names)
}

// unread tells of an array that is not read.
func (a *arrays) unread() string {
	for _, x := range a.list {
		if x.err != nil {
			return "; " + x.err.Error()
		}
	}
	return ""
}

// named returns the array of a name, nil if there is none. Of a trajectory it may
// have the trajectory's key.
func (a *arrays) named(name string) *array {
	for i := range a.list {
		base, key := split(a.list[i].name)
		if a.key == "" && a.list[i].name == name || a.key != "" && base == name && key == a.key {
			return &a.list[i]
		}
	}
	return nil
}

// find returns the array with the name, if there is one, or else the only one with one of
// the common names; nil if there is none.
func (a *arrays) find(what, name string, common []string) (*array, error) {
	if name != "" {
		if x := a.named(name); x != nil {
			return x, nil
		}
		return nil, errors.Errorf("%s, want %s %q among them", a.there(), what, name)
	}
	for _, spell := range []func(string) string{strings.ToLower, func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }} {
		var found *array
		for _, name := range common {
			x := a.named(spell(name))
			if x != nil && found != nil {
				return nil, errors.Errorf("%s is array %q or %q, want one of them; try naming it", what, found.name, x.name)
			}
			if x != nil {
				found = x
			}
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, nil
}

// set makes a set of arrays; see ReadWith of package data for the forms.
func (a *arrays) set() (*runs.Set, error) {
	t, err := a.find("time", a.o.Time, runs.TimeNames)
	if err != nil && a.keys() == nil {
		return nil, err
	}
	var d *runs.Set
	if t != nil {
		d, err = a.single(t)
	} else if keys := a.keys(); keys != nil {
		d, err = a.pairs(keys)
	} else {
		return nil, errors.Errorf("%s, want t (times) and u (time, sample, component); try naming them%s", a.there(), a.unread())
	}
	if err != nil {
		return nil, err
	}
	d.Share()
	if d.Components, err = a.names("components", "u", d.Dim()); err != nil {
		return nil, err
	}
	return d, d.Choose(a.o)
}

// keys returns what tells the trajectories apart, in the file's order, where each
// has arrays of its own.
func (a *arrays) keys() (keys []string) {
	for _, x := range a.list {
		base, key := split(x.name)
		isTime := base == a.o.Time
		if a.o.Time == "" {
			isTime = slices.Contains(runs.TimeNames, strings.ToLower(base))
		}
		if key != "" && isTime && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// pairs reads a pair of arrays, or more, for each trajectory.
func (a *arrays) pairs(keys []string) (*runs.Set, error) {
	whole := &runs.Set{}
	for s, key := range keys {
		part := &arrays{list: a.list, key: key, limit: a.limit, o: a.o}
		t, err := part.find("time", a.o.Time, runs.TimeNames)
		if err != nil {
			return nil, err
		}
		d, err := part.single(t)
		if err != nil {
			return nil, errors.Wrapf(err, "trajectory %q", key)
		}
		if len(keys) == 1 && len(d.Runs) > 1 { // a folder of arrays
			return d, nil
		}
		if len(d.Runs) != 1 {
			return nil, stack.Shapef("trajectory %q: its arrays are of %d trajectories, want one", key, len(d.Runs))
		}
		if d.Runs[0].Name == "" && key != strconv.Itoa(s) {
			d.Runs[0].Name = key
		}
		if err := whole.Join(d); err != nil {
			return nil, errors.Wrapf(err, "trajectory %q", key)
		}
	}
	return whole, nil
}

// names returns the texts in an array of names, or makes them up.
func (a *arrays) names(name, letter string, n int) ([]string, error) {
	if x := (&arrays{list: a.list}).named(name); x != nil {
		names, err := x.text()
		if err != nil {
			return nil, err
		}
		if len(names) != n {
			return nil, stack.Shapef("array %q has %d names, want %d", name, len(names), n)
		}
		return names, nil
	}
	return runs.Numbered(letter, n), nil
}

// text returns the texts of an array, or of a cell of them.
func (x *array) text() (names []string, err error) {
	if x.cells == nil {
		return x.texts()
	}
	for i := range x.cells {
		t, err := x.cells[i].texts()
		if err != nil {
			return nil, err
		}
		names = append(names, strings.Join(t, ""))
	}
	return names, nil
}
