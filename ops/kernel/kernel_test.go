package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/opstest"
)

// testGemm takes every shape that has a path of its own.
func testGemm[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	dims := []int{1, 2, 3, 7, 8, 9, 33, 70}
	if opstest.Thin() {
		dims = []int{1, 3, 9, 33}
	}
	for _, m := range dims {
		for _, n := range dims {
			for _, k := range dims {
				for mode := range uint8(8) {
					compareGemm[T](t, rng, m, n, k, mode)
				}
			}
		}
	}
	for _, s := range [][3]int{{70, 512, 130}, {150, 40, 300}, {300, 150, 150}, {3, 5, 0}, {20, 30, 0}, {0, 3, 4}} {
		for mode := range uint8(8) {
			compareGemm[T](t, rng, s[0], s[1], s[2], mode)
		}
	}
}

// compareGemm compares Gemm with the definition in float64. The bits of mode
// are tA, tB and a β of 1/2 instead of 0. A sum of k products is within k+2
// roundings of the sum of their sizes.
func compareGemm[T Float](t *testing.T, rng *rand.Rand, m, n, k int, mode uint8) {
	t.Helper()
	tA, tB, beta := mode&1 != 0, mode&2 != 0, T(mode>>2&1)*0.5
	a, b := opstest.Normals[T](rng, m*k), opstest.Normals[T](rng, k*n)
	c, checkC := guarded[T](rng, m*n)
	defer checkC(t)
	at := func(i, p int) float64 {
		if tA {
			return float64(a[p*m+i])
		}
		return float64(a[i*k+p])
	}
	bt := func(p, j int) float64 {
		if tB {
			return float64(b[j*k+p])
		}
		return float64(b[p*n+j])
	}
	want, size := make([]float64, m*n), make([]float64, m*n)
	for i := range m {
		for j := range n {
			w := float64(beta) * float64(c[i*n+j])
			s := math.Abs(w)
			for p := range k {
				w += 1.5 * at(i, p) * bt(p, j)
				s += math.Abs(1.5 * at(i, p) * bt(p, j))
			}
			want[i*n+j], size[i*n+j] = w, s
		}
	}
	if beta == 0 {
		for i := range c {
			c[i] = T(math.NaN()) // must not be read
		}
	}
	var scratch []T
	packed := append([]T(nil), c...)
	Gemm(tA, tB, m, n, k, 1.5, a, b, beta, c, &scratch)
	if !tA {
		var p Packed[T]
		p.Pack(tB, n, k, b)
		p.Gemm(m, 1.5, a, beta, packed, &scratch)
		for i, v := range packed {
			if v != c[i] {
				t.Fatalf("%d×%d×%d, transposed %v, beta %v: with packed B element %d is %v, want %v", m, n, k, tB, beta, i, v, c[i])
			}
		}
	}
	for i, v := range c {
		if !(math.Abs(float64(v)-want[i]) <= float64(k+3)*2*UnitRoundoff[T]()*size[i]) {
			t.Fatalf("%d×%d×%d, transposed %v %v, beta %v: element %d is %v, want %v", m, n, k, tA, tB, beta, i, v, want[i])
		}
	}
}

func TestGemm(t *testing.T) {
	forEachPath(t, func(t *testing.T) {
		t.Run("float64", testGemm[float64])
		t.Run("float32", testGemm[float32])
	})
}

func BenchmarkGemm(b *testing.B) {
	forEachPath(b, func(b *testing.B) {
		b.Run("float64", benchmarkGemm[float64])
		b.Run("float32", benchmarkGemm[float32])
	})
}

// benchmarkGemm takes a product of each kind that a layer makes: forward, with
// tB the gradient by its input, and with tA that by its weights.
func benchmarkGemm[T Float](b *testing.B) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, s := range []struct {
		m, n, k int
		op      string
	}{
		{2, 2, 2, ""},
		{20, 20, 20, ""},
		{1, 200, 200, ""},
		{20, 200, 200, ""},
		{2000, 200, 200, ""},
		{200, 2000, 200, ""},
		{1000, 100, 2, ""},
		{1000, 2, 100, ""},
		{1, 200, 200, "tB"},
		{20, 200, 200, "tB"},
		{20, 200, 200, "packed"},
		{2000, 200, 200, "tB"},
		{200, 200, 2000, "tA"},
		{100, 2, 1000, "tA"},
		{2, 100, 1000, "tA"},
	} {
		x, w, y := opstest.Normals[T](rng, s.m*s.k), opstest.Normals[T](rng, s.k*s.n), make([]T, s.m*s.n)
		var scratch []T
		var p Packed[T]
		p.Pack(true, s.n, s.k, w)
		name := fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k)
		if s.op != "" {
			name += "/" + s.op
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s.op == "packed" {
					p.Gemm(s.m, 1, x, 0, y, &scratch)
				} else {
					Gemm(s.op == "tA", s.op == "tB", s.m, s.n, s.k, 1, x, w, 0, y, &scratch)
				}
			}
			b.ReportMetric(2*float64(s.m*s.n*s.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
