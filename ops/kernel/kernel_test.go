package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/opstest"
)

func random[T Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	return x
}

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
	a, b := random[T](rng, m*k), random[T](rng, k*n)
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

// In float32 the propagators and their gradient are those of float64 to the
// roundings of float32, ‖hA‖ of them.
func TestPhiFloat32(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{1, 3, 20} {
		for _, h := range []float64{1e-3, 1, 30} {
			a := random[float64](rng, n*n)
			for i := range n {
				a[i*n+i] -= 2 * math.Sqrt(float64(n))
			}
			a32 := make([]float32, n*n)
			for i, v := range a {
				a32[i] = float32(v)
				a[i] = float64(a32[i])
			}
			norm, _ := Norm1(n, n, a)
			p, q := NewPhi[float64](n, 3, UnitRoundoff[float64]()), NewPhi[float32](n, 3, UnitRoundoff[float32]())
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
				d[j], d32[j] = random[float64](rng, n*n), make([]float32, n*n)
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
	p := NewPhi[float64](2, 2, UnitRoundoff[float64]())
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
	p := NewPhi[float64](2, 1, UnitRoundoff[float64]())
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
			a := random[float64](rng, n*n)
			for i := range n {
				a[i*n+i] -= 2 * math.Sqrt(float64(n))
			}
			p := NewPhi[float64](n, 1, UnitRoundoff[float64]())
			d := [][]float64{random[float64](rng, n*n), random[float64](rng, n*n)}
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
		x, w, y := random[T](rng, s.m*s.k), random[T](rng, s.k*s.n), make([]T, s.m*s.n)
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
