// Package optim minimises functions of many parameters by their gradients: by
// optimizers of the first order that are found by name, at rates of a Schedule,
// and by L-BFGS where the function is the same in every step.
//
//	o, err := optim.New("soap", nil, parameters, workers)
//	for k := range total {
//		loss := f(w, g)                                // and its gradient
//		optim.Clip(g, 1)
//		o.Update(schedule.At(k, total, perEpoch), w, g)
//	}
//
// # Optimizers
//
//	adam   Adam, for small problems, and where L-BFGS follows
//	soap   SOAP, Adam in a basis of each weight matrix's own: fewer iterations
//	       where these are wide, at a higher cost of each
//
// To add one is to write a type with the four methods of Optimizer, of which Moments
// bring three, and to give it a name by Register, from any package; a training's
// configuration then finds it. The example does it for the momentum method.
package optim

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data/npz"
)

// Optimizer moves parameters against gradients. It is deterministic, and all that
// it remembers is in its State.
type Optimizer interface {
	// Update moves w in place by one step at a rate against the gradient g. It
	// keeps neither slice. It panics if their lengths are not the parameters'. Of a
	// gradient whose squares overflow the optimizers of this package take the direction.
	Update(rate float64, w, g []float64)
	// TakeBack undoes the last Update: w, and what the optimizer remembers, are
	// what they were before it. One Update can be taken back, once.
	TakeBack(w []float64)
	// State is what the optimizer remembers between two updates, what it takes to
	// undo the last one included: one that has restored it goes on with the same
	// bits. It shares memory with the optimizer.
	State() []npz.Array
	// Restore sets what State returned. The error says what cannot be a state.
	Restore(state []npz.Array) error
}

// Parameter is one parameter of w, which holds all of them, row-major, one after
// the other.
type Parameter struct {
	Name  string
	Shape []int
	Rate  float64 // multiplies the learning rate; 0 stands for 1
}

// Size is the number of elements of w.
func Size(parameters []Parameter) int {
	n := 0
	for _, p := range parameters {
		n += p.size()
	}
	return n
}

func (p Parameter) size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Settings are the numbers of an optimizer by name: what a configuration stores.
type Settings map[string]float64

// Read stores the settings in the places of their names, and leaves the others,
// which hold the defaults, as they are. A setting without a place is an error.
func (s Settings) Read(places map[string]*float64) error {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		place, ok := places[name]
		if !ok {
			return errors.Errorf("optim: settings: got %q, want one of %s", name, strings.Join(slices.Sorted(maps.Keys(places)), ", "))
		}
		*place = s[name]
	}
	return nil
}

// Maker makes an optimizer at its start for parameters, which may be none: then
// only the error is of interest. It may divide its work among so many goroutines;
// the result must not depend on their number.
type Maker func(s Settings, parameters []Parameter, workers int) (Optimizer, error)

var makers = map[string]Maker{
	"adam": func(s Settings, p []Parameter, workers int) (Optimizer, error) {
		c := DefaultAdam()
		if err := s.Read(c.places()); err != nil {
			return nil, err
		}
		if err := c.Validate(); err != nil {
			return nil, err
		}
		a := NewAdam(c, p)
		a.workers = workers
		return a, nil
	},
	"soap": func(s Settings, p []Parameter, workers int) (Optimizer, error) {
		c := DefaultSOAP()
		if err := s.Read(c.places()); err != nil {
			return nil, err
		}
		if err := c.Validate(); err != nil {
			return nil, err
		}
		return NewSOAP(c, p, workers), nil
	},
}

// Register gives an optimizer a name. It is to be called by an init function: it
// panics if the name is taken, and is not safe beside other calls.
func Register(name string, m Maker) {
	if _, taken := makers[name]; taken || name == "" {
		panic(errors.Errorf("optim: Register: got the name %q, want one that is not taken", name))
	}
	makers[name] = m
}

// New makes the optimizer of that name. The error says what names there are, or
// which setting is out of its range.
func New(name string, s Settings, parameters []Parameter, workers int) (Optimizer, error) {
	m, ok := makers[name]
	if !ok {
		return nil, errors.Errorf("optim: New: optimizer is %q, want %s", name, strings.Join(Names(), " or "))
	}
	return m(s, parameters, workers)
}

// Names are the names that New knows.
func Names() []string { return slices.Sorted(maps.Keys(makers)) }

// Clip scales g in place to the Euclidean norm limit if it is longer and returns
// the norm that it had. A limit of 0 clips nothing. A norm that is not finite is
// returned with g as it was: no scaling makes it a direction.
func Clip(g []float64, limit float64) (norm float64) {
	norm = norm2(g)
	if limit > 0 && norm > limit && !math.IsInf(norm, 1) {
		floats.Scale(limit/norm, g)
	}
	return norm
}

// norm2 is ‖g‖₂. floats.Norm, which scales so that no square overflows, takes six times
// as long.
func norm2(g []float64) float64 {
	if s := floats.Dot(g, g); 1e-280 < s && s < 1e280 {
		return math.Sqrt(s)
	}
	return floats.Norm(g, 2)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// count reads a number of a state that counts something.
func count(name string, x float64) (int, error) {
	if !(x >= 0 && x <= math.MaxInt32) || x != math.Trunc(x) {
		return 0, errors.Errorf("optim: %s is %g, want an integer that is not negative", name, x)
	}
	return int(x), nil
}
