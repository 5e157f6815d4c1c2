package model

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"spnode/ops/graph"
)

// machine evaluates one node of a graph for inputs of fixed shapes, with the
// parameters as they are when it is made; without a node it copies its input.
type machine struct {
	program *graph.Program
	inputs  []graph.Buffer
	out     graph.Buffer
}

// compile makes a machine for the node y of g.
func compile(g *Graph, y *G.Node, inputs ...graph.Buffer) (*machine, error) {
	g.refresh()
	p, err := graph.Compile(y)
	if err != nil {
		return nil, err
	}
	return &machine{program: p, inputs: inputs, out: p.Data(y)}, nil
}

func (m *machine) run(out []float64, inputs ...[]float64) error {
	if m.program == nil {
		copy(out, inputs[0])
		return nil
	}
	for i, x := range inputs {
		m.inputs[i].Set(0, x)
	}
	if err := m.program.Run(); err != nil {
		return err
	}
	m.out.Get(out)
	return nil
}

// encoder compiles the encoder for a batch: of its states and, if the model has any,
// its parameters.
func (m *Model) encoder(batch int) (*machine, error) {
	if m.ae.identity() {
		return new(machine), nil
	}
	g := newGraph(m.params, m.cfg.Dtype)
	x, data := g.input("x", batch, m.cfg.Width())
	k, err := m.known(g, batch, 0)
	if err != nil {
		return nil, err
	}
	u, err := m.ae.encode(g, x)
	if err != nil {
		return nil, err
	}
	return compile(g, u, data, k.p)
}

// decoder compiles the decoder for the latent states of a batch at some times,
// its initial states and its parameters.
func (m *Model) decoder(batch, times int) (*machine, error) {
	if m.ae.identity() && len(m.cfg.Invariants) == 0 {
		return new(machine), nil
	}
	g := newGraph(m.params, m.cfg.Dtype)
	u, state := g.input("u", times*batch, m.cfg.LatentDim())
	x0, initial := g.input("x0", batch, m.cfg.Width())
	k, err := m.known(g, batch, 0)
	if err != nil {
		return nil, err
	}
	y, err := m.decode(g, u, x0)
	if err != nil {
		return nil, err
	}
	return compile(g, y, state, initial, k.p)
}

// stepper advances the latent states of a batch by one substep. What depends on
// the parameters of the model alone is evaluated once, and what depends on the step,
// such as its propagators, once for every change of it.
type stepper struct {
	machine
	known          known
	changed, again *graph.Program // what depends on the step or the states, on the states
	h              []float64      // that again holds for; nil: none
	begun          bool           // what depends on the parameters alone is there
}

// step compiles one substep for a batch, whose lengths are an input: one, or own as
// many as rows.
func (m *Model) step(batch, own int) (*stepper, error) {
	g := newGraph(m.params, m.cfg.Dtype)
	u, state := g.input("u", batch, m.cfg.LatentDim())
	h, length := g.input("steps", 1, own)
	k, err := m.known(g, batch, 1)
	if err != nil {
		return nil, err
	}
	one := *m
	one.cfg.Substeps = 1
	us, err := one.integrate(g, u, h, k)
	if err != nil {
		return nil, err
	}
	whole, err := compile(g, us[1], state, length)
	if err != nil {
		return nil, err
	}
	s := &stepper{machine: *whole, known: k}
	states := append(append(G.Nodes{u}, k.begin...), k.change...)
	s.again = whole.program.After(states...)
	if k.parameters != nil {
		states = append(states, k.parameters)
	}
	s.changed = whole.program.After(append(states, h)...)
	return s, nil
}

// of has the stepper advance trajectories of such parameters.
func (s *stepper) of(p []float64) {
	s.known.p.Set(0, p)
	s.h = s.h[:0]
}

// drive sets the inputs at the beginning of the next substep and their change over it.
func (s *stepper) drive(w, dw []float64) {
	s.known.w[0].Set(0, w)
	s.known.dw[0].Set(0, dw)
}

// advance moves the states u by a step of length h, or of each row's own.
func (s *stepper) advance(u []float64, h ...float64) error {
	program := s.again
	switch {
	case !s.begun:
		program = s.program
	case !slices.Equal(h, s.h):
		program = s.changed
	}
	s.h = s.h[:0]
	s.inputs[0].Set(0, u)
	s.inputs[1].Set(0, h)
	if err := program.Run(); err != nil {
		return err
	}
	s.h, s.begun = append(s.h, h...), true
	s.out.Get(u)
	return nil
}
