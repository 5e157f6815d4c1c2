package model_test

import (
	"spnode/model"
)

import "testing"

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
