package expmv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/kernel"
	"spnode/ops/opstest"
)

// BenchmarkExpmv is the cost of the ETD1 step, eq. (17), and of its adjoint by
// n, the batch and ‖hA‖₁, in both forms, for a random A whose eigenvalues are
// in the left half plane.
func BenchmarkExpmv(b *testing.B) {
	for f, name := range map[form]string{matrixFree: "matrix-free", propagators: "propagators"} {
		for _, n := range []int{3, 20, 100} {
			for _, batch := range []int{1, 100} {
				for _, norm := range []float64{1, 30, 1000} {
					if f == matrixFree && norm == 1000 && n*batch >= 2000 {
						continue // a tenth of a second and more
					}
					k := New[float64](n, 1, kernel.UnitRoundoff[float64]())
					k.form = f
					benchmarkExpmv(b, fmt.Sprintf("%s/n=%d/batch=%d/norm=%g", name, n, batch, norm), k, n, batch, norm)
				}
			}
		}
	}
}

func benchmarkExpmv(b *testing.B, name string, k *Expmv[float64], n, batch int, norm float64) {
	rng := rand.New(rand.NewPCG(1, 1))
	a := opstest.Normals[float64](rng, n*n)
	for i := range n {
		a[i*n+i] -= 2 * math.Sqrt(float64(n))
	}
	h := []float64{norm / norm1(n, a, 0)}
	u, w, y := opstest.Normals[float64](rng, batch*n), opstest.Normals[float64](rng, batch*n), make([]float64, batch*n)
	b.Run(name+"/forward", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			k.ForwardTo(y, a, h, u, w)
		}
	})
	lam, du, dw := opstest.Normals[float64](rng, batch*n), make([]float64, batch*n), make([]float64, batch*n)
	da, dh := make([]float64, n*n), make([]float64, 1)
	b.Run(name+"/backward", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			k.BackwardTo(du, dw, da, dh, a, h, u, w, lam)
		}
	})
}
