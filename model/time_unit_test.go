package model_test

import (
	"math"
	"testing"

	"spnode/model"
	"spnode/model/dynamics"
)

// A model that counts in another unit of time has the same predictions at times in
// that unit, and its rates are told in the data's.
func TestTimeUnit(t *testing.T) {
	c := model.DefaultConfig(2)
	c.Linear.Shift = -0.1
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	c.TimeUnit = 0x1p-7
	scaled, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	u0 := [][]float64{{0.3, -0.2}}
	want, err := m.Predict(u0, []float64{0, 1, 3})
	if err != nil {
		t.Fatal(err)
	}
	got, err := scaled.Predict(u0, []float64{0, 0x1p-7, 3 * 0x1p-7})
	if err != nil {
		t.Fatal(err)
	}
	for k := range got {
		for j, v := range got[k][0] {
			if v != want[k][0][j] {
				t.Errorf("time %d, component %d: got %g, want %g", k, j, v, want[k][0][j])
			}
		}
	}
	a, err := m.Stability()
	if err != nil {
		t.Fatal(err)
	}
	b, err := scaled.Stability()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range [][2]float64{{a.SpectralAbscissa, b.SpectralAbscissa}, {a.Shift, b.Shift}, {a.Norm, b.Norm}, {a.Lipschitz, b.Lipschitz}, {a.Certificate, b.Certificate}, {m.Linear().At(0, 1), scaled.Linear().At(0, 1)}} {
		if math.Abs(q[1]-128*q[0]) > 1e-12*math.Abs(q[1]) { // roundings
			t.Errorf("got %g, want 128 times %g", q[1], q[0])
		}
	}
}

// What turns in pairs stays on its circles at any step, and does not mix with the
// rest; gradients are those of differences elsewhere.
func TestRotations(t *testing.T) {
	c := model.DefaultConfig(5)
	c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
	c.Integrator = "etd1"
	c.Linear.Rotations, c.Linear.Frequency = 2, 3
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	u, err := m.Predict([][]float64{{1, 0, 0, 2, 1}}, []float64{0, 0.1, 1e3, 1e6})
	if err != nil {
		t.Fatal(err)
	}
	for k, x := range u {
		if a, b := math.Hypot(x[0][0], x[0][1]), math.Hypot(x[0][2], x[0][3]); math.Abs(a-1) > 1e-8 || math.Abs(b-2) > 1e-8 { // of ‖hA‖ = 6e6 roundings
			t.Errorf("time %d: radii %g and %g, want 1 and 2", k, a, b)
		}
	}
	if x := u[1][0]; math.Abs(x[0]-math.Cos(0.3)) > 1e-12 || math.Abs(x[1]-math.Sin(0.3)) > 1e-12 || math.Abs(x[2]+2*math.Sin(0.6)) > 1e-12 {
		t.Errorf("got %v, want turns by 0.3 and 0.6", x)
	}
	r, err := m.Stability()
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(r.SpectralAbscissa) > 1e-12 || r.Spectrum[4][0] >= 0 {
		t.Errorf("got the spectrum %v, want two pairs on the imaginary axis and a negative one", r.Spectrum)
	}
	for _, change := range []func(*dynamics.LinearConfig){
		func(l *dynamics.LinearConfig) { l.Rotations = 3 }, func(l *dynamics.LinearConfig) { l.Frequency = 0 }, func(l *dynamics.LinearConfig) { l.Shift = -1 }, func(l *dynamics.LinearConfig) { l.Rates = []float64{1, 2} },
	} {
		other := c
		change(&other.Linear)
		if _, err := model.New(other); err == nil {
			t.Errorf("%+v: got no error", other.Linear)
		}
	}
}
