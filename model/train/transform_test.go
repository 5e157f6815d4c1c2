package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
	"spnode/model/latent"
)

// TestTransform trains on a concentration that falls by decades, du/dt = −uv and
// dv/dt = −v, with the transform log: the same bits as on log u without one.
func TestTransform(t *testing.T) {
	times := []float64{0, 0.25, 0.5, 1, 1.5, 2, 3}
	d, logs := data.Zeros(times, 4, []string{"u", "v"}), data.Zeros(times, 4, []string{"log u", "v"})
	for s := range d.Trajectories {
		v0 := 6 + 2*float64(s)
		for i, at := range times {
			u, v := math.Exp(-v0*(1-math.Exp(-at))), v0*math.Exp(-at)
			d.Trajectories[s].States[i] = []float64{u, v}
			logs.Trajectories[s].States[i] = []float64{math.Log(u), v}
		}
	}
	trained := func(transforms []latent.Transform, d *data.Dataset) (*model.Model, error) {
		c := model.DefaultConfig(2)
		c.Factor, c.Transforms = []float64{0.1, 0.1}, transforms
		m, err := model.New(c)
		if err != nil {
			t.Fatal(err)
		}
		cfg := DefaultConfig()
		cfg.First.Iterations = 20
		tr, err := New(m, cfg, d)
		if err != nil {
			return nil, err
		}
		return m, tr.Fit(context.Background())
	}
	logU := []latent.Transform{{Kind: "log"}, {}}
	m, err := trained(logU, d)
	if err != nil {
		t.Fatal(err)
	}
	want, err := trained(nil, logs)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Params().Flat, want.Params().Flat) {
		t.Error("the parameters differ from those of the logarithms")
	}

	d.Trajectories[1].States[2][0] = 0
	if _, err := trained(logU, d); !errors.Is(err, model.ErrData) || !strings.Contains(err.Error(), "trajectory 1, t = 0.5: ") || !strings.Contains(err.Error(), "want more than 0") {
		t.Errorf("a concentration of 0: got %v", err)
	}
}
