package model

import (
	"math"
	"sync"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model/latent"
)

// Predict returns the states U(t) at the given times, indexed by time, sample
// and component, from the states u0 at the first of them, indexed by sample
// and component. Both are in the physical, unscaled variables. The grid need
// not be that of the training, nor the number of samples; every interval is one
// step of the model's integrator, divided into its substeps; see Config.LongestStep too. Samples are
// predicted in parallel on all cores; how many there are does not change the
// result beyond rounding, and with kernels in assembly not a bit of it.
//
// What a prediction has compiled is kept for the next of as many samples, so that a model
// may advance the states of another program, a step at a time.
//
// The error is ErrData for arrays that cannot be used, and for a model with parameters
// or inputs, which PredictEach takes. A rollout that leaves
// the finite numbers is not an error: an explicit method may diverge.
func (m *Model) Predict(u0 [][]float64, times []float64) ([][][]float64, error) {
	r, err := m.rollout(u0, times)
	if err != nil {
		return nil, err
	}
	dim, width, basis := m.cfg.Dim, m.cfg.Width(), len(m.cfg.Basis) > 0
	states, out := make([][]float64, len(times)*r.batch), make([][][]float64, len(times))
	for k := range out {
		out[k] = states[k*r.batch:][:r.batch:r.batch]
	}
	err = r.walk(true, func(w *workspace, p part) error {
		// The memory of a part is taken, and so cleared, by who decodes it: in its cache.
		y, x := make([]float64, r.span*r.samples*width), make([]float64, r.samples*width)
		copy(x, r.x0[p.first*width:p.last*width])
		if err := w.decoder.run(y, nil, p.u, x); err != nil {
			return errors.Wrapf(err, "decoder, t = %g", times[p.k])
		}
		physical := y
		if basis {
			physical = make([]float64, p.count*r.samples*dim)
		}
		for i := range p.count {
			u := physical[i*r.samples*dim:][:(p.last-p.first)*dim]
			m.UnscaledTo(u, y[i*r.samples*width:][:(p.last-p.first)*width])
			for s := p.first; s < p.last; s++ {
				out[p.k+i][s], u = u[:dim:dim], u[dim:]
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Wrap(err, "model: Predict")
	}
	if m.EncoderIsIdentity() && !basis { // as they came, not scaled and back
		for s, u := range out[0] {
			copy(u, u0[s])
		}
	}
	return out, nil
}

// PredictLatent is Predict without the decoder: the latent states, one slice of
// batch×n for each time.
func (m *Model) PredictLatent(u0 [][]float64, times []float64) ([][]float64, error) {
	r, err := m.rollout(u0, times)
	if err != nil {
		return nil, err
	}
	n := m.cfg.LatentDim()
	out := rows(make([]float64, len(times)*r.batch*n), r.batch*n)
	err = r.walk(false, func(_ *workspace, p part) error {
		for i := range p.count {
			copy(out[p.k+i][p.first*n:p.last*n], p.u[i*r.samples*n:])
		}
		return nil
	})
	return out, errors.Wrap(err, "model: Predict")
}

// Steps returns the intervals of a grid, whose times increase. One that differs from
// that before it by no more than the rounding of the times is the same, as in 0, 0.1,
// 0.2, … . The error is ErrData.
func Steps(times []float64) ([]float64, error) {
	if err := checkTimes(times, 1); err != nil {
		return nil, err
	}
	steps := make([]float64, len(times)-1)
	for k := range steps {
		steps[k] = times[k+1] - times[k]
		rounding := 0x1p-51 * max(math.Abs(times[k]), math.Abs(times[k+1]))
		if k > 0 && math.Abs(steps[k]-steps[k-1]) <= rounding {
			steps[k] = steps[k-1]
		}
	}
	return steps, nil
}

// WithIntegrator returns the same model, over the same parameters, that steps
// by another method and number of substeps. A TimeUnit that a training gives to one of
// them later is that of both.
func (m *Model) WithIntegrator(name string, substeps int) (*Model, error) {
	c := m.cfg
	c.Integrator, c.Substeps = name, substeps
	sharing.Lock()
	defer sharing.Unlock()
	other := *m
	if err := other.Configure(c); err != nil {
		return nil, err
	}
	if m.cfg.TimeUnit == 0 {
		if m.alike == nil {
			m.alike = &[]*Model{m}
		}
		*m.alike = append(*m.alike, &other)
		other.alike = m.alike
	}
	return &other, nil
}

// sharing is held while a model of no unit becomes one of several.
var sharing sync.Mutex

// Latent returns the model without its autoencoder: du/dt = Au + g(u), whose
// states are the latent ones, over copies of the parameters of A and g. It is in
// float64, whatever the model was trained in.
func (m *Model) Latent() (*Model, error) {
	c := m.cfg
	c.Dim, c.Dtype = c.LatentDim(), "float64"
	c.Components, c.Ranges, c.Starts, c.Transforms, c.Offset, c.Factor, c.Basis, c.Invariants = nil, nil, nil, nil, nil, nil, nil, nil
	c.Autoencoder = latent.AutoencoderConfig{}
	bare, err := New(c)
	if err != nil {
		return nil, err
	}
	for _, p := range bare.params.List {
		own, _ := m.params.Get(p.Name)
		copy(p.Data, own.Data)
	}
	return bare, nil
}

// Outside returns the numbers of the states that are not in the ball of g's Radius, with
// which it is continued and no longer what was fitted: none where it has no Radius, or
// where the ball is one of parameters and inputs too.
func (m *Model) Outside(states [][]float64) (at []int, err error) {
	if m.cfg.Nonlinear.Radius == 0 || m.knows() {
		return nil, nil
	}
	u, err := m.PredictLatent(states, []float64{0})
	if err != nil {
		return nil, err
	}
	for i, z := range rows(u[0], m.cfg.LatentDim()) {
		if !(floats.Norm(z, 2) <= m.cfg.Nonlinear.Radius) {
			at = append(at, i)
		}
	}
	return at, nil
}

func rows(x []float64, width int) [][]float64 {
	r := make([][]float64, 0, len(x)/width)
	for ; len(x) > 0; x = x[width:] {
		r = append(r, x[:width:width])
	}
	return r
}
