package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/opstest"
)

// Every element is what Go converts it to, infinite and NaN ones too, and what is
// behind the end stays.
func TestConvert(t *testing.T) {
	forEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(20, 6))
		for _, n := range lengths {
			x := opstest.Normals[float64](rng, n)
			for i, v := range []float64{math.Inf(1), math.NaN(), 1e300, 1e-310, math.Copysign(0, -1)} {
				if i < n {
					x[rng.IntN(n)] = v
				}
			}
			narrow, checkNarrow := guarded[float32](rng, n)
			wide, checkWide := guarded[float64](rng, n)
			sum, checkSum := guarded[float64](rng, n)
			before := append([]float64(nil), sum...)
			Narrow(narrow, x)
			Widen(wide, narrow)
			AddWide(sum, narrow)
			same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }
			for i, v := range x {
				if want := float64(float32(v)); !same(wide[i], want) || !same(sum[i], before[i]+want) {
					t.Fatalf("%d elements: %v is %v, added to %v %v", n, v, wide[i], before[i], sum[i])
				}
			}
			checkNarrow(t)
			checkWide(t)
			checkSum(t)
		}
	})
}
