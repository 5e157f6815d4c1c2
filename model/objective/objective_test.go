package objective

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/modeltest"
)

// smallModel is of a system of two components, with three latent coordinates.
func smallModel(t *testing.T) *model.Model {
	c := model.DefaultConfig(2)
	c.Integrator, c.Seed, c.Factor, c.Nonlinear.Hidden = "etd1", 3, []float64{3, 0.7}, []int{3}
	c.Autoencoder.Latent, c.Autoencoder.Hidden = 3, []int{4}
	return modeltest.New(t, c)
}

// The objective by its definition, from what the model predicts, for a batch of
// one block, one of several, and one whose last block is smaller.
func TestObjective(t *testing.T) {
	for _, rows := range []int{7, 150, 131} {
		m, times := smallModel(t), []float64{0, 0.5, 1.5}
		states := modeltest.NormalStates(rand.New(rand.NewPCG(41, 42)), 0.5, len(times), rows, 2)
		weights, err := Weights(WeightTime, times)
		if err != nil {
			t.Fatal(err)
		}
		predicted, err := m.Predict(states[0], times)
		if err != nil {
			t.Fatal(err)
		}
		latent, err := m.PredictLatent(states[0], times)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ half, consistency float64 }{{0, 0}, {0.3, 0}, {0, 0.2}, {0.3, 2}} {
			var want float64
			for k := range times {
				for s := range rows {
					x, y := m.Scaled(states[k][s]), m.Scaled(predicted[k][s])
					var e float64
					for i := range x {
						e += (x[i] - y[i]) * (x[i] - y[i])
					}
					if c.half > 0 {
						e /= 1 + e/c.half
					}
					want += weights[k] * e / float64(rows)
				}
				encoded, err := m.PredictLatent(states[k], times[:1])
				if err != nil {
					t.Fatal(err)
				}
				e := floats.Distance(latent[k], encoded[0], 2)
				if k == 1 {
					want += c.consistency * weights[k] * e * e / float64(rows)
				}
			}
			o, err := New(m, rows, len(times), c.half)
			if err != nil {
				t.Fatal(err)
			}
			b, err := NewBatch(m, WeightTime, times, states)
			if err != nil {
				t.Fatal(err)
			}
			b.Consistency = c.consistency
			grad := make([]float64, len(m.Params().Flat))
			got, err := o.Evaluate(b, grad)
			if err != nil {
				t.Fatal(err)
			}
			if !(math.Abs(got-want) <= 1e-13*want) { // a sum of 450 terms in another order
				t.Errorf("%d rows, %+v: the loss is %.17g, want %.17g", rows, c, got, want)
			}
			// The gradient along itself, by a central difference whose truncation
			// and rounding are both near 1e-10 at this step.
			var square float64
			for _, g := range grad {
				square += g * g
			}
			w, none := m.Params().Flat, make([]float64, len(grad))
			at := func(h float64) float64 {
				for i, g := range grad {
					w[i] += h * g / math.Sqrt(square)
				}
				l, err := o.Evaluate(b, none)
				if err != nil {
					t.Fatal(err)
				}
				for i, g := range grad {
					w[i] -= h * g / math.Sqrt(square)
				}
				return l
			}
			const h = 1e-5
			if slope := (at(h) - at(-h)) / (2 * h); !(math.Abs(slope-math.Sqrt(square)) <= 1e-8*slope) {
				t.Errorf("%d rows, %+v: the slope along the gradient is %.12g, want its norm, %.12g", rows, c, slope, math.Sqrt(square))
			}
		}
	}
}

// Blocks stay in cache whatever the number of rows: a prime has a rest.
func TestRowsOfBlock(t *testing.T) {
	for _, c := range []struct{ rows, bytes, want int }{
		{1, 8, 1}, {20, 8, 20}, {125, 8, 125}, {1000, 8, 125}, {2000, 8, 125},
		{127, 8, 64}, {1999, 8, 125}, {1009, 8, 113}, // primes
		{100, 50 * 100 * 8, 25}, {50, 50 * 100 * 4, 50}, {1000, 9 * 200 * 8, 50}, // 1 MiB
		{7, 1 << 30, 7}, {100, 1 << 30, 20}, {101, 1 << 30, 17},
	} {
		n := rowsOfBlock(c.rows, c.bytes)
		if n != c.want {
			t.Errorf("%d rows of %d bytes: blocks of %d, want %d", c.rows, c.bytes, n, c.want)
		}
	}
}

func TestObjectiveRefuses(t *testing.T) {
	m := smallModel(t)
	for _, c := range []struct {
		rows, times int
		half        float64
	}{{0, 3, 0}, {1, 1, 0}, {1, 3, -1}, {1, 3, math.NaN()}} {
		_, err := New(m, c.rows, c.times, c.half)
		modeltest.WantError(t, "New", err, model.ErrData, "at least 1 row and 2 times")
	}
	o, err := New(m, 5, 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	good := Batch{Rows: 5, Steps: []float64{1, 1}, Weights: []float64{1, 1, 1}, State: func(int, int) []float64 { return []float64{0, 0} }}
	grad := make([]float64, len(m.Params().Flat))
	if _, err := o.Evaluate(good, grad); err != nil {
		t.Fatal(err)
	}
	for what, f := range map[string]func(b *Batch, grad *[]float64){
		"4 rows":                func(b *Batch, _ *[]float64) { b.Rows = 4 },
		"1 steps":               func(b *Batch, _ *[]float64) { b.Steps = b.Steps[1:] },
		"2 weights":             func(b *Batch, _ *[]float64) { b.Weights = b.Weights[1:] },
		"row 0 at time 0 has 1": func(b *Batch, _ *[]float64) { b.State = func(int, int) []float64 { return []float64{0} } },
		"a gradient of 0, want": func(_ *Batch, grad *[]float64) { *grad = nil },
	} {
		b, g := good, grad
		f(&b, &g)
		_, err := o.Evaluate(b, g)
		modeltest.WantError(t, what, err, model.ErrData, what)
	}
}

// The weightings of the loss, by hand.
func TestLossWeights(t *testing.T) {
	times := []float64{1, 10, 1000}
	for kind, want := range map[string][]float64{
		WeightTime:    {4.5, 499.5, 495},
		WeightLogTime: {math.Log(10) / 2, math.Log(1000) / 2, math.Log(100) / 2},
		WeightUniform: {0.5, 1, 0.5},
	} {
		got, err := Weights(kind, times)
		if err != nil || !floats.EqualApprox(got, want, 1e-15*floats.Max(want)) {
			t.Errorf("%s: got %v, %v, want %v", kind, got, err, want)
		}
	}
}
