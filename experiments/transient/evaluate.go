package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/data/measure"
	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/experiments/report"
	"spnode/model/train"
)

// testReport is what report.json says of a model's test, and what is drawn of it.
type testReport struct {
	TrainGrid measure.Errors `json:"train_grid"`
	Coarse    measure.Errors `json:"dt_0.2"`
	Fine      measure.Errors `json:"dt_0.02"`
	Linear    linearPart     `json:"linear"`

	truth       *truth
	predictions map[string]*data.Dataset // on the grids of the test
}

// linearPart is the learned A_L beside the true one: A_bump + εI, the linear
// part of Ax + ε sin x. Where g is free to hold a part of it, A_L need not be
// that.
type linearPart struct {
	A           [][]float64 `json:"A"`
	MaxAbsError float64     `json:"max_abs_error"`
	Floor       float64     `json:"data_floor,omitzero"` // of that error at ε = 0, see floor
}

// test tests a model on the held-out states.
func (t *truth) test(f driver.Fitted) (*testReport, error) {
	r := &testReport{truth: t, predictions: map[string]*data.Dataset{}}
	for name, e := range map[string]*measure.Errors{trainGrid: &r.TrainGrid, coarse: &r.Coarse, fine: &r.Fine} {
		u, err := train.Predict(f.Model, t.grids[name])
		if err != nil {
			return nil, err
		}
		*e, r.predictions[name] = measure.Compare(u, t.grids[name], nil), u
	}
	a, off := f.Model.Linear(), mat.NewDense(2, 2, nil)
	off.Sub(a, problem.ABump())
	for i := range 2 {
		r.Linear.A = append(r.Linear.A, a.RawRowView(i))
		off.Set(i, i, off.At(i, i)-t.epsilon)
	}
	r.Linear.MaxAbsError = floats.Norm(off.RawMatrix().Data, math.Inf(1))
	if t.epsilon == 0 {
		r.Linear.Floor = floor(t.training)
	}
	return r, nil
}

// floor is how well the data of ε = 0 determine A at best: the largest error of the
// A whose flow fits the last states x(T) = e^{TA}x(0) best, in the least squares. As
// the data's errors are small, their A is a linear step away from A_bump.
func floor(d *data.Dataset) float64 {
	n := d.Samples()
	if n < 2 {
		return math.Inf(1) // one state does not tell A
	}
	missing := func(y, a []float64) {
		for s, tr := range d.Trajectories {
			last := len(tr.Times) - 1
			var flow mat.Dense
			flow.Scale(tr.Times[last]-tr.Times[0], mat.NewDense(2, 2, a))
			flow.Exp(&flow)
			for i, x := range tr.States[last] {
				y[2*s+i] = x - floats.Dot(flow.RawRowView(i), tr.States[0])
			}
		}
	}
	residual, jacobian, a := mat.NewVecDense(2*n, nil), mat.NewDense(2*n, 4, nil), problem.ABump().RawMatrix().Data
	missing(residual.RawVector().Data, a)
	fd.Jacobian(jacobian, missing, a, &fd.JacobianSettings{Formula: fd.Central})
	var step mat.VecDense
	if err := step.SolveVec(jacobian, residual); err != nil {
		return math.NaN()
	}
	return mat.Norm(&step, math.Inf(1))
}

// columns are those of the tables.
var columns = driver.Columns[*testReport]{
	Names: []string{"steps", "rel, training grid", "rel, Δt 0.2", "rel, Δt 0.02", "max, Δt 0.2", "max error of A"},
	Cells: func(r *testReport) []any {
		return []any{r.truth.steps(), r.TrainGrid.Relative, r.Coarse.Relative, r.Fine.Relative, r.Coarse.MaxAbs, r.Linear.MaxAbsError}
	},
}

// less orders errors: NaN, of a rollout that ran away, is the largest.
func less(a, b float64) bool { return a < b || math.IsNaN(b) && !math.IsNaN(a) }

// statements holds what the paper says of the example against the numbers.
func statements(models []*trained) *report.Table {
	t := report.NewTable("What the paper says, and what was measured", "statement", "holds", "measured")
	say := func(text string, holds bool, format string, numbers ...float64) {
		var args []any
		for _, v := range numbers {
			args = append(args, report.Format(v))
		}
		t.Add(text, holds, fmt.Sprintf(format, args...))
	}
	e0, i0 := driver.Named(models, "eps0-etd1"), driver.Named(models, "eps0-imex")
	e1, i1 := driver.Named(models, "eps1-etd1"), driver.Named(models, "eps1-imex")
	if e0 != nil {
		say("ε = 0: ETD1 learns the dynamics from a single step", e0.Test.Coarse.Relative < 1e-3,
			"rel %s at Δt 0.2, A off by %s where the data allow %s", e0.Test.Coarse.Relative, e0.Test.Linear.MaxAbsError, e0.Test.Linear.Floor)
	}
	if i0 != nil {
		say("ε = 0: IMEX is unable to capture them", !(i0.Test.Coarse.Relative <= 0.05),
			"loss %s, yet rel %s at Δt 0.2, A off by %s", i0.Result.Loss, i0.Test.Coarse.Relative, i0.Test.Linear.MaxAbsError)
	}
	if e1 != nil && i1 != nil {
		say("ε = 1: ETD1 is more accurate than IMEX at Δt 0.2", less(e1.Test.Coarse.Relative, i1.Test.Coarse.Relative),
			"rel %s against %s", e1.Test.Coarse.Relative, i1.Test.Coarse.Relative)
	}
	if e0 != nil && i0 != nil && e1 != nil && i1 != nil {
		a, b := i0.Test.Coarse.Relative/e0.Test.Coarse.Relative, i1.Test.Coarse.Relative/e1.Test.Coarse.Relative
		say("the difference is more pronounced at ε = 1", less(a, b), "IMEX/ETD1: %s at ε = 1, %s at ε = 0", b, a)
	}
	for _, m := range models {
		if m.Test.truth.epsilon == 1 {
			grid, worst := m.Test.TrainGrid.Relative, max(m.Test.Coarse.Relative, m.Test.Fine.Relative)
			say(m.Name+" deploys at other steps than it was trained on", worst < 3*grid,
				"rel %s on the training grid, %s and %s at Δt 0.2 and 0.02", grid, m.Test.Coarse.Relative, m.Test.Fine.Relative)
		}
	}
	return t
}
