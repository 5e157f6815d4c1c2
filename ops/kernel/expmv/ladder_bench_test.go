package expmv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
	"spnode/ops/opstest"
)

// BenchmarkLadder is a rollout of 49 steps, n = 20 and a batch of 100, whose rows have
// steps of their own with ‖hA‖ from 1 to 1e4, evenly by their logarithms: in ms a
// step, forward and with the adjoint, beside propagators for each row and the
// series of Expmv, of which one step is timed. The least of some runs counts, which
// take turns.
func BenchmarkLadder(b *testing.B) {
	const n, batch, intervals = 20, 100, 49
	for _, p := range []int{1, 3} {
		b.Run(fmt.Sprintf("p=%d", p), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			a, u, dy := opstest.Normals[float64](rng, n*n), opstest.Normals[float64](rng, batch*n), opstest.Normals[float64](rng, batch*n)
			for i := range n {
				a[i*n+i] -= 2 * math.Sqrt(n)
			}
			norm, _ := kernel.Norm1(n, n, a)
			v, dv := make([][]float64, p), make([][]float64, p)
			for j := range v {
				v[j], dv[j] = opstest.Normals[float64](rng, batch*n), make([]float64, batch*n)
			}
			y, du, da, dh := make([]float64, batch*n), make([]float64, batch*n), make([]float64, n*n), make([]float64, batch)
			grid := make([][]float64, intervals)
			for k := range grid {
				for range batch {
					grid[k] = append(grid[k], math.Pow(1e4, rng.Float64())/norm)
				}
			}
			var top float64
			for _, h := range grid {
				top = max(top, slices.Max(h))
			}
			stacks := make([]float64, funm.StacksSize(p)*n*n)
			w, phi, series := funm.NewLadder[float64](n, p, 0x1p-53), funm.NewPhi[float64](n, p, 0x1p-53), New[float64](n, p, 0x1p-53)
			series.form = matrixFree
			least := map[string]float64{}
			clock := func(name string, steps int, f func()) {
				start := time.Now()
				f()
				ms := 1e3 * time.Since(start).Seconds() / float64(steps)
				if old, ok := least[name]; !ok || ms < old {
					least[name] = ms
				}
			}
			for i := 0; b.Loop(); i++ {
				clock("ladder-forward", intervals, func() {
					w.Make(a, top)
					for _, h := range grid {
						w.StepTo(y, h, u, v...)
					}
				})
				clock("ladder-adjoint", intervals, func() {
					clear(stacks)
					for _, h := range grid {
						w.StepBackward(du, dv, stacks, nil, h, u, v, dy)
					}
					w.Backward(da, stacks)
				})
				own := grid[i%intervals]
				clock("propagators-forward", 1, func() {
					for _, h := range own {
						phi.ForwardOnly(a, h)
					}
				})
				d := make([][]float64, 1+p)
				for j := range d {
					d[j] = stacks[j*n*n:]
				}
				clock("propagators-adjoint", 1, func() {
					for _, h := range own {
						phi.Forward(a, h) // else 49·100 of them would be kept
						phi.Backward(da, d)
					}
				})
				if i%8 == 0 {
					clock("expmv-forward", 1, func() { series.ForwardTo(y, a, own, u, v...) })
					if p == 1 {
						clock("expmv-adjoint", 1, func() { series.BackwardTo(du, dv[0], da, dh, a, own, u, v[0], dy) })
					}
				}
			}
			b.ReportMetric(0, "ns/op")
			forward, both := least["ladder-forward"], least["ladder-forward"]+least["ladder-adjoint"]
			for name, ms := range least {
				b.ReportMetric(ms, name+"-ms")
			}
			for _, name := range []string{"propagators", "expmv"} {
				b.ReportMetric(least[name+"-forward"]/forward, name+"/ladder-forward")
				if back, ok := least[name+"-adjoint"]; ok {
					b.ReportMetric((least[name+"-forward"]+back)/both, name+"/ladder-both")
				}
			}
		})
	}
}
