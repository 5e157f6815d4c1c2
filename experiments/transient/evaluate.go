package main

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/data/measure"
	"spnode/data/problem"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/train"
)

// gridError is how far predictions are from the truth on one grid.
type gridError struct {
	MaxAbs float64 `json:"max_abs"`
	RMS    float64 `json:"rms"`
	Rel    float64 `json:"rel"` // 2-norm of the error over that of the truth
}

// linearPart is the learned A_L beside the true one: A_bump + εI, the linear
// part of Ax + ε sin x. Where g is free to hold a part of it, A_L need not be
// that.
type linearPart struct {
	A                 [][]float64 `json:"A"`
	MaxAbsError       float64     `json:"max_abs_error"`
	SpectralAbscissa  float64     `json:"spectral_abscissa"`
	NumericalAbscissa float64     `json:"numerical_abscissa"`
}

// testReport is what report.json says of a model's test.
type testReport struct {
	TrainGrid gridError  `json:"train_grid"`
	Coarse    gridError  `json:"dt_0.2"`
	Fine      gridError  `json:"dt_0.02"`
	Linear    linearPart `json:"linear"`
}

// evaluate tests a model on the held-out states.
func evaluate(m *model.Model, eps float64, t truth) (*testReport, map[string]*data.Dataset, error) {
	r := new(testReport)
	predictions := map[string]*data.Dataset{}
	for name, e := range map[string]*gridError{trainGrid: &r.TrainGrid, coarse: &r.Coarse, fine: &r.Fine} {
		d := t.grids[name]
		u, err := train.Predict(m, d)
		if err != nil {
			return nil, nil, err
		}
		off := measure.Compare(byTrajectory(u), byTrajectory(d), nil)
		*e = gridError{slices.Max(off.MaxAbs), off.RMS, off.Relative}
		predictions[name] = u
	}
	a := m.Linear()
	want := problem.ABump()
	for i := range 2 {
		want.Set(i, i, want.At(i, i)+eps)
		r.Linear.A = append(r.Linear.A, slices.Clone(a.RawRowView(i)))
		for j := range 2 {
			r.Linear.MaxAbsError = max(r.Linear.MaxAbsError, math.Abs(a.At(i, j)-want.At(i, j)))
		}
	}
	s, err := m.Stability()
	if err != nil {
		return nil, nil, err
	}
	r.Linear.SpectralAbscissa, r.Linear.NumericalAbscissa = s.SpectralAbscissa, s.NumericalAbscissa
	return r, predictions, nil
}

// byTrajectory are the states by trajectory, time and component: trajectories need
// not share their times.
func byTrajectory(d *data.Dataset) (u [][][]float64) {
	for _, tr := range d.Trajectories {
		u = append(u, tr.States)
	}
	return u
}

// floor is how well the data of ε = 0 determine A at best: the largest error of the
// A whose flow fits the last states x(T) = e^{TA}x(0) best, in the least squares. It
// is found from A_bump on by the method of Gauss and Newton, with the derivative of
// e^{TA} by a_ij from
//
//	exp(T [A E_ij; 0 A]) = [e^{TA} ∂e^{TA}/∂a_ij; 0 e^{TA}].
func floor(d *data.Dataset) float64 {
	if d.Samples() < 2 {
		return math.Inf(1) // one state does not tell A
	}
	want := problem.ABump()
	a := mat.DenseCopyOf(want)
	residual, jacobian := mat.NewDense(2*d.Samples(), 1, nil), mat.NewDense(2*d.Samples(), 4, nil)
	for range 50 {
		derivatives := map[float64][4]*mat.Dense{} // of trajectories that share T, once
		for s, tr := range d.Trajectories {
			last := len(tr.Times) - 1
			t := tr.Times[last] - tr.Times[0]
			of, ok := derivatives[t]
			if !ok {
				for k := range of {
					of[k] = withDerivative(a, t, k/2, k%2)
				}
				derivatives[t] = of
			}
			for i := range 2 {
				flow := func(m *mat.Dense, at int) float64 {
					return m.At(i, at)*tr.States[0][0] + m.At(i, at+1)*tr.States[0][1]
				}
				residual.Set(2*s+i, 0, tr.States[last][i]-flow(of[0], 0))
				for k := range of {
					jacobian.Set(2*s+i, k, flow(of[k], 2))
				}
			}
		}
		var step mat.Dense
		if err := step.Solve(jacobian, residual); err != nil {
			return math.NaN()
		}
		for k := range 4 {
			a.Set(k/2, k%2, a.At(k/2, k%2)+step.At(k, 0))
		}
		if mat.Norm(&step, 2) <= 1e-13 { // the rounding of A's largest element is 1e-15
			break
		}
	}
	a.Sub(a, want)
	return max(mat.Max(a), -mat.Min(a))
}

// withDerivative is exp(T [A E_ij; 0 A]).
func withDerivative(a *mat.Dense, t float64, i, j int) *mat.Dense {
	block := mat.NewDense(4, 4, nil)
	for k := range 4 {
		block.Set(k/2, k%2, t*a.At(k/2, k%2))
		block.Set(2+k/2, 2+k%2, t*a.At(k/2, k%2))
	}
	block.Set(i, 2+j, t)
	var e mat.Dense
	e.Exp(block)
	return &e
}

// results is the table of all models.
func results(models []*trained) *report.Table {
	t := report.NewTable("Errors over held-out initial states (rel: ‖error‖/‖truth‖)",
		"model", "steps", "rel, training grid", "rel, Δt 0.2", "rel, Δt 0.02", "max, Δt 0.2", "max error of A", "loss", "seconds")
	for _, m := range models {
		r := m.Test
		t.Add(m.Name, len(m.recipe.Times)-1, r.TrainGrid.Rel, r.Coarse.Rel, r.Fine.Rel, r.Coarse.MaxAbs, r.Linear.MaxAbsError, m.Result.Loss, m.Result.Seconds)
	}
	return t
}

// seeds is the table of the models with several.
func seeds(models []*trained) *report.Table {
	t := report.NewTable("Seeds", "model", "seed", "starts", "loss", "max error of A", "max, Δt 0.2", "max, Δt 0.02", "seconds")
	for _, m := range models {
		m.SeedRows(t, func(s report.Seed[*testReport]) []any {
			return []any{s.Starts, s.Loss, s.Test.Linear.MaxAbsError, s.Test.Coarse.MaxAbs, s.Test.Fine.MaxAbs, s.Seconds}
		})
	}
	return t
}

// less orders errors: NaN, of a rollout that ran away, is the largest.
func less(a, b float64) bool { return a < b || math.IsNaN(b) && !math.IsNaN(a) }

// statements holds what the paper says of the example against the numbers.
func statements(models []*trained) *report.Table {
	by := map[string]*trained{}
	for _, m := range models {
		by[m.Name] = m
	}
	t := report.NewTable("What the paper says, and what was measured", "statement", "holds", "measured")
	say := func(text string, holds bool, format string, args ...any) {
		t.Add(text, holds, fmt.Sprintf(format, args...))
	}
	f := report.Format
	e0, i0, e1, i1 := by["eps0-etd1"], by["eps0-imex"], by["eps1-etd1"], by["eps1-imex"]
	if e0 != nil {
		say("ε = 0: ETD1 learns the dynamics from a single step", e0.Test.Coarse.Rel < 1e-3,
			"rel %s at Δt 0.2, A off by %s where the data allow %s", f(e0.Test.Coarse.Rel), f(e0.Test.Linear.MaxAbsError), f(e0.floor))
	}
	if i0 != nil {
		say("ε = 0: IMEX is unable to capture them", !(i0.Test.Coarse.Rel <= 0.05),
			"loss %s, yet rel %s at Δt 0.2, A off by %s", f(i0.Result.Loss), f(i0.Test.Coarse.Rel), f(i0.Test.Linear.MaxAbsError))
	}
	if e1 != nil && i1 != nil {
		say("ε = 1: ETD1 is more accurate than IMEX at Δt 0.2", less(e1.Test.Coarse.Rel, i1.Test.Coarse.Rel),
			"rel %s against %s", f(e1.Test.Coarse.Rel), f(i1.Test.Coarse.Rel))
	}
	if e0 != nil && i0 != nil && e1 != nil && i1 != nil {
		a, b := i0.Test.Coarse.Rel/e0.Test.Coarse.Rel, i1.Test.Coarse.Rel/e1.Test.Coarse.Rel
		say("the difference is more pronounced at ε = 1", less(a, b), "IMEX/ETD1: %s at ε = 1, %s at ε = 0", f(b), f(a))
	}
	for _, m := range models {
		if m.recipe.Epsilon == 1 {
			grid, worst := m.Test.TrainGrid.Rel, max(m.Test.Coarse.Rel, m.Test.Fine.Rel)
			say(fmt.Sprintf("%s deploys at other steps than it was trained on", m.Name), worst < 3*grid,
				"rel %s on the training grid, %s and %s at Δt 0.2 and 0.02", f(grid), f(m.Test.Coarse.Rel), f(m.Test.Fine.Rel))
		}
	}
	return t
}
