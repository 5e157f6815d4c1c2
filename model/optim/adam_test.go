package optim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/data/npz"
	"spnode/ops/kernel"
	"spnode/ops/opstest"
)

// TestAdamReference follows 50 steps with a changing rate beside the textbook
// form: the moments as sums over the whole past, nothing recursive.
func TestAdamReference(t *testing.T) {
	const n, steps = 7, 50
	rng := rand.New(rand.NewPCG(1, 2))
	a := newAdam(n)
	w, want := make([]float64, n), make([]float64, n)
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	copy(want, w)

	var past [][]float64
	for step := 1; step <= steps; step++ {
		rate := 0.1 / float64(step)
		g := make([]float64, n)
		for i := range g {
			g[i] = rng.NormFloat64() * math.Pow(10, float64(i-3)) // scales 1e-3 … 1e3
		}
		past = append(past, g)
		a.Update(rate, w, g)
		for i := range want {
			var m, v float64
			for k, g := range past {
				m += 0.1 * math.Pow(0.9, float64(step-1-k)) * g[i]
				v += 0.001 * math.Pow(0.999, float64(step-1-k)) * g[i] * g[i]
			}
			m /= 1 - math.Pow(0.9, float64(step))
			v /= 1 - math.Pow(0.999, float64(step))
			want[i] -= rate * m / (math.Sqrt(v) + 1e-8)
			// 1−β₂ and 1−β₂ᵗ cancel to 1e-3, so they carry up to 1e-13 relative,
			// half of it after the root, into steps that sum to at most 0.45.
			if d := math.Abs(w[i] - want[i]); d > 3e-14 {
				t.Errorf("step %d, component %d: got %v, want %v (difference %.1e)", step, i, w[i], want[i], d)
			}
		}
	}
}

// TestAdamRecursion is the reference to the last bits: the same recursion
// written for one scalar.
func TestAdamRecursion(t *testing.T) {
	a := newAdam(1)
	got := []float64{1.5}
	want, m, v, p1, p2 := 1.5, 0.0, 0.0, 1.0, 1.0
	for step := range 50 {
		g := math.Sin(float64(3*step + 1))
		rate := 0.01 * math.Pow(0.99, float64(step))
		a.Update(rate, got, []float64{g})
		m += (1 - 0.9) * (g - m)
		v += (1 - 0.999) * (g*g - v)
		p1 *= 0.9
		p2 *= 0.999
		want -= rate * m / (1 - p1) / (math.Sqrt(v/(1-p2)) + 1e-8)
		// Half a unit in the last place of w, 1.1e-16, for the few steps whose
		// last bits may round differently; 5 would be noticed.
		if d := math.Abs(got[0] - want); d > 1e-15 {
			t.Fatalf("step %d: got %v, want %v (difference %.1e)", step, got[0], want, d)
		}
	}
}

func TestAdamFirstStep(t *testing.T) {
	// Bias correction makes the first step rate·g/(|g|+ε), whatever the scale.
	a := newAdam(2)
	w := []float64{0, 0}
	a.Update(0.5, w, []float64{1e5, -3})
	// 1−0.999 has the relative error 1e-13.
	if !floats.EqualApprox(w, []float64{-0.5, 0.5}, 1e-8) {
		t.Errorf("got %v, want ∓0.5", w)
	}
}

// flat is n parameters without a shape.
func flat(n int) []Parameter { return []Parameter{{Name: "w", Shape: []int{n}}} }

func newAdam(n int) *Adam { return NewAdam(DefaultAdam(), flat(n)) }

// restored returns the optimizer made by its name that goes on from a state that
// has been to a file and back.
func restored(t *testing.T, name string, p []Parameter, state []npz.Array) Optimizer {
	t.Helper()
	b, err := npz.Encode(state)
	if err != nil {
		t.Fatal(err)
	}
	if state, err = npz.Decode(b); err != nil {
		t.Fatal(err)
	}
	o, err := New(name, nil, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Restore(state); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAdamContinues(t *testing.T) {
	gradient := func(step int) []float64 {
		return []float64{math.Sin(float64(step)), math.Cos(float64(2 * step)), 1e-4}
	}
	const steps = 20
	for stop := range steps {
		a, w := newAdam(3), []float64{1, 2, 3}
		b, u := Optimizer(newAdam(3)), []float64{1, 2, 3}
		for step := range steps {
			if step == stop {
				b = restored(t, "adam", flat(3), b.State())
				u = slices.Clone(u)
			}
			a.Update(0.01, w, gradient(step))
			b.Update(0.01, u, gradient(step))
		}
		if !slices.Equal(w, u) {
			t.Errorf("continued after %d: got %v, want the bits of %v", stop, u, w)
		}
	}
}

func TestAdamAllocations(t *testing.T) {
	a, w, g := newAdam(100), make([]float64, 100), make([]float64, 100)
	a.Update(0.1, w, g)
	if n := testing.AllocsPerRun(10, func() { a.Update(0.1, w, g) }); n != 0 {
		t.Errorf("got %v allocations an update, want none", n)
	}
}

func TestAdamValidate(t *testing.T) {
	if err := DefaultAdam().Validate(); err != nil {
		t.Error(err)
	}
	for _, c := range []AdamConfig{{1, .9, 1e-8}, {.9, -.1, 1e-8}, {.9, .9, 0}, {math.NaN(), .9, 1e-8}, {.9, .9, math.Inf(1)}} {
		if c.Validate() == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		name        string
		g           []float64
		limit, norm float64
		want        []float64
	}{
		{"longer", []float64{3, 4}, 1, 5, []float64{0.6, 0.8}},
		{"shorter", []float64{3, 4}, 6, 5, []float64{3, 4}},
		{"no limit", []float64{3, 4}, 0, 5, []float64{3, 4}},
		{"zero", []float64{0, 0}, 1, 0, []float64{0, 0}},
		{"infinite", []float64{math.Inf(1), 4}, 1, math.Inf(1), []float64{math.Inf(1), 4}},
	} {
		norm := Clip(c.g, c.limit)
		// Two roundings: of limit/norm and of the product.
		if norm != c.norm || !floats.EqualApprox(c.g, c.want, 4e-16) && c.g[0] != c.want[0] {
			t.Errorf("%s: got %v of norm %g, want %v of norm %g", c.name, c.g, norm, c.want, c.norm)
		}
	}
}

// Many components are updated in parts, with the bits of one loop over them all.
func TestAdamInParts(t *testing.T) {
	const n = 3*updatePart + 17
	parameters := []Parameter{{Name: "W", Shape: []int{n}}}
	rng := rand.New(rand.NewPCG(1, 2))
	a := NewAdam(DefaultAdam(), parameters)
	a.workers = 3
	w, g := opstest.Normals[float64](rng, n), opstest.Normals[float64](rng, n)
	x, m, v, start := slices.Clone(w), make([]float64, n), make([]float64, n), slices.Clone(w)
	for k := range 3 {
		kernel.AdamTo(x, m, v, x, m, v, g, 0.1, a.Beta1, a.Beta2, a.Epsilon, k+1)
		copy(start, w)
		a.Update(0.1, w, g)
	}
	if !slices.Equal(w, x) || !slices.Equal(a.now[0], m) || !slices.Equal(a.now[1], v) {
		t.Error("the parts have other bits")
	}
	if a.TakeBack(w); !slices.Equal(w, start) {
		t.Error("not taken back")
	}
}
