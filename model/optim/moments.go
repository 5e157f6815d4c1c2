package optim

import (
	"maps"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/npz"
)

// Moments are what an optimizer remembers from one update to the next: vectors of as
// many elements as w has, zero at first. Embedded in an optimizer they are its TakeBack,
// State and Restore.
type Moments struct {
	names []string
	now   [][]float64
	last  [][]float64 // w and then now, before the last update; empty: none can be taken back
}

// NewMoments makes the vectors of these names.
func NewMoments(parameters []Parameter, names ...string) Moments {
	m := Moments{names: names, last: make([][]float64, 1+len(names))}
	for range names {
		m.now = append(m.now, make([]float64, Size(parameters)))
	}
	return m
}

// Keep begins an Update: it keeps w and the vectors for TakeBack, and returns the
// vectors in the order of their names, for Update to change. It panics for lengths that
// are not the parameters'.
func (m *Moments) Keep(w, g []float64) [][]float64 {
	m.begin(w, g)
	copy(m.last[0], w)
	for i, x := range m.now {
		copy(x, m.last[1+i])
	}
	return m.now
}

// begin is Keep without copies: Update is to keep w in last[0] and to write all elements
// of now, from what they were, which is now in last.
func (m *Moments) begin(w, g []float64) {
	n := len(m.now[0])
	if len(w) != n || len(g) != n {
		panic(errors.Errorf("optim: Update: lengths of parameters and gradient: got %d and %d, want %d", len(w), len(g), n))
	}
	for i, x := range m.last {
		m.last[i] = slices.Grow(x[:0], n)[:n]
	}
	m.swap()
}

// swap has now and last, but for w, trade places.
func (m *Moments) swap() {
	for i := range m.now {
		m.now[i], m.last[1+i] = m.last[1+i], m.now[i]
	}
}

// TakeBack undoes the last Update, see Optimizer.
func (m *Moments) TakeBack(w []float64) {
	if len(m.last[0]) == 0 {
		panic(errors.New("optim: TakeBack: there is no update to be taken back"))
	}
	copy(w, m.last[0])
	m.swap()
	for i, x := range m.last {
		m.last[i] = x[:0]
	}
}

// State is the vectors by name and, where an update can be taken back, what TakeBack
// sets.
func (m *Moments) State() []npz.Array { return m.vectors().Arrays() }

// Restore sets what State returned, see Optimizer.
func (m *Moments) Restore(state []npz.Array) error { return m.restore(m.vectors(), state) }

// restore sets vectors, of which those of the moments are some.
func (m *Moments) restore(vs Vectors, state []npz.Array) error {
	if err := vs.Restore(state); err != nil {
		return err
	}
	for _, x := range m.last {
		if len(x) != len(m.last[0]) {
			return errInPart
		}
	}
	return nil
}

var errInPart = errors.New("optim: the last update is there in part")

func (m *Moments) vectors() Vectors {
	n := len(m.now[0])
	var now, last Vectors
	for i, name := range m.names {
		now = append(now, Vector{name, &m.now[i], n, false})
		last = append(last, Vector{"last/" + name, &m.last[1+i], n, true})
	}
	return slices.Concat(now, Vectors{{"last/w", &m.last[0], n, true}}, last)
}

// Vector is a part of a state: where it lies, and how many elements it has.
type Vector struct {
	Name     string
	Data     *[]float64
	Size     int
	Optional bool // it may have none
}

// Vectors are a state as a list of its parts, of which State and Restore are
// made.
type Vectors []Vector

// Arrays are the vectors as they are.
func (vs Vectors) Arrays() []npz.Array {
	var as []npz.Array
	for _, v := range vs {
		as = append(as, npz.Array{Name: v.Name, Shape: []int{len(*v.Data)}, Data: *v.Data})
	}
	return as
}

// Restore sets the vectors to the arrays of their names. The error names an array
// that is missing, unknown, of another size or not a number somewhere; vectors
// may then have been set already.
func (vs Vectors) Restore(state []npz.Array) error {
	by := map[string][]float64{}
	for _, a := range state {
		by[a.Name] = a.Data
	}
	for _, v := range vs {
		x, ok := by[v.Name]
		delete(by, v.Name)
		switch {
		case !ok:
			return errors.Errorf("optim: array %s is missing", v.Name)
		case len(x) != v.Size && !(v.Optional && len(x) == 0):
			return errors.Errorf("optim: array %s: got %d elements, want %d", v.Name, len(x), v.Size)
		case slices.ContainsFunc(x, func(v float64) bool { return !finite(v) }):
			return errors.Errorf("optim: array %s has an element that is NaN or Inf", v.Name)
		}
		*v.Data = append((*v.Data)[:0], x...)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		return errors.Errorf("optim: array %s is not of this state", name)
	}
	return nil
}
