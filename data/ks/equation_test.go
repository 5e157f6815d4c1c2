package ks

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spnode/data/ode"
)

var _ ode.Problem = Equation{}

// TestRHS has a sine of amplitude a, of which everything is known:
//
//	f = a (q² − q⁴) sin(qx) − ½ a² q sin(2qx).
func TestRHS(t *testing.T) {
	for _, p := range []Equation{DefaultEquation(), {Length: 10, Points: 16}} {
		const a = 1.5
		for k := 1; k < p.Points/4; k++ { // 2k is seen on the points
			q := 2 * math.Pi * float64(k) / p.Length
			u, f, largest := make([]float64, p.Points), make([]float64, p.Points), 0.
			for i := range u {
				u[i] = a * math.Sin(2*math.Pi*float64(k*i)/float64(p.Points))
			}
			before := append([]float64(nil), u...)
			p.RHS(f, u)
			if !reflect.DeepEqual(u, before) {
				t.Fatalf("k=%d: u was changed", k)
			}
			// Roundings of the transform, some times 1e-16, enter with the rate of the
			// shortest wave; 3e-15 of it is seen.
			tol := 1e-14 * (1 + math.Abs(p.GrowthRates()[p.Points/2-1]))
			for i, got := range f {
				x := 2 * math.Pi * float64(k*i) / float64(p.Points)
				want := a*(q*q-q*q*q*q)*math.Sin(x) - a*a*q/2*math.Sin(2*x)
				largest = max(largest, math.Abs(got-want))
			}
			if !(largest <= tol) {
				t.Errorf("%+v, k=%d: got a difference of %g, want at most %g", p, k, largest, tol)
			}
		}
	}
}

// TestNyquist has the alternating field, whose derivative is not seen: it decays
// with its rate, and its square, a constant, does nothing.
func TestNyquist(t *testing.T) {
	p := Equation{Length: 22, Points: 16}
	u, f := make([]float64, 16), make([]float64, 16)
	for i := range u {
		u[i] = float64(1 - 2*(i%2))
	}
	p.RHS(f, u)
	rate := p.GrowthRates()[7]
	for i := range u {
		if math.Abs(f[i]-rate*u[i]) > 1e-15*math.Abs(rate)*16 { // roundings of the transform
			t.Errorf("point %d: got %g, want %g", i, f[i], rate*u[i])
		}
	}
}

func TestGrowth(t *testing.T) {
	rates := DefaultEquation().GrowthRates()
	if len(rates) != 32 {
		t.Fatalf("got %d rates, want 32", len(rates))
	}
	for i, got := range rates {
		q := 2 * math.Pi * float64(i+1) / 22
		if want := math.Pow(q, 2) - math.Pow(q, 4); math.Abs(got-want) > 1e-14*math.Pow(q, 4) {
			t.Errorf("mode %d: got %g, want %g", i+1, got, want)
		}
	}
	// Three unstable modes; the second is the fastest.
	if rates[2] <= 0 || rates[3] >= 0 || DefaultEquation().MaxGrowth() != rates[1] {
		t.Errorf("got rates %v …, and the largest %g", rates[:4], DefaultEquation().MaxGrowth())
	}
	// q² = (4π/22)² = 0.3263, by hand.
	if got := DefaultEquation().MaxGrowth(); math.Abs(got-0.2198) > 5e-5 {
		t.Errorf("got a largest rate of %g, want 0.2198", got)
	}
	if got := (Equation{Length: 6, Points: 16}).MaxGrowth(); got != 0 {
		t.Errorf("short domain: got %g, want 0, that of the mean", got)
	}
}

func TestFourierPairs(t *testing.T) {
	p := DefaultEquation()
	pairs, err := p.FourierPairs(31)
	if err != nil {
		t.Fatal(err)
	}
	if len(pairs) != 62 {
		t.Fatalf("got %d rows, want 62", len(pairs))
	}
	small, f := make([]float64, 64), make([]float64, 64)
	for a, row := range pairs {
		for b, other := range pairs {
			want := 0.
			if a == b {
				want = 1
			}
			if got := floats.Dot(row, other); math.Abs(got-want) > 1e-15 { // a few roundings of 1
				t.Errorf("rows %d and %d: got %g, want %g", a, b, got, want)
			}
		}
		if a%2 == 0 && row[0] != math.Sqrt(2./64) || a%2 == 1 && row[0] != 0 {
			t.Errorf("row %d begins with %g, want √(2/64) for a cosine, 0 for a sine", a, row[0])
		}
		// So small that the equation is linear.
		floats.ScaleTo(small, 1e-20, row)
		p.RHS(f, small)
		rate := p.GrowthRates()[a/2]
		for i := range f {
			if want := rate * small[i]; math.Abs(f[i]-want) > 1e-32 { // 1e-20 · 7000 · a rounding
				t.Fatalf("row %d, point %d: got a rate of change %g, want %g", a, i, f[i], want)
			}
		}
	}
	for _, k := range []int{0, 32, -1} {
		if _, err := p.FourierPairs(k); err == nil || !strings.Contains(err.Error(), "want 1 … 31") {
			t.Errorf("%d pairs: got %v, want an error", k, err)
		}
	}
	if _, err := (Equation{Length: 1, Points: 6}).FourierPairs(1); err == nil {
		t.Error("6 points: got no error")
	}
}

func TestStates(t *testing.T) {
	const n = 4000
	u := DefaultEquation().States(n, 3)
	pairs, err := DefaultEquation().FourierPairs(31)
	if err != nil {
		t.Fatal(err)
	}
	energy := make([]float64, 31)
	for _, row := range u {
		if m := stat.Mean(row, nil); math.Abs(m) > 5e-15 { // roundings of numbers up to some ten
			t.Fatalf("got a mean of %g, want 0", m)
		}
		for k := range energy {
			c, s := floats.Dot(row, pairs[2*k]), floats.Dot(row, pairs[2*k+1])
			energy[k] += (c*c + s*s) / n
		}
	}
	for k, got := range energy {
		want, tol := 0., 1e-28 // the square of a rounding
		if k < 4 {
			// a² N/2, whose deviation is √2 of it; four standard errors.
			want, tol = 32, 4*32*math.Sqrt(2./n)
		}
		if math.Abs(got-want) > tol {
			t.Errorf("mode %d: got a mean square of %g, want %g ± %g", k+1, got, want, tol)
		}
	}
	if few := DefaultEquation().States(10, 3); !reflect.DeepEqual(few, u[:10]) {
		t.Error("fewer: got other states than the first ones")
	}
	if reflect.DeepEqual(DefaultEquation().States(10, 4), u[:10]) {
		t.Error("another seed gave the same states")
	}
}

func TestNames(t *testing.T) {
	p := DefaultEquation()
	if names := p.Components(); p.Name() != "ks" || p.Dim() != 64 || len(names) != 64 || names[0] != "u1" || names[63] != "u64" {
		t.Errorf("got %q, %d components, %q", p.Name(), p.Dim(), names)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Equation{{}, {22, 0}, {22, 8}, {22, 66}, {-22, 64}, {math.Inf(1), 64}, {22, -64}} {
		if bad.Validate() == nil {
			t.Errorf("%+v: got no error", bad)
		}
	}
}
