package model

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Predict returns the states U(t) at the given times, indexed by time, sample
// and component, from the states u0 at the first of them, indexed by sample
// and component. Both are in the physical, unscaled variables. The grid need
// not be that of the training, nor the number of samples; every interval is one
// step of the model's integrator, divided into its substeps.
//
// The error is ErrData for arrays that cannot be used. A rollout that leaves
// the finite numbers is not an error: an explicit method may diverge.
func (m *Model) Predict(u0 [][]float64, times []float64) ([][][]float64, error) {
	latent, err := m.PredictLatent(u0, times)
	if err != nil {
		return nil, err
	}
	batch := len(u0)
	decode, err := m.decoder(batch)
	if err != nil {
		return nil, err
	}
	x0 := slices.Concat(u0...)
	m.scaled(x0, x0)
	out := make([][][]float64, len(times))
	for k, u := range latent {
		x := make([]float64, batch*m.cfg.Dim)
		if k == 0 && m.ae.identity() { // as it came, not scaled and back
			out[0] = rows(slices.Concat(u0...), m.cfg.Dim)
			continue
		}
		if err := decode.run(x, u, x0); err != nil {
			return nil, errors.Wrapf(err, "model: Predict: decoder, t = %g", times[k])
		}
		m.unscaled(x)
		out[k] = rows(x, m.cfg.Dim)
	}
	return out, nil
}

// WithIntegrator returns the same model, over the same parameters, that steps
// by another method and number of substeps.
func (m *Model) WithIntegrator(name string, substeps int) (*Model, error) {
	other := *m
	other.cfg.Integrator, other.cfg.Substeps = name, substeps
	if err := other.cfg.Validate(); err != nil {
		return nil, err
	}
	return &other, nil
}

// PredictLatent is Predict without the decoder: the latent states, one slice of
// batch×n for each time.
func (m *Model) PredictLatent(u0 [][]float64, times []float64) ([][]float64, error) {
	if err := checkTimes(times, 1); err != nil {
		return nil, err
	}
	if len(u0) == 0 {
		return nil, dataError("initial states: got none, want at least one")
	}
	x, err := checkStates("initial states", u0, len(u0), m.cfg.Dim)
	if err != nil {
		return nil, err
	}
	m.scaled(x, x)
	n, batch := m.cfg.LatentDim(), len(u0)
	encode, err := m.encoder(batch)
	if err != nil {
		return nil, err
	}
	step, err := m.step(batch)
	if err != nil {
		return nil, err
	}
	u := make([]float64, batch*n)
	if err := encode.run(u, x); err != nil {
		return nil, errors.Wrap(err, "model: Predict: encoder")
	}
	out := [][]float64{u}
	for k := 1; k < len(times); k++ {
		// The substep as the training rounds it.
		h := (times[k] - times[k-1]) * (1 / float64(m.cfg.Substeps))
		v := slices.Clone(u)
		for range m.cfg.Substeps {
			if err := step.run(v, v, []float64{h}); err != nil {
				return nil, errors.Wrapf(err, "model: Predict: step %d, t = %g", k, times[k-1])
			}
		}
		out, u = append(out, v), v
	}
	return out, nil
}

// machine evaluates one node of a graph for inputs of fixed shapes; without a
// node it copies its input.
type machine struct {
	g       *graph
	inputs  []array
	out     array
	program *ops.Program
}

// compile makes a machine for the node y of g.
func compile(g *graph, y *G.Node, inputs ...array) (*machine, error) {
	p, err := ops.Compile(y)
	if err != nil {
		return nil, err
	}
	return &machine{g: g, inputs: inputs, program: p, out: dataOf(p, y)}, nil
}

func (m *machine) run(out []float64, inputs ...[]float64) error {
	if m.program == nil {
		copy(out, inputs[0])
		return nil
	}
	m.g.refresh()
	for i, x := range inputs {
		m.inputs[i].set(0, x)
	}
	if err := m.program.Run(); err != nil {
		return err
	}
	m.out.get(out)
	return nil
}

// encoder compiles the encoder for a batch.
func (m *Model) encoder(batch int) (*machine, error) {
	if m.ae.identity() {
		return new(machine), nil
	}
	g := newGraph(m.params, m.cfg.Dtype)
	x, data := g.input("x", batch, m.cfg.Dim)
	u, err := m.ae.encode(g, x)
	if err != nil {
		return nil, err
	}
	return compile(g, u, data)
}

// decoder compiles the decoder for the latent states of a batch at one time
// and its initial states.
func (m *Model) decoder(batch int) (*machine, error) {
	if m.ae.identity() && len(m.cfg.Invariants) == 0 {
		return new(machine), nil
	}
	g := newGraph(m.params, m.cfg.Dtype)
	u, state := g.input("u", batch, m.cfg.LatentDim())
	x0, initial := g.input("x0", batch, m.cfg.Dim)
	y, err := m.decode(g, u, x0)
	if err != nil {
		return nil, err
	}
	return compile(g, y, state, initial)
}

// step compiles one substep for a batch, whose length is an input: unrolled, a
// thousand of them would take Gorgonia a minute to compile.
func (m *Model) step(batch int) (*machine, error) {
	g := newGraph(m.params, m.cfg.Dtype)
	u, state := g.input("u", batch, m.cfg.LatentDim())
	h, length := g.input("steps", 1, 1)
	one := *m
	one.cfg.Substeps = 1
	us, err := one.integrate(g, u, h)
	if err != nil {
		return nil, err
	}
	return compile(g, us[1], state, length)
}

func rows(x []float64, width int) [][]float64 {
	r := make([][]float64, 0, len(x)/width)
	for ; len(x) > 0; x = x[width:] {
		r = append(r, x[:width:width])
	}
	return r
}
