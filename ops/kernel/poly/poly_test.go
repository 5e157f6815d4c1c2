package poly

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/ops/kernel"
	"spnode/ops/opstest"
)

// There are binomial(n+d, d) monomials of degree at most d, and each is the product
// of its factors.
func TestPolynomialFeatures(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct{ n, degree, want int }{{3, 0, 1}, {3, 1, 4}, {20, 2, 231}, {8, 5, 1287}, {2, 7, 36}} {
		p := New(c.n, 1, c.degree, true)
		if p.Coefficients() != c.want {
			t.Errorf("n = %d, degree %d: %d monomials, want %d", c.n, c.degree, p.Coefficients(), c.want)
		}
		const rows = 5
		u := opstest.Normals[float64](rng, rows*c.n)
		phi := make([]float64, c.want*rows)
		NewWork[float64](p).FeaturesTo(phi, u, rows)
		for i := range c.want {
			for r := range rows {
				want := 1.
				for _, v := range p.Factors(0, i) {
					want *= u[r*c.n+v]
				}
				if got := phi[i*rows+r]; math.Abs(got-want) > 1e-14*math.Abs(want) { // a few roundings
					t.Fatalf("n = %d, degree %d: monomial %v is %v, want %v", c.n, c.degree, p.Factors(0, i), got, want)
				}
			}
		}
	}
}

// Values against a sum over the monomials, in one row and in so many that there are
// several blocks.
func TestPolynomialForward(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	const n, m, rows = 6, 3, 700
	p := New(n, m, 4, false)
	u, c := opstest.Normals[float64](rng, rows*n), opstest.Normals[float64](rng, p.Coefficients())
	y, one := make([]float64, rows*m), make([]float64, m)
	w := NewWork[float64](p)
	w.ForwardTo(y, u, c, rows)
	for r := range rows {
		want := make([]float64, m)
		var size float64
		for i := range p.Coefficients() / m {
			phi := 1.
			vs := p.Factors(0, i)
			if len(vs) == 1 {
				t.Fatal("a monomial of degree 1 enters")
			}
			for _, v := range vs {
				phi *= u[r*n+v]
			}
			for j := range want {
				want[j] += phi * c[i*m+j]
				size += math.Abs(phi * c[i*m+j])
			}
		}
		w.ForwardTo(one, u[r*n:], c, 1)
		for j, v := range want {
			if got := y[r*m+j]; math.Abs(got-v) > 1e-14*size || math.Abs(got-one[j]) > 1e-14*size { // of the sum of 200 terms
				t.Fatalf("row %d: got %v, alone %v, want %v", r, got, one[j], v)
			}
		}
	}
}

// The image of a shifted or reflected field is the shifted or reflected image.
func TestPeriodicPolynomialIsEquivariant(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	const pairs, first, last = 3, 2, 5
	p := NewPeriodic(pairs, first, last, 5, true)
	w := NewWork[float64](p)
	c := opstest.Normals[float64](rng, p.Coefficients())
	move := func(u []float64, from int, angle float64, reflect bool) []float64 {
		v := make([]float64, len(u))
		for i := 0; i < len(u); i += 2 {
			// With a cos(kx) + b sin(kx), a shift turns (a, b); x → −x, u → −u keeps b.
			z := complex(u[i], -u[i+1]) * cmplx.Exp(complex(0, angle*float64(from+i/2)))
			v[i], v[i+1] = real(z), -imag(z)
			if reflect {
				v[i] = -v[i]
			}
		}
		return v
	}
	apply := func(u []float64) []float64 {
		y := make([]float64, p.Out())
		w.ForwardTo(y, u, c, 1)
		return y
	}
	for range 20 {
		u, angle, reflect := opstest.Normals[float64](rng, p.In()), 7*rng.Float64(), rng.IntN(2) == 1
		got, want := apply(move(u, 1, angle, reflect)), move(apply(u), first, angle, reflect)
		for i, v := range want {
			if math.Abs(got[i]-v) > 1e-11*floats.Norm(want, math.Inf(1)) { // roundings of some hundred terms of degree 5
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	}
}

// The numbers of coefficients that the least-squares fits of the literature on this
// map have: 270 for the 12 pairs from the first 4 in degree 5, of which those of the
// decoder and the field are 4 pairs less and the first 4.
func TestPeriodicPolynomialCoefficients(t *testing.T) {
	field := NewPeriodic(4, 1, 4, 5, true)
	if got := NewPeriodic(10, 1, 10, 2, true).Coefficients(); got != 80 {
		t.Errorf("10 pairs, degree 2: %d coefficients, want 80", got)
	}
	if got := field.Coefficients(); got != 270 {
		t.Errorf("4 pairs, degree 5: %d coefficients, want 270", got)
	}
}

// No value and no difference quotient passes its bound, and a monomial attains its
// own to the spread of its multinomial.
func TestPolynomialBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for _, p := range []*Polynomial{New(3, 2, 4, true), NewPeriodic(2, 1, 2, 4, true)} {
		c := opstest.Normals[float64](rng, p.Coefficients())
		beta := p.Bounds(c)
		w := NewWork[float64](p)
		norm := func(x []float64) float64 { return math.Sqrt(kernel.Dot(x, x)) }
		y, z := make([]float64, p.Out()), make([]float64, p.Out())
		var closest float64
		for range 2000 {
			u := opstest.Normals[float64](rng, p.In())
			w.ForwardTo(y, u, c, 1)
			var bound, lipschitz float64
			r := norm(u)
			for q, b := range beta {
				bound += b * math.Pow(r, float64(q))
				if q > 0 {
					lipschitz += float64(q) * b * math.Pow(1.01*r, float64(q-1))
				}
			}
			closest = max(closest, norm(y)/bound)
			if norm(y) > bound {
				t.Fatalf("‖p(u)‖ = %g at ‖u‖ = %g, above the bound %g", norm(y), r, bound)
			}
			v := opstest.Normals[float64](rng, p.In())
			d := 0.01 * r / norm(v)
			kernel.AxpyTo(u, d, v)
			w.ForwardTo(z, u, c, 1)
			kernel.AxpyTo(z, -1, y)
			if norm(z) > lipschitz*0.01*r {
				t.Fatalf("a difference quotient of %g is above the bound %g", norm(z)/(0.01*r), lipschitz)
			}
		}
		t.Logf("values come to %.2f of the bound", closest)
	}
	// p(u) = u_1²u_2 has the largest value 2/(3√3) on the sphere, and Bombieri's norm 1/√3.
	p := New(2, 1, 3, false)
	c := make([]float64, p.Coefficients())
	for i := range c {
		if vs := p.Factors(0, i); len(vs) == 3 && vs[0] == 0 && vs[1] == 0 && vs[2] == 1 {
			c[i] = 1
		}
	}
	if got := p.Bounds(c)[3]; math.Abs(got-1/math.Sqrt(3)) > 1e-15 {
		t.Errorf("u₁²u₂: bound %v, want 1/√3", got)
	}
}

// A quadratic form of 20 variables as a polynomial, with the paper's (6) of full rank
// beside it; and a manifold's field, with and without its symmetry.
func BenchmarkPolynomial(b *testing.B) {
	const rows = 128
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		name string
		p    *Polynomial
	}{
		{"quadratic20", New(20, 20, 2, false)}, {"quintic8", New(8, 8, 5, false)}, {"periodic8", NewPeriodic(4, 1, 4, 5, false)},
	} {
		n := c.p.In()
		u, co, dy := opstest.Normals[float64](rng, rows*n), opstest.Normals[float64](rng, c.p.Coefficients()), opstest.Normals[float64](rng, rows*n)
		y, du, dc := make([]float64, rows*n), make([]float64, rows*n), make([]float64, len(co))
		w := NewWork[float64](c.p)
		b.Run(c.name+"/forward", func(b *testing.B) {
			for b.Loop() {
				w.ForwardTo(y, u, co, rows)
			}
		})
		b.Run(c.name+"/backward", func(b *testing.B) {
			for b.Loop() {
				w.AddBackward(du, dc, u, co, dy, rows)
			}
		})
	}
	const n, rank = 20, 20
	u, C, D, bias := opstest.Normals[float64](rng, rows*n), opstest.Normals[float64](rng, rank*n*n), opstest.Normals[float64](rng, rank*n*n), opstest.Normals[float64](rng, n)
	y, du, dC, dD, db := make([]float64, rows*n), make([]float64, rows*n), make([]float64, rank*n*n), make([]float64, rank*n*n), make([]float64, n)
	var f kernel.Bilinear[float64]
	b.Run("bilinear20/forward", func(b *testing.B) {
		for b.Loop() {
			f.ForwardTo(y, u, C, D, bias, rows, n, n)
		}
	})
	b.Run("bilinear20/backward", func(b *testing.B) {
		for b.Loop() {
			f.Backward(du, dC, dD, db, u, C, D, y, rows, n, n)
		}
	})
}
