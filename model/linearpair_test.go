package model_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/model"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
	"spnode/ops/graph"
)

// orthonormal draws n orthonormal rows of m elements.
func orthonormal(rng *rand.Rand, n, m int) [][]float64 {
	x := make([]float64, m*n)
	param.Normal(1)(rng, x)
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

// The kinds of pairs: beside both networks, in place of them, or of the encoder's.
const (
	both  = "both"
	only  = "only"
	fixed = "fixed"
)

// pairConfig is a model with a fixed linear pair, scaled and with invariants.
func pairConfig(t testing.TB, dim, n int, kind string) model.Config {
	t.Helper()
	c := stiffConfig(dim, n)
	c.Autoencoder.UnitStart = false
	pair, err := latent.NewLinearPair(orthonormal(rand.New(rand.NewPCG(61, uint64(dim))), n, dim), 1.7)
	if err != nil {
		t.Fatal(err)
	}
	pair.Only, pair.FixedEncoder = kind == only, kind == fixed
	if kind == only {
		c.Autoencoder = latent.AutoencoderConfig{Latent: n}
	}
	c.Autoencoder.Skip = pair
	w := make([]float64, dim)
	param.Normal(1)(rand.New(rand.NewPCG(62, 62)), w)
	c.Invariants = []latent.Invariant{{Weights: w, Mean: 0.1, Deviation: 0.7}}
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
	p, err := latent.NewLinearPair(v, 4)
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
		p, err := latent.NewLinearPair(c.v, c.scale)
		modeltest.WantError(t, c.name, err, model.ErrConfig, c.parts...)
		if p != nil {
			t.Errorf("%s: a pair beside the error", c.name)
		}
	}
}

func TestLinearPairRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     func(c *model.Config)
		parts []string
	}{
		{"no latent", func(c *model.Config) { c.Autoencoder.Latent, c.Linear.Rates = 0, nil; c.Nonlinear.RateScaled = false }, []string{"autoencoder.latent is 0", "2"}},
		{"unit start", func(c *model.Config) { c.Autoencoder.UnitStart = true }, []string{"unit_start", "autoencoder.skip"}},
		{"hidden", func(c *model.Config) { c.Autoencoder.Skip.Only = true }, []string{"skip.only", "hidden is [6]"}},
		{"only and fixed", func(c *model.Config) { c.Autoencoder.Skip.Only, c.Autoencoder.Skip.FixedEncoder = true, true }, []string{"only", "fixed_encoder", "one of them"}},
		{"rows of encode", func(c *model.Config) { c.Autoencoder.Skip.Encode = c.Autoencoder.Skip.Encode[:1] }, []string{"skip.encode has 1 rows, want latent = 2"}},
		{"columns of encode", func(c *model.Config) { c.Autoencoder.Skip.Encode[1] = []float64{1} }, []string{"skip.encode: row 1 has 1 elements, want dim = 4"}},
		{"rows of decode", func(c *model.Config) { c.Autoencoder.Skip.Decode = nil }, []string{"skip.decode has 0 rows, want dim = 4"}},
		{"columns of decode", func(c *model.Config) { c.Autoencoder.Skip.Decode[3] = nil }, []string{"skip.decode: row 3 has 0 elements, want latent = 2"}},
		{"NaN", func(c *model.Config) { c.Autoencoder.Skip.Decode[2][1] = math.NaN() }, []string{"skip.decode: row 2, column 1 is NaN"}},
	} {
		cfg := pairConfig(t, 4, 2, both)
		c.f(&cfg)
		_, err := model.New(cfg)
		modeltest.WantError(t, c.name, err, model.ErrConfig, c.parts...)
	}
	if s := modeltest.New(t, pairConfig(t, 4, 2, both)).String(); !strings.Contains(s, "[4 6 2] and back, beside fixed linear maps") {
		t.Errorf("String is %q", s)
	}
	if s := modeltest.New(t, pairConfig(t, 4, 2, only)).String(); !strings.Contains(s, "fixed linear maps, [4 2] and back") {
		t.Errorf("String is %q", s)
	}
}

// f_E and f_D are those of the model without the pair, and the pair's: the
// parameters of both models are the same, as their names are.
func TestLinearPairAdds(t *testing.T) {
	const batch = 5
	for _, kind := range []string{both, only, fixed} {
		for _, dtype := range []string{"float64", "float32"} {
			cfg := pairConfig(t, 4, 2, kind)
			cfg.Invariants, cfg.Dtype = nil, dtype
			m := modeltest.New(t, cfg)
			plain := cfg
			plain.Autoencoder.Skip = nil
			bare := modeltest.New(t, plain)
			switch {
			case kind == only:
				clear(bare.Params().Flat) // networks that give nothing
			case kind == fixed:
				for _, p := range bare.Params().List {
					if strings.HasPrefix(p.Name, "encoder/") {
						clear(p.Data)
					}
				}
				if n := len(bare.Params().List) - len(m.Params().List); n != 4 {
					t.Errorf("a fixed encoder has %d parameters fewer, want the 4 of two layers", n)
				}
			case !modeltest.Same(m.Params().Flat, bare.Params().Flat):
				t.Fatal("the pair changes the start of the parameters")
			}
			x, u := make([]float64, batch*4), make([]float64, batch*2)
			rng := rand.New(rand.NewPCG(64, 64))
			param.Normal(1)(rng, x)
			param.Normal(1)(rng, u)
			run := func(m *model.Model, out, in []float64, width int, add func(g *param.Graph, in, x *G.Node) (*G.Node, error)) {
				g := m.Graph()
				node, data := g.Input("in", batch, width)
				x0, first := g.Input("x0", batch, 4)
				data.Set(0, in)
				first.Set(0, x)
				y, err := add(g, node, x0)
				if err != nil {
					t.Fatal(err)
				}
				g.Refresh()
				p, err := graph.Compile(y)
				if err == nil {
					err = p.Run()
				}
				if err != nil {
					t.Fatal(err)
				}
				p.Data(y).Get(out)
			}
			gotU, wantU := make([]float64, len(u)), make([]float64, len(u))
			gotX, wantX := make([]float64, len(x)), make([]float64, len(x))
			for _, c := range []struct {
				m    *model.Model
				u, x []float64
			}{{m, gotU, gotX}, {bare, wantU, wantX}} {
				run(c.m, c.u, x, 4, func(g *param.Graph, x, _ *G.Node) (*G.Node, error) { return c.m.Encode(g, x) })
				run(c.m, c.x, u, 2, c.m.Decode)
			}
			for r := range batch {
				floats.Add(wantU[2*r:2*r+2], multiplied(cfg.Autoencoder.Skip.Encode, x[4*r:4*r+4]))
				floats.Add(wantX[4*r:4*r+4], multiplied(cfg.Autoencoder.Skip.Decode, u[2*r:2*r+2]))
			}
			bound := 20 * 0x1p-53 // some roundings each
			if dtype == "float32" {
				bound = 20 * 0x1p-24
			}
			if e := max(modeltest.Relative(gotU, wantU), modeltest.Relative(gotX, wantX)); !(e <= bound) {
				t.Errorf("%s, %s: differs by %.2g, want ≤ %.2g", kind, dtype, e, bound)
			}
		}
	}
}

// The gradient of a whole model, and that of float32 to a thousand roundings.
func TestLinearPairGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(65, 66))
	for _, kind := range []string{both, only, fixed} {
		cfg := pairConfig(t, 5, 3, kind)
		cfg.Linear.Rates, cfg.Nonlinear.RateScaled = nil, false // the differences suit mild rates
		states := modeltest.NormalStates(rng, 0.5, 4, 3, cfg.Dim)
		var grads [2][]float64
		for i, dtype := range []string{"float64", "float32"} {
			cfg.Dtype = dtype
			m := modeltest.New(t, cfg)
			draw := rand.New(rand.NewPCG(67, 68))
			for _, p := range m.Params().List {
				if p.Name == "g/0/W" || p.Name == "g/1/W" {
					awayFromKinks(p, math.Sqrt(cfg.Nonlinear.Lipschitz))
				}
				if floats.Norm(p.Data, 2) == 0 {
					param.Normal(0.3)(draw, p.Data)
				}
			}
			ev, err := newEvaluation(m, 2, objective.WeightUniform, []float64{0, 0.1, 0.4, 1}, states)
			if err != nil {
				t.Fatal(err)
			}
			grads[i] = make([]float64, len(m.Params().Flat))
			if _, err := ev.evaluate(grads[i]); err != nil {
				t.Fatal(err)
			}
			if dtype == "float32" {
				continue
			}
			e, where, err := ev.worstGradient(rng, 99, 2)
			if err != nil || !(e <= 1e-7) {
				t.Errorf("%s: gradient by %s differs from central differences by %.2g of its largest element, error %v", kind, where, e, err)
			}
			t.Logf("%s: worst relative difference %.2g, by %s", kind, e, where)
		}
		if e := modeltest.Relative(grads[1], grads[0]); !(e <= 1000*0x1p-24) {
			t.Errorf("%s: float32 differs by %.2g", kind, e)
		}
	}
}

// The invariants hold and a saved model predicts the same bits.
func TestLinearPairPredicts(t *testing.T) {
	for _, kind := range []string{both, only, fixed} {
		cfg := pairConfig(t, 4, 2, kind)
		m := modeltest.New(t, cfg)
		u0 := modeltest.NormalStates(rand.New(rand.NewPCG(69, 70)), 1, 1, 7, 4)[0]
		times := []float64{0, 0.1, 1, 1e3}
		u, err := m.Predict(u0, times)
		if err != nil {
			t.Fatal(err)
		}
		w := cfg.Invariants[0].Weights
		for k := range u {
			for s := range u[k] {
				if drift, size := floats.Dot(w, u[k][s])-floats.Dot(w, u0[s]), floats.Norm(u[k][s], 1); math.Abs(drift) > 1e-14*max(1, size) { // some tens of roundings
					t.Errorf("%s: the invariant drifts by %.2g of states of size %.2g", kind, drift, size)
				}
			}
		}
		dir := filepath.Join(t.TempDir(), "run")
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded, err := model.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		again, err := loaded.Predict(u0, times)
		if err != nil {
			t.Fatal(err)
		}
		if !modeltest.Same(flatten(again), flatten(u)) {
			t.Errorf("%s: the loaded model has other bits", only)
		}
	}
}
