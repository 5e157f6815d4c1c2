package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Of a front between long rests every draw has both sides, and the sum of what is drawn
// over its chance is that of all times in the mean.
func TestJumps(t *testing.T) {
	tr := Trajectory{}
	for k := range 201 {
		tr.Times = append(tr.Times, float64(k))
		tr.States = append(tr.States, []float64{0.001*float64(k) + math.Floor(float64(k)/80)})
	}
	c := tr.moves()
	g := Grid{Points: 21, Jumps: 0.5}
	rng := rand.New(rand.NewPCG(8, 8))
	const start, draws = 10, 4000
	var sum, want float64
	for k := start + 1; k <= 200; k++ {
		want += tr.Times[k]
	}
	for range draws {
		times, chances := g.byJumps(rng, start, c[start+1:])
		if len(times) != g.Points || times[0] != start || !slices.IsSorted(times) || len(chances) != len(times) {
			t.Fatalf("got the times %v, want %d that increase from %d on", times, g.Points, start)
		}
		for _, front := range []int{79, 80, 159, 160} {
			if !slices.Contains(times, front) {
				t.Fatalf("got the times %v, want %d among them, at a front", times, front)
			}
		}
		for i, k := range times[1:] {
			sum += tr.Times[k] / chances[1+i] / draws
		}
	}
	// A draw is one of an even grid for 196 of 200 times: of 17 in a row of about 11 it
	// misses the mean by a third of 11 × 17, and 4000 draws by a sixtieth of that.
	if math.Abs(sum-want) > 1e-3*want {
		t.Errorf("got the mean sum %g, want %g", sum, want)
	}
}
