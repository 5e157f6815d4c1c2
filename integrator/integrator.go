package integrator

import (
	"sort"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Nonlinear is the term g of du/dt = Au + g(u): it makes the node of g(u) for
// u of shape (batch, n).
type Nonlinear func(u *G.Node) (*G.Node, error)

// System is the right-hand side of eq. (12).
type System struct {
	A *G.Node // (n, n)
	G Nonlinear
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

// Rollout unrolls the method over a grid and returns the states at its ends,
// u0 first. Every interval is divided into substeps equal steps.
func Rollout(m Method, s System, u0, steps *G.Node, substeps int) (G.Nodes, error) {
	as, us, ss := s.A.Shape(), u0.Shape(), steps.Shape()
	if as.Dims() != 2 || us.Dims() != 2 || as[0] != as[1] || us[1] != as[0] || ss.Dims() != 2 || ss[1] != 1 && ss[1] != us[0] || substeps < 1 {
		return nil, errors.Wrapf(ops.ErrShape, "integrator: Rollout: A is %v, u0 %v, the steps %v with %d substeps, want (n, n), (batch, n), (intervals, 1 or batch) and at least 1", as, us, ss, substeps)
	}
	g := s.G
	s.G = func(u *G.Node) (*G.Node, error) {
		y, err := g(u)
		if err == nil && !y.Shape().Eq(us) {
			err = errors.Wrapf(ops.ErrShape, "g(u) is %v, want %v as u", y.Shape(), us)
		}
		return y, err
	}
	intervals := steps.Shape()[0]
	var err error
	if substeps > 1 {
		if steps, err = ops.Scale(steps, 1/float64(substeps)); err != nil {
			return nil, err
		}
	}
	step, err := m.Plan(s, steps)
	if err != nil {
		return nil, errors.Wrapf(err, "integrator: %s", m.Name())
	}
	u := u0
	states := G.Nodes{u}
	for k := range intervals {
		for range substeps {
			if u, err = step(k, u); err != nil {
				return nil, errors.Wrapf(err, "integrator: %s: interval %d", m.Name(), k)
			}
		}
		states = append(states, u)
	}
	return states, nil
}
