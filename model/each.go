package model

import (
	"runtime"
	"slices"

	"github.com/pkg/errors"

	"spnode/model/internal/crew"
)

// Run is what PredictEach predicts: a trajectory from a state on, at times of its
// own, with what the model takes of it.
type Run struct {
	State      []float64 // U at the first of the times, in the physical variables
	Times      []float64
	Parameters []float64 // p, as many as Config.Parameters names
	Input      Signal    // w(t), as many as Config.Inputs names
}

// PredictEach is Predict for trajectories of which each has its own times, in any
// number, and its own parameters and inputs, if the model has any. The states are
// indexed by run, time and component. Every interval is one step of the integrator,
// divided into its substeps, and so are its parts between samples of an input. Where
// all runs have the same times the result is that of Predict, to the bit, which is
// faster by far: propagators then serve all samples, where steps of their own take
// step.Ladder.
func (m *Model) PredictEach(runs []Run) ([][][]float64, error) {
	if len(runs) == 0 {
		return nil, dataError("runs: got none, want at least one")
	}
	u0, shared := make([][]float64, len(runs)), true
	for i, r := range runs {
		if err := m.checkRun(r); err != nil {
			return nil, errors.WithMessagef(err, "run %d", i)
		}
		u0[i] = r.State
		shared = shared && slices.Equal(r.Times, runs[0].Times)
	}
	if shared && !m.knows() {
		u, err := m.Predict(u0, runs[0].Times)
		return transposed(u), err
	}
	x0, err := m.ScaledStates(u0)
	if err != nil {
		return nil, err
	}
	out := make([][][]float64, len(runs))
	for i, r := range runs {
		out[i] = rows(make([]float64, len(r.Times)*m.cfg.Dim), m.cfg.Dim)
	}
	samples, width := samplesOfBlock(len(runs)), m.cfg.Width()
	own := samples
	if shared && len(m.cfg.Inputs.Names) == 0 { // and the propagators serve all rows
		own = 1
	}
	errs := make([]error, ceilDiv(len(runs), samples))
	workers := min(len(errs), runtime.GOMAXPROCS(0))
	spaces, err := m.workspaces(workers, workers, true, shape{samples, 1, own})
	if err != nil {
		return nil, errors.Wrap(err, "model: PredictEach")
	}
	queue := crew.NewQueue(len(errs))
	crew.Do(workers, func(i int) {
		e := m.newEach(spaces[i])
		for b := range queue.Left {
			first, last := b*samples, min((b+1)*samples, len(runs))
			copy(e.x, x0[first*width:last*width])
			errs[b] = e.predict(runs[first:last], out[first:last])
		}
	})
	m.keep(spaces)
	return out, errors.Wrap(first(errs), "model: PredictEach")
}

// knows reports whether the model takes more of a trajectory than its states.
func (m *Model) knows() bool { return len(m.cfg.Parameters.Names)+len(m.cfg.Inputs.Names) > 0 }

func (m *Model) checkRun(r Run) error {
	if err := checkTimes(r.Times, 1); err != nil {
		return err
	}
	if err := checkParameters(r.Parameters, len(m.cfg.Parameters.Names)); err != nil {
		return err
	}
	if q := len(m.cfg.Inputs.Names); q > 0 {
		return r.Input.check(q, r.Times)
	} else if len(r.Input.Values) > 0 {
		return dataError("input: got values, want none as the model has no inputs")
	}
	return nil
}

// transposed is u with its first two indices exchanged.
func transposed(u [][][]float64) (t [][][]float64) {
	for _, at := range u {
		if t == nil {
			t = make([][][]float64, len(at))
		}
		for s, x := range at {
			t[s] = append(t[s], x)
		}
	}
	return t
}

// each predicts a block of runs.
type each struct {
	*Model
	*workspace
	x, u, y, p, h []float64
	substeps      []int // of the runs, in a step
	w, dw         []float64
	grids         [][]float64   // of the runs, with the samples of their inputs
	begin, change [][][]float64 // of the inputs, by run and step
	at            [][]int       // the times of the runs in the grids
}

func (m *Model) newEach(w *workspace) *each {
	e, samples := &each{Model: m, workspace: w}, w.samples
	e.x, e.y = make([]float64, samples*m.cfg.Width()), make([]float64, samples*m.cfg.Width())
	e.u, e.h = make([]float64, samples*m.cfg.LatentDim()), make([]float64, w.own)
	e.p = make([]float64, samples*len(m.cfg.Parameters.Names))
	e.substeps = make([]int, samples)
	q := len(m.cfg.Inputs.Names)
	e.w, e.dw = make([]float64, samples*q), make([]float64, samples*q)
	return e
}

// predict writes the states of runs, whose scaled initial states are in x.
func (e *each) predict(runs []Run, out [][][]float64) error {
	e.lay(runs)
	if err := e.encoder.run(e.u, e.p, e.x); err != nil {
		return errors.Wrap(err, "encoder")
	}
	e.stepper.of(e.p)
	done, width := make([]int, len(runs)), e.cfg.Width() // times of each run
	for k := 0; ; k++ {
		if err := e.decoder.run(e.y, e.p, e.u, e.x); err != nil {
			return errors.Wrapf(err, "decoder, time %d", k)
		}
		for r, at := range e.at {
			if i := done[r]; i < len(at) && at[i] == k {
				e.UnscaledTo(out[r][i], e.y[r*width:][:width])
				done[r]++
			}
			if k == 0 && e.EncoderIsIdentity() && len(e.cfg.Basis) == 0 { // as it came, not scaled and back
				copy(out[r][0], runs[r].State)
			}
		}
		most := e.enter(k)
		if most == 0 {
			return nil
		}
		for j := range most {
			e.rest(j)
			if len(e.w) > 0 {
				e.stepper.given.SetInputs(0, 0, e.w, e.dw)
			}
			if err := e.stepper.advance(e.u, e.h...); err != nil {
				return errors.Wrapf(err, "step %d", k+1)
			}
			for i, v := range e.dw {
				e.w[i] += v
			}
		}
	}
}

// lay lays out what is known of the runs of a block.
func (e *each) lay(runs []Run) {
	e.grids, e.at, e.begin, e.change = e.grids[:0], e.at[:0], e.begin[:0], e.change[:0]
	for r, run := range runs {
		copy(e.p[r*len(run.Parameters):], run.Parameters)
		input := run.Input
		if len(e.w) == 0 {
			input = Signal{Values: make([][]float64, len(run.Times))}
		}
		grid, at, begin, change := input.Over(run.Times)
		e.grids, e.at, e.begin, e.change = append(e.grids, grid), append(e.at, at), append(e.begin, begin), append(e.change, change)
	}
}

// enter prepares step k of all runs, and returns the most substeps that one has: 0 where
// none goes on for so long.
func (e *each) enter(k int) (most int) {
	clear(e.h)
	for r, t := range e.grids {
		e.substeps[r] = 0
		if k+1 >= len(t) {
			continue
		}
		over := e.interval(t[k+1] - t[k])
		e.substeps[r], e.h[r%len(e.h)] = over.substeps, over.h
		most = max(most, over.substeps)
		part := 1 / float64(over.substeps)
		q := len(e.begin[r][k])
		copy(e.w[r*q:], e.begin[r][k])
		for i, v := range e.change[r][k] {
			e.dw[r*q+i] = v * part
		}
	}
	return most
}

// rest has the runs stand still that had their last substep before j, so that what is
// predicted of one does not depend on those beside it.
func (e *each) rest(j int) {
	for r, n := range e.substeps[:len(e.grids)] {
		if j > 0 && j == n {
			e.h[r%len(e.h)] = 0
			q := len(e.cfg.Inputs.Names)
			clear(e.dw[r*q:][:q])
		}
	}
}
