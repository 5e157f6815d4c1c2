package model

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"spnode/model/dynamics"
	"spnode/model/param"
	"spnode/ops/graph"
)

// machine evaluates one node of a graph for inputs of fixed shapes, with the
// parameters as they are when it is made; without a node it copies its input.
type machine struct {
	program *graph.Program
	given   dynamics.Given
	inputs  []graph.Buffer
	out     graph.Buffer
}

// compile makes a machine for the node y of g.
func compile(g *param.Graph, y *G.Node, given dynamics.Given, inputs ...graph.Buffer) (*machine, error) {
	g.Refresh()
	p, err := graph.Compile(y)
	if err != nil {
		return nil, err
	}
	return &machine{program: p, given: given, inputs: inputs, out: p.Data(y)}, nil
}

// run takes the parameters of the batch, if the model has any, and the inputs.
func (m *machine) run(out, p []float64, inputs ...[]float64) error {
	if m.program == nil {
		copy(out, inputs[0])
		return nil
	}
	m.setParameters(p)
	for i, x := range inputs {
		m.inputs[i].Set(0, x)
	}
	if err := m.program.Run(); err != nil {
		return err
	}
	m.out.Get(out)
	return nil
}

func (m *machine) setParameters(p []float64) {
	if len(p) > 0 {
		m.given.SetParameters(0, p)
	}
}

// encoder compiles the encoder for a batch: of its states and, if the model has any,
// its parameters.
func (m *Model) encoder(batch int) (*machine, error) {
	if m.EncoderIsIdentity() {
		return new(machine), nil
	}
	g := m.Graph()
	x, data := g.Input("x", batch, m.cfg.Width())
	given, err := m.system.Given(g, batch, 0)
	if err != nil {
		return nil, err
	}
	u, err := m.Encode(g, x)
	if err != nil {
		return nil, err
	}
	return compile(g, u, given, data)
}

// decoder compiles the decoder for the latent states of a batch at some times,
// its initial states and its parameters.
func (m *Model) decoder(batch, times int) (*machine, error) {
	if m.DecoderIsIdentity() {
		return new(machine), nil
	}
	g := m.Graph()
	u, state := g.Input("u", times*batch, m.cfg.LatentDim())
	x0, initial := g.Input("x0", batch, m.cfg.Width())
	given, err := m.system.Given(g, batch, 0)
	if err != nil {
		return nil, err
	}
	y, err := m.Decode(g, u, x0)
	if err != nil {
		return nil, err
	}
	return compile(g, y, given, state, initial)
}

// stepper advances the latent states of a batch by one substep. What depends on
// the parameters of the model alone is evaluated once, and what depends on the step,
// such as its propagators, once for every change of it.
type stepper struct {
	machine
	changed, again *graph.Program // what depends on the step or the states, on the states
	h              []float64      // that again holds for; nil: none
	begun          bool           // what depends on the parameters alone is there
}

// step compiles one substep for a batch, whose lengths are an input: one, or own as
// many as rows.
func (m *Model) step(batch, own int) (*stepper, error) {
	g := m.Graph()
	u, state := g.Input("u", batch, m.cfg.LatentDim())
	h, length := g.Input("steps", 1, own)
	given, err := m.system.Given(g, batch, 1)
	if err != nil {
		return nil, err
	}
	one := *m.system
	one.Substeps = 1
	us, err := one.Integrate(g, u, h, given)
	if err != nil {
		return nil, err
	}
	whole, err := compile(g, us[1], given, state, length)
	if err != nil {
		return nil, err
	}
	s := &stepper{machine: *whole}
	states := append(append(G.Nodes{u}, given.Begin...), given.Change...)
	s.again = whole.program.After(states...)
	if given.Parameters != nil {
		states = append(states, given.Parameters)
	}
	s.changed = whole.program.After(append(states, h)...)
	return s, nil
}

// of has the stepper advance trajectories of such parameters.
func (s *stepper) of(p []float64) {
	s.setParameters(p)
	s.h = s.h[:0]
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
