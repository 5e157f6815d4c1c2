package integrator

import (
	"sort"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// Nonlinear is the term g of du/dt = Au + g(u): it makes the node of g(u) for
// u of shape (batch, n).
type Nonlinear func(u *G.Node) (*G.Node, error)

// System is the right-hand side of eq. (12).
type System struct {
	A *G.Node // (n, n)
	G Nonlinear
	// Enter, if it is not nil, makes the node of the state with which interval k is
	// begun from that at the end of the one before it, or from u0: known functions of
	// time that are a part of the state, see step.Driven, jump there.
	Enter func(k int, u *G.Node) (*G.Node, error)
}

// Method is a one-step method.
type Method interface {
	// Name is what ByName finds it by.
	Name() string
	// Order is the order of accuracy in the step.
	Order() int
	// Plan makes the nodes that all steps of a grid share. The steps have
	// shape (intervals, 1) or (intervals, batch).
	Plan(s System, steps *G.Node) (Stepper, error)
}

// Stepper makes the node that advances u, of shape (batch, n), over interval k
// of the planned grid.
type Stepper func(k int, u *G.Node) (*G.Node, error)

var methods = map[string]Method{}

func register(m Method) Method {
	methods[m.Name()] = m
	return m
}

// The methods, see the package comment.
var (
	ETD1      = register(etd1{})
	ETD2RK    = register(etd2rk{})
	ETDRK4    = register(etdrk4{})
	IMEXEuler = register(imexEuler{})
	Euler     = register(euler{})
	RK4       = register(rk4{})
)

// ErrUnknown is the error of ByName.
var ErrUnknown = errors.New("unknown integrator")

// ByName returns the method of that name. The error names those there are.
func ByName(name string) (Method, error) {
	if m, ok := methods[name]; ok {
		return m, nil
	}
	return nil, errors.Wrapf(ErrUnknown, "integrator: ByName: got %q, want one of %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of all methods in alphabetical order.
func Names() []string {
	var names []string
	for n := range methods {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
