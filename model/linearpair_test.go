package model

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// orthonormal draws n orthonormal rows of m elements.
func orthonormal(rng *rand.Rand, n, m int) [][]float64 {
	x := make([]float64, m*n)
	Normal(1)(rng, x)
	var qr mat.QR
	qr.Factorize(mat.NewDense(m, n, x))
	var q mat.Dense
	qr.QTo(&q)
	v := make([][]float64, n)
	for i := range v {
		v[i] = mat.Col(nil, i, &q)
	}
	return v
}

// pairConfig is a model with a fixed linear pair, scaled and with invariants.
func pairConfig(t testing.TB, dim, latent int, only bool) Config {
	t.Helper()
	c := stiffConfig(dim, latent)
	c.Autoencoder.UnitStart = false
	pair, err := NewLinearPair(orthonormal(rand.New(rand.NewPCG(61, uint64(dim))), latent, dim), 1.7)
	if err != nil {
		t.Fatal(err)
	}
	pair.Only = only
	if only {
		c.Autoencoder = AutoencoderConfig{Latent: latent}
	}
	c.Autoencoder.Skip = pair
	w := make([]float64, dim)
	Normal(1)(rand.New(rand.NewPCG(62, 62)), w)
	c.Invariants = []Invariant{{w, 0.1, 0.7}}
	return c
}

func multiplied(m [][]float64, x []float64) []float64 {
	y := make([]float64, len(m))
	for i, row := range m {
		y[i] = floats.Dot(row, x)
	}
	return y
}

func TestNewLinearPair(t *testing.T) {
	v := orthonormal(rand.New(rand.NewPCG(63, 63)), 3, 5)
	p, err := NewLinearPair(v, 4)
	if err != nil {
		t.Fatal(err)
	}
	x := []float64{1, -2, 3, 0.5, 1}
	u := multiplied(p.Encode, x)
	y := multiplied(p.Decode, u)
	for i, row := range v {
		if got, want := u[i], floats.Dot(row, x)/4; math.Abs(got-want) > 1e-15*4 { // roundings of sums of size 4
			t.Errorf("coordinate %d is %g, want %g", i, got, want)
		}
		if rest := floats.Dot(row, x) - floats.Dot(row, y); math.Abs(rest) > 1e-15*16 {
			t.Errorf("Decode·Encode leaves %g along row %d, want nothing", rest, i)
		}
	}
	for _, c := range []struct {
		name  string
		v     [][]float64
		scale float64
		parts []string
	}{
		{"no rows", nil, 1, []string{"no rows"}},
		{"scale", v, 0, []string{"scale is 0"}},
		{"infinite scale", v, math.Inf(1), []string{"scale is +Inf"}},
		{"ragged", [][]float64{{1, 0}, {0, 1, 0}}, 1, []string{"row 1 has 3 elements, want 2"}},
		{"length", [][]float64{{1, 0}, {0, 2}}, 1, []string{"rows 1 and 1", "product 4, want 1"}},
		{"angle", [][]float64{{1, 0}, {0.6, 0.8}}, 1, []string{"rows 0 and 1", "product 0.6, want 0"}},
		{"NaN", [][]float64{{1, math.NaN()}}, 1, []string{"product NaN"}},
	} {
		p, err := NewLinearPair(c.v, c.scale)
		wantError(t, c.name, err, ErrConfig, c.parts...)
		if p != nil {
			t.Errorf("%s: a pair beside the error", c.name)
		}
	}
}

func TestLinearPairRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     func(c *Config)
		parts []string
	}{
		{"no latent", func(c *Config) { c.Autoencoder.Latent, c.Linear.Rates = 0, nil; c.Nonlinear.RateScaled = false }, []string{"autoencoder.latent is 0", "2"}},
		{"unit start", func(c *Config) { c.Autoencoder.UnitStart = true }, []string{"unit_start", "autoencoder.skip"}},
		{"hidden", func(c *Config) { c.Autoencoder.Skip.Only = true }, []string{"skip.only", "hidden is [6]"}},
		{"rows of encode", func(c *Config) { c.Autoencoder.Skip.Encode = c.Autoencoder.Skip.Encode[:1] }, []string{"skip.encode has 1 rows, want latent = 2"}},
		{"columns of encode", func(c *Config) { c.Autoencoder.Skip.Encode[1] = []float64{1} }, []string{"skip.encode: row 1 has 1 elements, want dim = 4"}},
		{"rows of decode", func(c *Config) { c.Autoencoder.Skip.Decode = nil }, []string{"skip.decode has 0 rows, want dim = 4"}},
		{"columns of decode", func(c *Config) { c.Autoencoder.Skip.Decode[3] = nil }, []string{"skip.decode: row 3 has 0 elements, want latent = 2"}},
		{"NaN", func(c *Config) { c.Autoencoder.Skip.Decode[2][1] = math.NaN() }, []string{"skip.decode: row 2, column 1 is NaN"}},
	} {
		cfg := pairConfig(t, 4, 2, false)
		c.f(&cfg)
		_, err := New(cfg)
		wantError(t, c.name, err, ErrConfig, c.parts...)
	}
	if s := mustNew(t, pairConfig(t, 4, 2, false)).String(); !strings.Contains(s, "[4 6 2] and back, beside fixed linear maps") {
		t.Errorf("String is %q", s)
	}
	if s := mustNew(t, pairConfig(t, 4, 2, true)).String(); !strings.Contains(s, "fixed linear maps, [4 2] and back") {
		t.Errorf("String is %q", s)
	}
}

// f_E and f_D are those of the model without the pair, and the pair's: the
// parameters of both models are the same, as their names are.
func TestLinearPairAdds(t *testing.T) {
	const batch = 5
	for _, only := range []bool{false, true} {
		for _, dtype := range []string{"float64", "float32"} {
			cfg := pairConfig(t, 4, 2, only)
			cfg.Invariants, cfg.Dtype = nil, dtype
			m := mustNew(t, cfg)
			plain := cfg
			plain.Autoencoder.Skip = nil
			bare := mustNew(t, plain)
			if only {
				clear(bare.params.Flat) // networks that give nothing
			} else if !same(m.params.Flat, bare.params.Flat) {
				t.Fatal("the pair changes the start of the parameters")
			}
			x, u := make([]float64, batch*4), make([]float64, batch*2)
			rng := rand.New(rand.NewPCG(64, 64))
			Normal(1)(rng, x)
			Normal(1)(rng, u)
			run := func(machine *machine, err error) func(out []float64, in ...[]float64) {
				if err != nil {
					t.Fatal(err)
				}
				return func(out []float64, in ...[]float64) {
					if err := machine.run(out, in...); err != nil {
						t.Fatal(err)
					}
				}
			}
			gotU, wantU := make([]float64, len(u)), make([]float64, len(u))
			run(m.encoder(batch))(gotU, x)
			run(bare.encoder(batch))(wantU, x)
			gotX, wantX := make([]float64, len(x)), make([]float64, len(x))
			run(m.decoder(batch, 1))(gotX, u, x)
			run(bare.decoder(batch, 1))(wantX, u, x)
			for r := range batch {
				floats.Add(wantU[2*r:2*r+2], multiplied(cfg.Autoencoder.Skip.Encode, x[4*r:4*r+4]))
				floats.Add(wantX[4*r:4*r+4], multiplied(cfg.Autoencoder.Skip.Decode, u[2*r:2*r+2]))
			}
			bound := 20 * 0x1p-53 // some roundings each
			if dtype == "float32" {
				bound = 20 * 0x1p-24
			}
			if e := max(relative(gotU, wantU), relative(gotX, wantX)); !(e <= bound) {
				t.Errorf("only %v, %s: differs by %.2g, want ≤ %.2g", only, dtype, e, bound)
			}
		}
	}
}

// The gradient of a whole model, and that of float32 to a thousand roundings.
func TestLinearPairGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(65, 66))
	for _, only := range []bool{false, true} {
		cfg := pairConfig(t, 5, 3, only)
		cfg.Linear.Rates, cfg.Nonlinear.RateScaled = nil, false // the differences suit mild rates
		states := normalStates(rng, 0.5, 4, 3, cfg.Dim)
		var grads [2][]float64
		for i, dtype := range []string{"float64", "float32"} {
			cfg.Dtype = dtype
			m := mustNew(t, cfg)
			draw := rand.New(rand.NewPCG(67, 68))
			for _, p := range m.params.List {
				if p.Name == "g/0/W" || p.Name == "g/1/W" {
					awayFromKinks(p, math.Sqrt(cfg.Nonlinear.Lipschitz))
				}
				if floats.Norm(p.Data, 2) == 0 {
					Normal(0.3)(draw, p.Data)
				}
			}
			ev, err := newEvaluation(m, 2, WeightUniform, []float64{0, 0.1, 0.4, 1}, states)
			if err != nil {
				t.Fatal(err)
			}
			grads[i] = make([]float64, len(m.params.Flat))
			if _, err := ev.evaluate(grads[i]); err != nil {
				t.Fatal(err)
			}
			if dtype == "float32" {
				continue
			}
			e, where, err := ev.worstGradient(rng, 99, 2)
			if err != nil || !(e <= 1e-7) {
				t.Errorf("only %v: gradient by %s differs from central differences by %.2g of its largest element, error %v", only, where, e, err)
			}
			t.Logf("only %v: worst relative difference %.2g, by %s", only, e, where)
		}
		if e := relative(grads[1], grads[0]); !(e <= 1000*0x1p-24) {
			t.Errorf("only %v: float32 differs by %.2g", only, e)
		}
	}
}

// The invariants hold and a saved model predicts the same bits.
func TestLinearPairPredicts(t *testing.T) {
	for _, only := range []bool{false, true} {
		cfg := pairConfig(t, 4, 2, only)
		m := mustNew(t, cfg)
		u0 := normalStates(rand.New(rand.NewPCG(69, 70)), 1, 1, 7, 4)[0]
		times := []float64{0, 0.1, 1, 1e3}
		u, err := m.Predict(u0, times)
		if err != nil {
			t.Fatal(err)
		}
		w := cfg.Invariants[0].Weights
		for k := range u {
			for s := range u[k] {
				if drift, size := floats.Dot(w, u[k][s])-floats.Dot(w, u0[s]), floats.Norm(u[k][s], 1); math.Abs(drift) > 1e-14*max(1, size) { // some tens of roundings
					t.Errorf("only %v: the invariant drifts by %.2g of states of size %.2g", only, drift, size)
				}
			}
		}
		dir := filepath.Join(t.TempDir(), "run")
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		again, err := loaded.Predict(u0, times)
		if err != nil {
			t.Fatal(err)
		}
		if !same(flatten(again), flatten(u)) {
			t.Errorf("only %v: the loaded model has other bits", only)
		}
	}
}
