package expmv

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
	"spnode/ops/opstest"
)

// bigPhi returns φ_l(z) of an n×n matrix by Horner's scheme for its series, to
// more digits than its largest terms, e^‖z‖, lose.
func bigPhi(n, l int, z [][]float64, norm float64) [][]*big.Float {
	const prec = 200
	terms := 40 // 1/40! = 1e-48,
	if norm > 1 {
		terms = 170 // 30¹⁷⁰/170! = 1e-56
	}
	num := func(v float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(v) }
	square := func() [][]*big.Float {
		m := make([][]*big.Float, n)
		for i := range m {
			for range n {
				m[i] = append(m[i], num(0))
			}
		}
		return m
	}
	c, t := make([]*big.Float, terms+l+1), num(0) // 1/k!
	c[0] = num(1)
	for k := 1; k < len(c); k++ {
		c[k] = num(0).Quo(c[k-1], num(float64(k)))
	}
	f := square()
	for k := terms; k >= 0; k-- {
		next := square()
		for i := range n {
			for q, v := range z[i] {
				for j := 0; v != 0 && j < n; j++ {
					if f[q][j].Sign() != 0 {
						next[i][j].Add(next[i][j], t.Mul(num(v), f[q][j]))
					}
				}
			}
			next[i][i].Add(next[i][i], c[k+l])
		}
		f = next
	}
	return f
}

// exactGradient returns the gradient by A of ⟨d_0, e^{hA}⟩ + Σ ⟨d_j, hφ_j(hA)⟩
// for n×n matrices. That of ⟨d, f(A)⟩ is the derivative of f at Aᵀ along d,
// which stands beside the diagonal blocks in f of the matrix (Aᵀ d; 0 Aᵀ).
func exactGradient(n int, a []float64, h float64, d [][]float64) []float64 {
	grad := make([]float64, n*n)
	for l, dl := range d {
		if slices.Max(dl) == 0 && slices.Min(dl) == 0 {
			continue
		}
		z := make([][]float64, 2*n)
		for i := range z {
			z[i] = make([]float64, 2*n)
		}
		for i := range n {
			for j := range n {
				z[i][j], z[n+i][n+j] = h*a[j*n+i], h*a[j*n+i]
				z[i][n+j] = h * dl[i*n+j]
			}
		}
		norm, _ := kernel.Norm1(n, n, a)
		f := bigPhi(2*n, l, z, h*norm)
		for i := range n {
			for j := range n {
				v, _ := f[i][n+j].Float64()
				if l > 0 {
					v *= h
				}
				grad[i*n+j] += v
			}
		}
	}
	return grad
}

// gradientNorms are ‖hA‖₁ from none to many doublings; between them lie those up
// to which a polynomial has one term, two and so on.
var gradientNorms = []float64{0, 1e-300, 1e-20, 1e-16, 2.2e-16, 1e-12, 1e-9, 1e-8, 1.2e-7, 1e-6, 1e-5, 5e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 0.7, 1, 1.1, 2, 5, 30}

// The derivative by A is right for every norm of hA, by itself and beside that
// of the value: of the propagators alone, φ_1 to φ_3, and of the action of an
// exponential in both forms.
func TestGradientAtEveryNorm(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testGradientAtEveryNorm[float64](t, 1e-13) })
	t.Run("float32", func(t *testing.T) { testGradientAtEveryNorm[float32](t, 1e-6) })
}

func testGradientAtEveryNorm[T kernel.Float](t *testing.T, tol float64) {
	const n, rows, h = 3, 2, 0.5
	rng := rand.New(rand.NewPCG(11, 12))
	unit := opstest.Normals[float64](rng, n*n)
	for i := range n {
		unit[i*n+i] -= 3
	}
	norm, _ := kernel.Norm1(n, n, unit)
	round := func(x []float64) (y []T) { // and x becomes what y is
		for i, v := range x {
			y = append(y, T(v))
			x[i] = float64(T(v))
		}
		return y
	}
	check := func(what string, got []T, want []float64) {
		t.Helper()
		var top, diff float64
		for i, v := range want {
			top, diff = max(top, math.Abs(v)), max(diff, math.Abs(float64(got[i])-v))
		}
		if !(diff <= tol*top) {
			t.Errorf("%s: the gradient by A is %.2g off, want ≤ %g", what, diff/top, tol)
		}
	}
	for _, size := range gradientNorms {
		a64 := make([]float64, n*n)
		for i, v := range unit {
			a64[i] = v * size / norm / h
		}
		a := round(a64)
		for p := 1; p <= 3; p++ {
			phi := funm.NewPhi[T](n, p, kernel.UnitRoundoff[T]())
			for j := range p + 1 {
				d64, d := make([][]float64, p+1), make([][]T, p+1)
				for l := range d {
					d64[l] = make([]float64, n*n)
					if l == j {
						d64[l] = opstest.Normals[float64](rng, n*n)
					}
					d[l] = round(d64[l])
				}
				want := exactGradient(n, a64, h, d64)
				for range 2 { // a second call is like the first
					da := make([]T, n*n)
					phi.Forward(a, h)
					phi.Backward(da, d)
					check(fmt.Sprintf("‖hA‖ = %g, φ_%d beside φ_%d", size, j, p), da, want)
					clear(da)
					phi.Backward(da, d)
					check(fmt.Sprintf("‖hA‖ = %g, φ_%d beside φ_%d, again", size, j, p), da, want)
				}
			}
		}
		for _, form := range []form{matrixFree, propagators} {
			for _, scale := range [][2]float64{{1, 0}, {0, 1}, {1, 1}} {
				vector := func(c float64) (x64 []float64, x []T) {
					x64 = opstest.Normals[float64](rng, rows*n)
					for i := range x64 {
						x64[i] *= c
					}
					return x64, round(x64)
				}
				u64, u := vector(scale[0])
				w64, w := vector(scale[1])
				lam64, lam := vector(1)
				d := [][]float64{make([]float64, n*n), make([]float64, n*n)}
				for r := range rows {
					for i := range n {
						for j := range n {
							d[0][i*n+j] += lam64[r*n+i] * u64[r*n+j]
							d[1][i*n+j] += lam64[r*n+i] * w64[r*n+j]
						}
					}
				}
				k := New[T](n, 1, kernel.UnitRoundoff[T]())
				k.form = form
				y, du, dw, da, dh := make([]T, rows*n), make([]T, rows*n), make([]T, rows*n), make([]T, n*n), make([]T, 1)
				k.ForwardTo(y, a, []float64{h}, u, w)
				k.BackwardTo(du, dw, da, dh, a, []float64{h}, u, w, lam)
				check(fmt.Sprintf("‖hA‖ = %g, form %v, %g u and %g w", size, form, scale[0], scale[1]), da, exactGradient(n, a64, h, d))
			}
		}
	}
}
