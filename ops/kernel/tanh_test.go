package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"unsafe"

	"spnode/ops/opstest"
)

// bigTanh returns tanh(x) to 200 bits, as 1 − 2/(e^{2x}+1) with e^{2x} from
// its Taylor series at 2x/2¹⁰⁰. From |x| = 1000 on it is 1 to 2800 bits, where
// e^{2x} itself ends by overflowing.
func bigTanh(x float64) *big.Float {
	const prec, halvings = 400, 100
	num := func(v float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(v) }
	z := num(min(math.Abs(x), 1000))
	z.SetMantExp(z, 1-halvings)
	e, term := num(0), num(1) // e^z − 1
	for k := 1; k <= 8; k++ {
		term.Mul(term, z)
		term.Quo(term, num(float64(k)))
		e.Add(e, term)
	}
	for range halvings { // (1+e)² − 1 = e(2+e)
		e.Mul(e, num(0).Add(e, num(2)))
	}
	y := num(0).Quo(e, num(0).Add(e, num(2)))
	if math.Signbit(x) {
		y.Neg(y)
	}
	return y
}

// tanhArguments covers the range of an element type: all binades, the clamp,
// the neighbourhood of 1 where most are, and the halfway points of n ln 2.
func tanhArguments[T Float](rng *rand.Rand, n int) []T {
	var x []T
	for range n {
		x = append(x,
			T(rng.NormFloat64()),
			T(rng.Float64()*24),
			T(math.Ldexp(1+rng.Float64(), rng.IntN(1080)-1074)),
			T((rng.Float64()*1e-3+float64(rng.IntN(40))+0.5)*math.Ln2/2),
		)
	}
	for i := range x {
		if rng.IntN(2) == 0 {
			x[i] = -x[i]
		}
	}
	return x
}

// tanhError returns how many units in the last place y is off tanh(x).
func tanhError(y, x float64) float64 {
	exact := bigTanh(x)
	want, _ := exact.Float64()
	off, _ := exact.Sub(exact, new(big.Float).SetFloat64(y)).Float64()
	_, e := math.Frexp(want)
	return math.Abs(off) / math.Ldexp(1, max(e-53, -1074))
}

// No path is more than two units in the last place off.
func TestTanhUlps(t *testing.T) {
	forEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(6, 6))
		count := 5000
		if opstest.Thin() {
			count = 1000
		}
		x := tanhArguments[float64](rng, count)
		y := make([]float64, len(x))
		TanhTo(y, x)
		var worst, at float64
		for i, v := range x {
			if u := tanhError(y[i], v); !(u <= worst) {
				worst, at = u, v
			}
		}
		t.Logf("float64: at most %.2f ulp, at %v", worst, at)
		if !(worst <= 2) {
			t.Errorf("tanh(%v) is %.2f ulp off", at, worst)
		}

		x32 := tanhArguments[float32](rng, 20*count)
		y32 := make([]float32, len(x32))
		TanhTo(y32, x32)
		worst = 0
		for i, v := range x32 {
			if u := ulps(y32[i], math.Tanh(float64(v))); !(u <= worst) {
				worst, at = u, float64(v)
			}
		}
		t.Logf("float32: at most %.2f ulp, at %v", worst, at)
		if !(worst <= 2) {
			t.Errorf("tanh(%v) is %.2f ulp off", at, worst)
		}
	})
}

func FuzzTanh(f *testing.F) {
	for _, x := range []float64{0, 1e-310, 0.17328679, -0.51986038, 1, 18.3, 20, -700, -1.09e9, math.MaxFloat64} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Skip("see TestTanhSpecial")
		}
		for _, p := range paths {
			restore := setPath(p.name)
			y, y32 := []float64{x}, []float32{float32(x)}
			TanhTo(y, y)
			TanhTo(y32, y32)
			restore()
			if u := tanhError(y[0], x); !(u <= 2) {
				t.Errorf("%s: tanh(%v) is %v, %.2f ulp off", p.name, x, y[0], u)
			}
			if u := ulps(y32[0], math.Tanh(float64(float32(x)))); !(u <= 2) {
				t.Errorf("%s: tanh(%v) is %v in float32, %.2f ulp off", p.name, float32(x), y32[0], u)
			}
		}
	})
}

func TestTanhSpecial(t *testing.T) {
	forEachPath(t, func(t *testing.T) {
		testTanhSpecial[float64](t, math.SmallestNonzeroFloat64, math.MaxFloat64)
		testTanhSpecial[float32](t, math.SmallestNonzeroFloat32, math.MaxFloat32)
	})
}

func testTanhSpecial[T Float](t *testing.T, smallest, largest T) {
	inf, nan, zero := T(math.Inf(1)), T(math.NaN()), T(0)
	for _, c := range []struct{ x, want T }{
		{zero, zero}, {-zero, -zero}, {inf, 1}, {-inf, -1}, {nan, nan}, {1000, 1}, {-1000, -1},
		{smallest, smallest}, {-3 * smallest, -3 * smallest}, {largest, 1}, {-largest, -1},
		{1e-30, 1e-30}, {T(math.Copysign(0, -1)), T(math.Copysign(0, -1))},
	} {
		for n := range 40 { // its place in the slice
			x := make([]T, n+1)
			x[n] = c.x
			TanhTo(x, x)
			same := x[n] == c.want && math.Signbit(float64(x[n])) == math.Signbit(float64(c.want))
			if !same && !(c.want != c.want && x[n] != x[n]) {
				t.Errorf("tanh(%v) at place %d is %v, want %v", c.x, n, x[n], c.want)
			}
		}
	}
}

// The tail of a slice has the bits of its body, and what lies behind it stays.
// The function is odd to the last bit.
func TestTanhTail(t *testing.T) {
	forEachPath(t, func(t *testing.T) {
		testTanhTail[float64](t)
		testTanhTail[float32](t)
	})
}

func testTanhTail[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	x := opstest.Normals[T](rng, 100)
	body := make([]T, 200)
	TanhTo(body, append(append([]T(nil), x...), x...))
	for i, v := range x {
		x[i] = -v
	}
	odd := make([]T, len(x))
	TanhTo(odd, x)
	for i, v := range odd {
		x[i] = -x[i]
		if v != -body[i] {
			t.Fatalf("tanh(%v) is %v, tanh(%v) %v", -x[i], v, x[i], body[i])
		}
	}
	for n := range x {
		y := make([]T, n+1)
		y[n] = 7
		TanhTo(y, x[:n])
		if y[n] != 7 {
			t.Fatalf("of %d elements the one behind became %v", n, y[n])
		}
		for i, v := range y[:n] {
			if v != body[i] {
				t.Fatalf("of %d elements, element %d is %v, in the body %v", n, i, v, body[i])
			}
		}
	}
}

func BenchmarkTanh(b *testing.B) {
	forEachPath(b, func(b *testing.B) {
		b.Run("float64", benchmarkTanh[float64])
		b.Run("float32", benchmarkTanh[float32])
	})
}

func benchmarkTanh[T Float](b *testing.B) {
	x := opstest.Normals[T](rand.New(rand.NewPCG(8, 8)), 10000)
	y := make([]T, len(x))
	for b.Loop() {
		TanhTo(y, x)
	}
	perElement := b.Elapsed().Seconds() * 1e9 / float64(b.N) / float64(len(x))
	b.ReportMetric(perElement, "ns/element")
	b.ReportMetric(2*float64(unsafe.Sizeof(x[0]))/perElement, "GB/s") // read and written
}
