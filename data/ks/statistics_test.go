package ks

import (
	"context"
	"math"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/internal/stack"
	"spnode/data/measure"
)

// wave is a sin(q_k x + 1).
type wave struct {
	k int
	a float64
}

// sumWaves is the sum of waves, with its two derivatives.
func sumWaves(p Equation, waves ...wave) (u, ux, uxx []float64) {
	u, ux, uxx = make([]float64, p.Points), make([]float64, p.Points), make([]float64, p.Points)
	for _, w := range waves {
		q := 2 * math.Pi * float64(w.k) / p.Length
		for i := range u {
			sin, cos := math.Sincos(q*p.Length*float64(i)/float64(p.Points) + 1)
			u[i] += w.a * sin
			ux[i] += w.a * q * cos
			uxx[i] -= w.a * q * q * sin
		}
	}
	return u, ux, uxx
}

func TestDerivatives(t *testing.T) {
	p := DefaultEquation()
	u, wantX, wantXX := sumWaves(p, wave{1, 2}, wave{5, -1}, wave{31, 0.1})
	alternating := make([]float64, p.Points)
	for i := range alternating {
		alternating[i] = float64(1 - 2*(i%2))
	}
	d, ux, uxx := newDerivative(p), stack.New(2, p.Points), stack.New(2, p.Points)
	d.to(ux[0], uxx[0], u)
	d.to(ux[1], uxx[1], alternating)
	// Roundings of the transform, and in the angles, times q and q², of 9 and 84 at most.
	if dx, dxx := floats.Distance(ux[0], wantX, math.Inf(1)), floats.Distance(uxx[0], wantXX, math.Inf(1)); dx > 1e-13 || dxx > 1e-12 {
		t.Errorf("got differences of %g and %g, want at most 1e-13 and 1e-12", dx, dxx)
	}
	q := math.Pi * 64 / 22
	for i, v := range alternating {
		if ux[1][i] != 0 || math.Abs(uxx[1][i]+q*q*v) > 1e-13 {
			t.Fatalf("alternating, point %d: got %g and %g, want 0 and %g", i, ux[1][i], uxx[1][i], -q*q*v)
		}
	}
}

func TestEnergySpectrum(t *testing.T) {
	p := DefaultEquation()
	u, _, _ := sumWaves(p, wave{3, 2})
	v, _, _ := sumWaves(p, wave{7, 1})
	floats.AddConst(0.5, v)
	for i := range v {
		v[i] += 0.25 * float64(1-2*(i%2))
	}
	d := data.Shared([]float64{0, 1}, [][][]float64{{u}, {v}}, nil)
	energy, err := p.EnergySpectrum(d)
	if err != nil {
		t.Fatal(err)
	}
	// A sine of amplitude a has |û| = a/2; half the mean, since each is at one time.
	want := make([]float64, 33)
	want[0], want[3], want[7], want[32] = 0.25/2, 1./2, 0.25/2, 0.0625/2
	if diff := floats.Distance(energy, want, math.Inf(1)); !(diff <= 1e-15) { // roundings
		t.Errorf("got a difference of %g from what the waves have", diff)
	}
	sum := energy[0] + energy[32] + 2*floats.Sum(energy[1:32])
	if want := measure.RMS(d)[0] * measure.RMS(d)[0]; math.Abs(sum-want) > 1e-14 { // roundings of a number near 1
		t.Errorf("got a sum of %g, want the mean square %g", sum, want)
	}
	for name, bad := range map[string]*data.Dataset{
		"empty":  {},
		"uneven": data.Shared([]float64{0, 1}, [][][]float64{{u}, {u, v}}, nil),
		"points": data.Shared([]float64{0}, [][][]float64{{u[:32]}}, nil),
	} {
		if _, err := p.EnergySpectrum(bad); !errors.Is(err, data.ErrShape) {
			t.Errorf("%s: got %v, want %v", name, err, data.ErrShape)
		}
		if _, err := p.DerivativeHistogram(bad); !errors.Is(err, data.ErrShape) {
			t.Errorf("%s: got %v, want %v", name, err, data.ErrShape)
		}
	}
}

// TestHistogram has waves that lie within the grid, a wave that lies in part
// outside of it, and a field that is not finite.
func TestHistogram(t *testing.T) {
	p := DefaultEquation()
	inside, ux, uxx := sumWaves(p, wave{2, 1.1}, wave{4, 0.9})
	outside, ox, oxx := sumWaves(p, wave{2, 12})
	wrong := make([]float64, p.Points)
	wrong[5] = math.NaN()
	h, err := p.DerivativeHistogram(data.Shared([]float64{0}, [][][]float64{{inside, outside, wrong}}, nil))
	if err != nil {
		t.Fatal(err)
	}
	want, mass := stack.New(60, 60), 0.
	for i, x := range append(ux, ox...) {
		y := append(uxx, oxx...)[i]
		if math.Abs(x) < 4 && math.Abs(y) < 5 {
			want[int((x+4)*60/8)][int((y+5)*60/10)] += 1. / (3 * 64)
			mass += 1. / (3 * 64)
		}
	}
	if mass < 0.4 || mass > 0.6 {
		t.Fatalf("got a mass of %g in the grid, want the inner wave and a part of the outer", mass)
	}
	for i, row := range h.Mass {
		for j, got := range row {
			if math.Abs(got-want[i][j]) > 1e-15 { // roundings of the shares
				t.Errorf("bin %d, %d: got %g, want %g", i, j, got, want[i][j])
			}
		}
	}
	if h.X != [2]float64{-4, 4} || h.Y != [2]float64{-5, 5} || len(h.Mass) != 60 {
		t.Errorf("got %d bins on %v × %v", len(h.Mass), h.X, h.Y)
	}
}

func TestBin(t *testing.T) {
	r := [2]float64{-4, 4}
	for _, c := range []struct {
		x    float64
		want int
	}{
		{-4, 0}, {-3.76, 0}, {-3.74, 0}, {-3.4, 1}, {0, 8}, {-0.1, 7}, {3.9, 15}, {4, 15},
		{-4.0001, -1}, {4.0001, -1}, {math.NaN(), -1}, {math.Inf(1), -1}, {math.Inf(-1), -1},
	} {
		if got := bin(c.x, r, 16); got != c.want {
			t.Errorf("%g: got bin %d, want %d", c.x, got, c.want)
		}
	}
}

func TestTotalVariation(t *testing.T) {
	make := func(mass ...float64) *JointHistogram {
		return &JointHistogram{X: [2]float64{0, 1}, Y: [2]float64{0, 1}, Mass: stack.Rows(mass, 2, 2)}
	}
	for _, c := range []struct {
		a, b *JointHistogram
		want float64
	}{
		{make(1, 0, 0, 0), make(1, 0, 0, 0), 0},
		{make(1, 0, 0, 0), make(0, 0, 1, 0), 1},
		{make(0.5, 0.5, 0, 0), make(0, 0.5, 0.5, 0), 0.5},
		{make(0.25, 0.25, 0.25, 0.25), make(0, 0, 0, 0), 1}, // all outside
		{make(0.5, 0.25, 0, 0), make(0.25, 0.25, 0, 0), 0.25},
	} {
		for range 2 {
			got, err := c.a.TotalVariation(c.b)
			if err != nil || got != c.want { // numbers without roundings
				t.Errorf("%v and %v: got %g, %v, want %g", c.a.Mass, c.b.Mass, got, err, c.want)
			}
			c.a, c.b = c.b, c.a
		}
	}
	other := make(1, 0, 0, 0)
	other.Y[1] = 2
	uneven := make(1, 0, 0, 0)
	uneven.Mass[1] = uneven.Mass[1][:1]
	for _, bad := range []*JointHistogram{other, uneven, {}} {
		if _, err := make(1, 0, 0, 0).TotalVariation(bad); !errors.Is(err, data.ErrShape) {
			t.Errorf("%+v: got %v, want %v", bad, err, data.ErrShape)
		}
	}
}

// TestStatistics has the known numbers of the attractor at length 22, and two sets
// of runs from other starts that have them alike.
func TestStatistics(t *testing.T) {
	p := DefaultEquation()
	runs := 8
	if testing.Short() {
		runs = 2
	}
	var h [2]*JointHistogram
	for i := range h {
		d, err := DefaultSolver().Runs(context.Background(), runs, 1001, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		for s, rms := range measure.RMS(d) {
			// 1.185 over long runs, with deviations of 0.01 for 1000 units.
			if math.Abs(rms-1.185) > 0.05 || math.Abs(measure.RMSChange(d)[s]-0.245) > 0.03 {
				t.Errorf("run %d: got an rms of %g and of the change %g, want 1.185 ± 0.05, 0.245 ± 0.03", s, rms, measure.RMSChange(d)[s])
			}
		}
		if h[i], err = p.DerivativeHistogram(d); err != nil {
			t.Fatal(err)
		}
		mass := 0.
		for _, row := range h[i].Mass {
			mass += floats.Sum(row)
		}
		if mass < 0.99 {
			t.Errorf("got a mass of %g in the grid, want 0.99", mass)
		}
	}
	tv, err := h[0].TotalVariation(h[1])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("total variation of two sets of runs %.4f", tv)
	// Chance: 0.025 is seen here, 0.011 with five times as much.
	if most := 0.05 * math.Sqrt(8/float64(runs)); !(tv > 0.001 && tv < most) {
		t.Errorf("got a total variation of %g, want that of chance, 0.001 … %g", tv, most)
	}
}

func BenchmarkHistogram(b *testing.B) {
	d := &data.Dataset{Trajectories: []data.Trajectory{{Times: grid(999, 1), States: DefaultEquation().States(1000, 1)}}}
	for b.Loop() {
		if _, err := DefaultEquation().DerivativeHistogram(d); err != nil {
			b.Fatal(err)
		}
	}
}
