package inspect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/data"
)

// noisy are 40 trajectories of some times up to 20 with noise.
func noisy(times int, deviation float64, f func(phase, t float64) float64) *data.Dataset {
	rnd := rand.New(rand.NewPCG(7, 8))
	d := &data.Dataset{}
	for range 40 {
		var tr data.Trajectory
		phase := 2 * math.Pi * rnd.Float64()
		for k := range times {
			t := 20 * float64(k) / float64(times-1)
			tr.Times = append(tr.Times, t)
			tr.States = append(tr.States, []float64{f(phase, t) + deviation*rnd.NormFloat64()})
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	return d
}

// TestEnds tells what comes to rest and what comes back, and of noisy data no more than
// their noise lets be told.
func TestEnds(t *testing.T) {
	decays := func(_, t float64) float64 { return math.Exp(-t) }
	grows := func(_, t float64) float64 { return t / 20 }
	turns := func(phase, t float64) float64 { return math.Cos(t + phase) }
	rests := func(_, t float64) float64 { return 0 }
	for name, c := range map[string]struct {
		d                                      *data.Dataset
		settled, maySettle, returns, mayReturn [2]float64
	}{
		"clean decay":    {noisy(101, 0, decays), all, all, none, none},
		"noisy decay":    {noisy(101, 0.03, decays), none, most, none, none},
		"noisy growth":   {noisy(101, 0.003, grows), none, none, none, none},
		"clean cycle":    {noisy(101, 0, turns), none, none, all, all},
		"noisy cycle":    {noisy(101, 0.01, turns), none, none, all, all},
		"cycle in noise": {noisy(101, 0.2, turns), none, [2]float64{0, 0.5}, none, most}, // at a crest it rests
		"noise":          {noisy(101, 1, rests), none, most, none, [2]float64{0, 0.2}},
		"of a few times": {noisy(6, 0, decays), none, all, none, all},
	} {
		f := look(t, c.d)
		for what, v := range map[string]struct {
			got  float64
			want [2]float64
		}{"settled": {f.Settled, c.settled}, "may settle": {f.MaySettle, c.maySettle}, "returns": {f.Returns, c.returns}, "may return": {f.MayReturn, c.mayReturn}} {
			if v.got < v.want[0] || v.got > v.want[1] {
				t.Errorf("%s, %s: got %g, want %g to %g", name, what, v.got, v.want[0], v.want[1])
			}
		}
	}
}

// Shares; noise that is seldom so large is now and then.
var none, most, all = [2]float64{0, 0}, [2]float64{0.9, 1}, [2]float64{1, 1}
