package main

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/data/measure"
	"spnode/data/ode"
	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/model"
)

// truth is the held-out data for one ε, at the tolerance 1e-10: on the
// training grid and at two steps that no model was trained on.
type truth struct {
	initial [][]float64
	grids   map[string]*data.Dataset
}

// The grids of a test.
const (
	trainGrid = "train_grid"
	coarse    = "dt_0.2"
	fine      = "dt_0.02"
)

// heldOutSeed keeps the held-out states apart from the training's.
const heldOutSeed = 1 << 40

// trainingData makes the data for one ε: all accepted steps.
func (c Config) trainingData(eps float64) (*data.Dataset, error) {
	r := ode.DefaultRKF45()
	r.RelTol, r.AbsTol, r.FirstStep = c.Data.Tolerance, c.Data.Tolerance, c.Data.FirstStep
	d, _, err := r.Steps(problem.Transient{Epsilon: eps}, problem.UniformStates(c.Data.Samples, 2, -1, 1, c.Seed), c.Data.Steps)
	return d, err
}

// heldOut makes the test data for a model.
func (c Config) heldOut(m ModelConfig, train *data.Dataset) (truth, error) {
	r := ode.DefaultRKF45()
	r.RelTol, r.AbsTol = 1e-10, 1e-10
	t := truth{initial: problem.UniformStates(c.Data.HeldOut, 2, -1, 1, c.Seed+heldOutSeed), grids: map[string]*data.Dataset{}}
	for name, times := range map[string][]float64{
		trainGrid: train.AtTimes(m.Times...).Trajectories[0].Times,
		coarse:    uniformTimes(0.2, c.Data.TestTime),
		fine:      uniformTimes(0.02, c.Data.TestTime),
	} {
		d, _, err := r.Solve(problem.Transient{Epsilon: m.Epsilon}, t.initial, times)
		if err != nil {
			return t, err
		}
		t.grids[name] = d
	}
	return t, nil
}

func uniformTimes(dt, stop float64) []float64 {
	times := make([]float64, int(math.Round(stop/dt))+1)
	for i := range times {
		times[i] = float64(i) * dt
	}
	return times
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

// seedReport is one of several seeds of a model.
type seedReport struct {
	Seed    int         `json:"seed"`
	Loss    float64     `json:"loss"`
	Starts  int         `json:"starts"` // 1 without a restart
	Seconds float64     `json:"seconds"`
	Test    *testReport `json:"test"`
}

// trained is a model after its training and test.
type trained struct {
	ModelConfig
	model       *model.Model
	result      model.Result
	stability   *model.Stability
	test        *testReport
	predictions map[string][][][]float64
	truth       truth
	floor       float64 // of the error of A that the data allow, at ε = 0
	seeds       []seedReport
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

// row is the model's line in the table of results.
func (t *trained) row(table *driver.Table) {
	table.Add(t.Name, len(t.Times)-1, t.test.TrainGrid.Rel, t.test.Coarse.Rel, t.test.Fine.Rel,
		t.test.Coarse.MaxAbs, t.test.Linear.MaxAbsError, t.result.Loss, t.result.Seconds)
}
