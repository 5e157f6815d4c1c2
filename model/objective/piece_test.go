package objective

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/modeltest"
)

// A trajectory in pieces has the loss and the gradient that it has as a whole, with
// shared steps and with each row's own, and where the last piece is shorter.
func TestObjectiveInPieces(t *testing.T) {
	const rows, times = 7, 24
	rng := rand.New(rand.NewPCG(51, 52))
	for _, dtype := range []string{"float64", "float32"} {
		cfg := model.DefaultConfig(2)
		cfg.Integrator, cfg.Seed, cfg.Nonlinear.Hidden, cfg.Dtype = "etd2rk", 3, []int{3}, dtype
		cfg.Autoencoder.Latent, cfg.Autoencoder.Hidden = 3, []int{4}
		cfg.Parameters.Names, cfg.Inputs.Names = []string{"p"}, []string{"q"}
		m := modeltest.New(t, cfg)
		states := modeltest.NormalStates(rng, 0.5, times, rows, cfg.Dim)
		grid := floats.Span(make([]float64, times), 0, 3)
		grid[5] += 0.01 // equal steps and others
		b, err := NewBatch(m, WeightTime, grid, states)
		if err != nil {
			t.Fatal(err)
		}
		b.Parameters = func(row int) []float64 { return []float64{0.1 * float64(row)} }
		b.Inputs = func(row, interval int) (begin, change []float64) {
			return []float64{math.Sin(float64(row + interval))}, []float64{0.1 * float64(interval)}
		}
		own := b
		own.Steps, own.Weights = nil, nil
		for _, h := range b.Steps {
			for range rows {
				own.Steps = append(own.Steps, h*(1+rng.Float64()))
			}
		}
		for _, w := range b.Weights {
			for range rows {
				own.Weights = append(own.Weights, w*rng.Float64())
			}
		}
		roundoff := map[string]float64{"float64": 0x1p-53, "float32": 0x1p-24}[dtype]
		consistent := own
		consistent.Consistency = 0.3
		for form, b := range map[string]Batch{"shared steps": b, "own steps": own, "consistent": consistent} {
			evaluate := func(of int) (float64, []float64) {
				t.Helper()
				o, err := New(m, rows, times, 0)
				if err != nil {
					t.Fatal(err)
				}
				o.of = of
				grad := make([]float64, len(m.Params().Flat))
				var loss float64
				for range 2 { // also where the blocks are there
					if loss, err = o.Evaluate(b, grad); err != nil {
						t.Fatal(err)
					}
				}
				return loss, grad
			}
			want, whole := evaluate(times - 1)
			for _, of := range []int{1, 5, 22} {
				loss, grad := evaluate(of)
				// Sums of some hundred terms in another order.
				if !(math.Abs(loss-want) <= 20*roundoff*want) {
					t.Errorf("%s, %s, pieces of %d: the loss is %.17g, want %.17g", dtype, form, of, loss, want)
				}
				size := floats.Norm(whole, math.Inf(1))
				for i, v := range grad {
					if !(math.Abs(v-whole[i]) <= 200*roundoff*size) {
						t.Fatalf("%s, %s, pieces of %d: element %d of the gradient is %.17g, want %.17g", dtype, form, of, i, v, whole[i])
					}
				}
			}
		}
	}
}

// A graph has so many steps at most, whatever the horizon: pieces are about equal.
func TestIntervalsOfPiece(t *testing.T) {
	for _, c := range []struct{ intervals, substeps, want int }{
		{1, 1, 1}, {512, 1, 512}, {513, 1, 103}, {10000, 1, 127}, {100, 5, 100}, {103, 5, 21}, {3, 1000, 1},
	} {
		if got := intervalsOfPiece(c.intervals, c.substeps); got != c.want {
			t.Errorf("%d intervals of %d steps: pieces of %d, want %d", c.intervals, c.substeps, got, c.want)
		}
	}
}
