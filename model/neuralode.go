package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/model/stability"
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
	hurwitz HurwitzMatrix
	g       nonlinear
	ae      Autoencoder
	kept    invariants
}

// New makes a model with parameters drawn from the configuration's seed. The
// error is ErrConfig.
func New(cfg Config) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := cfg.LatentDim()
	m := &Model{
		cfg:     cfg,
		hurwitz: HurwitzMatrix{N: n, Shift: cfg.Linear.Shift, Rates: cfg.Linear.Rates},
		g:       newNonlinear(cfg.Nonlinear, n),
		ae:      Autoencoder{Dim: cfg.Width(), AutoencoderConfig: cfg.Autoencoder, conserved: len(cfg.Invariants)},
		kept:    newInvariants(cfg),
	}
	m.Draw(cfg.Seed)
	return m, nil
}

// Draw starts the parameters anew, as New does from Config.Seed. They stay where
// they are in memory.
func (m *Model) Draw(seed uint64) {
	declared := m.hurwitz.declare(m.cfg.Linear)
	declared = append(declared, m.g.declare()...)
	declared = append(declared, m.ae.declare()...)
	p := newParams(seed, declared)
	if m.params == nil {
		m.params = p
		return
	}
	copy(m.params.Flat, p.Flat)
}

// Config returns the configuration.
func (m *Model) Config() Config { return m.cfg }

// Params returns the parameters; to change them is to change the model.
func (m *Model) Params() *Params { return m.params }

// Linear returns A_L, which the model's latent state u has as its linear part.
func (m *Model) Linear() *mat.Dense {
	a, _, _ := m.hurwitz.Matrices(m.params)
	return a
}

// Stability reports what the parameters say about the dynamics.
func (m *Model) Stability() (*stability.Report, error) {
	a, s, gs := m.hurwitz.Matrices(m.params)
	lipschitz, size, layers := m.g.bounds(m.params)
	return stability.Analyse(stability.System{A: a, S: s, Gs: gs, Shift: m.cfg.Linear.Shift, Lipschitz: lipschitz, Bound: size, Layers: layers})
}

// String says what the model is, in a line for each part.
func (m *Model) String() string {
	c := m.cfg
	var b strings.Builder
	fmt.Fprintf(&b, "du/dt = A u + g(u), u in R^%d, %d parameters, %s, %s", c.LatentDim(), len(m.params.Flat), c.Integrator, c.Dtype)
	if c.Substeps > 1 {
		fmt.Fprintf(&b, " with %d substeps", c.Substeps)
	}
	fmt.Fprintf(&b, "\nA: Hurwitz, shift %g", c.Linear.Shift)
	switch n := c.Nonlinear; n.Kind {
	case KindBilinear:
		fmt.Fprintf(&b, "\ng: bilinear form of rank %d", n.Rank)
	case KindLipschitz:
		fmt.Fprintf(&b, "\ng: Lipschitz network %v, L = %g", m.g.(LipschitzNet).widths(), n.Lipschitz)
		if n.SeparateLinear {
			b.WriteString(", linear part removed")
		}
	case KindNone:
		b.WriteString("\ng: none")
	}
	switch {
	case m.ae.identity():
	case !m.ae.networks():
		fmt.Fprintf(&b, "\nautoencoder: fixed linear maps, %v and back", m.ae.widths())
	default:
		fmt.Fprintf(&b, "\nautoencoder: %v and back", m.ae.widths())
		if m.ae.Skip != nil {
			b.WriteString(", beside fixed linear maps")
		}
	}
	return b.String()
}

// integrate adds to a graph the latent states at the ends of the steps, of
// shape (intervals, 1), from u0 on.
func (m *Model) integrate(g *graph, u0, steps *G.Node) (G.Nodes, error) {
	method, err := integrator.ByName(m.cfg.Integrator)
	if err != nil {
		return nil, err
	}
	a, err := m.hurwitz.node(g)
	if err != nil {
		return nil, err
	}
	f, err := m.g.plan(g)
	if err != nil {
		return nil, errors.Wrap(err, "model: g")
	}
	return integrator.Rollout(method, integrator.System{A: a, G: f}, u0, steps, m.cfg.Substeps)
}

// decode adds to a graph the states in scaled variables of latent states u,
// (times·batch, n) with time slowest, from initial states x0, (batch, m).
func (m *Model) decode(g *graph, u, x0 *G.Node) (*G.Node, error) {
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

// Scaled returns what the networks see of states, row by row: (x − Offset)·Factor
// or, if there is a Basis, its coordinates.
func (m *Model) Scaled(x []float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		k := i % m.cfg.Dim
		if len(m.cfg.Offset) > 0 {
			y[i] -= m.cfg.Offset[k]
		}
		if len(m.cfg.Factor) > 0 {
			y[i] *= m.cfg.Factor[k]
		}
	}
	if len(m.cfg.Basis) == 0 {
		return y
	}
	var c []float64
	for _, row := range rows(y, m.cfg.Dim) {
		for _, v := range m.cfg.Basis {
			c = append(c, floats.Dot(v, row))
		}
	}
	return c
}

// unscaled writes the states of which the networks see y to x.
func (m *Model) unscaled(x, y []float64) {
	if len(m.cfg.Basis) == 0 {
		copy(x, y)
	} else {
		clear(x)
		for i, c := range y {
			k := len(m.cfg.Basis)
			floats.AddScaled(x[i/k*m.cfg.Dim:][:m.cfg.Dim], c, m.cfg.Basis[i%k])
		}
	}
	if len(m.cfg.Factor) == 0 && len(m.cfg.Offset) == 0 {
		return
	}
	for i := range x {
		k := i % m.cfg.Dim
		if len(m.cfg.Factor) > 0 {
			x[i] /= m.cfg.Factor[k]
		}
		if len(m.cfg.Offset) > 0 {
			x[i] += m.cfg.Offset[k]
		}
	}
}
