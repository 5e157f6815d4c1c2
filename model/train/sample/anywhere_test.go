package sample

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model/objective"
)

// anywhereSampling has trajectories of 12, 9 and 12 times from 0 on, the last with
// a gap.
func anywhereSampling() Sampling {
	s := Sampling{Phase: Phase{}, Grid: Grid{Points: 6, Random: 0.5}, Weighting: objective.WeightLogTime, Seed: 3}
	for i, n := range []int{12, 9, 12} {
		tr := Trajectory{Weight: 1}
		for k := range n {
			tr.Times = append(tr.Times, float64(k*k)*float64(1+i))
			tr.States = append(tr.States, []float64{float64(i), float64(k)})
		}
		s.Trajectories = append(s.Trajectories, tr)
	}
	s.Trajectories[2].gaps = true
	s.Trajectories[2].States[4] = []float64{math.NaN(), 4}
	return s
}

// Every row has steps and weights that belong to the states it is asked about: from
// the start of a piece on, over increasing times, and nothing afterwards.
func TestAnywhere(t *testing.T) {
	s := anywhereSampling()
	sampler, err := newAnywhere(s)
	if err != nil {
		t.Fatal(err)
	}
	rows, times := sampler.Shape()
	if rows != 3 || times != 6 {
		t.Fatalf("got %d rows and %d times, want 3 and 6", rows, times)
	}
	later, padded := 0, 0
	for iteration := range 200 {
		b := sampler.Batch(iteration)
		for r := range rows {
			at := func(k int) (trajectory, index int) {
				x := b.State(r, k)
				return int(x[len(x)-2]), int(x[1])
			}
			var sum float64
			first := int(b.State(r, 0)[1])
			if first > 0 {
				later++
			}
			if math.IsNaN(b.State(r, 0)[0]) {
				t.Fatalf("iteration %d, row %d begins where a component is missing", iteration, r)
			}
			of, _ := at(0)
			tr := s.Trajectories[of]
			for k := range times {
				w := b.Weights[(k*rows+r)*2:][:2]
				if x := b.State(r, k); math.IsNaN(x[0]) && w[0] != 0 {
					t.Fatalf("iteration %d, row %d, time %d: weight %g of what is missing", iteration, r, k, w[0])
				}
				sum += w[1]
				if k == 0 {
					continue
				}
				h := b.Steps[(k-1)*rows+r]
				from, to := int(b.State(r, k-1)[1]), int(b.State(r, k)[1])
				if want := tr.Times[to] - tr.Times[from]; h != want {
					t.Fatalf("iteration %d, row %d: step %d is %g, want %g", iteration, r, k-1, h, want)
				}
				if h == 0 {
					padded++
					if w[0] != 0 || w[1] != 0 {
						t.Fatalf("iteration %d, row %d: a step of 0 has the weights %v", iteration, r, w)
					}
				}
			}
			if math.Abs(sum-5./3) > 1e-12 { // Points−1 over the rows, to rounding
				t.Fatalf("iteration %d, row %d: weights sum to %g, want %g", iteration, r, sum, 5./3)
			}
		}
	}
	if later < 250 || later > 350 || padded == 0 {
		t.Errorf("%d of 600 rows begin later and %d steps are padded, want about half, and some", later, padded)
	}
}

// What an iteration sees is a function of the seed and of its number.
func TestAnywhereIsAFunction(t *testing.T) {
	see := func(first int) (all []float64) {
		sampler, err := newAnywhere(anywhereSampling())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{first, 7} {
			b := sampler.Batch(i)
			all = append(slices.Clone(b.Steps), b.Weights...)
		}
		return all
	}
	if a, b := see(3), see(90); !floats.Same(a, b) {
		t.Error("an iteration depends on the one before it")
	}
}

func TestAnywhereRefuses(t *testing.T) {
	s := anywhereSampling()
	s.Phase.Window = 2
	if _, err := newAnywhere(s); err == nil {
		t.Error("windows: got no error")
	}
	s = anywhereSampling()
	s.Phase.Batch = 4
	if _, err := newAnywhere(s); err == nil {
		t.Error("a batch of more than there are: got no error")
	}
}
