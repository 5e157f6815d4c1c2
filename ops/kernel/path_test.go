package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"spnode/ops/opstest"
)

// setPath makes the path of that name the active one and returns how to go
// back.
func setPath(name string) (restore func()) {
	before := active
	active = choosePath(name)
	return func() { active = before }
}

// forEachPath runs a test or a benchmark in every path of this processor.
func forEachPath[TB interface {
	testing.TB
	Run(string, func(TB)) bool
}](tb TB, f func(TB)) {
	for _, p := range paths {
		tb.Run(p.name, func(tb TB) {
			defer setPath(p.name)()
			f(tb)
		})
	}
}

// A name that is no path of this processor ends the program and says which
// there are.
func TestChoosePath(t *testing.T) {
	if got := choosePath(""); got.byName {
		t.Errorf("without a name: got %q, which is taken only by name", got.name)
	}
	if got, want := choosePath("avx2").name, "avx2"; len(paths) > 1 && got != want {
		t.Errorf("the path is %s, want %s", got, want)
	}
	if got := choosePath("portable").name; got != "portable" {
		t.Errorf("the path is %s, want portable", got)
	}
	// Asked for here too, as go test looks only from here on at what its cached
	// result depends on.
	if name := os.Getenv(pathVariable); name != "" && active.name != name {
		t.Errorf("the path is %s, want %s", active.name, name)
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, `SPNODE_KERNEL is "sse9", want one of portable`) {
			t.Errorf("an unknown path panics with %q", got)
		}
	}()
	choosePath("sse9")
}

// avo gives out the registers from 16 on, which are AVX-512's, without a word.
func TestRegistersOfAVX2(t *testing.T) {
	text, err := os.ReadFile("simd_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	beyond := regexp.MustCompile(`\b[XYZ](1[6-9]|2\d|3[01])\b`)
	others := 0
	for _, function := range strings.Split(string(text), "\nTEXT ·")[1:] {
		name, body, _ := strings.Cut(function, "(")
		avx2, register := strings.Contains(name, "AVX2"), beyond.FindString(body)
		switch {
		case register == "":
		case avx2:
			t.Errorf("%s uses %s, want none beyond 15; try to keep less in registers at once", name, register)
		default:
			others++
		}
	}
	if others == 0 {
		t.Error("no function of AVX-512 uses any of its own registers: is this the assembly?")
	}
}

// In assembly an element of C has the same bits whether its row and column
// stand alone or among others, and by whichever of a product and its transpose
// it is computed.
func TestGemmBits(t *testing.T) {
	forEachPath(t, func(t *testing.T) {
		if active.float64 == nil {
			t.Skip("gonum's products depend on the shape")
		}
		t.Run("float64", testGemmBits[float64])
		t.Run("float32", testGemmBits[float32])
	})
}

func testGemmBits[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var scratch []T
	for _, s := range [][3]int{{70, 70, 300}, {7, 100, 40}, {130, 3, 20}, {65, 256, 130}, {130, 64, 130}, {300, 64, 130}, {20, 20, 20}, {90, 17, 270}, {3, 3, 3}, {5, 2, 2}, {2, 2, 5}} {
		m, n, k := s[0], s[1], s[2]
		a, b, c0 := opstest.Normals[T](rng, m*k), opstest.Normals[T](rng, k*n), opstest.Normals[T](rng, m*n)
		at, bt := make([]T, m*k), make([]T, k*n)
		TransposeTo(at, m, k, a)
		TransposeTo(bt, k, n, b)
		for _, beta := range []T{0, 1, -0.3} {
			alone := func(tA bool) []T {
				c := append([]T(nil), c0...)
				for i := range m {
					for j := range n {
						Gemm(tA, true, 1, 1, k, 1.1, a[i*k:(i+1)*k], bt[j*k:(j+1)*k], beta, c[i*n+j:i*n+j+1], &scratch)
					}
				}
				return c
			}
			plain, transposed := alone(false), alone(true)
			check := func(what string, rows int, got, want []T) {
				t.Helper()
				for i, v := range got[:rows*n] {
					if v != want[i] {
						t.Fatalf("%d×%d×%d, β %v, %s: element %d is %v, alone %v", m, n, k, beta, what, i, v, want[i])
					}
				}
			}
			for mode := range 4 {
				tA, tB := mode&1 != 0, mode&2 != 0
				x, y, want := a, b, plain
				if tA {
					x, want = at, transposed
				}
				if tB {
					y = bt
				}
				c := append([]T(nil), c0...)
				Gemm(tA, tB, m, n, k, 1.1, x, y, beta, c, &scratch)
				check(fmt.Sprint("transposed ", tA, tB), m, c, want)
				for _, rows := range []int{1, 2, 3, 5} { // of the batch
					if tA || rows > m {
						continue
					}
					c := append([]T(nil), c0...)
					Gemm(false, tB, rows, n, k, 1.1, x, y, beta, c, &scratch)
					check(fmt.Sprint(rows, " rows, transposed ", tB), rows, c, want)
				}
			}
		}
	}
}

// All paths in assembly have the same bits, so that the choice of one changes
// nothing but the time.
func TestPathsHaveTheSameBits(t *testing.T) {
	if len(paths) < 3 {
		t.Skip("there is one path in assembly at most")
	}
	t.Run("float64", testSameBits[float64])
	t.Run("float32", testSameBits[float32])
}

func testSameBits[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	compare := func(what string, f func() []T) {
		t.Helper()
		var want []T
		for i, p := range paths[1:] {
			restore := setPath(p.name)
			got := f()
			restore()
			if i == 0 {
				want = got
			}
			for j, v := range got {
				if v != want[j] {
					t.Fatalf("%s: element %d is %v in %s and %v in %s", what, j, v, p.name, want[j], paths[1].name)
				}
			}
		}
	}
	var scratch []T
	for range 300 {
		m, n, k, mode := 1+rng.IntN(70), 1+rng.IntN(70), 1+rng.IntN(300), rng.IntN(8)
		a, b, c0, beta := opstest.Normals[T](rng, m*k), opstest.Normals[T](rng, k*n), opstest.Normals[T](rng, m*n), T(mode>>2)*0.7
		compare(fmt.Sprintf("%d×%d×%d, mode %d", m, n, k, mode), func() []T {
			c := append([]T(nil), c0...)
			Gemm(mode&1 != 0, mode&2 != 0, m, n, k, 1.1, a, b, beta, c, &scratch)
			return c
		})
		compare(fmt.Sprintf("%d×%d×%d, packed", m, n, k), func() []T {
			c := append([]T(nil), c0...)
			var p Packed[T]
			p.Pack(mode&2 != 0, n, k, b)
			p.Gemm(m, 1.1, a, beta, c, &scratch)
			return c
		})
	}
	for n := range 100 {
		x, y, z := opstest.Normals[T](rng, n), opstest.Normals[T](rng, n), opstest.Normals[T](rng, n)
		rows := opstest.Normals[T](rng, 37*n)
		for name, f := range map[string]func(to []T){
			"AxpyTo":          func(to []T) { AxpyTo(to, 0.3, x) },
			"ResidualTo":      func(to []T) { ResidualTo(to, 0.3, x, z) },
			"TanhTo":          func(to []T) { TanhTo(to, to) },
			"TanhGradTo":      func(to []T) { TanhGradTo(to, x, to) },
			"AddColumnSumsTo": func(to []T) { AddColumnSumsTo(to, rows) },
			"AdamTo": func(to []T) {
				m, v := append([]T(nil), x...), append([]T(nil), z...)
				for i := range v {
					v[i] *= v[i]
				}
				AdamTo(to, m, v, to, m, v, y, 1e-2, 0.9, 0.999, 1e-8, 3)
			},
		} {
			compare(fmt.Sprintf("%s of %d", name, n), func() []T {
				to := append([]T(nil), y...)
				f(to)
				return to
			})
		}
	}
}

// FuzzGemm compares a random product with its definition, see testGemm.
func FuzzGemm(f *testing.F) {
	f.Add(uint16(5), uint16(30), uint16(130), uint8(3), uint64(1))
	f.Add(uint16(100), uint16(2), uint16(9), uint8(4), uint64(2))
	f.Add(uint16(1), uint16(100), uint16(300), uint8(6), uint64(3))
	f.Fuzz(func(t *testing.T, m, n, k uint16, mode uint8, seed uint64) {
		for _, p := range paths {
			restore := setPath(p.name)
			rng := rand.New(rand.NewPCG(seed, 0))
			compareGemm[float64](t, rng, int(m)%160, int(n)%160, int(k)%400, mode)
			compareGemm[float32](t, rng, int(m)%160, int(n)%160, int(k)%400, mode)
			restore()
		}
	})
}

// With its work space grown a product allocates nothing.
func TestGemmAllocates(t *testing.T) {
	for _, p := range paths[1:] { // gonum allocates
		restore := setPath(p.name)
		var scratch []float64
		a := make([]float64, 150*150)
		c := make([]float64, 150*150)
		for mode := range 4 {
			for _, s := range [][3]int{{150, 2, 150}, {150, 150, 150}, {150, 2, 2}, {1, 150, 150}, {2, 2, 2}} {
				product := func() { Gemm(mode&1 != 0, mode&2 != 0, s[0], s[1], s[2], 1, a, a, 1, c, &scratch) }
				if got := testing.AllocsPerRun(10, product); got != 0 {
					t.Errorf("%s, mode %d, %v: %v allocations a product", p.name, mode, s, got)
				}
			}
		}
		restore()
	}
}

// ulps returns the distance of got from want in units in the last place of a
// T at want, the subnormal unit at least.
func ulps[T Float](got T, want float64) float64 {
	digits, least := 53, -1074
	if _, ok := any(got).(float32); ok {
		digits, least = 24, -149
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-digits, least))
}
