package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// Trajectory is one run of a system, on times of its own.
type Trajectory struct {
	Name   string      // "" stands for its number in the Dataset
	Times  []float64   // T times, strictly increasing, in the problem's unit
	States [][]float64 // [time][component], (T, C), physical and unscaled; NaN: not measured
	Weight float64     // in the loss, ≥ 0; 0 stands for 1

	Input      Signal    // the functions of time w(t) that act on the run; zero: none
	Parameters []float64 // the constants p of the run
}

// Signal is a vector-valued function of time, given by samples: linear between
// them, or held until the next.
type Signal struct {
	Times  []float64   // strictly increasing; nil: those of the trajectory
	Values [][]float64 // [time][input]
	Held   bool        // a value holds until the next one, and the last for good
}

// label names the trajectory, which is number s, in an error.
func (tr *Trajectory) label(s int) string {
	if tr.Name != "" {
		return fmt.Sprintf("trajectory %q", tr.Name)
	}
	return fmt.Sprintf("trajectory %d", s)
}

func (d *Dataset) checkTrajectory(tr *Trajectory) error {
	if !isText(tr.Name) {
		return errors.New("the name is not UTF-8 without NUL, want that; try saving the text as “CSV UTF-8”")
	}
	if err := stack.CheckTimes(tr.Times); err != nil {
		return err
	}
	if len(tr.States) != len(tr.Times) {
		return stack.Shapef("the states have %d times, want %d as in Times", len(tr.States), len(tr.Times))
	}
	dim := d.Dim()
	if dim == 0 {
		return stack.Shapef("the states have no components, want at least one")
	}
	for i, u := range tr.States {
		if len(u) != dim {
			return stack.Shapef("time %d (t=%g) has %d components, want %d", i, tr.Times[i], len(u), dim)
		}
		if j := slices.IndexFunc(u, func(v float64) bool { return math.IsInf(v, 0) }); j >= 0 {
			return stack.NotFinitef("time %d (t=%g), component %d is %g, want a number or NaN", i, tr.Times[i], j, u[j])
		}
	}
	if !(stack.Finite(tr.Weight) && tr.Weight >= 0) {
		return errors.Errorf("weight is %g, want a number ≥ 0, where 0 stands for 1", tr.Weight)
	}
	if len(tr.Parameters) != len(d.Parameters) {
		return stack.Shapef("the parameters are %d, want the %d that Parameters names", len(tr.Parameters), len(d.Parameters))
	}
	for k, p := range tr.Parameters {
		if !stack.Finite(p) {
			return stack.NotFinitef("parameter %s is %g, want a finite number", d.Parameters[k], p)
		}
	}
	return errors.Wrap(tr.Input.check(d.Inputs, tr.Times), "input")
}

// check checks that the signal has a finite value for each of the names, and
// reaches over the times of its trajectory.
func (w *Signal) check(names []string, times []float64) error {
	if len(names) == 0 {
		if len(w.Values) > 0 || len(w.Times) > 0 {
			return stack.Shapef("there are %d values, want none as Inputs has no names", len(w.Values))
		}
		return nil
	}
	at := times
	if w.Times != nil {
		at = w.Times
		if err := stack.CheckTimes(at); err != nil {
			return err
		}
		if first, last := at[0], at[len(at)-1]; first > times[0] || !w.Held && last < times[len(times)-1] {
			return stack.Shapef("the values are from t=%g to %g, want them over the trajectory, %g to %g",
				first, last, times[0], times[len(times)-1])
		}
	}
	if len(w.Values) != len(at) {
		return stack.Shapef("there are values at %d times, want %d", len(w.Values), len(at))
	}
	for i, v := range w.Values {
		if len(v) != len(names) {
			return stack.Shapef("time %d (t=%g) has %d values, want the %d that Inputs names", i, at[i], len(v), len(names))
		}
		for k, x := range v {
			if !stack.Finite(x) {
				return stack.NotFinitef("time %d (t=%g), %s is %g, want a finite number", i, at[i], names[k], x)
			}
		}
	}
	return nil
}
