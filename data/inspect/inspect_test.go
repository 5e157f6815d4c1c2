package inspect_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/data/ode"
	"spnode/data/problem"
)

// hires is a data set of HIRES over six decades of time, from t = 0.
func hires(t testing.TB) *data.Dataset {
	t.Helper()
	times := append([]float64{0}, floats.LogSpan(make([]float64, 100), 1e-3, problem.HIRESTime)...)
	m := ode.DefaultRadau()
	m.AbsTol = 1e-13
	d, _, err := m.Solve(problem.HIRES(), problem.HIRESStates(20, 1), times)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func look(t testing.TB, d *data.Dataset) *inspect.Facts {
	t.Helper()
	f, err := inspect.Look(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHIRES(t *testing.T) {
	f := look(t, hires(t))
	// The one linear law of HIRES, by its reactions: the enzyme, free and bound.
	if len(f.Invariants) != 1 {
		t.Fatalf("got %d invariants, want 1: %v", len(f.Invariants), f.Invariants)
	}
	for j, w := range f.Invariants[0].Weights {
		want := 0.0
		if j >= 6 {
			want = 1
		}
		if math.Abs(w-want) > 1e-6 { // singular vectors of data with errors of 1e-10
			t.Errorf("invariant: weight of component %d is %g, want %g", j, w, want)
		}
	}
	if f.Uniform || f.Decades < 4 || f.Returns > 0 {
		t.Errorf("got uniform %v, decades %g, returns %g; want a grid over decades whose states do not come back", f.Uniform, f.Decades, f.Returns)
	}
	for j, s := range f.Noise {
		if s > 1e-3*f.Scale[j] { // steps of 13 % in time, by degree 6
			t.Errorf("noise of component %d: got %g of %g, want next to none", j, s, f.Scale[j])
		}
	}
	// The time scales of HIRES: from Pfr's 1/8.75 to the last rise and fall after 300.
	r := f.Rates(8)
	if !slices.IsSortedFunc(r, func(a, b float64) int { return int(math.Copysign(1, b-a)) }) || r[0] < 2 || r[0] > 100 || r[7] < 1e-3 || r[7] > 1e-2 {
		t.Errorf("rates: got %.3g, want them to fall from above 2 to some 4e-3", r)
	}
}

// TestUnits multiplies times and states by powers of two: facts follow to the bit.
func TestUnits(t *testing.T) {
	d := hires(t)
	const seconds, moles = 1 << 20, 1.0 / (1 << 30)
	scaled := d.CloneStates()
	for s := range scaled.Trajectories {
		tr := &scaled.Trajectories[s]
		tr.Times = slices.Clone(tr.Times)
		floats.Scale(seconds, tr.Times)
		for _, u := range tr.States {
			floats.Scale(moles, u)
		}
	}
	f, g := look(t, d), look(t, scaled)
	for i, r := range f.Rates(5) {
		if got := g.Rates(5)[i] * seconds; got != r {
			t.Errorf("rate %d: got %v, want %v", i, got, r)
		}
	}
	for j := range f.Scale {
		if g.Scale[j] != moles*f.Scale[j] || g.Noise[j] != moles*f.Noise[j] {
			t.Errorf("component %d: got scale %v and noise %v, want %v and %v", j, g.Scale[j], g.Noise[j], moles*f.Scale[j], moles*f.Noise[j])
		}
	}
	if !slices.Equal(f.Energies, g.Energies) || !slices.Equal(f.Invariants[0].Weights, g.Invariants[0].Weights) {
		t.Error("energies or invariants depend on the units")
	}
}

// TestNoise adds noise of a known size.
func TestNoise(t *testing.T) {
	d := hires(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	clean := look(t, d)
	for _, tr := range d.Trajectories {
		for _, u := range tr.States {
			for j := range u {
				u[j] += 0.01 * clean.Scale[j] * rnd.NormFloat64()
			}
		}
	}
	f := look(t, d)
	for j, s := range f.Noise {
		// 2000 numbers give a median to some 3 %; the least of three degrees is lower.
		if want := 0.01 * clean.Scale[j]; s < 0.8*want || s > 1.1*want {
			t.Errorf("component %d: got %g, want %g", j, s, want)
		}
	}
	if len(f.Invariants) > 0 {
		t.Errorf("got invariants %v of noisy data, want none", f.Invariants)
	}
}

func TestOscillator(t *testing.T) {
	times := make([]float64, 651)
	floats.Span(times, 0, 325)
	d, _, err := ode.DefaultRadau().Solve(problem.VanDerPol{Mu: 100}, problem.VanDerPolStates(4, 1), times)
	if err != nil {
		t.Fatal(err)
	}
	f := look(t, d)
	if f.Settled > 0 || f.Returns < 1 || !f.Uniform || len(f.Invariants) > 0 {
		t.Errorf("got settled %g, returns %g, uniform %v, invariants %v; want an oscillation on a uniform grid", f.Settled, f.Returns, f.Uniform, f.Invariants)
	}
}

// TestDecades has grids whose decades are known, and times twice, which add none.
func TestDecades(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	twice := func(times []float64, every int) (all []float64) {
		for k, v := range times {
			if all = append(all, v); k%every == 0 {
				all = append(all, v+1e-9)
			}
		}
		return all
	}
	even, logarithmic := floats.Span(make([]float64, 101), 5, 15), append([]float64{0}, floats.LogSpan(make([]float64, 41), 1e-3, 1e3)...)
	random := make([]float64, 101)
	for k := range random[1:] {
		random[1+k] = 10 * rnd.Float64()
	}
	slices.Sort(random)
	for name, c := range map[string]struct {
		times       []float64
		least, most float64
	}{
		"even":             {even, 1.1439, 1.144}, // log₁₀(9.0/1.1)/(79/99)
		"random":           {random, 1, 1.4},
		"logarithmic":      {logarithmic, 5.9999, 6.0001},
		"even, some twice": {twice(even, 20), 1.1, 1.3},
		"even, all twice":  {twice(even, 1), 1.1, 1.3},
		"six, one twice":   {twice(even[:6], 20), 0.4, 1.3},
	} {
		d := &data.Dataset{}
		for range 3 {
			tr := data.Trajectory{Times: c.times}
			for _, v := range c.times {
				tr.States = append(tr.States, []float64{math.Exp(-v)})
			}
			d.Trajectories = append(d.Trajectories, tr)
		}
		if f := look(t, d); f.Decades < c.least || f.Decades > c.most {
			t.Errorf("%s: got %g, want %g to %g", name, f.Decades, c.least, c.most)
		}
	}
}

// TestGaps takes data with gaps, and times and lengths of their own.
func TestGaps(t *testing.T) {
	d := hires(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	for s := range d.Trajectories {
		tr := &d.Trajectories[s]
		n := 50 + s
		tr.Times, tr.States = tr.Times[:n], tr.States[:n]
		for _, u := range tr.States[1:] {
			if rnd.Float64() < 0.1 {
				u[rnd.IntN(len(u))] = math.NaN()
			}
		}
	}
	f := look(t, d)
	if len(f.Invariants) != 1 || floats.HasNaN(f.Energies) || floats.HasNaN(f.Rates(8)) {
		t.Errorf("got invariants %v, energies %v, rates %v", f.Invariants, f.Energies, f.Rates(8))
	}
}
