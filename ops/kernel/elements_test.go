package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spnode/ops/opstest"
)

// forEachFloat runs a test for both element types in every path.
func forEachFloat(t *testing.T, f64, f32 func(*testing.T)) {
	forEachPath(t, func(t *testing.T) {
		t.Run("float64", f64)
		t.Run("float32", f32)
	})
}

// lengths are all that end differently in some unrolled loop, and a long one.
var lengths = append(upTo(70), 257)

func upTo(n int) (all []int) {
	for i := range n + 1 {
		all = append(all, i)
	}
	return all
}

// guarded returns n random elements, behind which lie more that must stay.
func guarded[T Float](rng *rand.Rand, n int) (x []T, check func(*testing.T)) {
	all := opstest.Normals[T](rng, n+20)
	behind := append([]T(nil), all[n:]...)
	return all[:n], func(t *testing.T) {
		t.Helper()
		for i, v := range behind {
			if all[n+i] != v {
				t.Fatalf("%d elements: %d behind the end changed", n, i)
			}
		}
	}
}

// near reports whether got is within k roundings of numbers of that size,
// those of want among them.
func near[T Float](got T, want, size, k float64) bool {
	return math.Abs(float64(got)-want) <= k*UnitRoundoff[T]()*size
}

func TestAxpy(t *testing.T) { forEachFloat(t, testAxpy[float64], testAxpy[float32]) }

func testAxpy[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 1))
	for _, n := range lengths {
		x, y := opstest.Normals[T](rng, n), opstest.Normals[T](rng, n+20)
		before := append([]T(nil), y...)
		AxpyTo(y[:n:n+1], -1.5, x)
		for i, v := range y {
			var add float64
			if i < n {
				add = -1.5 * float64(x[i])
			}
			if !near(v, float64(before[i])+add, math.Abs(float64(before[i]))+2*math.Abs(add), 2) { // a product and a sum, twice
				t.Fatalf("%d elements: element %d is %v, want %v", n, i, v, float64(before[i])+add)
			}
		}
	}
}

func TestResidual(t *testing.T) { forEachFloat(t, testResidual[float64], testResidual[float32]) }

func testResidual[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 6))
	for _, n := range lengths {
		x, y := opstest.Normals[T](rng, n), opstest.Normals[T](rng, n)
		z, check := guarded[T](rng, n)
		ResidualTo(z, -1.5, x, y)
		check(t)
		var sum float64
		for i, v := range z {
			d := float64(x[i]) - float64(y[i])
			if !near(v, -1.5*d, 1.5*math.Abs(d), 2) {
				t.Fatalf("%d elements: element %d is %v, want %v", n, i, v, -1.5*d)
			}
			sum += d * d
		}
		// The sum is one of float64 for both types.
		if got := SquaredDistance(x, y); !near(got, sum, sum, float64(n)) {
			t.Fatalf("%d elements: squared distance %v, want %v", n, got, sum)
		}
	}
}

func TestTanhGrad(t *testing.T) { forEachFloat(t, testTanhGrad[float64], testTanhGrad[float32]) }

func testTanhGrad[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 2))
	for _, n := range lengths {
		dy, y := opstest.Normals[T](rng, n), opstest.Normals[T](rng, n)
		TanhTo(y, y)
		dz, check := guarded[T](rng, n)
		TanhGradTo(dz, dy, y)
		check(t)
		for i, v := range dz {
			want := float64(dy[i]) * (1 - float64(y[i])*float64(y[i]))
			if !near(v, want, math.Abs(float64(dy[i])), 6) { // of y², of 1 − y² and of dz, twice
				t.Fatalf("%d elements: element %d is %v, want %v", n, i, v, want)
			}
		}
		TanhGradTo(dy, dy, y)
		for i, v := range dy {
			if v != dz[i] {
				t.Fatalf("in place, element %d is %v, want %v", i, v, dz[i])
			}
		}
	}
}

func TestColumns(t *testing.T) { forEachFloat(t, testColumns[float64], testColumns[float32]) }

// testColumns compares sums of columns with those in float64.
func testColumns[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 3))
	for _, n := range lengths {
		for _, rows := range []int{0, 1, 2, 5, 50, 201} {
			x := opstest.Normals[T](rng, rows*n)
			s, check := guarded[T](rng, n)
			sum, size := make([]float64, n), make([]float64, n)
			for j, v := range s {
				sum[j], size[j] = float64(v), math.Abs(float64(v))
			}
			for i, v := range x {
				sum[i%n] += float64(v)
				size[i%n] += math.Abs(float64(v))
			}
			AddColumnSumsTo(s, x)
			check(t)
			for j, v := range s {
				if !near(v, sum[j], size[j], float64(rows+1)*2) {
					t.Fatalf("%d rows of %d: sum %d is %v, want %v", rows, n, j, v, sum[j])
				}
			}
		}
	}
}

// Adam is the formula, computed in float64 from the same moments.
func TestAdam(t *testing.T) { forEachFloat(t, testAdam[float64], testAdam[float32]) }

func testAdam[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 4))
	for _, n := range lengths {
		compareAdam[T](t, rng, n, 1e-3, 0.9, 0.999, 1e-8)
	}
}

func compareAdam[T Float](t *testing.T, rng *rand.Rand, n int, rate, beta1, beta2, epsilon float64) {
	t.Helper()
	w, checkW := guarded[T](rng, n)
	m, checkM := guarded[T](rng, n)
	v, checkV := guarded[T](rng, n)
	kept, checkKept := guarded[T](rng, n)
	clear(m)
	clear(v)
	for step := 1; step <= 5; step++ {
		g := opstest.Normals[T](rng, n)
		w0, m0, v0 := append([]T(nil), w...), append([]T(nil), m...), append([]T(nil), v...)
		keep, fromM, fromV := w, m, v
		if step%2 == 0 { // not in place
			keep, fromM, fromV = kept, m0, v0
			clear(m)
			clear(v)
		}
		AdamTo(w, m, v, keep, fromM, fromV, g, rate, beta1, beta2, epsilon, step)
		if step%2 == 0 && !slices.Equal(kept, w0) {
			t.Fatalf("%d weights, step %d: w was %v, of which is kept %v", n, step, w0, kept)
		}
		for i := range g {
			gi := float64(g[i])
			mi := beta1*float64(m0[i]) + (1-beta1)*gi
			vi := beta2*float64(v0[i]) + (1-beta2)*gi*gi
			move := rate * (mi / (1 - math.Pow(beta1, float64(step)))) / (math.Sqrt(vi/(1-math.Pow(beta2, float64(step)))) + epsilon)
			// m and v are sums of two products of rounded factors. What m
			// cancels is an error of the size of its terms in the move.
			sizeM := beta1*math.Abs(float64(m0[i])) + (1-beta1)*math.Abs(gi)
			sizeMove := math.Abs(move) * (1 + sizeM/max(math.Abs(mi), 1e-300))
			if !near(m[i], mi, sizeM, 4) || !near(v[i], vi, vi, 8) || !near(w[i], float64(w0[i])-move, math.Abs(float64(w0[i]))+16*sizeMove, 2) {
				t.Fatalf("%d weights, step %d, element %d: m, v, w are %v, %v, %v, want %v, %v, %v",
					n, step, i, m[i], v[i], w[i], mi, vi, float64(w0[i])-move)
			}
		}
	}
	checkW(t)
	checkM(t)
	checkKept(t)
	checkV(t)
}

func FuzzAdam(f *testing.F) {
	f.Add(uint8(9), 1e-3, 0.9, 0.999, 1e-8, uint64(1))
	f.Fuzz(func(t *testing.T, n uint8, rate, beta1, beta2, epsilon float64, seed uint64) {
		if !(1e-9 < rate && rate < 1 && 0 <= beta1 && beta1 < 0.9999 && 0 <= beta2 && beta2 < 0.99999 && 1e-12 < epsilon && epsilon < 1) {
			t.Skip("no settings of Adam")
		}
		for _, p := range paths {
			restore := setPath(p.name)
			compareAdam[float64](t, rand.New(rand.NewPCG(seed, 0)), int(n), rate, beta1, beta2, epsilon)
			restore()
		}
	})
}

func BenchmarkElements(b *testing.B) {
	const n = 400_000
	rng := rand.New(rand.NewPCG(20, 5))
	w, m, v, g := opstest.Normals[float64](rng, n), make([]float64, n), make([]float64, n), opstest.Normals[float64](rng, n)
	forEachPath(b, func(b *testing.B) {
		for _, f := range []struct {
			name  string
			bytes int // read and written, an element
			run   func(w, m, v, g []float64)
		}{
			{"Adam", 7 * 8, func(w, m, v, g []float64) { AdamTo(w, m, v, w, m, v, g, 1e-3, 0.9, 0.999, 1e-8, 1) }},
			{"Axpy", 3 * 8, func(w, m, v, g []float64) { AxpyTo(m, 0.5, g) }},
			{"TanhGrad", 3 * 8, func(w, m, v, g []float64) { TanhGradTo(m, g, w) }},
			{"AddColumnSums", 8, func(w, m, v, g []float64) { AddColumnSumsTo(m[:min(len(g), 200)], g) }},
		} {
			for _, size := range []int{4000, n} { // in the first level of the cache, and beyond the second
				b.Run(fmt.Sprintf("%s/%d", f.name, size), func(b *testing.B) {
					for b.Loop() {
						f.run(w[:size], m[:size], v[:size], g[:size])
					}
					b.ReportMetric(float64(f.bytes*size)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
				})
			}
		}
	})
}
