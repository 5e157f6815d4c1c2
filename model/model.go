package model

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/model/stability"
	"spnode/ops"
	"spnode/ops/step"
)

// Model is a structure-preserving neural ODE,
//
//	u_0 = f_E(U_0),  du/dt = A_L u + g(u),  U(t) = f_D(u(t)),  eq. (2).
//
// It is its configuration and its parameters; graphs are made from them where
// they are needed. A Model must not be used while a Trainer changes it.
type Model struct {
	cfg     Config
	params  *Params
	hurwitz hurwitzMatrix
	g       Nonlinear
	ae      autoencoder
	kept    invariants
}

// New makes a model with parameters drawn from the configuration's seed. The
// error is ErrConfig.
func New(cfg Config) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m, err := cfg.parts()
	if err != nil {
		return nil, err
	}
	m.Draw(cfg.Seed)
	if err := m.params.checkStart(); err != nil {
		return nil, err
	}
	return m, nil
}

// Draw starts the parameters anew, as New does from Config.Seed. They stay where
// they are in memory.
func (m *Model) Draw(seed uint64) {
	p := newParams(seed, m.declared())
	if m.params == nil {
		m.params = p
		return
	}
	copy(m.params.Flat, p.Flat)
}

func (m *Model) declared() []Declaration {
	return slices.Concat(m.hurwitz.parameters(), m.g.Parameters, m.ae.parameters(), m.cfg.knownDeclarations())
}

// Config returns the configuration.
func (m *Model) Config() Config { return m.cfg }

// Params returns the parameters; to change them is to change the model.
func (m *Model) Params() *Params { return m.params }

// SetTimeUnit has a new model, whose TimeUnit is 0, count time in a unit. It does
// what train.New does with the longest time that a sample of the training spans:
// shift, damping and rates, which were per unit of the data's time, are restated
// in it, and the rest of the parameters are what they were, so that they start
// alike in any unit. A model whose parameters are no longer those of its start, or
// whose g was registered and may know rates, counts in the data's unit; one that
// has a TimeUnit keeps it.
func (m *Model) SetTimeUnit(unit float64) error {
	c := m.cfg
	switch {
	case c.TimeUnit != 0:
		return nil
	case !own(c.Nonlinear.Kind) || !slices.Equal(m.params.Flat, newParams(c.Seed, m.declared()).Flat):
		m.cfg.TimeUnit = 1
		return nil
	}
	c.TimeUnit = unit
	c.Linear.Shift *= unit
	c.Linear.Rates = slices.Clone(c.Linear.Rates)
	floats.Scale(unit, c.Linear.Rates)
	if len(c.Linear.Rates) == 0 { // or else it multiplies them
		c.Linear.Damping *= unit
	}
	if err := c.Validate(); err != nil {
		return err
	}
	m.cfg = c
	m.hurwitz.LinearConfig = c.Linear
	m.Draw(c.Seed)
	return m.params.checkStart()
}

// Linear returns A_L, which the model's latent state u has as its linear part, per
// unit of the data's time.
func (m *Model) Linear() *mat.Dense {
	a, _, _ := m.hurwitz.matrices(m.params)
	a.Scale(1/m.cfg.timeUnit(), a)
	return a
}

// Stability reports what the parameters say about the dynamics, in rates per unit
// of the data's time or, where parameters of a trajectory scale it, of scaled time,
// e^{s(p)}t. With inputs nothing bounds what drives the state, and the certificate
// says that trajectories under the same inputs approach each other.
func (m *Model) Stability() (*stability.Report, error) {
	a, s, gs := m.hurwitz.matrices(m.params)
	b := m.g.Bounds(m.params)
	driven := len(m.cfg.Inputs.Names) > 0
	if driven {
		b.Size = math.Inf(1)
	}
	rate := 1 / m.cfg.timeUnit()
	a.Scale(rate, a)
	gs.Scale(rate, gs)
	r, err := stability.Analyse(stability.System{
		A: a, S: s, Gs: gs, Shift: m.cfg.Linear.Shift * rate,
		Lipschitz: b.Lipschitz * rate, Bound: b.Size * rate, Layers: b.Layers,
	})
	if err == nil {
		r.ScaledTime, r.Driven = m.cfg.Parameters.Time, driven
	}
	return r, err
}

// String says what the model is, in a line for each part. It is <nil> of one that
// there is not.
func (m *Model) String() string {
	if m == nil || m.params == nil {
		return "<nil>"
	}
	c := m.cfg
	var b strings.Builder
	fmt.Fprintf(&b, "du/dt = A u + g(u), u in R^%d, %d parameters, %s, %s", c.LatentDim(), len(m.params.Flat), c.Integrator, c.Dtype)
	if c.Substeps > 1 {
		fmt.Fprintf(&b, " with %d substeps", c.Substeps)
	}
	fmt.Fprintf(&b, "\nA: Hurwitz, shift %g", c.Linear.Shift)
	fmt.Fprintf(&b, "\ng: %s", m.g.Text)
	if p := c.Parameters; len(p.Names) > 0 {
		fmt.Fprintf(&b, "\nparameters: %s", strings.Join(p.Names, ", "))
		if p.Time {
			b.WriteString(", which scale time")
		}
	}
	if len(c.Inputs.Names) > 0 {
		fmt.Fprintf(&b, "\ninputs: %s", strings.Join(c.Inputs.Names, ", "))
	}
	if text := m.ae.String(); text != "" {
		fmt.Fprintf(&b, "\nautoencoder: %s", text)
	}
	return b.String()
}

// integrate adds to a graph the latent states at the ends of the steps, of
// shape (intervals, 1 or batch), from u0 on.
func (m *Model) integrate(g *Graph, u0, steps *G.Node, k known) (G.Nodes, error) {
	method, err := integrator.ByName(m.cfg.Integrator)
	if err != nil {
		return nil, err
	}
	a, _, _, err := m.hurwitz.node(g)
	if err != nil {
		return nil, err
	}
	f, err := m.g.Build(g)
	if err != nil {
		return nil, errors.Wrap(err, "model: g")
	}
	if g.parameters != nil {
		of := f
		f = func(u *G.Node) (*G.Node, error) {
			u, err := ops.AppendColumns(u, g.parameters)
			if err != nil {
				return nil, err
			}
			return of(u)
		}
	}
	if steps, err = m.stretch(g, steps, k); err != nil {
		return nil, err
	}
	if len(k.begin) == 0 {
		return integrator.Rollout(method, integrator.System{A: a, G: f}, u0, steps, m.cfg.Substeps)
	}
	return m.drive(g, method, integrator.System{A: a, G: f}, u0, steps, k)
}

// drive is integrate with inputs: they are a part of the state, see step.Driven, that
// every interval begins with their values there.
func (m *Model) drive(g *Graph, method integrator.Method, s integrator.System, u0, steps *G.Node, k known) (G.Nodes, error) {
	batch, n, q := u0.Shape()[0], u0.Shape()[1], len(m.cfg.Inputs.Names)
	seen := n + m.cfg.inputs()
	still := g.Constant("input/still", make([]float64, batch*2*q), batch, 2*q)
	begun := func(u *G.Node, i int) (*G.Node, error) {
		h, err := ops.Row(steps, i)
		if err != nil {
			return nil, err
		}
		v, err := step.Slopes(k.change[i], h)
		if err != nil {
			return nil, err
		}
		if u, err = ops.AppendColumns(u, k.begin[i]); err != nil {
			return nil, err
		}
		return ops.AppendColumns(u, v)
	}
	f := s.G
	s.G = func(z *G.Node) (*G.Node, error) {
		u, err := ops.Columns(z, 0, seen)
		if err != nil {
			return nil, err
		}
		if u, err = f(u); err != nil {
			return nil, err
		}
		return ops.AppendColumns(u, still)
	}
	s.Enter = func(i int, z *G.Node) (*G.Node, error) {
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
	if s.A, err = step.Driven(s.A, g.Param("input/B")); err != nil {
		return nil, err
	}
	z, err := begun(u0, 0)
	if err != nil {
		return nil, err
	}
	zs, err := integrator.Rollout(method, s, z, steps, m.cfg.Substeps)
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

// decode adds to a graph the states in scaled variables of latent states u,
// (times·batch, n) with time slowest, from initial states x0, (batch, m).
func (m *Model) decode(g *Graph, u, x0 *G.Node) (*G.Node, error) {
	told, err := m.kept.told(x0)
	if err != nil {
		return nil, err
	}
	y, err := m.ae.decode(g, u, told)
	if err != nil {
		return nil, errors.Wrap(err, "model: decoder")
	}
	return m.kept.keep(y, x0)
}

// Configure changes the configuration of a model whose parameters stay: a shift or a
// radius, an integrator, a type of elements. The error is ErrConfig for one that cannot
// be used or that would have other parameters.
func (m *Model) Configure(cfg Config) error {
	n, err := New(cfg)
	if err != nil {
		return err
	}
	if len(n.params.List) != len(m.params.List) {
		return configError("Configure: the model has %d parameters, want the %d that it has", len(n.params.List), len(m.params.List))
	}
	for i, p := range m.params.List {
		if q := n.params.List[i]; q.Name != p.Name || !slices.Equal(q.Shape, p.Shape) {
			return configError("Configure: parameter %d is %s %v, want %s %v as it is", i, q.Name, q.Shape, p.Name, p.Shape)
		}
	}
	n.params = m.params
	*m = *n
	return nil
}
