package main

import (
	"slices"
	"strings"
	"testing"

	"spnode/data"
	"spnode/model"
	"spnode/model/dynamics"
)

// A recipe that the data speak against is taken if it is asked for, with a word.
func TestAskedFor(t *testing.T) {
	c := defaultConfig()
	c.Data, c.Recipe = "hires.csv", "network"
	if err := c.plan(); err != nil {
		t.Fatal(err)
	}
	said := slices.ContainsFunc(c.Seen, func(line string) bool {
		return strings.HasPrefix(line, "asked for all the same: network: times over 5.5 decades")
	})
	if len(c.Models) != 1 || c.Models[0].Name != "network" || !said {
		t.Errorf("got %v and\n%s\nwant the network, and what speaks against it", names(c.Models), strings.Join(c.Seen, "\n"))
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		least, most float64
		want        string
	}{{0, 0, "0 %"}, {0.761, 0.764, "76 %"}, {0, 0.92, "0 to 92 %"}, {0, 1, anything}} {
		if got := share(c.least, c.most); got != c.want {
			t.Errorf("%g to %g: got %q, want %q", c.least, c.most, got, c.want)
		}
	}
}

// Of the trajectories of the test it is told where parameters are outside of the training's,
// and not where states are, of which errors tell.
func TestBeyond(t *testing.T) {
	c := model.DefaultConfig(1)
	c.Parameters = dynamics.ParametersConfig{Known: dynamics.Known{Names: []string{"T"}}, Time: true}
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	run := func(state, p float64) data.Trajectory {
		return data.Trajectory{Times: []float64{0, 1}, States: [][]float64{{state}, {state}}, Parameters: []float64{p}}
	}
	m.Saw([][2]float64{{0, 1}}, nil, []model.Run{{Parameters: []float64{300}}, {Parameters: []float64{400}}})
	s := &sets{held: &data.Dataset{Parameters: []string{"T"}, Trajectories: []data.Trajectory{run(1, 350), run(9, 350), run(1, 250)}}}
	got, err := s.beyond(m)
	want := []string{"parameter T of 1 of 3 trajectories is outside of what the model was trained on, 300 to 400; it is 250 in trajectory 2"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
