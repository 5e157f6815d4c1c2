package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"spnode/ops/opstest"
)

// lqCases are matrices of every kind of rank and scale.
func lqCases(rng *rand.Rand, n int) map[string][]float64 {
	full := opstest.Normals[float64](rng, n*n)
	rank := n/3 + 1
	var tmp []float64
	low := make([]float64, n*n)
	Gemm(false, false, n, n, rank, 1, opstest.Normals[float64](rng, n*rank), opstest.Normals[float64](rng, rank*n), 0, low, &tmp)
	// What SOAP orthonormalises: eigenvalues over forty decades.
	gram := make([]float64, n*n)
	graded := slices.Clone(full)
	for i := range graded {
		graded[i] *= math.Pow(10, -20*float64(i/n)/float64(n))
	}
	Gemm(true, false, n, n, n, 1, graded, graded, 0, gram, &tmp)
	scale := func(a []float64, f func(i, j int) float64) []float64 {
		b := slices.Clone(a)
		for i := range b {
			b[i] *= f(i/n, i%n)
		}
		return b
	}
	ones := make([]float64, n*n)
	for i := range ones {
		ones[i] = 1
	}
	return map[string][]float64{
		"full rank": full, "low rank": low, "gram": gram, "zero": make([]float64, n*n), "ones": ones,
		"huge":         scale(full, func(_, _ int) float64 { return 1e307 }),
		"tiny":         scale(full, func(_, _ int) float64 { return 1e-310 }),
		"huge to tiny": scale(full, func(i, _ int) float64 { return math.Pow(10, 300-600*float64(i)/float64(n)) }),
		// Columns whose squares are below the smallest number, or lose digits.
		"lost squares":   scale(full, func(_, j int) float64 { return math.Pow(10, -float64(j%6)*40) }),
		"negative":       scale(ones, func(i, j int) float64 { return -1 }),
		"zero rows":      scale(full, func(i, _ int) float64 { return float64(i % 2) }),
		"zero columns":   scale(full, func(_, j int) float64 { return float64(j % 2) }),
		"lower triangle": scale(full, func(i, j int) float64 { return map[bool]float64{true: 1}[j <= i] }),
	}
}

// QQᵀ = I, and AQᵀ is lower triangular with a diagonal that is not negative.
func TestLQ(t *testing.T) {
	forEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 5))
		var w LQ
		var tmp []float64
		var worst [2]float64
		for _, n := range []int{1, 2, 3, lqBlock - 1, lqBlock, lqBlock + 1, 2*lqBlock + 5, 70, 200} {
			for name, a := range lqCases(rng, n) {
				q := opstest.Normals[float64](rng, n*n)
				w.QTo(q, a, n)
				// A rounding of each of n reflectors, some of them of one sign.
				bound := 10 * math.Sqrt(float64(n)) * 0x1p-53 * (1 + math.Log2(float64(n)))
				qq := make([]float64, n*n)
				Gemm(false, true, n, n, n, 1, q, q, 0, qq, &tmp)
				for i := range n {
					qq[i*n+i]--
				}
				e := mat.Norm(mat.NewDense(n, n, qq), 2) / math.Sqrt(float64(n))
				worst[0] = max(worst[0], e/bound)
				if !(e <= bound) {
					t.Errorf("n = %d, %s: ‖QQᵀ−I‖/√n is %.2g, want ≤ %.2g", n, name, e, bound)
				}
				// Row by row, to the size of the row.
				scaled := slices.Clone(a)
				scaleRows(scaled, n)
				l := make([]float64, n*n)
				Gemm(false, true, n, n, n, 1, scaled, q, 0, l, &tmp)
				for i := range n {
					row := mat.Norm(mat.NewVecDense(n, scaled[i*n:(i+1)*n]), 2)
					for j := i; j < n; j++ {
						if j == i {
							e = -l[i*n+j]
						} else {
							e = math.Abs(l[i*n+j])
						}
						worst[1] = max(worst[1], e/(bound*max(row, 1e-300)))
						if !(e <= bound*row) {
							t.Errorf("n = %d, %s: element (%d, %d) of L is %.2g in a row of norm %.2g", n, name, i, j, l[i*n+j], row)
						}
					}
				}
				again := slices.Clone(a)
				w.QTo(again, again, n)
				if !slices.Equal(again, q) {
					t.Errorf("n = %d, %s: other bits in place", n, name)
				}
				if t.Failed() {
					t.FailNow()
				}
			}
		}
		t.Logf("at most %.2g and %.2g of the bounds", worst[0], worst[1])
	})
}

// Q is LAPACK's of Aᵀ, with the signs of a diagonal that is positive.
func TestLQReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{3, 20, 50} {
		a := opstest.Normals[float64](rng, n*n)
		for i := range n {
			a[i*n+i] += 3 * math.Sqrt(float64(n)) // well conditioned: Q is to be compared
		}
		var qr mat.QR
		qr.Factorize(mat.NewDense(n, n, a).T())
		var want, r mat.Dense
		qr.QTo(&want)
		qr.RTo(&r)
		q := make([]float64, n*n)
		new(LQ).QTo(q, a, n)
		for i := range n {
			for j := range n {
				// Roundings of n reflectors times the condition number.
				if v := math.Copysign(1, r.At(i, i)) * want.At(j, i); !(math.Abs(q[i*n+j]-v) <= 1e-14*float64(n)) {
					t.Fatalf("n = %d: element (%d, %d) is %v, want %v", n, i, j, q[i*n+j], v)
				}
			}
		}
	}
	q := make([]float64, 9)
	new(LQ).QTo(q, make([]float64, 9), 3)
	if want := []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}; !slices.Equal(q, want) {
		t.Errorf("of A = 0: got %v, want I", q)
	}
}

func TestLQAllocations(t *testing.T) {
	const n = 50
	a, q := opstest.Normals[float64](rand.New(rand.NewPCG(7, 7)), n*n), make([]float64, n*n)
	var w LQ
	w.QTo(q, a, n)
	if k := testing.AllocsPerRun(5, func() { w.QTo(q, a, n) }); k != 0 {
		t.Errorf("got %g allocations, want none", k)
	}
}

func BenchmarkLQ(b *testing.B) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, n := range []int{20, 64, 200} {
		a, q := opstest.Normals[float64](rng, n*n), make([]float64, n*n)
		flops := 8. / 3 * float64(n*n*n)
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			var w LQ
			for b.Loop() {
				w.QTo(q, a, n)
			}
			b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
		b.Run(fmt.Sprintf("n=%d/gonum", n), func(b *testing.B) {
			var lq mat.LQ
			var dst mat.Dense
			for b.Loop() {
				lq.Factorize(mat.NewDense(n, n, a))
				dst.Reset()
				lq.QTo(&dst)
			}
		})
	}
}
