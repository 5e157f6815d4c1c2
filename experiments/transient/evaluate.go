package main

import (
	"fmt"
	"math"
	"slices"

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
	TrainGrid gridError  `json:"train_grid"`
	Coarse    gridError  `json:"dt_0.2"`
	Fine      gridError  `json:"dt_0.02"`
	Linear    linearPart `json:"linear"`

	truth       *truth
	predictions map[string]*data.Dataset // on the grids of the test
}

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
	A           [][]float64 `json:"A"`
	MaxAbsError float64     `json:"max_abs_error"`
	Floor       float64     `json:"data_floor,omitzero"` // of that error at ε = 0, see floor
}

// test tests a model on the held-out states.
func (t *truth) test(f driver.Fitted) (*testReport, error) {
	r := &testReport{truth: t, predictions: map[string]*data.Dataset{}}
	for name, e := range map[string]*gridError{trainGrid: &r.TrainGrid, coarse: &r.Coarse, fine: &r.Fine} {
		d := t.grids[name]
		u, err := train.Predict(f.Model, d)
		if err != nil {
			return nil, err
		}
		off := measure.Compare(u, d, nil)
		*e = gridError{slices.Max(off.MaxAbs), off.RMS, off.Relative}
		r.predictions[name] = u
	}
	a, want := f.Model.Linear(), problem.ABump()
	for i := range 2 {
		want.Set(i, i, want.At(i, i)+t.epsilon)
		r.Linear.A = append(r.Linear.A, slices.Clone(a.RawRowView(i)))
		for j := range 2 {
			r.Linear.MaxAbsError = max(r.Linear.MaxAbsError, math.Abs(a.At(i, j)-want.At(i, j)))
		}
	}
	if t.epsilon == 0 {
		r.Linear.Floor = floor(t.training)
	}
	return r, nil
}

// floor is how well the data of ε = 0 determine A at best: the largest error of the
// A whose flow fits the last states x(T) = e^{TA}x(0) best, in the least squares. As
// the data's errors are small, their A is a linear step away from A_bump, with the
// derivative of e^{TA} by a_ij from
//
//	exp(T [A E_ij; 0 A]) = [e^{TA} ∂e^{TA}/∂a_ij; 0 e^{TA}].
func floor(d *data.Dataset) float64 {
	if d.Samples() < 2 {
		return math.Inf(1) // one state does not tell A
	}
	a, n := problem.ABump(), d.Samples()
	residual, jacobian := mat.NewDense(2*n, 1, nil), mat.NewDense(2*n, 4, nil)
	for s, tr := range d.Trajectories {
		last := len(tr.Times) - 1
		for k := range 4 {
			var block, e mat.Dense
			block.Kronecker(mat.NewDense(2, 2, []float64{1, 0, 0, 1}), a)
			block.Set(k/2, 2+k%2, 1)
			block.Scale(tr.Times[last]-tr.Times[0], &block)
			e.Exp(&block)
			for i := range 2 {
				x := tr.States[0]
				residual.Set(2*s+i, 0, tr.States[last][i]-e.At(i, 0)*x[0]-e.At(i, 1)*x[1])
				jacobian.Set(2*s+i, k, e.At(i, 2)*x[0]+e.At(i, 3)*x[1])
			}
		}
	}
	var step mat.Dense
	if err := step.Solve(jacobian, residual); err != nil {
		return math.NaN()
	}
	return max(mat.Max(&step), -mat.Min(&step))
}

// columns are those of the tables.
var columns = driver.Columns[*testReport]{
	Names: []string{"steps", "rel, training grid", "rel, Δt 0.2", "rel, Δt 0.02", "max, Δt 0.2", "max error of A"},
	Cells: func(r *testReport) []any {
		return []any{r.truth.steps(), r.TrainGrid.Rel, r.Coarse.Rel, r.Fine.Rel, r.Coarse.MaxAbs, r.Linear.MaxAbsError}
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
		say("ε = 0: ETD1 learns the dynamics from a single step", e0.Test.Coarse.Rel < 1e-3,
			"rel %s at Δt 0.2, A off by %s where the data allow %s", e0.Test.Coarse.Rel, e0.Test.Linear.MaxAbsError, e0.Test.Linear.Floor)
	}
	if i0 != nil {
		say("ε = 0: IMEX is unable to capture them", !(i0.Test.Coarse.Rel <= 0.05),
			"loss %s, yet rel %s at Δt 0.2, A off by %s", i0.Result.Loss, i0.Test.Coarse.Rel, i0.Test.Linear.MaxAbsError)
	}
	if e1 != nil && i1 != nil {
		say("ε = 1: ETD1 is more accurate than IMEX at Δt 0.2", less(e1.Test.Coarse.Rel, i1.Test.Coarse.Rel),
			"rel %s against %s", e1.Test.Coarse.Rel, i1.Test.Coarse.Rel)
	}
	if e0 != nil && i0 != nil && e1 != nil && i1 != nil {
		a, b := i0.Test.Coarse.Rel/e0.Test.Coarse.Rel, i1.Test.Coarse.Rel/e1.Test.Coarse.Rel
		say("the difference is more pronounced at ε = 1", less(a, b), "IMEX/ETD1: %s at ε = 1, %s at ε = 0", b, a)
	}
	for _, m := range models {
		if m.Test.truth.epsilon == 1 {
			grid, worst := m.Test.TrainGrid.Rel, max(m.Test.Coarse.Rel, m.Test.Fine.Rel)
			say(m.Name+" deploys at other steps than it was trained on", worst < 3*grid,
				"rel %s on the training grid, %s and %s at Δt 0.2 and 0.02", grid, m.Test.Coarse.Rel, m.Test.Fine.Rel)
		}
	}
	return t
}
