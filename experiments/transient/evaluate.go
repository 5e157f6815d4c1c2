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
	"spnode/model"
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
func evaluate(m *model.Model, eps float64, t truth) (*testReport, map[string][][][]float64, error) {
	r := new(testReport)
	predictions := map[string][][][]float64{}
	for name, e := range map[string]*gridError{trainGrid: &r.TrainGrid, coarse: &r.Coarse, fine: &r.Fine} {
		d := t.grids[name]
		times, _ := d.Grid()
		u, err := m.Predict(t.initial, times)
		if err != nil {
			return nil, nil, err
		}
		off := measure.Compare(u, d.States(), nil)
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

// floor is how well the data of ε = 0 determine A at best: the largest error
// of (1/T) log M, where M is the least-squares flow map x(0) → x(T) of the
// data. For 2×2 matrices with d = tr M/2 and s² = 1 − det M/d²,
//
//	log M = ½ log(det M) I + (M/d − I) artanh(s)/s.
func floor(d *data.Dataset) float64 {
	times, _ := d.Grid()
	last := len(times) - 1
	span := times[last] - times[0]
	x, y := mat.NewDense(d.Samples(), 2, nil), mat.NewDense(d.Samples(), 2, nil)
	for i := range d.Samples() {
		x.SetRow(i, d.Trajectories[i].States[0])
		y.SetRow(i, d.Trajectories[i].States[last])
	}
	var mt mat.Dense
	if err := mt.Solve(x, y); err != nil {
		return math.NaN()
	}
	half, det := (mt.At(0, 0)+mt.At(1, 1))/2, mat.Det(&mt)
	s2 := 1 - det/(half*half)
	ratio := 1 + s2/3 + s2*s2/5 // artanh(s)/s; s² is the rounding of a double eigenvalue
	var worst float64
	want := problem.ABump()
	for i := range 2 {
		for j := range 2 {
			l := mt.At(j, i) / half * ratio
			if i == j {
				l += math.Log(det)/2 - ratio
			}
			worst = max(worst, math.Abs(l/span-want.At(i, j)))
		}
	}
	return worst
}

func (t *trained) report(s *driver.Session) report.Model {
	m := t.Report(s)
	if t.recipe.Epsilon == 0 {
		m.Extra["data_floor_of_A"] = t.floor
	}
	return m
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
