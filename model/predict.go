package model

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model/internal/crew"
	"spnode/model/latent"
)

// predictRows is how many states are advanced, or decoded, together: with the
// widths of the paper's networks what they need then stays in cache.
const predictRows = 128

// Predict returns the states U(t) at the given times, indexed by time, sample
// and component, from the states u0 at the first of them, indexed by sample
// and component. Both are in the physical, unscaled variables. The grid need
// not be that of the training, nor the number of samples; every interval is one
// step of the model's integrator, divided into its substeps; see Config.LongestStep too. Samples are
// predicted in parallel on all cores; how many there are does not change the
// result beyond rounding, and with kernels in assembly not a bit of it.
//
// The error is ErrData for arrays that cannot be used, and for a model with parameters
// or inputs, which PredictEach takes. A rollout that leaves
// the finite numbers is not an error: an explicit method may diverge.
func (m *Model) Predict(u0 [][]float64, times []float64) ([][][]float64, error) {
	us, err := m.PredictLatent(u0, times)
	if err != nil {
		return nil, err
	}
	batch, n, dim, width := len(u0), m.cfg.LatentDim(), m.cfg.Dim, m.cfg.Width()
	x0 := m.Scaled(slices.Concat(u0...))
	all := make([]float64, len(times)*batch*dim) // one piece, for the sake of the allocator
	flat, states, out := rows(all, batch*dim), rows(all, dim), make([][][]float64, len(times))
	for k := range out {
		out[k] = states[k*batch:][:batch:batch]
	}
	// A block is some samples at one time or, where they are few, all of them
	// at some times.
	samples := min(batch, predictRows)
	span := max(1, predictRows/samples)
	across := ceilDiv(batch, samples)
	err = parallel(across*ceilDiv(len(times), span), func() (func(int) error, error) {
		decode, err := m.decoder(samples, span)
		if err != nil {
			return nil, err
		}
		u, y := make([]float64, span*samples*n), make([]float64, span*samples*width)
		initial := make([]float64, samples*width)
		return func(block int) error {
			first, k0 := block%across*samples, block/across*span
			last := min(first+samples, batch)
			copy(initial, x0[first*width:last*width])
			for i := range min(span, len(times)-k0) {
				copy(u[i*samples*n:], us[k0+i][first*n:last*n])
			}
			if err := decode.run(y, nil, u, initial); err != nil {
				return errors.Wrapf(err, "model: Predict: decoder, t = %g", times[k0])
			}
			for i := range min(span, len(times)-k0) {
				m.UnscaledTo(flat[k0+i][first*dim:last*dim], y[i*samples*width:][:(last-first)*width])
			}
			return nil
		}, nil
	})
	if m.EncoderIsIdentity() && len(m.cfg.Basis) == 0 { // as they came, not scaled and back
		copy(flat[0], slices.Concat(u0...))
	}
	return out, err
}

// PredictLatent is Predict without the decoder: the latent states, one slice of
// batch×n for each time.
func (m *Model) PredictLatent(u0 [][]float64, times []float64) ([][]float64, error) {
	if m.knows() {
		return nil, dataError("Predict: the model has parameters %v and inputs %v; try PredictEach, which takes them", m.cfg.Parameters.Names, m.cfg.Inputs.Names)
	}
	steps, err := Steps(times)
	if err != nil {
		return nil, err
	}
	x0, err := m.ScaledStates(u0)
	if err != nil {
		return nil, err
	}
	batch, n, dim := len(u0), m.cfg.LatentDim(), m.cfg.Width()
	out := rows(make([]float64, len(times)*batch*n), batch*n)
	samples := min(batch, predictRows)
	return out, parallel(ceilDiv(batch, samples), func() (func(int) error, error) {
		encode, err := m.encoder(samples)
		if err != nil {
			return nil, err
		}
		step, err := m.step(samples, 1)
		if err != nil {
			return nil, err
		}
		x, u := make([]float64, samples*dim), make([]float64, samples*n)
		return func(block int) error {
			first := block * samples
			last := min(first+samples, batch)
			copy(x, x0[first*dim:last*dim])
			if err := encode.run(u, nil, x); err != nil {
				return errors.Wrap(err, "model: Predict: encoder")
			}
			copy(out[0][first*n:last*n], u)
			for k, dt := range steps {
				k++
				// The substep as the training rounds it.
				h := dt * (1 / m.cfg.Unit())
				substeps := m.cfg.substeps(h)
				h *= 1 / float64(substeps)
				for range substeps {
					if err := step.advance(u, h); err != nil {
						return errors.Wrapf(err, "model: Predict: step %d, t = %g", k, times[k-1])
					}
				}
				copy(out[k][first*n:last*n], u)
			}
			return nil
		}, nil
	})
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

// parallel does the jobs 0 … n−1 on all cores, with what prepare makes once for
// each of them. The error is that of the first job that fails.
func parallel(n int, prepare func() (func(job int) error, error)) error {
	workers := min(n, runtime.GOMAXPROCS(0))
	do := make([]func(int) error, workers)
	for w := range do {
		var err error
		if do[w], err = prepare(); err != nil {
			return err
		}
	}
	errs := make([]error, n)
	crew.Do(workers, func(w int) {
		for job := w; job < n; job += workers {
			errs[job] = do[w](job)
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
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
	c.Components, c.Ranges, c.Transforms, c.Offset, c.Factor, c.Basis, c.Invariants = nil, nil, nil, nil, nil, nil, nil
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

func ceilDiv(a, b int) int { return (a + b - 1) / b }
