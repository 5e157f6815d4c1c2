package model_test

import (
	"path/filepath"
	"slices"
	"testing"

	"spnode/model"
	"spnode/model/modeltest"
)

// TestBeyond tells of states, parameters and inputs outside of what a model was trained
// on, and nothing of those of a model that does not know it.
func TestBeyond(t *testing.T) {
	saw := []model.Run{ // v from 0 to 2 over the times, and what lies after is not seen
		{State: []float64{1, 1}, Times: []float64{0, 1}, Parameters: []float64{300, 2}, Input: model.Signal{Times: []float64{0, 2}, Values: [][]float64{{0, 5}, {4, 5}}}},
		{State: []float64{1, 1}, Times: []float64{0, 1}, Parameters: []float64{400, 2}, Input: model.Signal{Values: [][]float64{{1, 5}, {1, 5}}}},
	}
	asked := func(state, parameters []float64, input ...[]float64) model.Run {
		return model.Run{State: state, Times: []float64{0, 1}, Parameters: parameters, Input: model.Signal{Values: input, Held: true}}
	}
	runs := []model.Run{
		saw[0],
		asked([]float64{0, 3}, []float64{409, 2}, []float64{2.1, 5}, []float64{9, 5}), // a little out; 9 is never taken
		asked([]float64{0, 3}, []float64{289, 2.5}, []float64{0, 5}, []float64{0, 5}),
		asked([]float64{9, -4}, []float64{300, 2}, []float64{-3, 5.1}, []float64{0, 5}),
		asked([]float64{9}, []float64{900, 2}), // which a prediction refuses
	}
	m := modeltest.New(t, knownConfig())
	if got := m.Beyond(runs); got != nil {
		t.Errorf("of a model that has seen nothing: got %v, want nothing", got)
	}
	m.Saw([][2]float64{{-1, 1}, {0, 4}}, [][2]float64{{-1, 1}, {1, 2}}, saw)
	want := []model.Beyond{
		{3, model.KindComponent, 0, 9, [2]float64{-1, 1}},
		{3, model.KindComponent, 1, -4, [2]float64{0, 4}},
		{1, model.KindStart, 1, 3, [2]float64{1, 2}},
		{2, model.KindStart, 1, 3, [2]float64{1, 2}},
		{2, model.KindParameter, 0, 289, [2]float64{300, 400}},
		{2, model.KindParameter, 1, 2.5, [2]float64{2, 2}},
		{3, model.KindInput, 0, -3, [2]float64{0, 2}},
		{3, model.KindInput, 1, 5.1, [2]float64{5, 5}},
	}
	dir := filepath.Join(t.TempDir(), "m")
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	kept, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*model.Model{"as it was": m, "from its checkpoint": kept} {
		if got := m.Beyond(runs); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestRangesAreOfAll(t *testing.T) {
	for name, change := range map[string]func(*model.Config){
		"parameters": func(c *model.Config) { c.Parameters.Ranges = [][2]float64{{0, 1}} },
		"inputs":     func(c *model.Config) { c.Inputs.Ranges = [][2]float64{{0, 1}} },
		"starts":     func(c *model.Config) { c.Starts = [][2]float64{{0, 1}} },
	} {
		c := knownConfig()
		if change(&c); c.Validate() == nil {
			t.Errorf("a range of two %s: want an error", name)
		}
	}
}
