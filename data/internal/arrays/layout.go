package arrays

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/internal/runs"
	"spnode/data/internal/stack"
)

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
	shape []int       // of the rows in the array
	row   func(sample, time int) int
}

// single reads trajectories that share their arrays.
func (a *arrays) single(t *array) (*runs.Set, error) {
	u, err := a.find("states", a.o.States, stateNames)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, errors.Errorf("%s, want u (time, sample, component) beside %s; try naming it", a.there(), t.name)
	}
	if t.cells != nil || u.cells != nil {
		return a.cellPairs(t, u)
	}
	data, err := u.read() // first, as then its shape can be believed
	if err != nil {
		return nil, err
	}
	l, dim, err := a.layout(t, u)
	if err != nil {
		return nil, err
	}
	if dim > maxComponents {
		return nil, stack.Shapef("array %s has %d components, want at most %d", u.name, dim, maxComponents)
	}
	d := &runs.Set{}
	rows := stack.Rows(data, l.rows, dim)
	for s, times := range l.times {
		tr := runs.Run{Times: times, States: make([][]float64, len(times))}
		for i := range times {
			tr.States[i] = rows[l.row(s, i)]
		}
		d.Runs = append(d.Runs, tr)
	}
	for _, read := range []func(*runs.Set, *layout) error{a.inputs, a.parameters, a.labels} {
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
		return stack.Shapef("arrays %s and %s have shapes %v and %v, want %s", t.name, u.name, t.shape, u.shape, want)
	}
	if offsets := a.named("offsets"); offsets != nil {
		l, err := offsets.parts(times)
		if err != nil {
			return nil, 0, err
		}
		if !t.isWhole() || n == 0 || u.size()%n != 0 || len(u.shape) > 2 || !(u.isVector() && u.size() == n) && u.shape[0] != n {
			return nil, 0, disagree("(rows) and (rows, components) with offsets")
		}
		return l, u.size() / n, nil
	}
	switch {
	case n == 0 || u.size() == 0:
	case len(t.shape) == 2 && len(u.shape) == 3 && slices.Equal(t.shape, u.shape[:2]) && (t.shape[1] > 1 || n == 1): // times of their own, as many; a column is one grid
		samples, each := t.shape[0], t.shape[1]
		l := &layout{rows: n, shape: t.shape, row: func(s, i int) int { return s*each + i }}
		for s := range samples {
			own := times[s*each : (s+1)*each : (s+1)*each]
			for len(own) > 0 && math.IsNaN(own[len(own)-1]) { // fills up a shorter one
				own = own[:len(own)-1]
			}
			l.times = append(l.times, own)
		}
		return l, u.shape[2], nil
	case !t.isWhole():
	case len(u.shape) == 3 && u.shape[0] == n: // one grid
		samples := u.shape[1]
		if need := 200 * int64(samples); need > a.limit { // what a Trajectory takes beside its numbers
			return nil, 0, errors.Errorf("array %s has %d trajectories, which take %d bytes, want at most %d for a file of this size; try a larger limit",
				u.name, samples, need, a.limit)
		}
		l := &layout{rows: n * samples, shape: u.shape[:2], row: func(s, i int) int { return i*samples + s }}
		for range samples {
			l.times = append(l.times, times)
		}
		return l, u.shape[2], nil
	case len(u.shape) == 2 && u.shape[0] == n, u.isVector() && u.size() == n: // one trajectory
		return &layout{[][]float64{times}, n, []int{n}, func(_, i int) int { return i }}, u.size() / n, a.noSiblings(t, u)
	case len(u.shape) == 2 && u.shape[1] == n:
		return nil, 0, disagree("(times) and (times, components); try u.T")
	case len(u.shape) == 3 && slices.Contains(u.shape, n):
		return nil, 0, disagree("(times) and (times, samples, components); try np.transpose(u, axes) to that order")
	}
	return nil, 0, disagree("(times) and (times, samples, components)")
}

// noSiblings refuses a single component beside arrays that may be others: as many
// numbers, of no common name.
func (a *arrays) noSiblings(t, u *array) error {
	if !u.isVector() || u.size() < 2 || a.o.States != "" {
		return nil
	}
	used := []*array{t, u}
	for _, name := range []string{a.only("w", a.o.Inputs), "w_t", "w_offsets", a.only("p", a.o.Parameters), "held", "offsets", "weight", a.o.Weight} {
		used = append(used, a.named(name))
	}
	for i := range a.list {
		x := &a.list[i]
		_, key := split(x.name)
		if x.isNumber && x.isVector() && x.size() == u.size() && (a.key == "" || key == a.key) && !slices.Contains(used, x) {
			return stack.Shapef("arrays %s and %s have %d numbers each, want the components in one, (times, components); try np.stack, or naming the states", u.name, x.name, u.size())
		}
	}
	return nil
}

// squeezed leaves dimensions of 1 out of a shape.
func squeezed(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(n int) bool { return n == 1 })
}

// parts returns the layout of rows that lie one after the other, by offsets: the
// first rows of the runs, and the end of the last.
func (x *array) parts(times []float64) (*layout, error) {
	v, err := x.read()
	if err != nil {
		return nil, err
	}
	l := &layout{rows: len(times), shape: []int{len(times)}}
	starts := make([]int, len(v))
	for s, o := range v {
		starts[s] = int(o)
		if o != math.Trunc(o) || s == 0 && o != 0 || s > 0 && !(o > v[s-1]) || !(o <= float64(len(times))) {
			return nil, errors.Errorf("array %s: offset %d is %g, want whole numbers that increase from 0 to %d", x.name, s, o, len(times))
		}
		if s > 0 {
			l.times = append(l.times, times[starts[s-1]:starts[s]:starts[s]])
		}
	}
	if len(v) < 2 || starts[len(v)-1] != len(times) {
		return nil, stack.Shapef("array %s has %d offsets, want them to end with %d, the number of times", x.name, len(v), len(times))
	}
	l.row = func(s, i int) int { return starts[s] + i }
	return l, nil
}

// cellPairs reads the cells t{s} and u{s}, or t and u{s}.
func (a *arrays) cellPairs(t, u *array) (*runs.Set, error) {
	if t.cells != nil && len(t.cells) != len(u.cells) || u.cells == nil {
		return nil, stack.Shapef("cells %s and %s have %d and %d arrays, want as many", t.name, u.name, len(t.cells), len(u.cells))
	}
	d := &runs.Set{}
	for s := range u.cells {
		own := t
		if t.cells != nil {
			own = &t.cells[s]
		}
		part := &arrays{limit: a.limit, o: &runs.Options{}}
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
		one, err := part.set()
		if err != nil {
			return nil, errors.Wrapf(err, "cell %d", s+1)
		}
		if len(one.Runs) != 1 {
			return nil, stack.Shapef("cell %d has %d trajectories, want one", s+1, len(one.Runs))
		}
		if err := d.Join(one); err != nil {
			return nil, errors.Wrapf(err, "cell %d", s+1)
		}
	}
	var err error
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
