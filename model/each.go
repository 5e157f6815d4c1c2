package model

import (
	"slices"

	"github.com/pkg/errors"
)

// Run is what PredictEach predicts: a trajectory from a state on, at times of its
// own.
type Run struct {
	State []float64 // U at the first of the times, in the physical variables
	Times []float64
}

// PredictEach is Predict for trajectories of which each has its own times, in any
// number. The states are indexed by run, time and component. Where all runs have
// the same times the result is that of Predict, to the bit, which is faster by far:
// propagators then serve all samples, where steps of their own take ops.Ladder.
func (m *Model) PredictEach(runs []Run) ([][][]float64, error) {
	if len(runs) == 0 {
		return nil, dataError("runs: got none, want at least one")
	}
	u0, longest, shared := make([][]float64, len(runs)), 0, true
	for i, r := range runs {
		if err := checkTimes(r.Times, 1); err != nil {
			return nil, errors.WithMessagef(err, "run %d", i)
		}
		u0[i], longest = r.State, max(longest, len(r.Times))
		shared = shared && slices.Equal(r.Times, runs[0].Times)
	}
	out := make([][][]float64, len(runs))
	if shared {
		u, err := m.Predict(u0, runs[0].Times)
		if err != nil {
			return nil, err
		}
		for i := range out {
			for k := range u {
				out[i] = append(out[i], u[k][i])
			}
		}
		return out, nil
	}
	flat, err := checkStates("initial states", u0, len(runs), m.cfg.Dim)
	if err != nil {
		return nil, err
	}
	x0 := m.Scaled(flat)
	for i, r := range runs {
		out[i] = rows(make([]float64, len(r.Times)*m.cfg.Dim), m.cfg.Dim)
	}
	samples, n, width := min(len(runs), predictRows), m.cfg.LatentDim(), m.cfg.Width()
	return out, parallel(ceilDiv(len(runs), samples), func() (func(int) error, error) {
		encode, err := m.encoder(samples)
		if err != nil {
			return nil, err
		}
		step, err := m.step(samples, samples)
		if err != nil {
			return nil, err
		}
		decode, err := m.decoder(samples, 1)
		if err != nil {
			return nil, err
		}
		x, u, y := make([]float64, samples*width), make([]float64, samples*n), make([]float64, samples*width)
		h := make([]float64, samples)
		return func(block int) error {
			first := block * samples
			part := runs[first:min(first+samples, len(runs))]
			copy(x, x0[first*width:][:len(part)*width])
			if err := encode.run(u, x); err != nil {
				return errors.Wrap(err, "model: PredictEach: encoder")
			}
			for k := range longest {
				if err := decode.run(y, u, x); err != nil {
					return errors.Wrapf(err, "model: PredictEach: decoder, time %d", k)
				}
				more := false
				clear(h)
				for r, run := range part {
					if k < len(run.Times) {
						m.unscaled(out[first+r][k], y[r*width:][:width])
					}
					if k == 0 && m.ae.identity() && len(m.cfg.Basis) == 0 { // as it came, not scaled and back
						copy(out[first+r][0], run.State)
					}
					if k+1 < len(run.Times) {
						h[r], more = (run.Times[k+1]-run.Times[k])*(1/float64(m.cfg.Substeps)), true
					}
				}
				if !more {
					break
				}
				for range m.cfg.Substeps {
					if err := step.advance(u, h...); err != nil {
						return errors.Wrapf(err, "model: PredictEach: step %d", k+1)
					}
				}
			}
			return nil
		}, nil
	})
}
