package funm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/kernel"
	"spnode/ops/opstest"
)

// In float32 the propagators and their gradient are those of float64 to the
// roundings of float32, ‖hA‖ of them.
func TestPhiFloat32(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{1, 3, 20} {
		for _, h := range []float64{1e-3, 1, 30} {
			a := opstest.Normals[float64](rng, n*n)
			for i := range n {
				a[i*n+i] -= 2 * math.Sqrt(float64(n))
			}
			a32 := make([]float32, n*n)
			for i, v := range a {
				a32[i] = float32(v)
				a[i] = float64(a32[i])
			}
			norm, _ := kernel.Norm1(n, n, a)
			p, q := NewPhi[float64](n, 3, kernel.UnitRoundoff[float64]()), NewPhi[float32](n, 3, kernel.UnitRoundoff[float32]())
			p.Forward(a, h)
			q.Forward(a32, h)
			bound := 50 * 0x1p-24 * (1 + h*norm)
			compare := func(what string, x []float64, y []float32) {
				t.Helper()
				var top, diff float64
				for i, v := range x {
					top, diff = max(top, math.Abs(v)), max(diff, math.Abs(v-float64(y[i])))
				}
				if !(diff <= bound*max(top, 1e-30)) && top > 1e-6 {
					t.Errorf("n = %d, h = %g: %s differs by %.2g, want ≤ %.2g", n, h, what, diff/top, bound)
				}
			}
			compare("E", p.E(), q.E())
			d, d32 := make([][]float64, 4), make([][]float32, 4)
			for j := range d {
				if j > 0 {
					compare(fmt.Sprint("P_", j), p.P(j), q.P(j))
				}
				d[j], d32[j] = opstest.Normals[float64](rng, n*n), make([]float32, n*n)
				for i, v := range d[j] {
					d32[j][i] = float32(v)
				}
			}
			da, da32 := make([]float64, n*n), make([]float32, n*n)
			p.Backward(da, d)
			q.Backward(da32, d32)
			compare("the gradient", da, da32)
		}
	}
}

// A diagonal of a fast and a slow mode, over 44 doublings: the slow mode keeps
// its digits.
func TestPhiSlowMode(t *testing.T) {
	const h, slow = 1.7e6, -4e-6
	a := []float64{-1e7, 0, 0, slow}
	p := NewPhi[float64](2, 2, kernel.UnitRoundoff[float64]())
	p.Forward(a, h)
	for name, e := range map[string][2]float64{
		"e^{hA}":   {p.E()[3], math.Exp(h * slow)},
		"hφ_1(hA)": {p.P(1)[3], math.Expm1(h*slow) / slow},
	} {
		if !(math.Abs(e[0]-e[1]) <= 100*0x1p-53*math.Abs(e[1])) {
			t.Errorf("%s of the slow mode is %.17g, want %.17g", name, e[0], e[1])
		}
	}
}

// Once e^{hA} has decayed, P_1 = −A⁻¹ and its gradient stand still over all
// doublings that are left, while e^{hA} goes on to 0.
func TestPhiDecayed(t *testing.T) {
	a := []float64{-3, 1, 0.5, -2}
	p := NewPhi[float64](2, 1, kernel.UnitRoundoff[float64]())
	p.Forward(a, 1e9)
	inverse := []float64{-2 / 5.5, -1 / 5.5, -0.5 / 5.5, -3 / 5.5} // A⁻¹, det A = 5.5
	for i, v := range p.P(1) {
		if !(math.Abs(v+inverse[i]) <= 1e-14) { // a rounding for each of 31 doublings
			t.Errorf("hφ_1(hA)[%d] is %v, want %v", i, v, -inverse[i])
		}
		if p.E()[i] != 0 {
			t.Errorf("e^{hA}[%d] is %v, want 0", i, p.E()[i])
		}
	}
	// By dA, the first element of −A⁻¹ is e₁ᵀA⁻¹ dA A⁻¹e₁.
	da := make([]float64, 4)
	p.Backward(da, [][]float64{{1, 1, 1, 1}, {1, 0, 0, 0}})
	for i, v := range da {
		if want := inverse[i/2] * inverse[i%2*2]; !(math.Abs(v-want) <= 1e-14) {
			t.Errorf("the gradient by A[%d] is %v, want %v", i, v, want)
		}
	}
}

func BenchmarkPhi(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{2, 3, 7, 20, 64} {
		for _, h := range []float64{1, 1e6} {
			a := opstest.Normals[float64](rng, n*n)
			for i := range n {
				a[i*n+i] -= 2 * math.Sqrt(float64(n))
			}
			p := NewPhi[float64](n, 1, kernel.UnitRoundoff[float64]())
			d := [][]float64{opstest.Normals[float64](rng, n*n), opstest.Normals[float64](rng, n*n)}
			da := make([]float64, n*n)
			b.Run(fmt.Sprintf("n=%d/h=%g/forward+backward", n, h), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					p.Forward(a, h)
					p.Backward(da, d)
				}
			})
		}
	}
}
