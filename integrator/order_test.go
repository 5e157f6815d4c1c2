package integrator

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spnode/ops/opstest"
)

// uniform is the grid of so many equal steps to time T.
func uniform(steps int, end float64) opstest.Input {
	h := make([]float64, steps)
	for i := range h {
		h[i] = end / float64(steps)
	}
	return grid(h...)
}

// reference integrates p by 4000 steps of the classical Runge–Kutta method in
// plain Go. By the errors that TestOrder finds for it this leaves 2e-15.
func reference(p problem, u0 []float64, end float64) []float64 {
	n := len(u0)
	h := end / 4000
	u, k, at, sum := slices.Clone(u0), make([]float64, n), make([]float64, n), make([]float64, n)
	slope := func(c float64) { // k = f(u + ck)
		for i := range u {
			at[i] = u[i] + c*k[i]
		}
		p.g(k, at)
		for i := range u {
			k[i] += floats.Dot(p.a[i*n:(i+1)*n], at)
		}
	}
	for range 4000 {
		clear(k)
		clear(sum)
		for i, c := range []float64{0, h / 2, h / 2, h} {
			slope(c)
			floats.AddScaled(sum, []float64{h / 6, h / 3, h / 3, h / 6}[i], k)
		}
		floats.Add(u, sum)
	}
	return u
}

// The order of accuracy is the slope of log error over log step between 16 and
// 128 steps. The next term of the error, of relative size h, bends it: by less
// than 0.15 on this grid, where an order lost would be 1.
func TestOrder(t *testing.T) {
	const end, tol = 1, 0.15
	p := bump(t)
	u0 := state(2, 2, 1, 1, -0.7, 0.4)
	fine := append(reference(p, u0.Data[:2], end), reference(p, u0.Data[2:], end)...)
	eachMethod(t, func(t *testing.T, m Method) {
		var x, y []float64
		for _, steps := range []int{16, 32, 64, 128} {
			got := mustRollout(t, m, p, u0, uniform(steps, end), 1)[steps]
			x = append(x, math.Log(end/float64(steps)))
			y = append(y, math.Log(distance(got, fine)))
		}
		_, slope := stat.LinearRegression(x, y, nil, false)
		t.Logf("slope %.3f, errors %.2g to %.2g", slope, math.Exp(y[0]), math.Exp(y[3]))
		if !(math.Abs(slope-float64(m.Order())) <= tol) {
			t.Errorf("slope %.3f, want %d ± %g", slope, m.Order(), tol)
		}
	})
}

// rotations is the system of independent pairs (x, y) with z = x + iy,
// z' = λz + γ, which are exact in float64 at any stiffness. The pairs are
// apart in memory, component i with i + pairs.
func rotations(lambda, gamma []complex128) problem {
	k := len(lambda)
	n := 2 * k
	a := make([]float64, n*n)
	for i, l := range lambda {
		j := i + k
		a[i*n+i], a[i*n+j] = real(l), -imag(l)
		a[j*n+i], a[j*n+j] = imag(l), real(l)
	}
	return problem{a, func(dst, u []float64) {
		for i, c := range gamma {
			dst[i], dst[i+k] = real(c), imag(c)
		}
	}}
}

// expm1 is e^z − 1 without cancellation.
func expm1(z complex128) complex128 {
	s := math.Sin(imag(z) / 2)
	return complex(math.Expm1(real(z))*math.Cos(imag(z))-2*s*s, math.Exp(real(z))*math.Sin(imag(z)))
}

// The exponential methods are exact for constant g at any step: rates from
// 1e-6 to 1e6, steps from 1e-6 to 1e6, shared or not. A step multiplies a
// rounding of hλ by |hλ|, up to 40 for a mode that has not yet decayed below
// the constant part: 1e-13 is seven times the sum of that over three steps.
func TestExactForConstantG(t *testing.T) {
	const tol = 1e-13
	lambda := []complex128{-1e6 + 3e5i, -1e3 - 1e3i, -1 + 0.5i, -1e-3, -1e-6 + 1e-6i}
	rng := rand.New(rand.NewPCG(21, 22))
	k := len(lambda)
	gamma := make([]complex128, k)
	for i := range gamma {
		gamma[i] = complex(rng.NormFloat64(), rng.NormFloat64())
	}
	p := rotations(lambda, gamma)
	one := opstest.Normal(rng, "u0", 1, 1, 2*k)
	for _, m := range []Method{ETD1, ETD2RK, ETDRK4} {
		t.Run(m.Name(), func(t *testing.T) {
			var worst float64
			for _, dt := range []float64{1e-6, 1e-3, 0.3, 10, 1e3, 1e6} {
				for _, width := range []int{1, 2} {
					u0, h := one, []float64{dt, 0.25 * dt, 3 * dt}
					if width == 2 { // the same twice, the other one with twice the steps
						u0 = state(2, 2*k, append(slices.Clone(one.Data), one.Data...)...)
						h = []float64{dt, 2 * dt, 0.25 * dt, 0.5 * dt, 3 * dt, 6 * dt}
					}
					states := mustRollout(t, m, p, u0, grids(width, h...), 1)
					for r := range width {
						var time float64
						for s, got := range states {
							got = got[r*2*k:][:2*k]
							if s > 0 {
								time += h[(s-1)*width+r]
							}
							for i, l := range lambda {
								z0 := complex(one.Data[i], one.Data[i+k])
								w := complex(time, 0) * l
								want := cmplx.Exp(w)*z0 + expm1(w)/l*gamma[i]
								e := cmplx.Abs(complex(got[i], got[i+k])-want) / cmplx.Abs(want)
								worst = max(worst, e)
								if !(e <= tol) {
									t.Errorf("dt = %g, width %d, t = %g, λ = %g: relative error %.3g, want ≤ %g", dt, width, time, l, e, tol)
								}
							}
						}
					}
				}
			}
			t.Logf("worst relative error %.2g", worst)
		})
	}
}

// With A = 0 and constant g the solution is u0 + tg, which every method makes
// exactly; in binary fractions to the last bit, where the method has no thirds.
func TestExactForZeroA(t *testing.T) {
	p := problem{make([]float64, 4), func(dst, u []float64) { dst[0], dst[1] = 0.75, -2 }}
	h := []float64{0x1p-20, 0.5, 3, 0x1p20}
	eachMethod(t, func(t *testing.T, m Method) {
		tol := 0.
		if m.Order() > 1 {
			tol = 1e-15 // of 1/6, φ_2 and φ_3, which are rounded
		}
		states := mustRollout(t, m, p, state(1, 2, 1, -0.5), grid(h...), 1)
		var time float64
		for k, got := range states {
			if k > 0 {
				time += h[k-1]
			}
			want := []float64{1 + 0.75*time, -0.5 - 2*time}
			if e := distance(got, want) / maxNorm(want); !(e <= tol) {
				t.Errorf("state %d: got %v, want %v, relative error %.2g", k, got, want, e)
			}
		}
	})
}

// With A = 0 an exponential or implicit method is the explicit one that it
// comes from, to rounding.
func TestZeroAGivesExplicitMethod(t *testing.T) {
	p, err := parseProblem("u1'=sin(u2), u2'=cos(u1)-u2^3", 2)
	if err != nil {
		t.Fatal(err)
	}
	p.a = make([]float64, 4)
	for m, explicit := range map[Method]Method{ETD1: Euler, IMEXEuler: Euler, ETDRK4: RK4} {
		for _, width := range []int{1, 2} {
			u0, h := state(2, 2, 1, -0.5, 0.3, 0.8), grids(width, 0.1, 0.3, 0.2, 0.4)
			got, want := mustRollout(t, m, p, u0, h, 2), mustRollout(t, explicit, p, u0, h, 2)
			for k := range got {
				if e := distance(got[k], want[k]); !(e <= 1e-15*float64(1+k)) { // states are of size 1
					t.Errorf("%s and %s differ by %.2g in state %d", m.Name(), explicit.Name(), e, k)
				}
			}
		}
	}
}
