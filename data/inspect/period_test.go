package inspect

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/data"
)

func TestFindCycle(t *testing.T) {
	d := &data.Dataset{}
	for s := range 3 {
		tr := data.Trajectory{}
		for k := range 400 {
			t := float64(k) / 10
			tr.Times = append(tr.Times, t)
			phase := 2 * math.Pi * (t/7 + float64(s)/3)
			tr.States = append(tr.States, []float64{1, 3 + 2*math.Sin(phase)})
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	c := FindCycle(d)
	// By linear interpolation of a sine in steps of a seventieth of its period.
	if c.Component != 1 || math.Abs(c.Period-7) > 1e-2 || math.Abs(c.Low[1]-1) > 1e-2 || math.Abs(c.High[1]-5) > 1e-2 {
		t.Errorf("got %+v, want component 1 with the period 7, from 1 to 5", c)
	}
}

// Noise does not come back: neither that of a component at rest nor that of one that
// passes its middle slowly.
func TestNoiseDoesNotReturn(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	d := &data.Dataset{}
	for range 10 {
		tr := data.Trajectory{}
		for k := range 201 {
			t := float64(k) / 100
			tr.Times = append(tr.Times, t)
			tr.States = append(tr.States, []float64{math.Exp(-t) + 0.01*rnd.NormFloat64(), 0.01 * rnd.NormFloat64()})
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	f, err := Look(d)
	if err != nil {
		t.Fatal(err)
	}
	if f.Returns > 0 {
		t.Errorf("got %g of the trajectories that come back, want none", f.Returns)
	}
}
