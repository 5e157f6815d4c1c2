package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/opstest"
)

// Both sum the same products of a length of at most 9, in some order: they
// differ by at most ten roundings of the sum of the sizes, here below 100.
func TestSmallGemm(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{2, 3} {
		for _, rows := range []int{0, n, 3 * n} {
			for mode := range 3 {
				tA, tB := mode == 2, mode == 1
				for _, beta := range []float64{0, 1, 2} {
					m, k := rows, n
					if tA {
						m, k = n, rows
					}
					a, b := opstest.Normals[float64](rng, m*k), opstest.Normals[float64](rng, k*n)
					got, want := opstest.Normals[float64](rng, m*n), make([]float64, m*n)
					copy(want, got)
					tinyGemm(tA, tB, m, n, k, 1, a, b, beta, want)
					if !SmallGemm(tA, tB, rows, n, a, b, beta, got) {
						t.Fatalf("n = %d is not done", n)
					}
					for i, v := range got {
						if !(math.Abs(v-want[i]) <= 1000*0x1p-53) {
							t.Errorf("n = %d, %d rows, transposed %v %v, β = %v: element %d is %v, want %v", n, rows, tA, tB, beta, i, v, want[i])
						}
					}
				}
			}
		}
	}
	if SmallGemm(false, false, 4, 4, make([]float64, 16), make([]float64, 16), 0, make([]float64, 16)) {
		t.Error("n = 4 is done")
	}
}
