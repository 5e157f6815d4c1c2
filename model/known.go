package model

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/graph"
	"spnode/ops/step"
)

// Known are the names of what is known of a trajectory beside its states, and how it
// is scaled: the networks see (p − Offset)·Factor. Empty: 0 and 1.
type Known struct {
	Names  []string  `json:"names,omitempty"`
	Offset []float64 `json:"offset,omitempty"`
	Factor []float64 `json:"factor,omitempty"`
}

// ParametersConfig has a model depend on constants p of a trajectory: a temperature,
// a pressure, a Reynolds number. g, the encoder and the decoder see them beside their
// other arguments and, with Time, they scale time,
//
//	du/dt = e^{s(p)} (A u + g(u, p)),
//
// by a factor that is positive, so that A stays Hurwitz, and may span decades: for an
// exponential method it is another step. What package stability says of such a model
// is per unit of scaled time.
type ParametersConfig struct {
	Known
	// Time has s be linear in p or, with TimeHidden, a network with hidden layers of
	// those widths. It starts as 0.
	Time       bool  `json:"time,omitempty"`
	TimeHidden []int `json:"time_hidden,omitempty"`
	// TimeOnly hides p from g, the encoder and the decoder.
	TimeOnly bool `json:"time_only,omitempty"`
}

// InputsConfig has a model depend on known functions of time w(t),
//
//	du/dt = A u + B w + g(u, w),
//
// where B w is taken exactly for w linear in time over a step, by φ_1 and φ_2. The
// price is that the exponentials are of n + 2q dimensions for q inputs, see
// step.Driven.
type InputsConfig struct {
	Known
	// LinearOnly hides w from g.
	LinearOnly bool `json:"linear_only,omitempty"`
}

func (k Known) scaling() affine { return affine{k.Offset, k.Factor} }

func (k Known) validate(part string) error {
	for i, name := range k.Names {
		if name == "" || slices.Contains(k.Names[:i], name) {
			return configError("%s: name %d is %q, want names that differ and are not empty", part, i, name)
		}
	}
	if len(k.Names) == 0 && len(k.Offset)+len(k.Factor) > 0 || (len(k.Offset) > 0) != (len(k.Factor) > 0) {
		return configError("%s: got %d names, %d offsets and %d factors, want as many of each, or names alone", part, len(k.Names), len(k.Offset), len(k.Factor))
	}
	return k.scaling().validate(part+".", len(k.Names))
}

func (c Config) validateKnown() error {
	if err := c.Parameters.validate("parameters"); err != nil {
		return err
	}
	if err := c.Inputs.validate("inputs"); err != nil {
		return err
	}
	p := c.Parameters
	switch {
	case len(p.Names) == 0 && (p.Time || p.TimeOnly || len(p.TimeHidden) > 0):
		return configError("parameters has no names, but time %v, time_only %v and time_hidden %v, want none", p.Time, p.TimeOnly, p.TimeHidden)
	case !p.Time && (p.TimeOnly || len(p.TimeHidden) > 0):
		return configError("parameters.time is not set, but time_only %v and time_hidden %v, want none", p.TimeOnly, p.TimeHidden)
	case len(c.Inputs.Names) == 0 && c.Inputs.LinearOnly:
		return configError("inputs.linear_only is set, but there are no inputs")
	}
	return validateWidths("parameters.time", p.TimeHidden)
}

// parameters is how many the networks see.
func (c Config) parameters() int {
	if c.Parameters.TimeOnly {
		return 0
	}
	return len(c.Parameters.Names)
}

// inputs is how many g sees.
func (c Config) inputs() int {
	if c.Inputs.LinearOnly {
		return 0
	}
	return len(c.Inputs.Names)
}

// knownDeclarations are the parameters of s and B.
func (c Config) knownDeclarations() (ds []Declaration) {
	if p := c.Parameters; p.Time {
		widths := slices.Concat([]int{len(p.Names)}, p.TimeHidden, []int{1})
		ds = Start{BiasSpread: 1}.layers("time", widths, 1, 0)
		ds = ds[:len(ds)-1] // a bias of s would be a factor of A and g
	}
	if q := len(c.Inputs.Names); q > 0 {
		ds = append(ds, Declaration{"input/B", []int{c.LatentDim(), q}, Normal(0.1)})
	}
	return ds
}

// known are the nodes of what is known of the rows of a batch.
type known struct {
	parameters    *G.Node      // (batch, P), scaled; nil: none
	begin, change []*G.Node    // of the inputs at the beginning of each interval and over it, (batch, q), scaled
	p             graph.Buffer // the same before they are scaled
	w, dw         []graph.Buffer
}

// known adds to a graph the inputs of what is known of a batch over some intervals.
func (m *Model) known(g *Graph, batch, intervals int) (k known, err error) {
	if n := len(m.cfg.Parameters.Names); n > 0 {
		k.parameters, k.p = g.input("p", batch, n)
		if k.parameters, err = m.cfg.Parameters.scaling().node(k.parameters); err != nil {
			return k, err
		}
		if !m.cfg.Parameters.TimeOnly {
			g.parameters = k.parameters
		}
	}
	q := len(m.cfg.Inputs.Names)
	if q == 0 {
		return k, nil
	}
	scaling := m.cfg.Inputs.scaling()
	change := scaling
	if change.offset != nil {
		change.offset = make([]float64, q)
	}
	for i := range intervals { // names of their own: Gorgonia takes nodes of one name for one
		w, data := g.input(fmt.Sprintf("w/%d", i), batch, q)
		if w, err = scaling.node(w); err != nil {
			return k, err
		}
		dw, changes := g.input(fmt.Sprintf("dw/%d", i), batch, q)
		if dw, err = change.node(dw); err != nil {
			return k, err
		}
		k.begin, k.w = append(k.begin, w), append(k.w, data)
		k.change, k.dw = append(k.change, dw), append(k.dw, changes)
	}
	return k, nil
}

// stretch is the node of the steps in scaled time.
func (m *Model) stretch(g *Graph, steps *G.Node, k known) (*G.Node, error) {
	c := m.cfg.Parameters
	if !c.Time {
		return steps, nil
	}
	s := k.parameters
	var err error
	for i := 0; i <= len(c.TimeHidden) && err == nil; i++ {
		var bias *G.Node
		if i < len(c.TimeHidden) {
			bias = g.Param(biasOf("time", i))
		}
		s, err = ops.Dense(s, g.Param(weightOf("time", i)), bias, i < len(c.TimeHidden))
	}
	if err != nil {
		return nil, errors.Wrap(err, "model: time")
	}
	return step.Stretch(steps, s)
}

// Signal is a vector-valued function of time, given by samples: linear between them,
// or held until the next.
type Signal struct {
	Times  []float64   // strictly increasing; nil: those of the trajectory
	Values [][]float64 // [time][input]
	Held   bool        // a value holds until the next one, and the last for good
}

// Over returns what a model needs of the signal over a trajectory: the times of both,
// over whose steps the signal is linear, where among them those of the trajectory
// are, and for every step the value at its beginning and by how much it changes.
func (s Signal) Over(times []float64) (all []float64, at []int, begin, change [][]float64) {
	own := s.Times
	if own == nil {
		own = times
	}
	for i, j := 0, 0; i < len(times); {
		for j < len(own) && own[j] < times[i] {
			if i > 0 {
				all = append(all, own[j])
			}
			j++
		}
		if j < len(own) && own[j] == times[i] {
			j++
		}
		at, all = append(at, len(all)), append(all, times[i])
		i++
	}
	for k := range len(all) - 1 {
		w := s.value(own, all[k])
		dw := make([]float64, len(w))
		if !s.Held {
			for i, v := range s.value(own, all[k+1]) {
				dw[i] = v - w[i]
			}
		}
		begin, change = append(begin, w), append(change, dw)
	}
	return all, at, begin, change
}

// value is the signal at a time; of a held one, from that time on.
func (s Signal) value(times []float64, t float64) []float64 {
	k := sort.SearchFloat64s(times, t)
	if k < len(times) && times[k] == t || k == 0 {
		return s.Values[min(k, len(s.Values)-1)]
	}
	before := s.Values[k-1]
	if s.Held || k == len(times) {
		return before
	}
	part := (t - times[k-1]) / (times[k] - times[k-1])
	w := make([]float64, len(before))
	for i, v := range before {
		w[i] = v + part*(s.Values[k][i]-v)
	}
	return w
}

// check refuses a signal that is not one of q values over the times.
func (s Signal) check(q int, times []float64) error {
	own := s.Times
	if own == nil {
		own = times
	} else if err := checkTimes(own, 1); err != nil {
		return err
	}
	if len(s.Values) != len(own) {
		return dataError("input: got values at %d times, want %d", len(s.Values), len(own))
	}
	if first, last := own[0], own[len(own)-1]; first > times[0] || !s.Held && last < times[len(times)-1] {
		return dataError("input: got values from %g to %g, want them over the trajectory, %g to %g", first, last, times[0], times[len(times)-1])
	}
	_, err := checkStates("input", s.Values, len(own), q)
	return err
}

func checkParameters(p []float64, want int) error {
	if len(p) != want {
		return dataError("parameters: got %d, want %d as the model has", len(p), want)
	}
	for i, v := range p {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return dataError("parameters: element %d is %g, want a finite number", i, v)
		}
	}
	return nil
}
