package model_test

import (
	"math"
	"testing"

	"spnode/model"
)

// TestPredictEachUnit has the same predictions on times of one's own as on shared
// ones where the model counts time in a unit.
func TestPredictEachUnit(t *testing.T) {
	cfg := model.DefaultConfig(2)
	cfg.TimeUnit = 4
	m, err := model.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	u0, times := []float64{0.5, -0.25}, []float64{0, 1, 2.5}
	shared, err := m.Predict([][]float64{u0}, times)
	if err != nil {
		t.Fatal(err)
	}
	each, err := m.PredictEach([]model.Run{{State: u0, Times: times}, {State: u0, Times: times[:2]}})
	if err != nil {
		t.Fatal(err)
	}
	for k := range times {
		for j, want := range shared[k][0] {
			if got := each[0][k][j]; got-want > 1e-14 || want-got > 1e-14 { // roundings of two evaluations
				t.Errorf("time %d, component %d: got %v, want %v", k, j, got, want)
			}
		}
	}
}

// TestLongestStep has an interval of ten steps come to what ten intervals do.
func TestLongestStep(t *testing.T) {
	cfg := model.DefaultConfig(2)
	cfg.TimeUnit, cfg.LongestStep = 4, 0.1/4
	m, err := model.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	u0 := []float64{0.5, -0.25}
	times := make([]float64, 11)
	for k := range times {
		times[k] = 0.1 * float64(k)
	}
	fine, err := m.Predict([][]float64{u0}, times)
	if err != nil {
		t.Fatal(err)
	}
	ends := []float64{0, times[10]}
	jump, err := m.Predict([][]float64{u0}, ends)
	if err != nil {
		t.Fatal(err)
	}
	each, err := m.PredictEach([]model.Run{{State: u0, Times: ends}, {State: u0, Times: times[:2]}})
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range fine[10][0] {
		for _, got := range []float64{jump[1][0][j], each[0][1][j]} {
			if !(math.Abs(got-want) <= 1e-14) { // roundings of ten steps
				t.Errorf("component %d: got %v, want %v", j, got, want)
			}
		}
	}
}

// A run is predicted alike whoever stands beside it: here one of whose intervals each is
// many substeps.
func TestEachByItself(t *testing.T) {
	cfg := model.DefaultConfig(2)
	cfg.Integrator, cfg.TimeUnit, cfg.LongestStep = "etd1", 1, 0.5
	m, err := model.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	run := model.Run{State: []float64{0.5, -0.25}, Times: []float64{0, 0.5, 1, 1.5}}
	var alone [][]float64
	for _, last := range []float64{0.25, 20} {
		each, err := m.PredictEach([]model.Run{run, {State: []float64{1, 1}, Times: []float64{0, last}}})
		if err != nil {
			t.Fatal(err)
		}
		if alone == nil {
			alone = each[0]
		}
		for k := range alone {
			for j, want := range alone[k] {
				if got := each[0][k][j]; !(math.Abs(got-want) <= 1e-14) { // steps of ETD1 40 times as short differ by 1e-3
					t.Errorf("beside a run to %g: time %d, component %d: got %v, want %v", last, k, j, got, want)
				}
			}
		}
	}
}
