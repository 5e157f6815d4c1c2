package sample

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"spnode/data"
	"spnode/model/objective"
)

func TestGridDraws(t *testing.T) {
	c := Grid{Points: 50, Random: 0.5}
	stride, err := c.stride(981)
	if err != nil || stride != 20 {
		t.Fatalf("stride %d, error %v, want 20", stride, err)
	}
	var jittered, random int
	for k := range 400 {
		draw := func(seed uint64) []int { return c.draw(c.generator(seed, 0, k), 981, stride) }
		g := draw(7)
		if len(g) != 50 || g[0] != 0 || g[49] > 980 {
			t.Fatalf("draw %d: %v, want 50 indices from 0 to 980", k, g)
		}
		regular := true
		for i := 1; i < 50; i++ {
			if g[i] <= g[i-1] {
				t.Fatalf("draw %d: %v does not increase", k, g)
			}
			if d := g[i] - 20*i; d < -9 || d > 9 {
				regular = false
			}
		}
		if regular {
			jittered++
		} else {
			random++
		}
		if !slices.Equal(g, draw(7)) || slices.Equal(g, draw(8)) {
			t.Errorf("draw %d does not depend on the seed and the iteration alone", k)
		}
	}
	if jittered < 150 || random < 150 { // 200 ± 10 each
		t.Errorf("%d draws are jittered and %d random, want half of each", jittered, random)
	}
	if _, err := (Grid{Points: 50}).stride(100); err == nil {
		t.Error("50 points from 100 times: got no error")
	}
	for _, bad := range []Grid{{Points: 1}, {Points: -1}, {Points: 5, Random: 1.5}} {
		if bad.Validate() == nil {
			t.Errorf("%+v: got no error", bad)
		}
	}
	if g := fmt.Sprint((Grid{}).spread(c.generator(1, 0, 1), 0, 4)); g != "[0 1 2 3]" {
		t.Errorf("without a grid: %s, want all", g)
	}
}

// Of trajectories with times of their own each is drawn from by itself: a row begins
// where its sample does, has states and steps that belong together, and goes on to the
// last time unless its times are any; a short one has all of its times.
func TestGridOfOwnTimes(t *testing.T) {
	d := &data.Dataset{}
	for s, n := range []int{12, 3, 20, 7} {
		tr := data.Trajectory{}
		for k := range n {
			at := float64(k*k)*0.1 + 0.01*float64(s)
			tr.Times, tr.States = append(tr.Times, at), append(tr.States, []float64{at, float64(s)})
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	s := Sampling{Grid: Grid{Points: 5, Random: 0.5}, Weighting: objective.WeightTime, Seed: 4}
	for _, c := range []struct{ window, batch, rows int }{{0, 0, 4}, {0, 3, 3}, {6, 2, 2}} {
		s.Phase = Phase{Window: c.window, Batch: c.batch}
		sampler := read(t, d, s)
		if rows, times := sampler.Shape(); rows != c.rows || times != 5 {
			t.Fatalf("%+v: got %d rows and %d times, want %d and 5", c, rows, times, c.rows)
		}
		early, seen := 0, map[string]bool{}
		for i := range 200 {
			b := sampler.Batch(i)
			for r := range b.Rows {
				var h, w float64
				for k, step := range b.Steps {
					if k%b.Rows == r {
						h += step
						if got := b.State(r, k/b.Rows+1)[0] - b.State(r, k/b.Rows)[0]; !(math.Abs(got-step) <= 1e-14) {
							t.Fatalf("%+v, iteration %d, row %d: a step of %g between states %g apart", c, i, r, step, got)
						}
					}
				}
				for k, v := range b.Weights {
					if k%b.Rows == r {
						w += v * float64(b.Rows)
					}
				}
				if !(math.Abs(w-h) <= 1e-13) { // the trapezoidal rule over the times that were drawn
					t.Fatalf("%+v, iteration %d, row %d: weights of %g over a time of %g", c, i, r, w, h)
				}
				of := d.Trajectories[int(b.State(r, 0)[1])].Times
				if c.window == 0 && b.State(r, 0)[0] != of[0] {
					t.Fatalf("%+v, iteration %d, row %d begins at %g, want %g", c, i, r, b.State(r, 0)[0], of[0])
				}
				if c.window == 0 && b.State(r, 4)[0] < of[len(of)-1] {
					early++
				}
			}
			seen[fmt.Sprint(b.Steps)] = true
			if again := read(t, d, s).Batch(i); !slices.Equal(again.Steps, b.Steps) {
				t.Fatalf("%+v: iteration %d is not a function of the seed and its number", c, i)
			}
		}
		if len(seen) < 190 {
			t.Errorf("%+v: %d different grids in 200 iterations", c, len(seen))
		}
		if most := 100 * c.rows; c.window == 0 && (early < most/4 || early > most) {
			t.Errorf("%+v: %d of %d rows end before their trajectory does, want some of half of them", c, early, 2*most)
		}
		for _, b := range sampler.Whole() {
			if len(b.Steps) != 4*b.Rows {
				t.Errorf("%+v: %d steps of %d rows, want 4 of each", c, len(b.Steps), b.Rows)
			}
		}
	}
}
