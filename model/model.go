package model

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/param"
	"spnode/model/stability"
	"spnode/ops"
)

// Model is a structure-preserving neural ODE,
//
//	u_0 = f_E(U_0),  du/dt = A_L u + g(u),  U(t) = f_D(u(t)),  eq. (2).
//
// It is its configuration and its parameters; graphs are made from them where
// they are needed. A Model must not be used while a Trainer changes it.
type Model struct {
	*latent.Space
	cfg    Config
	params *param.Params
	system *dynamics.System
	alike  *[]*Model  // those that share its parameters and have no TimeUnit yet; nil: it is alone
	spaces *sync.Pool // workspaces that no prediction is using
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
	if err := checkStart(m.params); err != nil {
		return nil, err
	}
	return m, nil
}

// Draw starts the parameters anew, as New does from Config.Seed. They stay where
// they are in memory.
func (m *Model) Draw(seed uint64) {
	p := param.NewParams(seed, m.declared())
	if m.params == nil {
		m.params = p
		return
	}
	copy(m.params.Flat, p.Flat)
}

func (m *Model) declared() []param.Declaration {
	return slices.Concat(m.system.Declarations(), m.Space.Declarations(), m.system.GivenDeclarations())
}

// Config returns the configuration.
func (m *Model) Config() Config { return m.cfg }

// Params returns the parameters; to change them is to change the model.
func (m *Model) Params() *param.Params { return m.params }

// SetTimeUnit has a new model, whose TimeUnit is 0, count time in a unit. It does
// what train.New does with the longest time that a sample of the training spans:
// shift, damping, frequency and rates, which were per unit of the data's time, are
// restated in it, and the rest of the parameters are what they were, so that they start
// alike in any unit. A model whose parameters are no longer those of its start, or
// whose g was registered and may know rates, counts in the data's unit; one that
// has a TimeUnit keeps it. Those that share its parameters, see WithIntegrator, count
// in the same.
func (m *Model) SetTimeUnit(unit float64) error {
	c, all := m.cfg, []*Model{m}
	if c.TimeUnit != 0 {
		return nil
	}
	if m.alike != nil {
		all = *m.alike
	}
	drawn := !dynamics.Registered(c.Nonlinear.Kind) && slices.Equal(m.params.Flat, param.NewParams(c.Seed, m.declared()).Flat)
	if c.TimeUnit = 1; drawn {
		c.TimeUnit = unit
		c.Linear.Shift *= unit
		c.Linear.Frequency *= unit
		c.Linear.Rates = slices.Clone(c.Linear.Rates)
		floats.Scale(unit, c.Linear.Rates)
		if len(c.Linear.Rates) == 0 { // or else it multiplies them
			c.Linear.Damping *= unit
		}
	}
	for _, o := range all {
		of := o.cfg
		of.TimeUnit, of.Linear = c.TimeUnit, c.Linear
		if err := o.Configure(of); err != nil {
			return err
		}
	}
	if drawn {
		m.Draw(c.Seed)
	}
	return nil
}

// Linear returns A_L, which the model's latent state u has as its linear part, per
// unit of the data's time.
func (m *Model) Linear() *mat.Dense {
	a, _, _ := m.system.A.Matrices(m.params)
	a.Scale(1/m.cfg.Unit(), a)
	return a
}

// Stability reports what the parameters say about the dynamics, in rates per unit
// of the data's time or, where parameters of a trajectory scale it, of scaled time,
// e^{s(p)}t. With inputs nothing bounds what drives the state, and the certificate
// says that trajectories under the same inputs approach each other.
func (m *Model) Stability() (*stability.Report, error) {
	a, s, gs := m.system.A.Matrices(m.params)
	b := m.system.G.Bounds(m.params)
	driven := len(m.cfg.Inputs.Names) > 0
	if driven {
		b.Size = math.Inf(1)
	}
	rate := 1 / m.cfg.Unit()
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
	fmt.Fprintf(&b, "\n%s", m.system)
	if text := m.Space.String(); text != "" {
		fmt.Fprintf(&b, "\nautoencoder: %s", text)
	}
	return b.String()
}

// Graph returns a new graph over the parameters.
func (m *Model) Graph() *param.Graph { return param.New(m.params, m.cfg.Dtype) }

// Rollout adds to a graph what the model makes of states x0, (batch, m), in scaled
// variables: the states at x0's time and at the ends of the steps, in the model's unit
// of time and of shape (intervals, 1 or batch), as (times·batch, m) with time slowest, in
// parts of so many times as parts says, which are decoded one after the other. given takes
// the parameters and inputs of the batch, and us are the latent states, with the one that
// the steps begin with. With a latent state u0 it is the trajectory of x0 from there on, at
// the ends of the steps alone; u0 is nil at its beginning.
func (m *Model) Rollout(g *param.Graph, x0, u0, steps *G.Node, parts []int) (ys, us G.Nodes, given dynamics.Given, err error) {
	if given, err = m.system.Given(g, x0.Shape()[0], steps.Shape()[0]); err != nil {
		return nil, nil, given, err
	}
	from := 1
	if u0 == nil {
		if u0, err = m.Encode(g, x0); err != nil {
			return nil, nil, given, err
		}
		from = 0
	}
	if us, err = m.system.Integrate(g, u0, steps, given); err != nil {
		return nil, nil, given, err
	}
	for _, times := range parts {
		u, err := ops.Stack(us[from : from+times]...)
		if err != nil {
			return nil, nil, given, err
		}
		y, err := m.Decode(g, u, x0)
		if err != nil {
			return nil, nil, given, err
		}
		ys = append(ys, y)
		from += times
	}
	return ys, us, given, nil
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
		return param.ConfigError("Configure: the model has %d parameters, want the %d that it has", len(n.params.List), len(m.params.List))
	}
	for i, p := range m.params.List {
		if q := n.params.List[i]; q.Name != p.Name || !slices.Equal(q.Shape, p.Shape) {
			return param.ConfigError("Configure: parameter %d is %s %v, want %s %v as it is", i, q.Name, q.Shape, p.Name, p.Shape)
		}
	}
	n.params = m.params
	*m = *n
	return nil
}
