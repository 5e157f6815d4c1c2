package train

import (
	"reflect"
	"testing"

	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/dynamics"
	"spnode/model/train/sample"
)

// A model keeps the ranges of what it is trained on, and those of where samples begin if
// they begin where the trajectories do.
func TestSaw(t *testing.T) {
	all, beginnings := [][2]float64{{0, 4}, {-2, 5}}, [][2]float64{{1, 2}, {0, 5}}
	for name, c := range map[string]struct {
		change func(*Config)
		starts [][2]float64
	}{
		"whole trajectories": {func(*Config) {}, beginnings},
		"windows":            {func(c *Config) { c.Phases = []sample.Phase{{Window: 1}} }, nil},
		"windows and then whole ones": {func(c *Config) {
			c.Phases = []sample.Phase{{Window: 1}, {From: 0.5}}
		}, nil},
		"anywhere":      {func(c *Config) { c.Sampler = sample.Anywhere }, nil},
		"least squares": {func(c *Config) { f := closedform.DefaultConfig(); c.ClosedForm = &f }, nil},
	} {
		p := training{model: model.DefaultConfig(2), train: DefaultConfig(), times: []float64{0, 1, 2}}
		p.model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
		p.states = [][][]float64{{{1, 0}, {2, 5}}, {{4, 1}, {3, -2}}, {{0, 1}, {1, 1}}}
		c.change(&p.train)
		got := p.trainer(t).Model.Config()
		if !reflect.DeepEqual(got.Ranges, all) || !reflect.DeepEqual(got.Starts, c.starts) {
			t.Errorf("%s: got the ranges %v and starts in %v, want %v and %v", name, got.Ranges, got.Starts, all, c.starts)
		}
	}
}
