package model

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"spnode/model/dynamics"
	"spnode/model/param"
	"spnode/ops/graph"
)

// A workspace is what a goroutine predicts with: machines for samples of a shape.
type workspace struct {
	shape
	encoder *machine // nil, as the others: it has not been needed
	stepper *stepper
	decoder *machine
}

// shape is how many samples are predicted together, at how many times they are decoded,
// and how many lengths a step has: one, or own as many as samples.
type shape struct{ samples, times, own int }

// workspaces returns those of n goroutines, of which the first advance states and all, if
// decodes says so, decode them. What is missing is compiled here, not by these goroutines:
// the Build of a registered g is called by who predicts, once at a time, and who predicts
// can recover a panic of it.
func (m *Model) workspaces(n, advance int, decodes bool, s shape) ([]*workspace, error) {
	all := make([]*workspace, n)
	for i := range all {
		all[i] = m.workspace(s)
		if err := all[i].compile(m, i < advance, decodes); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// keep keeps workspaces for the next prediction.
func (m *Model) keep(all []*workspace) {
	for _, w := range all {
		m.spaces.Put(w)
	}
}

// workspace returns one for the present parameters, that of an earlier prediction if there is one.
func (m *Model) workspace(s shape) *workspace {
	w, _ := m.spaces.Get().(*workspace)
	if w == nil || w.samples != s.samples || w.own != s.own {
		w = new(workspace)
	}
	if w.times != s.times {
		w.decoder = nil
	}
	w.shape = s
	w.encoder.refresh()
	w.decoder.refresh()
	if w.stepper != nil {
		w.stepper.refresh()
	}
	return w
}

// compile makes the machines that are missing.
func (w *workspace) compile(m *Model, advances, decodes bool) (err error) {
	if advances && w.encoder == nil {
		w.encoder, err = m.newEncoder(w.samples)
	}
	if err == nil && advances && w.stepper == nil {
		w.stepper, err = m.newStepper(w.samples, w.own)
	}
	if err == nil && decodes && w.decoder == nil {
		w.decoder, err = m.newDecoder(w.samples, w.times)
	}
	return err
}

// interval is one of a grid: so many substeps of length h, in the model's unit of time.
type interval struct {
	substeps int
	h        float64
}

// interval is a step of the data's time, rounded as the training does.
func (m *Model) interval(dt float64) interval {
	h := dt * (1 / m.cfg.Unit())
	substeps := m.cfg.substeps(h)
	return interval{substeps, h * (1 / float64(substeps))}
}

// advance moves the states u by an interval.
func (w *workspace) advance(u []float64, over interval) error {
	for range over.substeps {
		if err := w.stepper.advance(u, over.h); err != nil {
			return err
		}
	}
	return nil
}

// machine evaluates one node of a graph for inputs of fixed shapes, with the
// parameters as they are when it is made or refreshed; without a node it copies its input.
type machine struct {
	g       *param.Graph
	program *graph.Program
	changed *graph.Program // what depends on an input
	begun   bool           // what depends on the parameters alone is there
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
	return &machine{g: g, program: p, changed: p.After(g.Inputs()...), given: given, inputs: inputs, out: p.Data(y)}, nil
}

// refresh has the machine, if there is one, see the present parameters.
func (m *machine) refresh() {
	if m != nil && m.g != nil {
		m.g.Refresh()
		m.begun = false
	}
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
	if err := m.evaluate(m.changed); err != nil {
		return err
	}
	m.out.Get(out)
	return nil
}

// evaluate runs a part of the program, or all of it if it has not begun.
func (m *machine) evaluate(part *graph.Program) error {
	if !m.begun {
		part = m.program
	}
	err := part.Run()
	m.begun = err == nil
	return err
}

func (m *machine) setParameters(p []float64) {
	if len(p) > 0 {
		m.given.SetParameters(0, p)
	}
}

// newEncoder compiles the encoder for a batch: of its states and, if the model has any,
// its parameters.
func (m *Model) newEncoder(batch int) (*machine, error) {
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

// newDecoder compiles the decoder for the latent states of a batch at some times,
// its initial states and its parameters.
func (m *Model) newDecoder(batch, times int) (*machine, error) {
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
	again *graph.Program // what depends on the states
	h     []float64      // for which the rest is there; nil: none
}

// newStepper compiles one substep for a batch, whose lengths are an input: one, or own as
// many as rows.
func (m *Model) newStepper(batch, own int) (*stepper, error) {
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
	states := append(append(G.Nodes{u}, given.Begin...), given.Change...)
	return &stepper{machine: *whole, again: whole.program.After(states...)}, nil
}

// of has the stepper advance trajectories of such parameters.
func (s *stepper) of(p []float64) {
	s.setParameters(p)
	s.h = s.h[:0]
}

// advance moves the states u by a step of length h, or of each row's own.
func (s *stepper) advance(u []float64, h ...float64) error {
	part := s.again
	if !slices.Equal(h, s.h) {
		part = s.changed
	}
	s.h = s.h[:0]
	s.inputs[0].Set(0, u)
	s.inputs[1].Set(0, h)
	if err := s.evaluate(part); err != nil {
		return err
	}
	s.h = append(s.h, h...)
	s.out.Get(u)
	return nil
}
