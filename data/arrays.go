package data

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// array is a named array in a file: numbers, text or, in .mat files, a cell.
type array struct {
	name  string
	shape []int
	read  func() ([]float64, error)
	texts func() ([]string, error)
	cells []array
}

// stateNames are the common names of the array of states.
var stateNames = []string{"u", "x", "y", "state", "states"}

// arrays are those of a file, or of one trajectory of it.
type arrays struct {
	list []array
	key  string // what follows or precedes the names of the trajectory's arrays
	o    *ReadOptions
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

func (a *arrays) there() string {
	var names []string
	for _, x := range a.list {
		names = append(names, x.name)
	}
	return "the arrays " + list(names)
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
		return nil, errors.Errorf("%s %q: got %s, want it among them", what, name, a.there())
	}
	for _, spell := range []func(string) string{strings.ToLower, func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }} {
		var found *array
		for _, name := range common {
			x := a.named(spell(name))
			if x != nil && found != nil {
				return nil, errors.Errorf("%s: got the arrays %q and %q, want one of them; try naming it", what, found.name, x.name)
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

// dataset makes a Dataset of arrays; see [Read] for the forms.
func (a *arrays) dataset() (*Dataset, error) {
	t, err := a.find("time", a.o.Time, timeNames)
	if err != nil && a.keys() == nil {
		return nil, err
	}
	var d *Dataset
	if t != nil {
		d, err = a.single(t)
	} else if keys := a.keys(); keys != nil {
		d, err = a.pairs(keys)
	} else {
		return nil, errors.Errorf("no array t: got %s, want t (times) and u (time, sample, component); try naming them", a.there())
	}
	if err != nil {
		return nil, err
	}
	d.share()
	return d, nil
}

// keys returns what tells the trajectories apart, in the file's order, where each
// has arrays of its own.
func (a *arrays) keys() (keys []string) {
	for _, x := range a.list {
		base, key := split(x.name)
		isTime := base == a.o.Time
		if a.o.Time == "" {
			isTime = slices.Contains(timeNames, strings.ToLower(base))
		}
		if key != "" && isTime && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// pairs reads a pair of arrays, or more, for each trajectory.
func (a *arrays) pairs(keys []string) (*Dataset, error) {
	whole := &Dataset{}
	for s, key := range keys {
		part := &arrays{list: a.list, key: key, o: a.o}
		t, err := part.find("time", a.o.Time, timeNames)
		if err != nil {
			return nil, err
		}
		d, err := part.single(t)
		if err != nil {
			return nil, errors.Wrapf(err, "trajectory %q", key)
		}
		if len(d.Trajectories) != 1 {
			return nil, errors.Wrapf(ErrShape, "trajectory %q: got %d trajectories in its arrays, want one", key, len(d.Trajectories))
		}
		if s > 0 && (d.Dim() != whole.Dim() || !slices.Equal(d.Inputs, whole.Inputs) || !slices.Equal(d.Parameters, whole.Parameters)) {
			return nil, errors.Wrapf(ErrShape, "trajectory %q: got %d components, inputs %q and parameters %q, want %d, %q and %q as before",
				key, d.Dim(), d.Inputs, d.Parameters, whole.Dim(), whole.Inputs, whole.Parameters)
		}
		if s == 0 {
			whole.Inputs, whole.Parameters = d.Inputs, d.Parameters
		}
		if d.Trajectories[0].Name == "" && key != strconv.Itoa(s) {
			d.Trajectories[0].Name = key
		}
		whole.Trajectories = append(whole.Trajectories, d.Trajectories[0])
	}
	all := &arrays{list: a.list, o: a.o}
	var err error
	whole.Components, err = all.names("components", "u", whole.Dim())
	return whole, err
}

// names returns the texts in an array of names, or makes them up.
func (a *arrays) names(name, letter string, n int) ([]string, error) {
	if x := (&arrays{list: a.list}).named(name); x != nil {
		names, err := x.text()
		if err != nil {
			return nil, err
		}
		if len(names) != n {
			return nil, errors.Wrapf(ErrShape, "array %q, got %d names, want %d", name, len(names), n)
		}
		return names, nil
	}
	return lettered(letter, n), nil
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

// size returns the number of elements.
func (x *array) size() int {
	n := 1
	for _, d := range x.shape {
		n *= d
	}
	return n
}

// isVector tells whether there is one dimension, but for those of 1.
func (x *array) isVector() bool {
	return slices.Max(append(slices.Clone(x.shape), 1)) == x.size() || x.size() == 0
}

func (x *array) isWhole() bool { return len(x.shape) == 1 || len(x.shape) == 2 && x.isVector() }

// layout says where in an array the rows of a trajectory lie.
type layout struct {
	times [][]float64 // of each trajectory
	rows  int         // in all
	row   func(sample, time int) int
}

// single reads trajectories that share their arrays.
func (a *arrays) single(t *array) (*Dataset, error) {
	u, err := a.find("states", a.o.States, stateNames)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, errors.Errorf("no array u: got %s, want t (times) and u (time, sample, component); try naming them", a.there())
	}
	if t.cells != nil || u.cells != nil {
		return a.cellPairs(t, u)
	}
	l, dim, err := a.layout(t, u)
	if err != nil {
		return nil, err
	}
	d := &Dataset{}
	data, err := u.read()
	if err != nil {
		return nil, err
	}
	rows := stack.Rows(data, l.rows, dim)
	for s, times := range l.times {
		tr := Trajectory{Times: times, States: make([][]float64, len(times))}
		for i := range times {
			tr.States[i] = rows[l.row(s, i)]
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	if d.Components, err = a.names("components", "u", dim); err != nil {
		return nil, err
	}
	for _, read := range []func(*Dataset, *layout) error{a.inputs, a.parameters, a.labels} {
		if err := read(d, l); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// layout finds out how the rows lie, and how many components they have.
func (a *arrays) layout(t, u *array) (l *layout, dim int, err error) {
	times, err := t.read()
	if err != nil {
		return nil, 0, err
	}
	n := len(times)
	disagree := func(want string) error {
		return errors.Wrapf(ErrShape, "arrays %s and %s, got shapes %v and %v, want %s", t.name, u.name, t.shape, u.shape, want)
	}
	if offsets := a.named("offsets"); offsets != nil {
		starts, err := offsets.whole(n)
		if err != nil {
			return nil, 0, err
		}
		l := &layout{rows: n, row: func(s, i int) int { return starts[s] + i }}
		for s := 1; s < len(starts); s++ {
			l.times = append(l.times, times[starts[s-1]:starts[s]:starts[s]])
		}
		if !t.isWhole() || n == 0 || u.size()%n != 0 || len(u.shape) > 2 || u.shape[0] != n && !(u.isVector() && u.size() == n) {
			return nil, 0, disagree("(rows) and (rows, components) with offsets")
		}
		return l, u.size() / n, nil
	}
	switch {
	case n == 0 || u.size() == 0:
	case len(t.shape) == 2 && len(u.shape) == 3 && slices.Equal(t.shape, u.shape[:2]): // times of their own, as many
		samples, each := t.shape[0], t.shape[1]
		l := &layout{rows: n, row: func(s, i int) int { return s*each + i }}
		for s := range samples {
			l.times = append(l.times, times[s*each:(s+1)*each:(s+1)*each])
		}
		return l, u.shape[2], nil
	case !t.isWhole():
	case len(u.shape) == 3 && u.shape[0] == n: // one grid
		samples := u.shape[1]
		l := &layout{rows: n * samples, row: func(s, i int) int { return i*samples + s }}
		for range samples {
			l.times = append(l.times, times)
		}
		return l, u.shape[2], nil
	case len(u.shape) == 2 && u.shape[0] == n, u.isVector() && u.size() == n: // one trajectory
		return &layout{[][]float64{times}, n, func(_, i int) int { return i }}, u.size() / n, nil
	case len(u.shape) == 2 && u.shape[1] == n:
		return nil, 0, disagree("(times) and (times, components); try u.T")
	case len(u.shape) == 3 && u.shape[1] == n:
		return nil, 0, disagree("(times) and (times, samples, components); try np.swapaxes(u, 0, 1)")
	}
	return nil, 0, disagree("(times) and (times, samples, components)")
}

// whole returns offsets: whole numbers from 0 to n that increase.
func (x *array) whole(n int) ([]int, error) {
	v, err := x.read()
	if err != nil {
		return nil, err
	}
	starts := make([]int, len(v))
	for s, o := range v {
		starts[s] = int(o)
		if o != math.Trunc(o) || s == 0 && o != 0 || s > 0 && !(o > v[s-1]) || !(o <= float64(n)) {
			return nil, errors.Errorf("array %s, got %g as offset %d, want whole numbers that increase from 0 to %d", x.name, o, s, n)
		}
	}
	if len(v) < 2 || starts[len(v)-1] != n {
		return nil, errors.Wrapf(ErrShape, "array %s, got %d offsets that do not end with %d, the number of times", x.name, len(v), n)
	}
	return starts, nil
}

// cellPairs reads the cells t{s} and u{s}, or t and u{s}.
func (a *arrays) cellPairs(t, u *array) (*Dataset, error) {
	if t.cells != nil && len(t.cells) != len(u.cells) || u.cells == nil {
		return nil, errors.Wrapf(ErrShape, "cells %s and %s, got %d and %d arrays, want as many", t.name, u.name, len(t.cells), len(u.cells))
	}
	d := &Dataset{}
	for s := range u.cells {
		own := t
		if t.cells != nil {
			own = &t.cells[s]
		}
		part := &arrays{o: &ReadOptions{}}
		for _, x := range []struct {
			name string
			from *array
		}{{"t", own}, {"u", &u.cells[s]}, {"w", a.cell("w", s)}} {
			if x.from != nil {
				y := *x.from
				y.name = x.name
				part.list = append(part.list, y)
			}
		}
		one, err := part.dataset()
		if err != nil {
			return nil, errors.Wrapf(err, "cell %d", s+1)
		}
		if len(one.Trajectories) != 1 {
			return nil, errors.Wrapf(ErrShape, "cell %d: got %d trajectories, want one", s+1, len(one.Trajectories))
		}
		if s == 0 {
			d.Inputs = one.Inputs
		}
		d.Trajectories = append(d.Trajectories, one.Trajectories[0])
	}
	var err error
	if d.Components, err = a.names("components", "u", d.Dim()); err != nil {
		return nil, err
	}
	if d.Inputs, err = a.names("inputs", "w", len(d.Inputs)); err != nil {
		return nil, err
	}
	if err := a.parameters(d, nil); err != nil {
		return nil, err
	}
	return d, a.labels(d, nil)
}

// cell returns an element of a cell, nil if there is none.
func (a *arrays) cell(name string, s int) *array {
	if x := a.named(name); x != nil && s < len(x.cells) {
		return &x.cells[s]
	}
	return nil
}
