package dynamics

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/step"
)

// Config shapes a System.
type Config struct {
	Latent     int // n, the dimension of u
	Linear     LinearConfig
	Nonlinear  NonlinearConfig
	Parameters ParametersConfig
	Inputs     InputsConfig
	Integrator string // the name of a method of package integrator
	Substeps   int    // into which every interval is divided
}

// System is du/dt = e^{s(p)} (A u + B w + g(u, w, p)) without its parameters, which
// a graph has.
type System struct {
	Config
	A Hurwitz
	G Nonlinear
}

// New makes the system of a configuration. The error is param.ErrConfig.
func New(c Config) (*System, error) {
	if _, err := integrator.ByName(c.Integrator); err != nil {
		return nil, param.ConfigError("integrator: %v", err)
	}
	if c.Substeps < 1 {
		return nil, param.ConfigError("substeps is %d, want at least 1", c.Substeps)
	}
	if err := c.Linear.validate(c.Latent); err != nil {
		return nil, err
	}
	if c.Nonlinear.RateScaled && len(c.Linear.Rates) == 0 {
		return nil, param.ConfigError("nonlinear.rate_scaled needs linear.rates")
	}
	if err := c.validateKnown(); err != nil {
		return nil, err
	}
	form := c.Nonlinear
	form.seen.inputs, form.seen.parameters = c.Inputs.Seen(), c.Parameters.Seen()
	g, err := form.Form(c.Latent)
	if err != nil {
		return nil, err
	}
	return &System{Config: c, A: Hurwitz{c.Linear, c.Latent}, G: g}, nil
}

// Declarations are the parameters of A and g; see GivenDeclarations for those of s and B.
func (s *System) Declarations() []param.Declaration {
	return append(s.A.Parameters(), s.G.Parameters...)
}

// String says what A and g are and what they depend on, in a line each.
func (s *System) String() string {
	text := fmt.Sprintf("A: Hurwitz, shift %g\ng: %s", s.Linear.Shift, s.G.Text)
	if p := s.Parameters; len(p.Names) > 0 {
		text += "\nparameters: " + strings.Join(p.Names, ", ")
		if p.Time {
			text += ", which scale time"
		}
	}
	if len(s.Inputs.Names) > 0 {
		text += "\ninputs: " + strings.Join(s.Inputs.Names, ", ")
	}
	return text
}

// Integrate adds to a graph the states at the ends of the steps, of shape (intervals, 1
// or batch), from u0 on.
func (s *System) Integrate(g *param.Graph, u0, steps *G.Node, k Given) (G.Nodes, error) {
	method, err := integrator.ByName(s.Integrator)
	if err != nil {
		return nil, err
	}
	a, _, _, err := s.A.node(g)
	if err != nil {
		return nil, err
	}
	f, err := s.G.Build(g)
	if err != nil {
		return nil, errors.Wrap(err, "model: g")
	}
	if g.P != nil {
		of := f
		f = func(u *G.Node) (*G.Node, error) {
			u, err := ops.AppendColumns(u, g.P)
			if err != nil {
				return nil, err
			}
			return of(u)
		}
	}
	if steps, err = s.stretch(g, steps, k); err != nil {
		return nil, err
	}
	if len(k.Begin) == 0 {
		return integrator.Rollout(method, integrator.System{A: a, G: f}, u0, steps, s.Substeps)
	}
	return s.drive(g, method, integrator.System{A: a, G: f}, u0, steps, k)
}

// drive is Integrate with inputs: they are a part of the state, see step.Driven, that
// every interval begins with their values there.
func (s *System) drive(g *param.Graph, method integrator.Method, of integrator.System, u0, steps *G.Node, k Given) (G.Nodes, error) {
	batch, n, q := u0.Shape()[0], u0.Shape()[1], len(s.Inputs.Names)
	seen := n + s.Inputs.Seen()
	still := g.Constant("input/still", make([]float64, batch*2*q), batch, 2*q)
	begun := func(u *G.Node, i int) (*G.Node, error) {
		h, err := ops.Row(steps, i)
		if err != nil {
			return nil, err
		}
		v, err := step.Slopes(k.Change[i], h)
		if err != nil {
			return nil, err
		}
		if u, err = ops.AppendColumns(u, k.Begin[i]); err != nil {
			return nil, err
		}
		return ops.AppendColumns(u, v)
	}
	f := of.G
	of.G = func(z *G.Node) (*G.Node, error) {
		u, err := ops.Columns(z, 0, seen)
		if err != nil {
			return nil, err
		}
		if u, err = f(u); err != nil {
			return nil, err
		}
		return ops.AppendColumns(u, still)
	}
	of.Enter = func(i int, z *G.Node) (*G.Node, error) {
		if i == 0 {
			return z, nil
		}
		u, err := ops.Columns(z, 0, n)
		if err != nil {
			return nil, err
		}
		return begun(u, i)
	}
	var err error
	if of.A, err = step.Driven(of.A, g.Param("input/K")); err != nil {
		return nil, err
	}
	z, err := begun(u0, 0)
	if err != nil {
		return nil, err
	}
	zs, err := integrator.Rollout(method, of, z, steps, s.Substeps)
	if err != nil {
		return nil, err
	}
	us := G.Nodes{u0}
	for _, z := range zs[1:] {
		u, err := ops.Columns(z, 0, n)
		if err != nil {
			return nil, err
		}
		us = append(us, u)
	}
	return us, nil
}

// stretch is the node of the steps in scaled time.
func (s *System) stretch(g *param.Graph, steps *G.Node, k Given) (*G.Node, error) {
	if !s.Parameters.Time {
		return steps, nil
	}
	x, err := g.Network("time", k.Parameters)
	if err != nil {
		return nil, errors.Wrap(err, "model: time")
	}
	return step.Stretch(steps, x)
}
