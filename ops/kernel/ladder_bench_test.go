package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
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
			c := newLadderCase(rng, n, p, batch, 1)
			norm, _ := Norm1(n, n, c.a)
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
			y, dy, g := make([]float64, batch*n), normals(rng, batch*n), newLadderGradient(c)
			stacks := make([]float64, StacksSize(p)*n*n)
			w, phi, series := NewLadder[float64](n, p, 0x1p-53), NewPhi[float64](n, p, 0x1p-53), NewExpmv[float64](n, p, 0x1p-53)
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
					w.Make(c.a, top)
					for _, h := range grid {
						w.StepTo(y, h, c.u, c.v...)
					}
				})
				clock("ladder-adjoint", intervals, func() {
					clear(stacks)
					for _, h := range grid {
						w.StepBackward(g.du, g.dv, stacks, nil, h, c.u, c.v, dy)
					}
					w.Backward(g.da, stacks)
				})
				c.h = grid[i%intervals]
				clock("propagators-forward", 1, func() {
					for _, h := range c.h {
						phi.ForwardOnly(c.a, h)
					}
				})
				d := make([][]float64, 1+p)
				for j := range d {
					d[j] = stacks[j*n*n:]
				}
				clock("propagators-adjoint", 1, func() {
					for _, h := range c.h {
						phi.Forward(c.a, h) // else 49·100 of them would be kept
						phi.Backward(g.da, d)
					}
				})
				if i%8 == 0 {
					clock("expmv-forward", 1, func() { series.ForwardTo(y, c.a, c.h, c.u, c.v...) })
					if p == 1 {
						clock("expmv-adjoint", 1, func() { series.BackwardTo(g.du, g.dv[0], g.da, g.dh, c.a, c.h, c.u, c.v[0], dy) })
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
