package jax

import (
	"math"
	"runtime"
	"slices"
	"time"

	"spnode/ops/kernel"
)

// processor returns the clock of a core, by a chain of multiplications of three cycles each,
// and the time of a tanh; the best of many.
func processor() (clock float64, tanh map[string]float64) {
	seconds := func(n int, f func()) float64 {
		best := math.Inf(1)
		for range 1000 {
			begin := time.Now()
			f()
			best = min(best, time.Since(begin).Seconds())
		}
		return best / float64(n)
	}
	const n = 1 << 12
	product := make([]uint64, 1) // that the chain ends in, which is done for that
	clock = 3 / seconds(n, func() {
		x := product[0] | 1
		for range n {
			x *= 0x9E3779B97F4A7C15
		}
		product[0] = x
	})
	f64, f32 := make([]float64, n), make([]float32, n)
	return clock, map[string]float64{
		"float64": seconds(n, func() { kernel.TanhTo(f64, f64) }),
		"float32": seconds(n, func() { kernel.TanhTo(f32, f32) }),
	}
}

// floor is the seconds that no iteration or prediction of a row can be below, on all
// cores: multiplications and additions at two units of 256 bits, and tanh. What an
// optimizer does is not in it.
func (r row) floor(dtype string, clock, tanh float64) float64 {
	n, times, rows, back := r.Latent, len(r.grid()), r.Batch, 2.0 // products back, for each one forward
	if n == 0 {
		n = r.Dim
	}
	if r.Predict > 0 {
		rows, back = r.Predict, 0
	}
	var products, tanhs float64 // of a row
	network := func(evaluations int, sizes ...int) {
		for i, out := range sizes[1:] {
			products += (1 + back) * float64(evaluations*sizes[i]*out)
			if i+2 < len(sizes) {
				tanhs += float64(evaluations * out)
			}
		}
	}
	if r.Latent > 0 && r.Pairs != "only" {
		sizes := slices.Concat([]int{r.Dim}, r.Hidden, []int{n})
		network(1, sizes...)
		products -= back / 2 * float64(sizes[0]*sizes[1]) // the gradient by the data
		slices.Reverse(sizes)
		network(times, sizes...)
	}
	if r.Pairs != "" { // which are not trained
		products += float64(r.Dim*n) * (1 + float64(times)*(1+back/2))
	}
	network(times-1, slices.Concat([]int{n}, r.Field, []int{n})...)
	network(times-1, n, n) // the propagators
	network(times-1, n, n)
	if r.FieldTanh {
		tanhs += float64((times - 1) * n)
	}
	lanes := 4.0
	if dtype == "float32" {
		lanes = 8
	}
	return float64(rows) * (products/(2*lanes*clock) + tanhs*tanh) / float64(runtime.GOMAXPROCS(0))
}
