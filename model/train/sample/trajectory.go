package sample

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strconv"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/model"
)

// Trajectory is a trajectory of the data as the networks see it, in the scaled
// variables of model.Model.Scaled.
type Trajectory struct {
	Name   string // by which errors name it
	Times  []float64
	States [][]float64 // by time; NaN where they were not measured
	Weight float64     // in the loss
	// Parameters are its constants, in the model's order, before they are scaled. Of
	// inputs it has the samples' times among its own, and there no states.
	Parameters []float64
	inputs     []input // over its steps

	gaps bool      // there is a NaN
	flat []float64 // the states in one piece
}

// input is what the inputs are at the beginning of a step and by how much they change
// over it.
type input struct{ begin, change []float64 }

// Whole reports whether all of the state at time k was measured. A model can start
// from no other.
func (t *Trajectory) Whole(k int) bool { return !slices.ContainsFunc(t.States[k], math.IsNaN) }

// Read checks the data of a training of m and scales them, and finds what the model is
// to know of a trajectory by name: their Runs too. The error is model.ErrData.
func Read(m *model.Model, d *data.Dataset) ([]Trajectory, []model.Run, error) {
	runs, err := Runs(m, d)
	if err != nil {
		return nil, nil, err
	}
	if got, want := d.Dim(), m.Config().Dim; got != want {
		return nil, nil, dataError("states: got %d components, want %d as the model has", got, want)
	}
	all := make([]Trajectory, d.Samples())
	for s, from := range d.Trajectories {
		t := Trajectory{
			Name: "trajectory " + cmp.Or(from.Name, strconv.Itoa(s)), Times: from.Times,
			Weight: cmp.Or(from.Weight, 1), Parameters: runs[s].Parameters,
		}
		if len(t.Times) < 2 {
			return nil, nil, dataError("times of %s: got %d, want at least 2", t.Name, len(t.Times))
		}
		states := from.States
		if len(d.Inputs) > 0 {
			t.Times, states, t.inputs = driven(runs[s], states)
		}
		for k, x := range states {
			if err := m.CheckStates(x); err != nil {
				return nil, nil, errors.WithMessagef(err, "sample: %s, t = %g", t.Name, t.Times[k])
			}
			t.flat = append(t.flat, m.Scaled(x)...)
		}
		t.gaps = slices.ContainsFunc(t.flat, math.IsNaN)
		for width := len(t.flat) / len(t.Times); len(t.States) < len(t.Times); {
			at := len(t.States) * width
			t.States = append(t.States, t.flat[at:at+width:at+width])
		}
		all[s] = t
	}
	return all, runs, nil
}

// Runs are what m takes of the trajectories of d, whose parameters and inputs it finds
// by name: their first states, from which it predicts them. The error is model.ErrData.
func Runs(m *model.Model, d *data.Dataset) ([]model.Run, error) {
	if err := d.Validate(); err != nil {
		return nil, dataError("%v", err)
	}
	p, err := named("parameters", d.Parameters, m.Config().Parameters.Names)
	if err != nil {
		return nil, err
	}
	w, err := named("inputs", d.Inputs, m.Config().Inputs.Names)
	if err != nil {
		return nil, err
	}
	runs := make([]model.Run, d.Samples())
	for s, tr := range d.Trajectories {
		run := model.Run{State: tr.States[0], Times: tr.Times}
		for _, i := range p {
			run.Parameters = append(run.Parameters, tr.Parameters[i])
		}
		if len(w) > 0 {
			run.Input = model.Signal{Times: tr.Input.Times, Held: tr.Input.Held}
			for _, from := range tr.Input.Values {
				v := make([]float64, len(w))
				for i, k := range w {
					v[i] = from[k]
				}
				run.Input.Values = append(run.Input.Values, v)
			}
		}
		runs[s] = run
	}
	return runs, nil
}

// named finds the names that a model wants among those of the data, which has no others.
func named(what string, got, want []string) (at []int, err error) {
	for _, name := range want {
		at = append(at, slices.Index(got, name))
	}
	if len(got) != len(want) || slices.Contains(at, -1) {
		return nil, dataError("%s: the data have %q, want %q, as the model takes them", what, got, want)
	}
	return at, nil
}

// driven are the times of a trajectory with those of the samples of its inputs, where
// there are no states, and the inputs over their steps.
func driven(run model.Run, states [][]float64) (times []float64, all [][]float64, inputs []input) {
	times, at, begin, change := run.Input.Over(run.Times)
	none := slices.Repeat([]float64{math.NaN()}, len(states[0]))
	all = slices.Repeat([][]float64{none}, len(times))
	for k, i := range at {
		all[i] = states[k]
	}
	for k := range begin {
		inputs = append(inputs, input{begin[k], change[k]})
	}
	return times, all, inputs
}

// oneGrid reports whether all trajectories have the same times.
func oneGrid(all []Trajectory) bool {
	first := all[0].Times
	return !slices.ContainsFunc(all, func(t Trajectory) bool {
		return len(t.Times) != len(first) || &t.Times[0] != &first[0] && !slices.Equal(t.Times, first)
	})
}

// MeanSquare is the mean of ‖x‖² over all states of the trajectories; what was not
// measured counts as 0.
func MeanSquare(all []Trajectory) float64 {
	var sum float64
	states := 0
	for _, t := range all {
		x := t.flat
		if t.gaps {
			x = slices.DeleteFunc(slices.Clone(x), math.IsNaN)
		}
		sum += floats.Dot(x, x)
		states += len(t.Times)
	}
	return sum / float64(states)
}

// Checksum is the SHA-256 of the times and then of the scaled states, time by
// time. Of trajectories with times or weights of their own it is that of each of
// them, one after the other.
func Checksum(all []Trajectory) string {
	h := sha256.New()
	var b []byte
	write := func(x []float64) {
		b = b[:0]
		for _, v := range x {
			if v != v {
				v = math.NaN() // of the many, one
			}
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		h.Write(b)
	}
	if oneGrid(all) && !slices.ContainsFunc(all, func(t Trajectory) bool { return t.Weight != 1 || len(t.Parameters)+len(t.inputs) > 0 }) {
		write(all[0].Times)
		for k := range all[0].Times {
			for _, t := range all {
				write(t.States[k])
			}
		}
		return hex.EncodeToString(h.Sum(nil))
	}
	for _, t := range all {
		write([]float64{float64(len(t.Times)), t.Weight})
		write(t.Times)
		write(t.flat)
		write(t.Parameters)
		for _, w := range t.inputs {
			write(w.begin)
			write(w.change)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
