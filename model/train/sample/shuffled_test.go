package sample

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"spnode/data"
	"spnode/model"
	"spnode/model/objective"
)

// read is the sampler of the house for data of two components.
func read(t *testing.T, d *data.Dataset, s Sampling) Sampler {
	t.Helper()
	m, err := model.New(model.DefaultConfig(2))
	if err != nil {
		t.Fatal(err)
	}
	if s.Trajectories, _, err = Read(m, d); err != nil {
		t.Fatal(err)
	}
	sampler, err := New(Shuffled, s)
	if err != nil {
		t.Fatal(err)
	}
	return sampler
}

// Windows of own times are cut by steps or by span; those that begin with a gap are
// left out, and a short trajectory is one of them.
func TestOwnWindows(t *testing.T) {
	for _, c := range []struct {
		phase  Phase
		gaps   bool
		times  int
		pieces [][]int // of times
	}{
		{phase: Phase{Window: 2}, times: 3, pieces: [][]int{{0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {0, 1}}},
		{phase: Phase{Window: 2}, gaps: true, times: 3, pieces: [][]int{{0, 1, 2}, {2, 3, 4}, {0, 1}}},
		{phase: Phase{Span: 1}, times: 4, pieces: [][]int{{0, 1, 2, 3}, {1, 2, 3}, {2, 3}, {0, 1}}},
	} {
		d := &data.Dataset{Trajectories: []data.Trajectory{
			{Times: []float64{0, 0.1, 0.3, 1, 1.5}, States: [][]float64{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}}},
			{Times: []float64{5, 5.5}, States: [][]float64{{1, 2}, {3, 4}}},
		}}
		if c.gaps {
			d.Trajectories[0].States[1][1] = math.NaN()
		}
		sh := read(t, d, Sampling{Phase: c.phase, Weighting: objective.WeightTime}).(*shuffled)
		if len(sh.samples) != len(c.pieces) || sh.longest != c.times {
			t.Errorf("%+v: got %v of %d times, want %v", c.phase, sh.samples, sh.longest, c.pieces)
			continue
		}
		for i, at := range c.pieces {
			if got := sh.samples[i].Times; len(got) != len(at) || got[0] != at[0] {
				t.Errorf("%+v: sample %d has the times %v, want %v", c.phase, i, got, at)
			}
		}
		b := sh.Batch(0)
		for k := range c.times - 1 { // the last sample is the short trajectory
			want := 0.
			if k == 0 {
				want = 0.5
			}
			if got := b.Steps[k*b.Rows+b.Rows-1]; got != want {
				t.Errorf("%+v: step %d of the short trajectory is %g, want %g", c.phase, k, got, want)
			}
		}
	}
}

// The loss at the end of a stage is over evenly spaced windows, and not all of them.
func TestEvaluated(t *testing.T) {
	times := make([]float64, 12)
	for k := range times {
		times[k] = float64(k)
	}
	evaluated := func(batch int) []int { // of 121 windows
		d := data.Zeros(times, 11, []string{"u", "v"})
		return read(t, d, Sampling{Phase: Phase{Window: 1, Batch: batch}, Weighting: objective.WeightTime}).(*shuffled).evaluated()
	}
	e := evaluated(2)
	if len(e) != 40 || e[0] != 0 || e[39] != 117 {
		t.Fatalf("evaluated are %d windows, %v, want 40 from 0 to 117", len(e), e)
	}
	for i := range e[1:] {
		if d := e[i+1] - e[i]; d != 3 && d != 4 {
			t.Errorf("evaluated windows are %d apart, want 3 or 4 of 121 in 40", d)
		}
	}
	if e := evaluated(121); !slices.Equal(e[:3], []int{0, 1, 2}) || len(e) != 121 {
		t.Errorf("one batch of all windows: evaluated are %v", e)
	}
}

// Every sample once an epoch, and no sample more than once where the batch does
// not divide; another order in every epoch and for every seed.
func TestDrawCoversEpochs(t *testing.T) {
	for _, batch := range []int{1, 2, 3, 5} {
		d := data.Zeros([]float64{0, 1, 2}, 6, []string{"u", "v"})
		s := Sampling{Phase: Phase{Batch: batch}, Weighting: objective.WeightTime}
		sh := read(t, d, s).(*shuffled)
		per := sh.Epoch()
		if per != 6/batch {
			t.Errorf("batch %d: %d iterations an epoch, want %d", batch, per, 6/batch)
		}
		orders := map[string]bool{}
		var sum [6]int
		const epochs = 40
		for epoch := range epochs {
			var all []int
			for k := range per {
				all = append(all, sh.draw(epoch*per+k)...)
			}
			orders[fmt.Sprint(all)] = true
			for _, s := range all {
				sum[s]++
			}
			slices.Sort(all)
			if n := len(all); n != per*batch || len(slices.Compact(all)) != n {
				t.Errorf("batch %d, epoch %d: samples %v, want %d different ones", batch, epoch, all, per*batch)
			}
		}
		if len(orders) < epochs/2 {
			t.Errorf("batch %d: %d orders in %d epochs", batch, len(orders), epochs)
		}
		for s, n := range sum {
			if n == 0 {
				t.Errorf("batch %d: sample %d never comes", batch, s)
			}
		}
		// It has no state but its place.
		again := read(t, d, s).(*shuffled)
		at := 17 * per
		if want, got := slices.Clone(sh.draw(at)), again.draw(at); !slices.Equal(got, want) {
			t.Errorf("batch %d: iteration %d draws %v from afresh, %v before", batch, at, got, want)
		}
	}
}
