package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// ladderCase is a stiff system of n components, with rates from 1 down to 10⁻⁶,
// and a batch with steps, of which scale·‖A‖₁⁻¹ is typical.
type ladderCase struct {
	n, p, batch int
	a, u        []float64
	v           [][]float64
	h           []float64
}

func newLadderCase(rng *rand.Rand, n, p, batch int, scale float64) ladderCase {
	c := ladderCase{n: n, p: p, batch: batch, a: normals(rng, n*n), u: normals(rng, batch*n)}
	for i := range n {
		rate := math.Pow(10, -6*rng.Float64())
		for j := range n {
			c.a[i*n+j] *= 0.3 * rate / math.Sqrt(float64(n))
		}
		c.a[i*n+i] = -rate
	}
	for range p {
		c.v = append(c.v, normals(rng, batch*n))
	}
	norm, _ := Norm1(n, n, c.a)
	for range batch {
		c.h = append(c.h, scale/norm*math.Exp(rng.NormFloat64()))
	}
	return c
}

func normals(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

func (c ladderCase) top() float64 { return slices.Max(c.h) }

// propagated is the step by the propagators of each row.
func (c ladderCase) propagated() []float64 {
	n := c.n
	y := make([]float64, c.batch*n)
	phi := NewPhi[float64](n, c.p, 0x1p-53)
	for r, h := range c.h {
		phi.ForwardOnly(c.a, h)
		Gemm(false, true, 1, n, n, 1, c.u[r*n:(r+1)*n], phi.E(), 0, y[r*n:(r+1)*n], nil)
		for j := 1; j <= c.p; j++ {
			Gemm(false, true, 1, n, n, 1, c.v[j-1][r*n:(r+1)*n], phi.P(j), 1, y[r*n:(r+1)*n], nil)
		}
	}
	return y
}

func (c ladderCase) climbed(t *testing.T, w *Ladder[float64]) []float64 {
	y := make([]float64, c.batch*c.n)
	if !w.Make(c.a, c.top()) {
		t.Fatalf("%d levels are too few for steps up to %g", MaxLevels, c.top())
	}
	w.StepTo(y, c.h, c.u, c.v...)
	return y
}

func TestLadderAgreesWithPropagators(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var worst float64
	for _, n := range []int{1, 2, 3, 7, 20} {
		for _, p := range []int{0, 1, 2, 3} {
			w := NewLadder[float64](n, p, 0x1p-53)
			for _, scale := range []float64{1e-3, 1, 1e3, 1e6, 1e9} {
				c := newLadderCase(rng, n, p, 5, scale)
				want, got := c.propagated(), c.climbed(t, w)
				for r := range c.batch {
					var d, s float64
					for i := r * n; i < (r+1)*n; i++ {
						d, s = max(d, math.Abs(got[i]-want[i])), max(s, math.Abs(want[i]))
					}
					if s > 0 { // else all has decayed
						worst = max(worst, d/s)
					}
					if !(d <= 1e-11*s) {
						t.Errorf("n = %d, p = %d, ‖hA‖ near %g: %v, want %v", n, p, scale, got[r*n:(r+1)*n], want[r*n:(r+1)*n])
					}
				}
			}
		}
	}
	t.Logf("worst relative difference %.2g", worst)
}

func BenchmarkLadder(b *testing.B) {
	for _, p := range []int{1, 3} {
		for _, scale := range []float64{1, 1e2, 1e4, 1e6} {
			const n, batch = 20, 100
			c := newLadderCase(rand.New(rand.NewPCG(1, 1)), n, p, batch, scale)
			w := NewLadder[float64](n, p, 0x1p-53)
			y, dy, du := make([]float64, batch*n), normals(rand.New(rand.NewPCG(2, 2)), batch*n), make([]float64, batch*n)
			var dv [][]float64
			for range p {
				dv = append(dv, make([]float64, batch*n))
			}
			w.Make(c.a, c.top())
			name := fmt.Sprintf("p=%d/%g", p, scale)
			dl, da := make([]float64, w.Levels()*w.Size()), make([]float64, n*n)
			b.Run(name+"/make", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w.Make(c.a, c.top())
				}
			})
			b.Run(name+"/makeBackward", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w.Backward(da, dl)
				}
			})
			b.Run(name+"/step", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w.StepTo(y, c.h, c.u, c.v...)
				}
			})
			b.Run(name+"/backward", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w.StepBackward(du, dv, dl, da, nil, c.h, c.u, c.v, y, dy)
				}
			})
			b.Run(name+"/propagators", func(b *testing.B) {
				phi := NewPhi[float64](n, p, 0x1p-53)
				for b.Loop() {
					for _, h := range c.h {
						phi.ForwardOnly(c.a, h)
					}
				}
			})
		}
	}
}
