package recipe

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/data"
)

// A cubic stays as it is on any times, and noise about it falls as the square root of
// the number of times tells: of 13 in the middle of an even grid, the weight of the
// middle one is 25/143, which is the share of the variance that is left.
func TestSmooth(t *testing.T) {
	cubic := func(x float64) float64 { return 1 - 2*x + 3*x*x - x*x*x }
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, even := range []bool{true, false} {
		clean, noisy := data.Trajectory{}, data.Trajectory{}
		at := 0.
		for range 2000 {
			at += 0.001
			if !even {
				at += 0.001 * rnd.Float64()
			}
			clean.Times, clean.States = append(clean.Times, at), append(clean.States, []float64{cubic(at)})
			noisy.States = append(noisy.States, []float64{cubic(at) + 0.1*rnd.NormFloat64()})
		}
		noisy.Times = clean.Times
		noisy.States[700][0] = math.NaN() // not measured
		d := &data.Dataset{Trajectories: []data.Trajectory{clean, noisy}}
		s := Smooth(d, 6)
		var left float64
		for k, u := range clean.States {
			if e := math.Abs(s.Trajectories[0].States[k][0] - u[0]); e > 1e-9 { // roundings, and times to six digits
				t.Fatalf("even %t, time %d: a cubic is off by %g", even, k, e)
			}
			if e := s.Trajectories[1].States[k][0] - u[0]; !math.IsNaN(e) {
				left += e * e / 2000
			}
		}
		// Uneven times, the ends and the gap have a little more; 2000 draws tell to 5 %.
		if want := 0.01 * 25 / 143; left < 0.8*want || left > 1.3*want {
			t.Errorf("even %t: variance %g is left of 0.01, want about %g", even, left, want)
		}
		if !math.IsNaN(s.Trajectories[1].States[700][0]) {
			t.Error("what was not measured has a value")
		}
	}
}
