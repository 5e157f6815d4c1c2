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
